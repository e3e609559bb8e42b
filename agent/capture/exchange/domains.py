"""Whether a host belongs to the same owner as a mail domain, as far as names tell.

No list of all registries' suffixes is at hand, so a doubtful case counts as a stranger: the person
is then asked to name the endpoint.
"""

from ipaddress import ip_address

_COUNTRY = 2
"""Letters of a country's domain."""
_SHORT = 3
"""Below a country, names this short are mostly registries' own: ``com.cn``, ``co.uk``, ``bj.cn``."""
_LONGER = frozenset({"asso", "firm", "gouv", "gouvernement", "info", "name", "store", "school"})


def is_of(host: str, domain: str) -> bool:
    """``host`` is ``domain``, lies below it, or was registered with it as one name."""
    host, domain = _plain(host), _plain(domain)
    if not host or not domain:
        return False
    if host == domain:
        return True
    if _is_number(host) or _is_number(domain) or "." not in domain:
        return False
    if host.endswith(f".{domain}"):
        return True
    shared = _registered(domain)
    return bool(shared) and _registered(host) == shared


def _registered(domain: str) -> str:
    """The name somebody registered, empty when ``domain`` is no longer than a registry's own."""
    labels = domain.split(".")
    length = 3 if _is_registry(labels[-2:]) else 2
    return ".".join(labels[-length:]) if len(labels) >= length else ""


def _is_registry(labels: list[str]) -> bool:
    if len(labels) != 2:
        return len(labels) < 2
    second, top = labels
    return len(top) == _COUNTRY and (len(second) <= _SHORT or second in _LONGER)


def _plain(name: str) -> str:
    name = name.strip().strip("[]").rstrip(".").lower()
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


def _is_number(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True

"""Which endpoints belong to Exchange Online, where Exchange Web Services have ended.

Microsoft turned them off from 1 October 2026 and removes them on 1 April 2027. Microsoft Graph
(``type = "graph"``) takes their place.
"""

from urllib.parse import urlsplit

_HOSTS = (
    "outlook.office365.com",
    "outlook.office.com",
    "outlook.com",
    "mail.protection.outlook.com",
    "outlook.office365.us",
    "outlook-dod.office365.us",
    "outlook.office.de",
    "partner.outlook.cn",
    "outlook.cn",
)
"""These and whatever lies below them (``eur05.outlook.com``)."""


def is_exchange_online(endpoint: str) -> bool:
    """Of an address (``https://host/EWS/Exchange.asmx``) or a bare host name."""
    try:
        host = urlsplit(endpoint if "//" in endpoint else f"//{endpoint}").hostname or ""
    except ValueError:
        return False
    host = host.rstrip(".").lower()
    return any(host == one or host.endswith(f".{one}") for one in _HOSTS)

"""Calls to addresses the server is told: it goes to the open internet, not into the company.

A webhook or a connector names a URL; who may name it could else reach what only this machine sees
(a metadata service, a database's door). So: every address the name stands for is looked at, the
connection goes to the very address that was looked at, and nobody is followed elsewhere.
"""

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, quote, urlsplit

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
"""``(host, port)`` to the addresses it stands for; raises OSError when there are none."""

_PORTS = {"http": 80, "https": 443}
_PATH = "/%:@!$&'()*+,;=~-._"
_NAT64 = ip_network("64:ff9b::/96")
_NAT64_LOCAL = ip_network("64:ff9b:1::/48")


class Refused(Exception):
    """This URL is not called. ``code``: ``url_bad``, ``url_unknown_host``, ``url_inside``."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class Unreachable(Exception):
    """It may be called, but did not answer as HTTP does, or not in time. Try again later."""


@dataclass(frozen=True, slots=True)
class OutgoingPolicy:
    """``allow``: hosts, addresses and networks inside the company that may be called all the same."""

    allow: tuple[str, ...] = ()
    plain_http: bool = True
    """Is http without TLS admitted at all?"""

    def admits(self, host: str, address: Address) -> bool:
        return (
            is_public(address)
            or host in self._hosts()
            or any(
                address in network
                for network in self._networks()
                if network.version == address.version
            )
        )

    def _hosts(self) -> set[str]:
        return {entry.lower().rstrip(".") for entry in self.allow}

    def _networks(self) -> list[IPv6Network]:
        found = []
        for entry in self.allow:
            try:
                found.append(ip_network(entry, strict=False))
            except ValueError:
                continue
        return found  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call goes: the URL, and the one address that was looked at."""

    url: SplitResult
    host: str
    port: int
    address: str


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    cut: bool = False
    """There was more than ``max_bytes``."""


def is_public(address: Address) -> bool:
    """Does it lie on the open internet? What wraps another address is judged by that one."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if address in _NAT64_LOCAL:
            return False
        if inner is not None:
            return is_public(inner)
        if address.is_site_local or int(address) >> 32 == 0:
            return False
    return address.is_global and not address.is_multicast


def look_up(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def check(url: str, policy: OutgoingPolicy, *, resolve: Resolve = look_up) -> Target:
    """Where this URL leads. Raises Refused unless every address its host stands for may be called:
    with one inside and one outside, chance would decide."""
    try:
        parts = urlsplit(url)
        port = parts.port if parts.port is not None else _PORTS.get(parts.scheme, 0)
        host = (parts.hostname or "").rstrip(".").encode("idna").decode("ascii").lower()
    except ValueError:
        raise Refused("url_bad") from None
    is_odd = any(char <= " " or char == "\x7f" for char in url) or "\\" in url
    if (
        is_odd
        or parts.scheme not in _PORTS
        or not host
        or not port
        or parts.username is not None
        or parts.password is not None
    ):
        raise Refused("url_bad")
    if parts.scheme == "http" and not policy.plain_http:
        raise Refused("url_bad")
    try:
        found = [ip_address(text.partition("%")[0]) for text in _resolved(host, port, resolve)]
    except (OSError, UnicodeError):
        raise Refused("url_unknown_host") from None
    if not found:
        raise Refused("url_unknown_host")
    if not all(policy.admits(host, address) for address in found):
        raise Refused("url_inside")
    return Target(parts, host, port, str(found[0]))


def _resolved(host: str, port: int, resolve: Resolve) -> Sequence[str]:
    try:
        return [str(ip_address(host))]
    except ValueError:
        return resolve(host, port)


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class _Pinned(http.client.HTTPConnection):
    """Goes to the address that was looked at; TLS still asks for the name."""

    def __init__(self, target: Target, timeout: float, tls: ssl.SSLContext | None) -> None:
        super().__init__(target.host, target.port, timeout=timeout)
        self._target, self._tls_context = target, tls
        self._line: socket.socket | None = None

    def connect(self) -> None:
        self.sock = socket.create_connection(
            (self._target.address, self._target.port), timeout=self.timeout
        )
        if self._tls_context is not None:
            self.sock = self._tls_context.wrap_socket(self.sock, server_hostname=self._target.host)

        # http.client lets go of it as soon as the answer begins.
        self._line = self.sock

    def cut_off(self) -> None:
        """From another thread: whoever waits for this connection waits no longer."""
        line = self._line or self.sock
        if line is not None:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


def call(
    method: str,
    url: str,
    policy: OutgoingPolicy,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout: float = 10,
    deadline: float = 30,
    max_bytes: int = 64 * 1024,
    resolve: Resolve = look_up,
    tls: ssl.SSLContext | None = None,
) -> Reply:
    """One request. Redirects are handed back, never followed. Raises Refused or Unreachable, whose
    texts tell nothing of the URL. ``timeout``: seconds to connect and between two pieces;
    ``deadline``: for all of it, so that nobody holds us by dripping."""
    target = check(url, policy, resolve=resolve)
    secure = (tls or _tls()) if target.url.scheme == "https" else None
    path = quote(target.url.path or "/", safe=_PATH)
    if target.url.query:
        path += f"?{quote(target.url.query, safe=_PATH + '?')}"
    default = target.port == _PORTS[target.url.scheme]
    name = f"[{target.host}]" if ":" in target.host else target.host
    sent = {**(headers or {}), "Host": name if default else f"{name}:{target.port}"}
    sent.setdefault("User-Agent", "Genjin")
    connection = _Pinned(target, timeout, secure)
    end = threading.Timer(deadline, connection.cut_off)
    end.daemon = True
    end.start()
    try:
        connection.request(method, path, body=body, headers=sent)
        answer = connection.getresponse()
        content = answer.read(max_bytes + 1)
        return Reply(
            answer.status,
            {key.lower(): value for key, value in answer.getheaders()},
            content[:max_bytes],
            cut=len(content) > max_bytes,
        )
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(type(error).__name__) from error
    finally:
        end.cancel()
        connection.close()

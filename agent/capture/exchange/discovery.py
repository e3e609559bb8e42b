"""Asking a domain where its Exchange server is.

The two places a company's server answers at, in this order: ``autodiscover.DOMAIN``, then the
domain itself (POX Autodiscover, [MS-OXDSCLI]). A password that is refused is not tried elsewhere.
It is shown to nobody who does not ask for it, and to no host of another domain: who answers in the
name of a company may send us to anywhere.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.sax.saxutils import escape

import requests
from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from exchangelib.transport import AUTH_TYPE_MAP, GSSAPI, NTLM, SSPI
from requests.auth import AuthBase, HTTPBasicAuth

from agent.capture.exchange.border import LATER_S, SignInRefused
from agent.capture.exchange.domains import is_of
from agent.capture.exchange.online import is_exchange_online
from agent.capture.exchange.settings import Settings, web_address
from agent.capture.exchange.wire import Wire
from agent.errors import SourceMisconfigured, SourceUnavailable

_ASK = """<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006">
<Request><EMailAddress>{email}</EMailAddress><AcceptableResponseSchema>\
http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a\
</AcceptableResponseSchema></Request></Autodiscover>"""
_MAX_QUESTIONS = 6
_BASIC = re.compile(r"(?:^|,)\s*Basic(?:\s|,|$)", re.IGNORECASE)


def places(domain: str) -> Sequence[str]:
    return (
        f"https://autodiscover.{domain}/autodiscover/autodiscover.xml",
        f"https://{domain}/autodiscover/autodiscover.xml",
    )


def discover(
    settings: Settings,
    secret: str,
    wire: Callable[[], Wire],
    look_at: Callable[[str], Sequence[str]] = places,
    *,
    source: str = "",
) -> str:
    """The endpoint. Raises ``SignInRefused``, ``SourceUnavailable``, ``SourceMisconfigured``."""
    if settings.auth == "oauth2":  # its tokens are for the endpoint, not for these places
        raise SourceMisconfigured("mailbox_not_discovered")
    domain = settings.email.rpartition("@")[2]
    todo = list(look_at(domain))
    trusted = [domain, *map(_host, todo)]
    fault = ""
    with requests.Session() as session:
        ours = wire()
        session.mount("https://", ours)
        session.mount("http://", ours)
        session.auth = _auth(settings, secret)
        for _ in range(_MAX_QUESTIONS):
            if not todo:
                break
            place = todo.pop(0)
            try:
                answer = session.post(
                    place,
                    data=_ASK.format(email=escape(settings.email)).encode(),
                    headers={"Content-Type": "text/xml; charset=utf-8", "User-Agent": "Genjin"},
                    allow_redirects=False,
                )
            except requests.exceptions.RequestException:
                continue  # that one does not exist, or is somebody's web page
            if answer.status_code == requests.codes.unauthorized:
                if settings.auth == "kerberos" or "Authorization" in answer.request.headers:
                    raise SignInRefused
                fault = "mailbox_auth_not_offered"
                continue
            fault = fault or "mailbox_not_discovered"
            elsewhere: list[str] = []
            for kind, address in _safe(_told(answer, place)):
                if kind == "endpoint":
                    _trust(address, settings, trusted)
                    return address
                if is_exchange_online(address):
                    raise SourceMisconfigured("mailbox_exchange_online", source=source)
                if any(is_of(_host(address), one) for one in trusted):
                    elsewhere.append(address)
                else:
                    fault = "mailbox_discovery_abroad"
            todo = [*elsewhere, *todo]
    if fault:
        raise SourceMisconfigured(fault, source=source)
    raise SourceUnavailable("mailbox_not_discovered", retry_after=LATER_S)


def _trust(endpoint: str, settings: Settings, trusted: Iterable[str]) -> None:
    """NTLM and Kerberos show the server no password; Basic does, and who answered may name any
    server: of another domain only the person himself may."""
    host = _host(endpoint)
    if settings.auth == "basic" and not any(is_of(host, one) for one in trusted):
        raise SourceMisconfigured("mailbox_endpoint_abroad", host=host, endpoint=endpoint)


def _safe(told: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for kind, url in told:
        try:
            yield kind, web_address(url)
        except ValueError:
            continue  # never over an open wire, whoever says so


def _told(answer: requests.Response, place: str) -> Iterator[tuple[str, str]]:
    """(``endpoint`` or ``elsewhere``, address) in the order of preference."""
    if answer.is_redirect:
        yield "elsewhere", urljoin(place, answer.headers["location"])
        return
    if answer.status_code != requests.codes.ok:
        return
    try:
        root = ElementTree.fromstring(answer.content)
    except (ElementTree.ParseError, DefusedXmlException):
        return
    found: dict[str, str] = {}
    for protocol in root.iter():
        if protocol.tag.endswith("}Protocol"):
            texts = {one.tag.rpartition("}")[2]: (one.text or "").strip() for one in protocol}
            if texts.get("EwsUrl"):
                found.setdefault(texts.get("Type", ""), texts["EwsUrl"])
        elif protocol.tag.endswith("}RedirectUrl") and protocol.text:
            yield "elsewhere", protocol.text.strip()
    # EXPR is reached from everywhere, EXCH from within the company.
    for kind in ("EXPR", "EXCH", *found):
        if kind in found:
            yield "endpoint", found[kind]


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


class BasicWhenAsked(AuthBase):
    """Shows the password only after a 401 that offers Basic: a web page that answers in the place
    of a mail server does not get to see it."""

    def __init__(self, username: str, password: str) -> None:
        self._basic = basic(username, password)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.hooks["response"].append(self._answered)
        return request

    def _answered(self, answer: requests.Response, **how: Any) -> requests.Response:
        offered = answer.headers.get("WWW-Authenticate", "")
        if answer.status_code != requests.codes.unauthorized or not _BASIC.search(offered):
            return answer
        _ = answer.content  # read to its end, so that the connection can be used again
        answer.close()
        again = self._basic(answer.request.copy())
        second: requests.Response = answer.connection.send(again, **how)
        second.history.append(answer)
        second.request = again
        return second


def basic(username: str, password: str) -> HTTPBasicAuth:
    """In UTF-8 (RFC 7617, 2.1): the library would write Latin-1, which has no Chinese letter."""
    return HTTPBasicAuth(username.encode(), password.encode())


def _auth(settings: Settings, secret: str) -> Any:
    match settings.auth:
        case "kerberos":
            return AUTH_TYPE_MAP[SSPI if SSPI in AUTH_TYPE_MAP else GSSAPI]()
        case "basic":
            return BasicWhenAsked(settings.username, secret)
        case _:
            return AUTH_TYPE_MAP[NTLM](settings.username, secret)

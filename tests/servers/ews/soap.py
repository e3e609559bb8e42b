"""Envelopes, in and out."""

from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
M = "{http://schemas.microsoft.com/exchange/services/2006/messages}"
T = "{http://schemas.microsoft.com/exchange/services/2006/types}"
_STRICT = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
VERSIONS = {
    "Exchange2007": (8, 0),
    "Exchange2007_SP1": (8, 1),
    "Exchange2010": (14, 0),
    "Exchange2010_SP1": (14, 1),
    "Exchange2010_SP2": (14, 2),
    "Exchange2013": (15, 0),
    "Exchange2013_SP1": (15, 0),
    "Exchange2015": (15, 1),
    "Exchange2016": (15, 1),
}


class Refused(Exception):
    """A whole request that a server refuses, as a SOAP fault."""

    def __init__(self, code: str, text: str = "", *, back_off_ms: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.text = text or code
        self.back_off_ms = back_off_ms


class Failed(Exception):
    """One of several things that were asked for, as a response message."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def operation(raw: bytes, server: tuple[int, int]) -> Any:
    """The operation of a request, its version checked."""
    try:
        root = etree.fromstring(raw, _STRICT)
    except etree.XMLSyntaxError as error:
        raise Refused("ErrorSchemaValidation", str(error)) from None
    if root.tag != f"{SOAP}Envelope":
        raise Refused("ErrorSchemaValidation", "no Envelope")
    version = root.find(f"{SOAP}Header/{T}RequestServerVersion")
    named = version.get("Version") if version is not None else "Exchange2007"
    if named not in VERSIONS or VERSIONS[named] > server:
        raise Refused("ErrorInvalidServerVersion", "The specified server version is invalid.")
    body = root.find(f"{SOAP}Body")
    if body is None or len(body) != 1 or not body[0].tag.startswith(M):
        raise Refused("ErrorSchemaValidation", "no operation")
    return body[0]


def children(element: Any, *known: str) -> dict[str, Any]:
    """By name; all of them known, each once, in this order."""
    names = [etree.QName(child).localname for child in element]
    places = [known.index(name) if name in known else -1 for name in names]
    if -1 in places or places != sorted(set(places)):
        raise Refused("ErrorSchemaValidation", f"{element.tag}: {names}")
    return dict(zip(names, element, strict=True))


def envelope(body: str, server: tuple[int, int]) -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>'
        f'<h:ServerVersionInfo MajorVersion="{server[0]}" MinorVersion="{server[1]}" '
        'MajorBuildNumber="2507" MinorBuildNumber="6" '
        'xmlns:h="http://schemas.microsoft.com/exchange/services/2006/types"/></s:Header>'
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def reply(name: str, messages: str, server: tuple[int, int]) -> bytes:
    return envelope(
        f'<m:{name}Response xmlns:m="{M[1:-1]}" xmlns:t="{T[1:-1]}">'
        f"<m:ResponseMessages>{messages}</m:ResponseMessages></m:{name}Response>",
        server,
    )


def success(name: str, inner: str) -> str:
    return (
        f'<m:{name}ResponseMessage ResponseClass="Success"><m:ResponseCode>NoError'
        f"</m:ResponseCode>{inner}</m:{name}ResponseMessage>"
    )


def error(name: str, code: str, inner: str = "") -> str:
    return (
        f'<m:{name}ResponseMessage ResponseClass="Error"><m:MessageText>{code} happened.'
        f"</m:MessageText><m:ResponseCode>{code}</m:ResponseCode>"
        f"<m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>{inner}</m:{name}ResponseMessage>"
    )


def fault(refused: Refused) -> bytes:
    types = T[1:-1]
    errors = "http://schemas.microsoft.com/exchange/services/2006/errors"
    back_off = (
        f'<t:MessageXml xmlns:t="{types}"><t:Value Name="BackOffMilliseconds">'
        f"{refused.back_off_ms}</t:Value></t:MessageXml>"
        if refused.back_off_ms is not None
        else ""
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
        f'<faultcode xmlns:a="{types}">a:{refused.code}</faultcode>'
        f'<faultstring xml:lang="en-US">{escape(refused.text)}</faultstring><detail>'
        f'<e:ResponseCode xmlns:e="{errors}">{refused.code}</e:ResponseCode>'
        f'<e:Message xmlns:e="{errors}">{escape(refused.text)}</e:Message>{back_off}'
        "</detail></s:Fault></s:Body></s:Envelope>"
    ).encode()

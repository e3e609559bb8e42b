"""What the Content-… fields of a mail, or of one of its parts, say; each read once, leniently."""

import re
from email.message import Message
from email.utils import collapse_rfc2231_value
from functools import cached_property

from agent.capture.charset import storable
from agent.capture.encodedwords import decode_words

_PARAMETER = re.compile(r';\s*([^\s;=*"<>\\]+)=(?:"([^"<>\\]*)"|([^\s;="<>\\*\']+))')
"""A parameter as nearly all are written; what is written otherwise the standard library reads."""


class ContentFields:
    def __init__(self, fields: "Message[str, str]") -> None:
        self._values: dict[str, str] = {}
        """By lower-case name: a message looks through all its fields at every question."""
        for name, value in fields.raw_items():
            lowered = name.lower()
            if lowered.startswith("content-"):
                self._values.setdefault(lowered, str(value))
        self._parameters: dict[str, dict[str, str]] = {}

    @cached_property
    def type(self) -> str:
        """``text/plain`` where none is named, or one that cannot be."""
        named = self._values.get("content-type", "").partition(";")[0].strip().lower()
        return named if named.count("/") == 1 else "text/plain"

    @property
    def is_multipart(self) -> bool:
        return self.type.startswith("multipart/")

    @property
    def disposition(self) -> str:
        return self._values.get("content-disposition", "").partition(";")[0].strip().lower()

    @property
    def encoding(self) -> str:
        return self._values.get("content-transfer-encoding", "").strip().lower()

    def parameter(self, name: str, header: str = "content-type") -> str:
        """Its decoded value, empty without one."""
        value = self._values.get(header)
        if value is None:
            return ""
        known = self._parameters.get(header)
        if known is None:
            known = self._parameters[header] = parameters(value)
        return known.get(name, "")


def parameters(value: str) -> dict[str, str]:
    """``text/plain; charset="utf-8"`` → ``{"charset": "utf-8"}``, names in lower case.

    RFC 2231 (continued and encoded values) and RFC 2047, as mailers really write them. Empty for
    what nobody could make sense of.
    """
    kind, _, _ = value.partition(";")
    if "=" in kind or '"' in kind:
        return _any_parameters(value)
    found: dict[str, str] = {}
    at, end = len(kind), len(value)
    while at < end:
        plain = _PARAMETER.match(value, at)
        if plain is None or value[plain.end() : plain.end() + 1] not in ("", ";"):
            return _any_parameters(value)
        found.setdefault(plain[1].lower(), decode_words(plain[2] or plain[3] or ""))
        at = plain.end()
    return found


def _any_parameters(value: str) -> dict[str, str]:
    fields: Message[str, str] = Message()
    fields.set_raw("x", value)
    found: dict[str, str] = {}
    try:
        for name, said in fields.get_params([], header="x") or ():
            found.setdefault(name.lower(), decode_words(storable(collapse_rfc2231_value(said))))
    except (ValueError, TypeError, IndexError):  # e.g. a continuation numbered with letters
        return {}
    return found

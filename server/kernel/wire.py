"""What may come in: JSON and form fields without what no database keeps."""

import re
from typing import Any

from flask.json.provider import DefaultJSONProvider
from werkzeug.datastructures import MultiDict

from server.kernel.errors import Invalid

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""NUL and lone surrogates: JSON can spell them, PostgreSQL and UTF-8 cannot."""
_ESCAPED = re.compile(r"\\u(?:0000|d[89a-f])", re.IGNORECASE)


def storable(value: Any) -> Any:
    """The same with U+FFFD in every unstorable place: character offsets into it stay true."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    return value


def refuse_nul(fields: MultiDict[str, str]) -> None:
    """Invalid when a query or a form holds a NUL: no browser sends one."""
    bad = {name: "invalid" for name, text in fields.items(multi=True) if "\x00" in text}
    if bad:
        raise Invalid(fields=bad)


class WireJson(DefaultJSONProvider):
    """JSON as RFC 8259 has it (no NaN), of a depth that can be read, with storable texts only."""

    ensure_ascii = False

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Raises ValueError, whatever is wrong: Flask makes a clear answer of that."""
        text = s if isinstance(s, str) else s.decode("utf-8")
        try:
            value = super().loads(text, parse_constant=_no_number, **kwargs)
            if _ESCAPED.search(text):
                value = storable(value)
        except RecursionError:
            raise ValueError("nested too deeply") from None
        if isinstance(value, str):
            # It would be taken for JSON within JSON, and read past this door.
            raise ValueError("a text is no body")  # noqa: TRY004
        return value


def _no_number(name: str) -> float:
    raise ValueError(name)

"""Short ways to write a raw mail and to read it."""

from datetime import UTC, datetime

from agent.capture import mime
from agent.capture.base import Capture

LATER = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def raw_mail(body: bytes | str = "您好", **fields: str) -> bytes:
    """Header fields by name, ``_`` for ``-``; From, Date and Subject unless given as empty."""
    named = {
        "From": "zhang@customer.example",
        "Date": "Fri, 20 Nov 2026 10:00:00 +0800",
        "Subject": "报价",
        **{name.replace("_", "-"): value for name, value in fields.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items() if value)
    return head.encode() + b"\r\n" + (body.encode() if isinstance(body, str) else body)


def multipart(kind: str, *parts: str, boundary: str = "b0") -> dict[str, str]:
    lines = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    return {
        "Content_Type": f'multipart/{kind}; boundary="{boundary}"',
        "body": f"preamble\r\n{lines}--{boundary}--\r\nepilogue\r\n",
    }


def read(raw: bytes) -> Capture:
    return mime.read(raw, source="mailfiles", external_id="a.eml", version="1", fallback=LATER)

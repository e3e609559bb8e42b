"""Small real documents for attachments and notes; the same input gives the same bytes."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime

from docx import Document

_FIXED = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)


def docx(title: str, paragraphs: Iterable[str]) -> bytes:
    """A Word document with a heading and paragraphs."""
    document = Document()
    document.core_properties.title = title
    document.core_properties.author = "Yuanshan"
    document.core_properties.created = _FIXED.replace(tzinfo=None)
    document.core_properties.modified = _FIXED.replace(tzinfo=None)
    document.add_heading(title, level=1)
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    raw = io.BytesIO()
    document.save(raw)
    return _rezip(raw)


def _rezip(raw: io.BytesIO) -> bytes:
    """The same archive with one fixed time stamp, which zip members otherwise take from the clock."""
    packed = io.BytesIO()
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, _FIXED.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, old.read(name))
    return packed.getvalue()


def pdf(title: str) -> bytes:
    """One A4 page with an ASCII title in Helvetica."""
    safe = title.encode("ascii", "replace").decode().replace("(", "[").replace(")", "]")
    content = f"BT /F1 18 Tf 72 760 Td ({safe}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
            b" /Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out = bytearray(b"%PDF-1.4\n")
    starts = []
    for number, body in enumerate(objects, 1):
        starts.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % start for start in starts)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    out += b"startxref\n%d\n%%%%EOF\n" % table
    return bytes(out)


def png(width: int = 96, height: int = 24) -> bytes:
    """A plain bar in the company's green: the logo under a signature."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    row = b"\0" + bytes((24, 122, 88)) * width
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
            chunk(b"IDAT", zlib.compress(row * height, 9)),
            chunk(b"IEND", b""),
        )
    )

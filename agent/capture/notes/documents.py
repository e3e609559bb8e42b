"""The text of a note, by the kind of its file."""

import html
import io
import re
import zipfile
import zlib
from dataclasses import dataclass

from docx import Document
from docx.opc.exceptions import OpcError
from docx.table import Table

from agent.capture.charset import decode, decode_html, guess, storable
from agent.capture.mime import bounded_html
from agent.capture.notes.frontmatter import FrontMatter, split
from agent.errors import BadItem

MAX_TEXT = 500_000
"""Characters."""
MAX_BYTES = 100 * 1024 * 1024
_MAX_UNPACKED = 200 * 1024 * 1024
_MAX_XML = 40 * 1024 * 1024
_MAX_ENTRIES = 10_000
_MAX_TABLES_DEEP = 5
_ENCRYPTED = b"\xd0\xcf\x11\xe0"
"""An encrypted document is no zip file but a compound file."""

_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{0,500})", re.IGNORECASE)
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Note:
    text: str
    title: str = ""
    is_html: bool = False
    front: FrontMatter = FrontMatter()  # noqa: RUF009 - frozen


def read(raw: bytes, suffix: str) -> Note:
    """The text of a file with that suffix; ``BadItem`` when there is none to be had."""
    if len(raw) > MAX_BYTES:
        raise BadItem("item_too_large")
    if not raw.strip():
        raise BadItem("item_empty")
    match suffix:
        case ".docx":
            return _docx(raw)
        case ".html" | ".htm":
            page = decode_html(raw)
            titled = _TITLE.search(page, 0, 100_000)
            title = _SPACE.sub(" ", html.unescape(titled[1])).strip() if titled else ""
            return Note(bounded_html(page), title, is_html=True)
        case ".md" | ".markdown":
            front, text = split(_plain(raw))
            heading = _HEADING.search(text, 0, 20_000)
            return Note(text, front.title or (heading[1] if heading else ""), front=front)
        case _:
            return Note(_plain(raw))


def _plain(raw: bytes) -> str:
    if b"\x00" in raw[:4096] and not raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadItem("item_damaged")  # a picture or program with a note's suffix
    # Only the marks at the head are looked at here; without one the bytes decide.
    text = (
        decode(raw) if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")) else guess(raw)
    )
    return text.replace("\r\n", "\n").replace("\r", "\n")[:MAX_TEXT]


def _docx(raw: bytes) -> Note:
    if raw.startswith(_ENCRYPTED):
        raise BadItem("item_protected")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            entries = archive.infolist()
            xml = (
                entry.file_size for entry in entries if entry.filename.endswith((".xml", ".rels"))
            )
            if (
                len(entries) > _MAX_ENTRIES
                or sum(entry.file_size for entry in entries) > _MAX_UNPACKED
                or sum(xml) > _MAX_XML
            ):
                raise BadItem("item_expands_too_far")
        document = Document(io.BytesIO(raw))
        lines: list[str] = []
        _collect(document, lines, 0)
        title = document.core_properties.title
    except (
        zipfile.BadZipFile,
        OpcError,
        KeyError,
        ValueError,
        SyntaxError,  # what lxml raises on broken XML
        AttributeError,
        TypeError,
        LookupError,
        OSError,
        EOFError,
        RecursionError,
        NotImplementedError,
        RuntimeError,
        zipfile.LargeZipFile,
        zlib.error,
    ) as error:
        raise BadItem("item_damaged") from error
    text = storable("\n".join(lines))[:MAX_TEXT]
    if not text.strip():
        raise BadItem("item_empty")
    return Note(text, storable(title or "").strip())


def _collect(block: object, lines: list[str], depth: int) -> None:
    """Paragraphs and tables in the order a reader sees them; a table row is one line."""
    for item in block.iter_inner_content():  # type: ignore[attr-defined]
        if not isinstance(item, Table):
            lines.append(item.text)
        elif depth < _MAX_TABLES_DEEP:
            for row in item.rows:
                cells: list[str] = []
                for cell in dict.fromkeys(row.cells):  # merged cells come once per column
                    inner: list[str] = []
                    _collect(cell, inner, depth + 1)
                    cells.append(" ".join(inner))
                lines.append("\t".join(cells))

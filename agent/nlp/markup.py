"""HTML mail to text that knows where each of its words stood in the HTML.

The parser repairs broken HTML but does not tell positions. So the source is also read flat (tags
blanked, entities decoded, each character with its position), and the words the parser found are
looked up in that flat text, in order.
"""

import html
import re
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from agent.nlp.offsets import OffsetMap

_LOOKS = re.compile(
    r"<(?:!doctype|html|head|body|div|p|br|table|span|blockquote)\b[^<>]{0,500}>", re.IGNORECASE
)
_PIECES = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(script|style)\b.*?(?:</\1\s*>|\Z)"
    r"|<[!/?a-z][^<>]*>?"
    r"|&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});?",
    re.IGNORECASE | re.DOTALL,
)
_WORD = re.compile(r"\S+")
_BLOCKS: Final = frozenset((
    "address", "article", "aside", "blockquote", "body", "br", "center", "dd", "div", "dl", "dt",
    "fieldset", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li",
    "main", "nav", "ol", "p", "pre", "section", "table", "tbody", "td", "th", "tr", "ul",
))  # fmt: skip
_UNSEEN: Final = frozenset((
    "head", "noscript", "object", "script", "style", "svg", "template", "title",
))  # fmt: skip
_OURS_NOT = re.compile(
    r"gmail_quote|gmail_signature|gmail_attr|gmail_extra|yahoo_quoted|moz-cite-prefix|moz-signature"
    r"|moz-forward-container|protonmail_quote|tutanota_quote|zmail_extra"
    r"|ntes-mailmaster-quote|netease_mail_footer|qmbox_quote|x_gmail_quote",
    re.IGNORECASE,
)
_NOT_IDS: Final = frozenset(
    ("signature", "isreplycontent", "ms-outlook-mobile-signature", "x_signature")
)
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE
)
_INTRODUCES = re.compile(r"(?:写道|寫道|wrote)\s*[:：]?\s*$")
_TAGS = re.compile(r"<(/?)([a-z][^\s/<>]{0,40})", re.IGNORECASE)
_VOID: Final = frozenset(("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"))
_CLOSED_BY_THE_NEXT: Final = frozenset((
    "body", "dd", "dt", "head", "html", "li", "option", "p", "tbody", "td", "tfoot", "th", "thead",
    "tr",
))  # fmt: skip
"""Elements that do not nest in themselves, unless they stand in a drawing."""
_FOREIGN: Final = frozenset(("math", "svg"))
_DEEPEST: Final = 512
"""Browsers stop nesting there too."""
_WINDOW: Final = 4_096
"""How far ahead a word is looked for: keeps the look-up linear on HTML that does not add up."""


def looks_like_html(text: str) -> bool:
    return _LOOKS.search(text, 0, 20_000) is not None


def html_to_text(source: str) -> tuple[str, OffsetMap]:
    """The visible text without quoted history and signature blocks; blocks become lines."""
    if _too_deep(source):
        return _flat_text(source)
    try:
        root = LexborHTMLParser(source.encode("utf-8", "replace").decode("utf-8")).root
    except (ValueError, RuntimeError):  # what selectolax raises when it gives up on a document
        root = None
    if root is None:
        return source, OffsetMap.of([(0, 0, len(source))], len(source))
    return _Walk(source).text(root)


def _too_deep(source: str) -> bool:
    """Whether elements nest deeper than any mail: the parser's time grows with depth squared.

    One pass over the tags. An end tag counts only against a start tag of its name, as the parser
    too passes over the others.
    """
    still_open: dict[str, int] = {}
    depth = 0
    foreign = False
    for tag in _TAGS.finditer(source):
        name = tag[2].lower()
        if name in _VOID or (name in _CLOSED_BY_THE_NEXT and not foreign):
            continue
        if not tag[1]:
            foreign = foreign or name in _FOREIGN
            still_open[name] = still_open.get(name, 0) + 1
            depth += 1
            if depth > _DEEPEST:
                return True
        elif still_open.get(name):
            still_open[name] -= 1
            depth -= 1
    return False


def _flat_text(source: str) -> tuple[str, OffsetMap]:
    """All characters outside tags, without any structure."""
    flat, positions = _flatten(source)
    runs: list[tuple[int, int, int]] = []
    first = 0
    for index in range(1, len(flat) + 1):
        if index == len(flat) or positions[index] != positions[index - 1] + 1:
            runs.append((first, positions[first], index - first))
            first = index
    return flat, OffsetMap.of(runs if flat else [], len(source))


class _Walk:
    def __init__(self, source: str) -> None:
        self._flat, self._positions = _flatten(source)
        self._source_length = len(source)
        self._cursor = 0
        self._out: list[str] = []
        self._length = 0
        self._runs: list[tuple[int, int, int]] = []

    def text(self, root: LexborNode) -> tuple[str, OffsetMap]:
        node: LexborNode | None = root
        skipped: list[int] = []  # the open elements whose words are passed over
        depth = 0
        while node is not None:
            tag = node.tag
            if tag == "-text":
                self._words(node.text_content or "", seen=not skipped)
            else:
                if tag in _BLOCKS:
                    self._line_break()
                if not skipped and tag is not None and self._left_out(node, tag):
                    skipped.append(depth)
            child = node.child
            if child is not None:
                node, depth = child, depth + 1
                continue
            while node is not None:
                if skipped and skipped[-1] == depth:
                    skipped.pop()
                if node.tag in _BLOCKS:
                    self._line_break()
                following = node.next
                if following is not None:
                    node = following
                    break
                node, depth = node.parent, depth - 1
        return "".join(self._out), OffsetMap.of(self._runs, self._source_length)

    def _left_out(self, node: LexborNode, tag: str) -> bool:
        if tag in _UNSEEN:
            return True
        attributes = node.attributes
        if tag == "blockquote":
            return (attributes.get("type") or "").lower() == "cite" or bool(
                _INTRODUCES.search("".join(word[-40:] for word in self._out[-12:]))
            )
        if not attributes:
            return False
        return bool(
            _OURS_NOT.search(attributes.get("class") or "")
            or (attributes.get("id") or "").lower() in _NOT_IDS
            or _HIDDEN.search(attributes.get("style") or "")
        )

    def _line_break(self) -> None:
        if self._out and self._out[-1] != "\n":
            self._emit("\n")

    def _emit(self, text: str) -> None:
        self._out.append(text)
        self._length += len(text)

    def _words(self, text: str, *, seen: bool) -> None:
        for match in _WORD.finditer(text):
            word = match[0]
            at = self._flat.find(word, self._cursor, self._cursor + _WINDOW + len(word))
            if at >= 0:
                self._cursor = at + len(word)
            if not seen:
                continue
            if match.start() > 0 and self._out and self._out[-1] not in {" ", "\n"}:
                self._emit(" ")
            if at >= 0:
                self._record(at, len(word))
            self._emit(word)
        if seen and text[-1:].isspace() and self._out and self._out[-1] not in {" ", "\n"}:
            self._emit(" ")

    def _record(self, at: int, length: int) -> None:
        """One run per stretch of characters that stand together in the source too."""
        positions = self._positions
        first = 0
        for index in range(1, length + 1):
            if index == length or positions[at + index] != positions[at + index - 1] + 1:
                self._runs.append((self._length + first, positions[at + first], index - first))
                first = index


def _flatten(source: str) -> tuple[str, list[int]]:
    """The source without tags, entities decoded, and the position of each character."""
    out: list[str] = []
    positions: list[int] = []
    at = 0
    for piece in _PIECES.finditer(source):
        out.append(source[at : piece.start()])
        positions.extend(range(at, piece.start()))
        at = piece.end()
        decoded = html.unescape(piece[0]) if piece[0][0] == "&" else " "
        out.append(decoded)
        positions.extend([piece.start()] * len(decoded))
    out.append(source[at:])
    positions.extend(range(at, len(source)))
    return "".join(out), positions

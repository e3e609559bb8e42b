"""HTML mail to text that knows where each of its words stood in the HTML.

The parser repairs broken HTML but does not tell positions. So the source is also read flat, and
the words the parser found are looked up in that flat text, in order.
"""

import re
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from agent.nlp.flat import BLANKED, FlatText
from agent.nlp.htmldepth import is_too_deep
from agent.nlp.htmlmarks import UNSEEN, Marks, Reason, why_left_out
from agent.nlp.offsets import OffsetMap

_LOOKS = re.compile(
    r"<(?:!doctype|html|head|body|div|p|br|table|span|blockquote)\b[^<>]{0,500}>", re.IGNORECASE
)
_WORD = re.compile(r"\S+")
_PIECE = re.compile(r"\S+|\s")
_ODD_SPACE = re.compile(r"[^\S ]|  ")
_PHRASE = re.compile(r"\S+(?: \S+)*")
_BLOCKS: Final = frozenset((
    "address", "article", "aside", "blockquote", "body", "br", "center", "dd", "div", "dl", "dt",
    "fieldset", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li",
    "main", "nav", "ol", "p", "pre", "section", "table", "tbody", "td", "th", "tr", "ul",
))  # fmt: skip
QUOTE_MARK: Final = ">"
"""Stands on a line by itself where quoted history was left out, as in plain text mail."""
_INTRODUCES = re.compile(r"(?:写道|寫道|wrote|schrieb.{0,40}|écrit)\s*[:：]?\s*$")
_HEADS = re.compile(
    r"[\s*_=—-]{0,80}(?:发件人|发件人|寄件者|from|von|de)\s{0,4}[:：]|[\s]*[-_=—]{2,}.{0,20}(?:原始|original|forward|转发)",
    re.IGNORECASE,
)
_FORWARDS = re.compile(r"[\s]*-{3,}|forwarded message|转发|轉寄", re.IGNORECASE)
_FIRST_NODES: Final = 40
_LAST_PIECES: Final = 12
_WINDOW: Final = 4_096
"""How far ahead a word is looked for: keeps the look-up linear on HTML that does not add up."""


def looks_like_html(text: str) -> bool:
    return _LOOKS.search(text, 0, 20_000) is not None


def html_to_text(source: str, *, mark_quotes: bool = False) -> tuple[str, OffsetMap]:
    """The visible text without quoted history and signature blocks; blocks become lines.

    With ``mark_quotes``, where history was left out a line says ``QUOTE_MARK``.
    """
    if is_too_deep(source):
        return FlatText(source).whole()
    try:
        root = LexborHTMLParser(source.encode("utf-8", "replace").decode("utf-8")).root
    except (ValueError, RuntimeError):  # what selectolax raises when it gives up on a document
        root = None
    if root is None:
        return source, OffsetMap.of([(0, 0, len(source))], len(source))
    return _Walk(source, mark_quotes=mark_quotes).text(root)


class _Walk:
    def __init__(self, source: str, *, mark_quotes: bool) -> None:
        self._mark_quotes = mark_quotes
        self._known: dict[Marks, Reason] = {}
        self._flat = FlatText(source)
        self._source_length = len(source)
        self._cursor = 0
        self._out: list[str] = [""]
        self._length = 0
        self._runs: list[tuple[int, int, int]] = []

    def text(self, root: LexborNode) -> tuple[str, OffsetMap]:
        node: LexborNode | None = root
        still_open: list[tuple[LexborNode, bool]] = []  # and whether it is a block
        skipped = 0  # since how many open elements the words are passed over
        while node is not None:
            tag = node.tag
            if tag == "-text":
                self._words(node.text_content or "", seen=not skipped)
                is_block = False
                child = None
            else:
                is_block = tag in _BLOCKS
                if is_block:
                    self._line_break()
                why = self._left_out(node, tag) if not skipped and tag is not None else ""
                if why == "rest":
                    break
                child = node.child if tag not in BLANKED else None
                if why:
                    self._mark(why)
                    skipped = len(still_open) + 1 if child is not None else 0
                if child is not None:
                    still_open.append((node, is_block))
                    node = child
                    continue
                if is_block:
                    self._line_break()
            following = node.next
            while following is None and still_open:
                node, is_block = still_open.pop()
                if skipped > len(still_open):
                    skipped = 0
                if is_block:
                    self._line_break()
                following = node.next
            node = following
        return "".join(self._out), OffsetMap.of(self._runs, self._source_length)

    def _mark(self, why: Reason) -> None:
        if why == "quote" and self._mark_quotes:
            self._line_break()
            self._emit(QUOTE_MARK)
            self._emit("\n")

    def _left_out(self, node: LexborNode, tag: str) -> Reason:
        if tag in UNSEEN:
            return "unseen"
        if tag == "blockquote" and self._is_history(node):
            return "quote"
        attributes = node.attributes
        if not attributes and tag != "sign":
            return ""
        get = attributes.get
        marks = tag, get("id"), get("name"), get("class"), get("style")
        why = self._known.get(marks)
        if why is None:
            why = self._known[marks] = why_left_out(marks)
        if why == "quote" and tag == "div" and _answered_inside(node):
            # Gmail puts the answers between the quotes of an inline reply into the quote.
            return ""
        return why

    def _is_history(self, node: LexborNode) -> bool:
        attributes = node.attributes
        return (
            (attributes.get("type") or "").lower() == "cite"
            or "cite" in attributes
            or "quote" in (attributes.get("class") or "").lower()
            or bool(_INTRODUCES.search(self._said_last()))
            or _HEADS.match(_first_words(node)) is not None
        )

    def _said_last(self) -> str:
        """A few words and the white space between them, each of a length that words have."""
        pieces = [
            word for said in self._out[-_LAST_PIECES:] for word in _PIECE.findall(said[-500:])
        ]
        return "".join(word[-40:] for word in pieces[-_LAST_PIECES:])

    def _line_break(self) -> None:
        if self._out[-1] not in {"\n", ""}:
            self._emit("\n")

    def _emit(self, text: str) -> None:
        self._out.append(text)
        self._length += len(text)

    def _words(self, text: str, *, seen: bool) -> None:
        bare = text.strip()
        if bare:
            at = self._flat.find_next(bare, self._cursor)
            if at < 0:
                self._single_words(text, seen=seen)
            else:
                # The whole of it stands there as it is, next to what was found before.
                self._cursor = at + len(bare)
                if seen:
                    if text[0] != bare[0]:
                        self._part()
                    if _ODD_SPACE.search(bare):
                        self._phrases(bare, at)
                    else:
                        self._record(at, len(bare))
                        self._emit(bare)
        if seen and text[-1:].isspace():
            self._part()

    def _phrases(self, bare: str, at: int) -> None:
        """Put out what the flat text holds at ``at``, with single spaces for its white space."""
        for phrase in _PHRASE.finditer(bare):
            start, end = phrase.span()
            if start:
                self._part()
            self._record(at + start, end - start)
            self._emit(phrase[0])

    def _single_words(self, text: str, *, seen: bool) -> None:
        flat = self._flat.text
        for match in _WORD.finditer(text):
            word = match[0]
            at = flat.find(word, self._cursor, self._cursor + _WINDOW + len(word))
            if at >= 0:
                self._cursor = at + len(word)
            if not seen:
                continue
            if match.start():
                self._part()
            if at >= 0:
                self._record(at, len(word))
            self._emit(word)

    def _part(self) -> None:
        """A space between words that have some in the source."""
        if self._out[-1] not in {" ", "\n", ""}:
            self._emit(" ")

    def _record(self, at: int, length: int) -> None:
        here = self._length
        for there, stretch in self._flat.runs(at, length):
            self._runs.append((here, there, stretch))
            here += stretch


def _answered_inside(node: LexborNode) -> bool:
    """Whether a quote element only wraps an attribution, quotes, and words between them."""
    child = node.child
    quotes = False
    answers = False
    while child is not None:
        if child.tag == "blockquote":
            quotes = True
        elif "gmail_attr" in (child.attributes.get("class") or ""):
            if _FORWARDS.search(_first_words(child)):
                return False
        elif _first_words(child).strip():
            answers = True
        child = child.next
    return quotes and answers


def _first_words(node: LexborNode) -> str:
    """The beginning of what an element says, read from a bounded number of nodes."""
    said = ""
    found: LexborNode | None = node.child
    for _ in range(_FIRST_NODES):
        if found is None or len(said) > 100:
            break
        if found.tag == "-text":
            said += (found.text_content or "")[:200]
        following = found.child or found.next
        while following is None:
            found = found.parent
            if found is None or found.mem_id == node.mem_id:
                return said
            following = found.next
        found = following
    return said

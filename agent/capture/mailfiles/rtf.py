"""Rich text to what a person reads: HTML where the RTF wraps it ([MS-OXRTFEX]), else plain text."""

import codecs
import re
from dataclasses import dataclass, replace

from agent.capture.charset import decode, storable

MAX_BYTES = 8 * 1024 * 1024
_TOKEN = re.compile(
    rb"\\'([0-9a-fA-F]{2})"
    rb"|\\([a-zA-Z]{1,32})(-?\d{1,10})?[ ]?"
    rb"|\\([^a-zA-Z'])"
    rb"|([{}])"
    rb"|[\r\n]+"
    rb"|([^\\{}\r\n]+)"
    rb"|\\"
)
_SKIPPED = frozenset(
    b"fonttbl colortbl stylesheet info pict object header footer headerl headerr footerl footerr "
    b"listtable listoverridetable rsidtbl generator themedata colorschememapping latentstyles "
    b"datastore xmlnstbl mhtmltag bkmkstart bkmkend fldinst nonshppict shppict objdata".split()
)
_WORDS = {
    b"par": "\n", b"line": "\n", b"sect": "\n", b"page": "\n", b"row": "\n", b"cell": "\t",
    b"tab": "\t", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”",
    b"bullet": "•", b"endash": "–", b"emdash": "—", b"emspace": " ", b"enspace": " ",
}  # fmt: skip
_SYMBOLS = {b"~": "\u00a0", b"_": "-", b"-": "", b"\n": "\n", b"\r": "\n", b"\\": "\\"}
_CHARSETS = {
    77: "mac-roman", 128: "cp932", 129: "cp949", 134: "gb18030", 136: "big5", 161: "cp1253",
    162: "cp1254", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874",
    238: "cp1250",
}  # fmt: skip
_MAX_DEPTH = 200


@dataclass(frozen=True, slots=True)
class _Group:
    skipped: bool = False
    """Its text is not to be read: a table of fonts, a picture."""
    in_fonts: bool = False
    in_tag: bool = False
    """A piece of the wrapped HTML itself."""
    for_rtf_only: bool = False
    """Of wrapped HTML: what only readers of RTF should see."""
    charset: str = ""
    unicode_skip: int = 1


def read(raw: bytes) -> tuple[str, bool]:
    """The text and whether it is HTML; empty when there are no words in it."""
    if not raw.lstrip().startswith(b"{\\rtf"):
        return "", False
    reader = _Reader(is_html=b"\\fromhtml" in raw[:4096])
    reader.run(raw[:MAX_BYTES])
    text = storable(
        "".join(reader.out).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    )
    return (text.strip() and text), reader.is_html


class _Reader:
    def __init__(self, *, is_html: bool) -> None:
        self.is_html = is_html
        self.out: list[str] = []
        self._bytes = bytearray()
        """Letters of a code page, not yet decoded: one may take two tokens."""
        self._group = _Group()
        self._outer: list[_Group] = []
        self._fonts: dict[int, str] = {}
        self._font = -1
        self._page = "cp1252"
        self._starred = False
        self._to_skip = 0
        """Letters that stand for a character already read as Unicode."""

    def run(self, raw: bytes) -> None:
        for token in _TOKEN.finditer(raw):
            code, word, number, symbol, brace, text = token.groups()
            if code is not None:
                self._letters(bytes((int(code, 16),)))
            elif text is not None:
                self._letters(text)
            elif word is not None:
                self._flush()
                self._word(word.lower(), int(number) if number else None)
            elif symbol is not None:
                self._symbol(symbol)
            elif brace is not None:
                self._flush()
                self._to_skip = 0
                self._brace(brace)
        self._flush()

    def _brace(self, brace: bytes) -> None:
        self._starred = False
        if brace == b"{":
            if len(self._outer) < _MAX_DEPTH:
                self._outer.append(self._group)
        elif self._outer:
            self._group = self._outer.pop()

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self._starred = True
        elif symbol in b"{}":
            self._letters(symbol)
        else:
            self._flush()
            self._say(_SYMBOLS.get(symbol, ""))

    def _word(self, word: bytes, number: int | None) -> None:
        starred, self._starred = self._starred, False
        match word:
            case b"htmltag":
                self._group = replace(self._group, in_tag=True, skipped=not self.is_html)
            case b"htmlrtf":
                self._group = replace(self._group, for_rtf_only=number != 0)
            case _ if word in _SKIPPED or (starred and word != b"shpinst"):
                self._group = replace(self._group, skipped=True, in_fonts=word == b"fonttbl")
            case b"ansicpg" if number:
                self._page = _codec(f"cp{number}")
            case b"uc" if number is not None:
                self._group = replace(self._group, unicode_skip=max(0, min(number, 9)))
            case b"u" if number is not None:
                self._say(chr(number % 65536))
                self._to_skip = self._group.unicode_skip
            case b"f" if number is not None:
                self._font = number
                self._group = replace(self._group, charset=self._fonts.get(number, ""))
            case b"fcharset" if number is not None and self._group.in_fonts:
                self._fonts[self._font] = _CHARSETS.get(number, "")
            case b"plain":
                self._group = replace(self._group, charset="")
            case _ if word in _WORDS:
                self._say(_WORDS[word])

    def _letters(self, letters: bytes) -> None:
        if self._to_skip:
            cut = min(self._to_skip, len(letters))
            self._to_skip -= cut
            letters = letters[cut:]
        if letters and self._is_read:
            self._bytes += letters

    def _say(self, text: str) -> None:
        if self._is_read:
            self.out.append(text)

    @property
    def _is_read(self) -> bool:
        group = self._group
        if group.skipped:
            return False
        return not self.is_html or group.in_tag or not group.for_rtf_only

    def _flush(self) -> None:
        if self._bytes:
            raw = bytes(self._bytes)
            self._bytes.clear()
            self.out.append(decode(raw, self._group.charset or self._page))


def _codec(name: str) -> str:
    if name == "cp936":
        return "gb18030"
    try:
        return codecs.lookup("utf-8" if name == "cp65001" else name).name
    except LookupError:
        return "cp1252"

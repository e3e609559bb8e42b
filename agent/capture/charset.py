"""Bytes of unknown or wrongly named encoding to text; Chinese mail is the common case.

Chinese senders label GB 18030 as ``gb2312`` and mean the larger set, leave raw 8-bit bytes in
headers, and label UTF-8 as GB or GB as Latin. What the bytes say outweighs what the label says
wherever the two cannot both be right.
"""

import codecs
import re
from functools import lru_cache

_GB = frozenset({"gb2312", "gbk", "gb18030", "cp936", "euc-cn", "hz-gb-2312-8bit", "x-gbk"})
_LATIN = frozenset({"ascii", "iso8859-1", "cp1252"})
"""Labels that senders put on anything, by the codec's own name."""
_NO_CHARSET = frozenset(
    {"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"}
)
"""Python codecs that are no mail charset; some are slow or interpret their input."""

_HIGH = re.compile(rb"[\x80-\xff]+")
_GB_PAIR = re.compile(rb"[\xa1-\xfe]{2}")
_UTF8_TRIPLE = re.compile(rb"[\xe0-\xef][\x80-\xbf]{2}")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_META_CHARSET = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?([A-Za-z0-9_.:-]{2,40})""", re.IGNORECASE
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BOM_BEGINS = frozenset(bom[:1] for bom, _ in _BOMS)


def storable(text: str) -> str:
    """Without NUL and lone surrogates, which neither databases nor JSON readers take."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return _UNSTORABLE.sub("", text)
    return text.replace("\x00", "") if "\x00" in text else text


def decode(raw: bytes, label: str | None = None) -> str:
    """Text of ``raw``, which claims to be in the charset ``label``. Never fails."""
    if raw[:1] in _BOM_BEGINS:
        for bom, charset in _BOMS:
            if raw.startswith(bom):
                return storable(raw[len(bom) :].decode(charset, "replace"))
    codec = _codec(label or "")
    if codec is None:
        return guess(raw)
    if (codec == "gb18030" or codec in _LATIN) and _is_utf8_after_all(raw):
        codec = "utf-8"
    elif codec in _LATIN and (not raw.isascii()) and (codec == "ascii" or _gb_share(raw) >= 0.9):
        return guess(raw)
    try:
        return storable(raw.decode(codec))
    except UnicodeDecodeError:
        # A cut last character is no reason to doubt the label; a wrong label is.
        mended = raw.decode(codec, "replace")
        return storable(mended) if mended.count("\ufffd") <= 1 + len(mended) // 200 else guess(raw)


def guess(raw: bytes) -> str:
    """Text of unlabelled bytes: ASCII, UTF-8, GB 18030 or Western, whichever fits."""
    for charset in ("ascii", "utf-8"):
        try:
            return storable(raw.decode(charset))
        except UnicodeDecodeError:
            continue
    utf8, triples = raw.decode("utf-8", "replace"), len(_UTF8_TRIPLE.findall(raw))
    if triples >= 3 and utf8.count("\ufffd") <= max(1, triples // 20):  # cut, or one bad byte
        return storable(utf8)
    if _gb_share(raw) >= 0.5:
        return storable(raw.decode("gb18030", "replace"))
    return storable(raw.decode("cp1252", "replace"))


def decode_html(raw: bytes, label: str | None = None) -> str:
    """As ``decode``; an unlabelled page may name its charset itself."""
    if label is None and (named := _META_CHARSET.search(raw, 0, 4096)):
        label = named.group(1).decode("ascii")
    return decode(raw, label)


@lru_cache(maxsize=256)
def _codec(label: str) -> str | None:
    """Python's name for a charset label, GB 18030 for every GB label, None for an unknown one."""
    name = label.strip().strip("\"'").lower().partition("*")[0]
    if name in _GB:
        return "gb18030"
    try:
        found = codecs.lookup(name)
        "".encode(name)  # refuses codecs between bytes and bytes
    except (LookupError, ValueError, UnicodeError):
        return None
    if found.name.replace("_", "-") in _NO_CHARSET:
        return None
    return "gb18030" if found.name in _GB else found.name


def _is_utf8_after_all(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return len(_UTF8_TRIPLE.findall(raw)) >= 3


def _gb_share(raw: bytes) -> float:
    """Share of the high bytes that stand in pairs of the plain GB 2312 range.

    In Western text high bytes are lone letters between ASCII ones."""
    high = sum(len(run) for run in _HIGH.findall(raw))
    return 2 * len(_GB_PAIR.findall(raw)) / high if high else 0.0

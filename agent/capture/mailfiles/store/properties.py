"""What is taken of an item in a mail store: ids of properties, those with a name included.

A named property has another id in every store. Here it is called by a number that no store uses:
its set's base plus its own long id ([MS-OXPROPS]).
"""

import itertools
import struct
from collections.abc import Iterator

from agent.capture.mailfiles import outlook

APPOINTMENT, MEETING, KEYWORDS = 0x10000, 0x20000, 0x30000
"""Bases: PSETID_Appointment, PSETID_Meeting; and the categories."""

BUSY, LOCATION, STARTS, ENDS = (APPOINTMENT + lid for lid in (0x8205, 0x8208, 0x820D, 0x820E))
ALL_DAY, STATE, RESPONSE, RECURS = (APPOINTMENT + lid for lid in (0x8215, 0x8217, 0x8218, 0x8223))
REPLACES = APPOINTMENT + 0x8228
GLOBAL_ID, CLEAN_GLOBAL_ID = MEETING + 0x3, MEETING + 0x23
SEARCH_KEY = 0x300B
RECIPIENT_FLAGS, TRACK_STATUS = 0x5FFD, 0x5FFF
CONTAINER_CLASS, SUBTREE, WASTEBASKET, PASSWORD = 0x3613, 0x35E0, 0x35E3, 0x67FF

OF_ITEM = frozenset(
    {
        outlook.MESSAGE_CLASS, outlook.SENSITIVITY, outlook.SUBJECT, outlook.SUBMITTED,
        outlook.REPRESENTED_NAME, outlook.REPRESENTED_EMAIL, outlook.TRANSPORT,
        outlook.SENDER_NAME, outlook.SENDER_EMAIL, outlook.DELIVERED, outlook.FLAGS,
        outlook.BODY, outlook.RTF, outlook.HTML, outlook.MESSAGE_ID, outlook.REFERENCES,
        outlook.IN_REPLY_TO, outlook.BODY_CODEPAGE, outlook.CODEPAGE, outlook.SENDER_SMTP,
        outlook.REPRESENTED_SMTP, outlook.CREATOR_EMAIL, outlook.CREATOR_SMTP, SEARCH_KEY, KEYWORDS, BUSY, LOCATION, STARTS, ENDS, ALL_DAY,
        STATE, RESPONSE, RECURS, REPLACES, GLOBAL_ID, CLEAN_GLOBAL_ID,
    }
)  # fmt: skip
OF_PERSON = frozenset(
    {
        outlook.RECIPIENT_TYPE, outlook.DISPLAY_NAME, outlook.EMAIL, outlook.SMTP,
        RECIPIENT_FLAGS, TRACK_STATUS,
    }
)  # fmt: skip
OF_ATTACHMENT = frozenset({outlook.ATTACHED_AS, outlook.ATTACHED_LONG, 0x0E20})
ATTACHMENT_SIZE = 0x0E20

_SETS = {
    bytes.fromhex("0220060000000000c000000000000046"): APPOINTMENT,
    bytes.fromhex("90dad86e0b451b1098da00aa003f1305"): MEETING,
}
_PUBLIC_STRINGS = 2
_FIRST_SET = 3
_FIRST_NAMED = 0x8000


def names(sets: bytes, entries: bytes, strings: bytes) -> Iterator[tuple[int, int]]:
    """(id in this store, our id) of the named properties, from a store's map of names
    ([MS-PST] 2.4.7)."""
    for at in range(0, len(entries) - 7, 8):
        key, guid, index = struct.unpack_from("<IHH", entries, at)
        which = guid >> 1
        if guid & 1:
            if which == _PUBLIC_STRINGS and _string(strings, key) == "Keywords":
                yield _FIRST_NAMED + index, KEYWORDS
        elif which >= _FIRST_SET:
            start = (which - _FIRST_SET) * 16
            base = _SETS.get(sets[start : start + 16])
            if base is not None:
                yield _FIRST_NAMED + index, base + key


def strings_of(raw: bytes) -> list[str]:
    """The texts of a property of many: count, places, texts."""
    if len(raw) < 4:
        return []
    count = min(struct.unpack_from("<I", raw)[0], 100)
    places = (
        [*struct.unpack_from(f"<{count}I", raw, 4), len(raw)] if len(raw) >= 4 + 4 * count else []
    )
    return [
        raw[start:end].decode("utf-16-le", "replace").rstrip("\x00")
        for start, end in itertools.pairwise(places)
    ]


def _string(strings: bytes, offset: int) -> str:
    if offset + 4 > len(strings):
        return ""
    (size,) = struct.unpack_from("<I", strings, offset)
    return strings[offset + 4 : offset + 4 + size].decode("utf-16-le", "replace")

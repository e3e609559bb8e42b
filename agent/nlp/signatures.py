"""What people put under a mail: where the signature starts, and what goes with it."""

import re
from typing import Final

from agent.nlp.footlines import SHORT, FootLine, ends_sentence, is_dashes
from agent.nlp.linestarts import Start
from agent.nlp.smallprint import speaks_small_print, strip_smallprint

_LISTED = re.compile(r"[-*•·(（]?[ ]?\d{0,2}[.、)）]|.*[。！？!?.；;:：]$|.*[请您你我]")
_GREETS = re.compile(
    r"(?:hi|hello|dear|hey|good|您好|你好|各位|尊敬|亲爱)\b|.*(?:您好|你好|总|经理|工|老师)[,，]$",
    re.IGNORECASE,
)
_ENDS_NOTHING = re.compile(
    r"(?:[-_=*—─━~－]{2,}|[\[<]cid:.{0,80}[\]>]|[<\[]image\d+\.(?:png|jpe?g|gif).{0,40}[>\]]|\[image: .{0,40}logo.{0,20}\])$"
)
_FIRM_ALONE = re.compile(
    r".{0,24}(?:有限公司|集团|(?:部|处|科|组|中心|办公室))$|.{0,40}\b(?:ltd|inc|gmbh|llc|team|department|dept)\b\.?$",
    re.IGNORECASE,
)
_ADDRESS_ALONE = re.compile(r"[^@\s]{1,80}@[^@\s]{3,80}$")
_BORDERS: Final = "| \t"
_INTRODUCES = re.compile(
    r"[:：]\s*$|(?:如下|以下|as follows|below|地址|address(?: is)?|contacts?(?: are)?)[ ,，]{0,2}$",
    re.IGNORECASE,
)
_POSTSCRIPT = re.compile(
    r"[ \t\u3000]*(?:p[.。]?\s?p?[.。]?\s?s\b|ps[.:： ，,]|ps[\u4e00-\u9fff]|又及|又[:：]|附言|另[:：,， ]|另外|补充|附[:：]|再补充|n\.?b\.?[:. ]|one more thing|edit:|补[:：])",
    re.IGNORECASE,
)
OPENINGS: Final = "pPnNoOeE又附另补再 \t\u3000"
_START: Final = int(Start.POSTSCRIPT)
_SPACE: Final = int(Start.SPACE)
_MOST_LINES: Final = 24
_LONGEST: Final = 400
_REACH: Final = 64
"""Lines from the bottom that decide; more than twice ``_MOST_LINES``, the second time above a ``--``."""
_BELOW_NAMES: Final = frozenset(("contact", "rule", "picture", "print", "other"))
"""What may stand below small print or a motto: the name and the closing stand above."""


def strip_signatures(lines: list[str], own: bytearray, starts: list[int]) -> None:
    """Mark signature, device, banner and disclaimer lines in ``own`` as not said by the sender."""
    said = [
        index
        for index, start in enumerate(starts)
        if own[index] and not (start & _SPACE and lines[index].isspace())
    ]
    if not said:
        return
    said = strip_smallprint(lines, own, said, starts)
    segments = _segments(lines, own, said, starts)
    for number, segment in enumerate(segments):
        last = number == len(segments) - 1
        foot = segment[-_REACH:]
        cut = _signature_start([lines[index].strip() for index in foot], foot, last=last)
        while (
            cut > 0
            and (last or cut < len(foot))
            and _ENDS_NOTHING.match(lines[foot[cut - 1]].strip())
        ):
            cut -= 1  # the rule above what was cut
        for index in foot[cut:]:
            own[index] = 0


def _segments(
    lines: list[str], own: bytearray, said: list[int], starts: list[int]
) -> list[list[int]]:
    """Runs of own lines that say something, parted by history and before a postscript."""
    postscripts = {
        index for index in said if starts[index] & _START and _POSTSCRIPT.match(lines[index])
    }
    # Small print between a name and its address parts nothing, history does.
    is_parted = b"\0\1" in own
    if not postscripts and not is_parted:
        return [said] if said else []
    found: list[list[int]] = [[]]
    for index in said:
        segment = found[-1]
        if segment and (index in postscripts or 0 in own[segment[-1] : index]):
            segment = []
            found.append(segment)
        segment.append(index)
    return [segment for segment in found if segment]


def _signature_start(said: list[str], places: list[int], *, last: bool) -> int:
    """The first line of the signature at the end of these lines; their number when none is there.

    ``places`` are the numbers of the lines in the mail: blank ones may stand between them.
    Behind a bare ``--`` everything goes. Behind a closing only what may stand in a signature may
    follow, short and no sentence. Without a closing, each line from a name (or a firm, or a rule)
    on must look like the part of a signature it is.
    """
    first = max(0, len(said) - _MOST_LINES)
    if "--" in said[first:-1]:
        said = said[: said.index("--", first)]
    count = len(said)
    first = max(0, count - _MOST_LINES)
    foot = _foot(said, first, last=last)
    lenient = count - len(foot)  # from here on nothing reads like a sentence
    strict = count  # from here on everything is a known part of a signature
    while strict > lenient and foot[strict - lenient - 1].part:
        strict -= 1
    for index in range(lenient, count):
        line, below = foot[index - lenient], foot[index - lenient + 1 :]
        if below and is_dashes(line.text):
            return index
        if line.role == "closing" or (
            line.role == "thanks" and (_is_signed_below(below) or line.text[-1] in ",，")
        ):
            return index
        if index + 1 >= strict and index > 0 and _is_unusual_closing(line, below):
            return index
        if index == 0:
            continue
        apart = places[index - 1] + 1 < places[index]
        if index >= strict or (apart and _is_led(line, below)):
            above = foot[index - lenient - 1] if index > lenient else FootLine.of(said[index - 1])
            if _opens(line, above, below, apart=apart, last=last):
                return index
    return count


def _foot(said: list[str], first: int, *, last: bool) -> list[FootLine]:
    """The lines from the bottom up to the last sentence, but for a motto or small print."""
    foot: list[FootLine] = []
    count = len(said)
    alone = last
    while len(foot) < count - first:
        index = count - len(foot) - 1
        line = FootLine.of(said[index], alone=alone and index > 0)
        if line.role == "sentence":
            if any(other.role not in _BELOW_NAMES for other in foot):
                break
            if len(line.text) > SHORT // 2 and speaks_small_print(line.text[:_LONGEST]):
                line = FootLine(line.text, "print")
            elif _is_motto(line.text, said, index):
                line = FootLine(line.text, "other")
            else:
                break
        alone = alone and line.part
        foot.append(line)
    while foot and foot[-1].role == "print":
        foot.pop()
    return foot[::-1]


def _is_motto(text: str, said: list[str], index: int) -> bool:
    return index > 1 and len(text) <= SHORT and FootLine.of(said[index - 1]).role == "contact"


def _is_signed_below(below: list[FootLine]) -> bool:
    """Thanks are a closing only above a name, and what comes first must fit a line."""
    return bool(below) and below[0].is_short and all(line.role != "print" for line in below[:1])


def _is_led(line: FootLine, below: list[FootLine]) -> bool:
    """A name over lines of which at least as many are known parts as are not."""
    others = [other for other in below if not other.part]
    return (
        line.role == "name"
        and len(others) <= len(below) - len(others) + 1
        and not any(_LISTED.match(other.text) for other in others)
    )


def _is_unusual_closing(line: FootLine, below: list[FootLine]) -> bool:
    """``Greetings from Vienna,`` above a name."""
    return (
        line.text[-1] in ",，"
        and len(line.text) <= SHORT * 2 // 3
        and not _GREETS.match(line.text)
        and len(below) > 0
        and below[0].role == "name"
    )


def _opens(
    line: FootLine, above: FootLine, below: list[FootLine], *, apart: bool, last: bool
) -> bool:
    """Whether a signature without a closing starts at this line, which is one of its parts."""
    if above.role == "contact" or _INTRODUCES.search(above.text[-20:]):
        return False
    if line.role == "rule" and line.text.strip(_BORDERS):
        return any(other.tells_who for other in below)
    if line.role == "name":
        # One letter is a name only where nothing else can be meant.
        return (apart or len(line.text) > 1) and (bool(below) or apart or last)
    if not apart and not ends_sentence(above.text):
        return False
    if line.role in {"rule", "picture"}:
        return any(other.role == "name" for other in below)
    if line.role == "contact":
        return last and not below and _ADDRESS_ALONE.match(line.text) is not None
    if line.role != "position":
        return False
    if not below:
        return last and apart and _FIRM_ALONE.match(line.text) is not None
    return any(other.tells_who for other in below)

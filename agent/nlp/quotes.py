"""Quoted history in plain text mail, Chinese and English: which lines are not this mail's own."""

import re
from typing import Final

_SEPARATOR = re.compile(
    r"[ \t>]*[-_=*—─]{2,}[ \t]*(?:original (?:message|e-?mail)|forwarded (?:message|by)\b.{0,80}?|"
    r"begin forwarded message|原始邮件|原邮件|邮件原件|原始郵件|回复的原邮件|回复的邮件|"
    r"转发邮件信息|转发的邮件|转发邮件|轉寄郵件)[ \t]*[-_=*—─:：]*[ \t]*$"
    r"|[ \t]*(?:begin forwarded message|开始转发的邮件|下面是转发的邮件|开始转发的信息)[ \t]*[:：]?[ \t]*$",
    re.IGNORECASE,
)
_SENDER = re.compile(
    r"[ \t*>|]{0,8}(?:发件人|寄件者|寄件人|发自|from|de|von)\*?[ \t]{0,8}[:：]", re.IGNORECASE
)
_HEADER = re.compile(
    r"[ \t*>|]{0,8}(?:发送时间|发送日期|日期|时间|寄件日期|傳送日期|收件人|收件者|抄送|主题|主旨|"
    r"sent|date|to|cc|subject)\*?[ \t]{0,8}[:：]",
    re.IGNORECASE,
)
_WROTE_END = re.compile(
    r"(?:写道|寫道|撰写|wrote|writes|schrieb|a écrit)[ \t]{0,8}[:：]?[ \t]{0,8}$", re.IGNORECASE
)
_WROTE_START = re.compile(
    r"[ \t]{0,8}(?:on[ \t]|at[ \t]|在|于|\d{4}[-年/.]|[^\n]{1,80}<[^<>\s]{1,120}@[^<>\s]{1,120}>)",
    re.IGNORECASE,
)
_WROTE_PROOF = re.compile(r"\d|@")
_QUOTED = re.compile(r"[ \t]{0,4}[>＞|](?![=\d])")
_RULE = re.compile(r"[ \t]*[_—─-]{10,}[ \t]*$")
_LONGEST: Final = 400
"""A longer line is nobody's header; the patterns are not tried on it."""
_INTRO_LINES: Final = 3


def own_lines(lines: list[str]) -> list[bool]:
    """For each line, whether the sender wrote it (True) or it is quoted history (False).

    Lines marked with ``>`` go wherever they stand, so a reply above, between or below them stays.
    A header block without such marks takes everything after it.
    """
    own = [True] * len(lines)
    index = 0
    while index < len(lines):
        line = lines[index]
        if len(line) > _LONGEST or not line.strip():
            index += 1
            continue
        if _QUOTED.match(line):
            own[index] = False
            index += 1
            continue
        length = _introduction(lines, index)
        if not length:
            index += 1
            continue
        rest = index + length
        own[index:rest] = [False] * length
        if _marked(lines, rest):
            index = rest
            continue
        own[index:] = [False] * (len(lines) - index)
        _drop_rule_above(lines, own, index)
        break
    return own


def _introduction(lines: list[str], index: int) -> int:
    """How many lines starting at ``index`` introduce quoted history; 0 when they do not."""
    line = lines[index]
    if _SEPARATOR.match(line):
        return 1
    if _SENDER.match(line):
        following = [text for text in lines[index + 1 : index + 8] if text.strip()][:4]
        return 1 if any(_HEADER.match(text[:_LONGEST]) for text in following) else 0
    if _WROTE_START.match(line):
        joined = ""
        for length in range(1, _INTRO_LINES + 1):
            if index + length > len(lines):
                break
            joined += lines[index + length - 1].rstrip("\r\n") + " "
            if len(joined) > _LONGEST:
                break
            if _WROTE_END.search(joined.rstrip()) and _WROTE_PROOF.search(joined):
                return length
    return 0


def _marked(lines: list[str], index: int) -> bool:
    """Whether the first line that says something carries a quote mark."""
    for line in lines[index:]:
        if line.strip():
            return _QUOTED.match(line) is not None
    return False


def _drop_rule_above(lines: list[str], own: list[bool], index: int) -> None:
    """Outlook draws a line above the header block."""
    above = index - 1
    while above >= 0 and not lines[above].strip():
        above -= 1
    if above >= 0 and len(lines[above]) <= _LONGEST and _RULE.match(lines[above]):
        own[above] = False

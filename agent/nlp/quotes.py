"""Quoted history in plain text mail: which lines are not this mail's own.

Chinese (simplified and traditional) and English clients, and the German and French ones that
write to them.
"""

import re
from string import ascii_letters
from typing import Final

from agent.nlp.linestarts import Start

_LABELS: Final = {
    "from": "发件人|发信人|寄件者|寄件人|發件人|由|from|von|de|da|差出人",
    "date": "发送时间|发件时间|发送日期|日期|时间|寄件日期|傳送日期|送達日期|日時|sent|send time|date|gesendet|datum|envoyé|enviado",
    "to": "收件人|收件者|到|to|an|à|para|宛先",
    "cc": "抄送|副本|密送|cc|bcc|kopie",
    "subject": "主题|主旨|主題|件名|标题|subject|betreff|objet|asunto|re",
}
_LABEL = re.compile(
    r"[ \t\u3000*>|]{0,8}(?:"
    + "|".join(f"(?P<{kind}>{words.replace(' ', '[ ]')})" for kind, words in _LABELS.items())
    + r")[\*\xa0\u3000 \t]{0,8}[:：|]",
    re.IGNORECASE,
)
_SPACED = re.compile(r"(?<=[\u4e00-\u9fff])[\u3000\xa0 ]{1,4}(?=[\u4e00-\u9fff])")
_INLINE_LABEL = re.compile(
    r"[ \t;>](?:sent|date|to|发送时间|日期|收件人)[ \t]?[:：].{0,200}?"
    r"[ \t;>](?:to|subject|收件人|主题)[ \t]?[:：]",
    re.IGNORECASE,
)
_PROOF = re.compile(r"@|\d{1,2}:\d\d|/[\w ]{2,40}$", re.MULTILINE)
_BARS: Final = (
    r"original[ ]?(?:message|e?-?mail|text)?|replied message|reply message|"
    r"forwarded (?:message|e?-?mail|by)\b.{0,80}?|begin forwarded message|"
    r"(?:原始|回复的原|原|转发的|转发|被转发的|轉寄的?|轉寄|轉發的?)(?:邮件|郵件|信息|消息|信件)(?:信息|原件)?|"
    r"邮件原件|(?:转发|轉寄)人.{0,80}?|"
    r"urspr(?:ü|ue)ngliche (?:nachricht|e-?mail)|weitergeleitete nachricht|"
    r"message (?:d'origine|original|transféré)|mensaje original|元のメッセージ"
)
_SEPARATOR = re.compile(
    rf"[ \t>]*[-_=*—─━~]{{2,}}[ \t]*(?:{_BARS})[ \t]*(?:[-_=*—─━~]{{2,}}[ \t]*|[:：][ \t]*)?$"
    r"|[ \t>]*(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-?mail)|"
    r"(?:开始|下面是|以下是|以下为)(?:被)?转发的?(?:邮件|信息|消息)|début du message (?:réexpédié|transféré))[ \t]*[:：]?[ \t]*$"
    r"|[ \t]*[【\[(（=＝*—-]+[ \t]*(?:原始邮件|原邮件|原文|历史邮件|往来邮件|邮件原文)[ \t]*[】\])）=＝*—-]+[ \t]*$"
    r"|[ \t]*以下(?:是|为)?(?:原邮件|原始邮件|历史邮件|往来邮件|邮件原文)(?:内容)?[ \t]*[:：]?[ \t]*$"
    r"|[ \t]*#{2,}-.{0,120}-#{2,}[ \t]*$",
    re.IGNORECASE,
)
_REPLY_ABOVE = re.compile(r"[ \t]*##-")
"""The line a help desk puts above what it sends; an answer to that has words above the line."""
_DATED_BAR = re.compile(
    r"[ \t]*\S.{1,60}?-{2,}\d{1,4}[./-]\d{1,2}[./-]\d{2,4} \d{1,2}:\d\d.{0,12}-{2,}.*$"
)
_BARE_BAR = re.compile(
    r"[ \t]*(?:原始邮件|原邮件|转发邮件|转发的邮件|original message|forwarded message)[ \t]*[:：]?[ \t]*$",
    re.IGNORECASE,
)
_WROTE = re.compile(
    r"(?:写道|寫道|撰写|写到|说道|说|\bgeschrieben|\bsaid|\bsaid the following.{0,60}|^quoting .{3,120}|\b(?:wrote|writes|escribió|ha scritto)|\bschrieb(?:[ ].{1,80})?|\ba écrit)[ \t\xa0]{0,4}"
    r"(?:on[ ].{4,60})?[:：]?$|>[ ]?[:：]$",
    re.IGNORECASE,
)
_WROTE_IN_CHINESE = re.compile(r"(?:写道|寫道|撰写|写到|说道|说)[ \t\xa0]{0,4}[:：]?$")
"""The same without its Latin half: needs only the last few characters."""
_WROTE_OPENS = re.compile(
    r"[ \t]{0,8}(?:on[ \t]|at[ \t]|am[ \t]\w|le[ \t]|el[ \t]|在|于|於|\d{4}[-年/.]|\d{1,2}[./]\d{1,2}[./]\d{2})",
    re.IGNORECASE,
)
_WROTE_PROOF = re.compile(
    r"@|\d{1,2}:\d\d|\d{4}[-/年.]\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{2}|\b20\d\d\b|\d{1,2}月\d{1,2}[日号]"
    r"|^[ \t]{0,8}(?:on|am) .{0,20}(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[ \t]{0,4}(?:[A-Z]{1,3}>[ ]|[>＞])")
_COMPARES = re.compile(r"[ \t]{0,4}[>＞][ \t]?(?:=|[$¥￥€£]|\d(?!\d{0,2}[.、)）:：][^\d]))")
"""A price list's ``> 1000 pcs``, not an old mail's ``> 1. how many``."""
_BARRED = re.compile(r"[ \t]{0,4}\|(?!.*\|[ \t]*$)")
_RULE = re.compile(r"[ \t]*[_—─━=*-]{3,}[ \t]*$")
_ADDRESS = re.compile(r"[ \t]*<?[^@\s<>]{1,80}@[^@\s<>]{3,80}>?[ \t]*$")
_LONGEST: Final = 400
"""A longer line is nobody's header; the patterns are not tried on it."""
_INTRO_LINES: Final = 3
_HEADER_LINES: Final = 9


def own_lines(lines: list[str], starts: list[int]) -> bytearray:
    """For each line, whether the sender wrote it (1) or it is quoted history (0).

    Lines marked with ``>`` go wherever they stand, so a reply above, between or below them stays.
    A header block without such marks takes everything after it.
    """
    own = bytearray(b"\1") * len(lines)
    done = 0
    introduced = False
    for index in _suspects(lines, starts):
        line = lines[index]
        if index < done or len(line) > _LONGEST:
            continue
        if introduced and line[0] == ">":
            own[index] = 0
            continue
        if line.isspace():
            continue
        if _is_quoted(line, introduced=introduced):
            own[index] = 0
            if not introduced:
                _drop_above(lines, own, index)
            continue
        first, done = _introduction(lines, index)
        if first < done and _REPLY_ABOVE.match(line) and _is_blank(lines[:first]):
            own[first:done] = bytes(done - first)  # the desk's own letter: it starts here
        elif first < done:
            introduced = True
            own[first:done] = bytes(done - first)
            _drop_above(lines, own, first)
            if not _marked(lines, done):
                own[first:] = bytes(len(lines) - first)
                break
    return own


def _is_blank(lines: list[str]) -> bool:
    return not lines or "".join(lines).isspace()


def _suspects(lines: list[str], starts: list[int]) -> list[int]:
    """The lines that open or end as a quoted one or the head of a quotation can.

    They have all that ``_is_quoted`` and ``_introduction`` look for, in signs that cost nothing to
    see: most lines are a person's sentences.
    """
    return [
        index
        for index, line in enumerate(lines)
        if starts[index] & _QUOTE
        or line.rstrip().endswith(_WROTE_ENDS)
        or "--" in line
        or (starts[index] & _LABEL_START and _SIGNS.search(line, 1, 30))
    ]


def _is_quoted(line: str, *, introduced: bool) -> bool:
    if _QUOTED.match(line):
        return introduced or not _COMPARES.match(line)
    return introduced and _BARRED.match(line) is not None


def _introduction(lines: list[str], index: int) -> tuple[int, int]:
    """The lines around ``index`` that introduce quoted history: first, and one past the last."""
    line = lines[index].rstrip()
    none = index, index
    if line[:1] in _BAR_STARTS and _is_separator(line):
        return index, index + 1
    if line[:1] in _MAY_LABEL and (label := _label(line)) is not None:
        return (index, index + 1) if _is_header(lines, index, label) else none
    if line.endswith(_WROTE_ENDS) and _says_wrote(line):
        return _attribution(lines, index)
    if len(line) < 160 and (line[:1] in _BAR_WORDS or "--" in line) and _is_separator(line):
        return index, index + 1
    if len(line) < 24 and _BARE_BAR.match(line):
        for later in range(index + 1, min(index + 4, len(lines))):
            label = _label(lines[later])
            if label and _is_header(lines, later, label):
                return index, index + 1
    return none


def _says_wrote(line: str) -> bool:
    length = len(line)
    return (
        _WROTE_IN_CHINESE.search(line, max(0, length - 8)) is not None
        or _WROTE.search(line[-140:]) is not None
    )


def _is_separator(line: str) -> bool:
    return _SEPARATOR.match(line) is not None or (
        "--" in line and _DATED_BAR.match(line) is not None
    )


_BAR_STARTS: Final = frozenset("-_=*—─━~")
_BAR_WORDS: Final = frozenset("【[(（＝=* >\t#bBaAdD开下以")
_WROTE_ENDS: Final = (":", "：", "道", "到", "e")
OPENINGS: Final = "".join(_BAR_STARTS | _BAR_WORDS) + "＞|\u3000原转oOfF"
LABEL_OPENINGS: Final = "发信寄發由差送傳件时時日收到抄副密主标àÀ" + ascii_letters
_MAY_LABEL: Final = frozenset(LABEL_OPENINGS + " \t\u3000*>|")
_QUOTE: Final = int(Start.QUOTE)
_LABEL_START: Final = int(Start.LABEL)
_LABEL_ENDS: Final = re.compile("[:：|]")
_SIGNS: Final = re.compile("[:：|>]")


def _label(line: str) -> re.Match[str] | None:
    """``发件人：``, ``Subject:``; DingTalk spaces ``主　题：``."""
    if _LABEL_ENDS.search(line, 1, 30) is None:
        return None
    return _LABEL.match(_SPACED.sub("", line[:60]))


def _is_header(lines: list[str], index: int, label: re.Match[str]) -> bool:
    """Whether the lines from here on are the head of a mail, not the route of a shipment.

    A sender with two more kinds of line, or with one more and something that only mails have:
    an address, the time of day, a subject.
    """
    kinds = {label.lastgroup}
    line = lines[index]
    if label.lastgroup == "from" and _INLINE_LABEL.search(line):
        return _PROOF.search(line) is not None
    others = 0
    block = [line]
    for later in lines[index + 1 : index + _HEADER_LINES]:
        if later.isspace():
            continue
        found = _label(later)
        if found is None:
            others += 1  # a long list of recipients goes on
            if others > 1:
                break
            continue
        kinds.add(found.lastgroup)
        block.append(later[:_LONGEST])
    if "from" not in kinds or len(kinds) < 2:
        return False
    return "subject" in kinds or _PROOF.search("".join(block)) is not None


def _attribution(lines: list[str], index: int) -> tuple[int, int]:
    """``On Friday, Tom <t@x.example> wrote:``, which may be folded over up to three lines."""
    first = index
    while not _WROTE_OPENS.match(lines[first]) and index - first < _INTRO_LINES - 1:
        above = first - 1
        if above < 0 or len(lines[above]) > _LONGEST or lines[above].isspace():
            break
        first = above
    if not _WROTE_OPENS.match(lines[first]):
        first = index
    said = "".join(lines[first : index + 1])
    if said.rstrip()[-1:] == "：" or said.rstrip()[-1:] == ":" or _WROTE_OPENS.match(said):
        marked = _marked(lines, index + 1)
        if marked or (_WROTE_PROOF.search(said) and not said.rstrip().endswith((">:", "> :"))):
            return first, index + 1
    return index, index


def _marked(lines: list[str], index: int) -> bool:
    """Whether the first line that says something carries a quote mark."""
    for later in range(index, len(lines)):
        if not lines[later].isspace():
            return _QUOTED.match(lines[later]) is not None
    return False


def _drop_above(lines: list[str], own: bytearray, index: int) -> None:
    """Outlook draws a line above the header block, Foxmail puts its user's address there."""
    for pattern in (_RULE, _ADDRESS, _RULE):
        above = index - 1
        while above >= 0 and lines[above].isspace():
            above -= 1
        if above >= 0 and len(lines[above]) <= _LONGEST and pattern.match(lines[above]):
            own[above] = 0
            index = above

"""Which of the days a sentence names is the one its promise is due on."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

from agent.nlp.dates.grammar import Mention, shipped_grammar

_CLAUSE_SIGNS: Final = re.compile(r"[,，。;；!！?？\n]")
_UNTIL: Final = ("until", "till")
_REACH: Final = 60
_TOLD = re.compile(
    r"(?:已经|早就|刚刚|刚才|当时|已)|(?:收到|到货|寄出?|发出?|发货|签|付款?|来|开|完成|少|错|漏|迟到|上线|结清|提交|沟通|见|聊|坏|停|出|交|拿到|拜访)(?:了|过(?![去来]))"
    r"|那批|没人|没有(?!问题)|一直|以来|(?:谈|坏|说好|谈好)的(?!话)"
    r"|\b(?:was|were|had|did|sent|shipped|arrived|received|met|got|came|went|signed|paid|called|happened|launched|started|"
    r"ended|failed|broke|stopped|ordered|bought|installed|delivered|visited|spoke|talked|took|gave|made|said|told|since|closed|cost|promised|agreed on)\b"
)
_AHEAD = re.compile(
    r"[将会要再就能可]|争取|预计|计划|打算|准备|保证|一定|之前|前|内"
    r"|\b(?:will|shall|going to|can|could|plan|let|by|before|until|should|would|need|must|have to|want|expect)\b|'ll\b"
)


_ASKED = re.compile(
    r"吗|[^什怎这那多要]么$|为什么|为何|请问|什么时候|行不行|能不能|可不可以|有没有|是不是|呢$"
    r"|^\W*(?:(?:but|and|so|hi|hello),? )?(?:why|when (?:will|can|do|does|did|is|are)|(?:can|could|would|will|are|do|did) you|is there)\b"
)
_ASKED_WITH_A_MARK = re.compile(
    r"^\W*(?:(?:but|and|so|hi|hello),? )?(?:can|could|would|will|are|is|was|were|do|does|did|has|have|where|who)\b(?! (?:we|i)\b)"
)
_ASKS: Final = frozenset("?？")
_EVENT = re.compile(
    r"愉快|快乐|天气|下雨|下雪|放假|休假|请假|休息|出差|不在|年会|展会|峰会|论坛|生日|到期|过期|失效|生效|质保|保修|涨价|降价|盘点|周年"
    r"|(?:活动|优惠|促销|比赛|项目|试用|合同)[^,，。]{0,12}(?:结束|截止|开始)|(?:推迟|取消|延期)了|扩产|的日期|账单|得很[好差慢多]|从[^,，]{1,8}(?:开始|起)(?:就|一直)|才(?:批|有|定|能批)|是周[一-日末]"
    r"|\b(?:expires?|is a (?:public |bank |national )?holiday|happy|enjoy|have a (?:nice|good|great|lovely)|out of (?:the )?office"
    r"|on (?:leave|holiday|vacation|a business trip)|(?:fiscal|financial) year|trade (?:show|fair)|exhibition|conference|birthday|anniversary"
    r"|(?:sale|offer|promotion|discount|season|budget season|warranty|subscription|trial) (?:ends|starts|begins|runs)|prices? (?:go|goes|rise|increase)"
    r"|(?:has|have) been (?!told|asked|agreed|scheduled|planned|set)|is closed|are closed|budget season)\b"
)
"""What happens on a day by itself, and wishes: nobody has to do anything for it."""
_ACTS = re.compile(
    r"发(?!票)|[寄交回付签给]|答复|回复|确认|提供|安排|联系|拜访|完成|过来|沟通"
    r"|\b(?:send|give|provide|reply|respond|get back|confirm|call|ship|deliver|sign|pay|share|prepare|finish|submit|visit)\b"
)


def due(folded: str, on: date) -> date | None:
    """The day by which what a folded sentence, said on ``on``, announces is due, if it says one.

    What is past is told, what is asked is not said yet, and what comes by itself is promised by
    nobody.
    """
    chosen = chosen_mention(
        mention
        for mention in shipped_grammar().find(folded, on)
        if mention.day >= on and announces(folded, mention)
    )
    return chosen.day if chosen else None


def announces(folded: str, mention: Mention) -> bool:
    """Whether the clause around a day can promise something for it."""
    return not (
        is_told(folded, mention) or _is_asked(folded, mention) or _is_event(folded, mention)
    )


def _is_asked(folded: str, mention: Mention) -> bool:
    """``能在周五之前到货吗``, ``can you deliver by friday?``; a plan for both may be asked for."""
    start, end = _clause(folded, mention)
    clause = folded[start:end].strip()
    if folded[end : end + 1] in _ASKS:
        return _ASKED.search(clause) is not None or _ASKED_WITH_A_MARK.match(clause) is not None
    return end >= len(folded.rstrip()) and _ASKED.search(clause) is not None


def _is_event(folded: str, mention: Mention) -> bool:
    if mention.limit and not folded.startswith(_UNTIL, mention.start):
        return False
    start, end = _clause(folded, mention)
    return (
        _EVENT.search(folded, start, end) is not None and _ACTS.search(folded, start, end) is None
    )


def is_told(folded: str, mention: Mention) -> bool:
    """Whether the clause around a day tells what happened on it: ``it arrived on monday``."""
    if mention.limit:
        return False
    start, end = _clause(folded, mention)
    clause = folded[start:end]
    return _TOLD.search(clause) is not None and _AHEAD.search(clause) is None


def _clause(folded: str, mention: Mention) -> tuple[int, int]:
    """Around a day, as far as a sign of punctuation, within bounds."""
    start, end = max(0, mention.start - _REACH), min(len(folded), mention.end + _REACH)
    for sign in _CLAUSE_SIGNS.finditer(folded, start, mention.start):
        start = sign.end()
    following = _CLAUSE_SIGNS.search(folded, mention.end, end)
    return start, following.start() if following else end


def chosen_mention(mentions: Iterable[Mention]) -> Mention | None:
    """A limit counts before a moment; of several the last one named."""
    said = list(mentions)
    limits = [mention for mention in said if mention.limit]
    return (limits or said)[-1] if said else None

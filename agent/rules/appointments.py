"""Invitations and the answers to them, also where no calendar part came along."""

import re

from agent.contract.activity import MachineSign
from agent.rules.engagement import engages, named
from agent.rules.letter import Letter
from agent.rules.wording import Wording

_RESPONSE = ("REPLY", "COUNTER", "REFRESH", "DECLINECOUNTER")
_INVITATION = ("REQUEST", "CANCEL", "ADD", "PUBLISH")
_ANSWERED = re.compile(
    r"\s*(?:已接受|接受|已谢绝|谢绝|已拒绝|拒绝|暂定|已暂时接受|暂时接受|已接受邀请|已婉拒|新时间建议|建议新时间|accepted|declined|tentative(?:ly accepted)?|new time proposed|proposed new time|meeting forward notification|会议转发通知)\s*[:：]",
    re.IGNORECASE,
)
_INVITED = re.compile(
    r"\s*(?:(?:更新的?|updated )?(?:邀请|会议邀请|會議邀請|日程邀请|invitation|meeting invitation|invite)|已取消(?:的会议|活动|的活动)?|cancel+ed(?: event)?|会议取消|会议通知|日程通知|更新的邀请|updated invitation|reminder|会议提醒|日程提醒|notification)\s*[:：]"
    r"|.{0,30}(?:邀请您?(?:参加|加入)|invites you to|is inviting you to)",
    re.IGNORECASE,
)
_LINK = Wording(
    r"邀请您?(?:参加|加入)[^\n]{0,20}会议|会议主题|会议时间|会议 ?(?:id|号|密码)|腾讯会议|点击链接入会|入会(?:链接|密码)|复制该信息|拨号入会|参会(?:链接|密码)|入会密码|一键(?:入会|拨号)"
    r"|(?:is )?inviting you to a (?:scheduled )?(?:zoom|teams|webex)|join (?:zoom|the|on|with|teams|microsoft)[^\n]{0,30}|meeting (?:id|number|link|passcode|password|key)|passcode|dial[- ]in|one tap mobile|microsoft teams(?: meeting)?|https?://",
    re.IGNORECASE,
)
_LABEL = Wording(
    r"^\s*(?:when|where|time|topic|who|location|时间|地点|主题|组织者|参与者|与会者)\s*[:：]",
    re.IGNORECASE | re.MULTILINE,
)
_RULE = re.compile(r"[\s\-_=*#|.~—─]*")


def calendar(letter: Letter) -> tuple[MachineSign, str] | None:
    method = letter.header("x-genjin-calendar-method").upper()
    if method in _RESPONSE:
        return "calendar_response", f"text/calendar: {method}"
    if method in _INVITATION:
        return "invitation", f"text/calendar: {method}"
    if letter.answers or letter.forwards:
        return None
    if _ANSWERED.match(letter.subject) and not _spoken(letter):
        return "calendar_response", "subject"
    start = letter.text[:3_000]
    pasted = len(_LINK.findall(start)) + len(_LABEL.findall(start))
    told = pasted > 0 or not letter.text
    if _INVITED.match(letter.subject) and told and not _spoken(letter):
        return "invitation", "subject"
    if pasted >= 3 and not named(letter) and not _spoken(letter):
        return "invitation", "text: join"
    return None


def _spoken(letter: Letter) -> bool:
    """Beside the data of the meeting there are words that somebody wrote for it."""
    own = [
        line
        for line in letter.text.splitlines()
        if line.strip() and not _RULE.fullmatch(line) and not _is_pasted(line)
    ]
    return sum(len(line) for line in own) > 12 and any(engages(line) for line in own)


def _is_pasted(line: str) -> bool:
    return _LINK.search(line) is not None or _LABEL.search(line) is not None

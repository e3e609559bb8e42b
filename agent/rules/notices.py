"""What business software sends: tickets, surveys, codes, challenges; and people who write through it.

A help desk marks every mail it sends as generated, its agents' answers too. Where somebody's own
words stand in it, it is that person's mail.
"""

import re

from agent.rules.engagement import engages, named
from agent.rules.letter import Letter, excerpt
from agent.rules.wording import Wording

_DESK_HEADERS = (
    "x-zendesk-from-account-id",
    "x-zendesk-email-id",
    "x-freshdesk-ticket-id",
    "x-jira-fingerprint",
    "x-hs-ticket-id",
    "x-intercom-conversation-id",
)
_DESK_MAILER = Wording(
    r"zendesk|freshdesk|freshservice|osticket|zammad|otrs|helpscout|help scout|udesk|intercom|zoho ?desk|jira|kayako|gorgias|front",
)
_DESK_ID = Wording(r"zendesk|freshdesk|udesk|jira|helpscout|intercom|zammad|zoho", re.IGNORECASE)
_REPLY_LINE = Wording(
    r"[^\n]{0,10}(?:type|write|enter)[^\n]{0,30}(?:above|below) this line[^\n]{0,10}|[^\n]{0,12}(?:请在(?:此|这)(?:行|线)(?:以上|上方|之上)[^\n]{0,10}(?:回复|输入))[^\n]{0,10}",
    re.IGNORECASE,
)
_NOTICE = Wording(
    r"工单(?:编号|号|标题|状态|链接|提醒|已|受理|处理)|服务单号|(?:您|你)的?(?:工单|服务请求|请求|申请|咨询|报修|投诉|问题)[^。\n]{0,30}(?:已(?:经)?(?:受理|提交|创建|登记|关闭|解决|更新|转交|分配|完成|记录|生成)|编号)|已为您(?:创建|生成|登记|提交)|(?:新增|收到)(?:了)?一条(?:回复|留言|评论)|满意度|(?:请|邀请您)对[^。\n]{0,12}(?:评价|打分)|验证码(?:为|是|：|:)?[^。\n]{0,6}\d{4,8}|\d{4,8}[^。\n]{0,12}验证码|(?:请)?(?:登录|登入)[^。\n]{0,16}(?:系统|平台|后台)(?:查看|处理|进行)|客服(?:人员|专员|工程师)?将(?:尽快|及时)|待(?:办|审批)(?:事项|提醒|通知)"
    r"|\byour (?:support )?(?:request|ticket|case|issue|inquiry)[^.\n]{0,60} (?:has been|was|is|have been) (?:now |just )?(?:received|created|updated|closed|solved|resolved|assigned|opened|merged|logged|registered|being reviewed|marked)|\bticket (?:number|id|no\b|#)|\b(?:a|new|the) (?:support )?(?:ticket|case|request|issue) (?:has been|was) (?:created|opened|logged|assigned|updated|closed|resolved)|\bhow would you rate|\brate (?:our|your|the) (?:support|service|experience)|\btake (?:a|our) (?:short |brief |quick )?survey|\bverification code|\bone[- ]time (?:code|password)|\bto add (?:additional )?comments?,? (?:please )?reply to this|\byou can add a comment by replying|\b(?:changed|updated) the (?:status|assignee|priority)|(?:^[ \t]*(?:status|assignee|priority|reporter|resolution)[ \t]*:[^\n]{0,200}(?:\n|\Z)){2}|\bticket status\b|\bour support (?:staff|team) will\b|\bcase (?:number|id|#)",
    re.IGNORECASE | re.MULTILINE,
)
_CHALLENGE = Wording(
    r"\b(?:confirm|verify|prove) (?:that )?(?:you are|you're|you) (?:a )?(?:human|real|not a)|spam ?arrest|\bboxbe\b|\b(?:complete|confirm|release)\b[^.\n]{0,20}\bdelivery of your (?:message|e-?mail)|\byour (?:message|e-?mail)[^.\n]{0,40}(?:is|has been|was) (?:being )?(?:held|waiting|quarantined|placed)|\b(?:click|follow|visit)[^.\n]{0,40}(?:link|here|below|button)[^.\n]{0,30}(?:verify|confirm|release|authenticate)|\bapproved? senders?(?: list)?\b|\bone[- ]time (?:verification|confirmation)"
    r"|(?:点击|點擊|打开)[^。\n]{0,24}(?:链接|此处|按钮|連結)[^。\n]{0,24}(?:验证|确认|驗證|完成)[^。\n]{0,24}|(?:发件人|寄件人)(?:身份)?(?:验证|驗證|认证)|(?:您|你)的(?:邮件|郵件)(?:已被|被|已)?(?:暂(?:时)?(?:扣留|保留|存)|隔离|拦截|擱置)",
    re.IGNORECASE,
)
_NOT_SAID = re.compile(
    r"[\s\-_=*#|.~—─]*|.{0,60}\d{1,2}:\d{2}.{0,20}|.{0,6}(?:https?://|www\.)\S{0,400}.{0,20}|[\w .'()-]{2,40}|.{0,30}\(\s*[\w .-]+\)\s*",
)


def notice(letter: Letter) -> str | None:
    """A program tells of a ticket, a code, a survey, or asks the sender to prove himself."""
    challenge = _CHALLENGE.search(letter.opening)
    if challenge and not letter.is_ours and not _spoken(letter):
        return f"text: {excerpt(challenge)}"
    found = _NOTICE.search(letter.opening) or _NOTICE.search(letter.subject)
    if found is None or letter.is_ours or _spoken(letter):
        return None
    if letter.text and (letter.answers or letter.is_thread) and not _from_desk(letter):
        # People answer notices and quote ticket numbers.
        return None if found.start() > 40 or len(letter.text) < 40 else f"text: {excerpt(found)}"
    return f"text: {excerpt(found)}"


def relayed(letter: Letter) -> str | None:
    """The words of a person whose help desk sent them: what shows it, else None."""
    if not _from_desk(letter) or not (letter.is_thread or letter.answers):
        return None
    return "help desk" if _spoken(letter) else None


def _from_desk(letter: Letter) -> bool:
    return (
        bool(letter.present(_DESK_HEADERS))
        or _DESK_MAILER.search(letter.header("x-mailer")) is not None
        or _REPLY_LINE.search(letter.opening) is not None
        or _DESK_ID.search(letter.header("message-id")) is not None
    )


def _spoken(letter: Letter) -> bool:
    """Beside the notice there are sentences meant for the reader."""
    own = [
        one
        for one in letter.sentences
        if not (
            _NOTICE.search(one)
            or _CHALLENGE.search(one)
            or _REPLY_LINE.search(one)
            or (_NOT_SAID.fullmatch(one) and not engages(one))
        )
    ]
    speaking = [one for one in own if engages(one)]
    return bool(speaking) and (named(letter) or len(speaking) > 1 or len("".join(own)) > 30)

"""Mail to many, weighed: a list header alone makes no newsletter of a letter.

For mass mail speak the fields of senders in bulk (RFC 2369, 2919, Feedback-ID, Precedence), their
small print and their addresses. For a letter speak the mail it answers, a list that takes posts,
and words short enough to be somebody's. What weighs more wins; a tie is a mailing.
"""

import re

from agent.rules.engagement import engages, named
from agent.rules.identity import domain_of, is_public_domain
from agent.rules.letter import Letter
from agent.rules.wording import Wording

MAX_REACHED = 10
"""Outsiders that one letter of ours may go to before it is a mailing, unless they are of
``MAX_PARTIES`` companies or fewer. Hidden from each other, so many companies are a mailing."""
MAX_PARTIES = 3
_NEVER_READ = re.compile(
    r"(?:.{0,40}[._+-])?(?:no[-_.]?reply|do[-_.]?not[-_.]?reply|noreply|no[-_.]?response|unattended|autoreply|auto-?(?:reply|mail|notify|sender|mailer)|mailer-?daemon)(?:[-_.+0-9].{0,40})?@",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"(?:notifications?|notify|notice|mailer|newsletters?|news|alerts?|system|sys|sysadmin|service-notice|edm|marketing|promo(?:tion)?s?|campaigns?|digest|updates?|events?|robot|bot|workflow|oa|srm|erp|jira|calendar-notification|invitations?|survey|scan(?:ner)?|copier|printer|mfp|fax|voicemail|backup|monitor(?:ing)?|root|cron|wordpress|www-data|zabbix|nagios)(?:[-_.+0-9].{0,40})?@",
    re.IGNORECASE,
)
_SMALL_PRINT = Wording(
    r"(?:如(?:需|果|不)|若(?:需|不)|不想|点击|點擊|如欲)[^。\n]{0,24}(?:退订|退訂|取消订阅|取消訂閱|拒收)|(?:退订|取消订阅|取消訂閱)(?:请|链接|此|本|邮件)?(?:回复|点击|點擊|\s*[|｜:：(<]|$)|退订(?:请)?回复? ?(?:TD?|N)\b|回(?:复)? ?(?:TD?|N|退订)\b|在浏览器(?:中)?(?:查看|打开)|无法(?:正常)?(?:浏览|查看|显示)(?:此|本)?(?:邮件|图片)|您(?:收到|之所以)[^。\n]{0,20}(?:订阅|注册|会员)|更新(?:您的)?(?:订阅|偏好)"
    r"|\b(?:click|tap)[^.\n]{0,30}unsubscribe|\bto unsubscribe\b|\bunsubscribe (?:here|from (?:this|these|our)|at any time|instantly|\||<|\()|^\W{0,4}unsubscribe\b|\bunsubscribe\W{0,4}$|\b(?:manage|update|change) (?:your )?(?:\w+ )?(?:preferences|subscriptions?)|\bview (?:this (?:e-?mail|newsletter|message) |it )?(?:in|online)(?: (?:your|a))?(?: browser)?\b|\byou(?:'re| are)? receiv(?:ed|ing) this (?:e-?mail|message|newsletter)|\bopt[- ]out\b|\bforward to a friend\b",
    re.IGNORECASE | re.MULTILINE,
)
_FIELDS = {
    "list-unsubscribe": 2,
    "feedback-id": 2,
    "list-id": 1,
    "list-unsubscribe-post": 1,
    "x-campaign": 1,
    "x-campaignid": 1,
    "x-campaign-id": 1,
    "x-mc-user": 1,
    "x-csa-complaints": 1,
}
"""Field → how much it says. What sales people's own tools add is little."""
_MASS_MAILER = Wording(
    r"mailchimp|constant contact|sendinblue|brevo|campaign|phplist|mailer ?lite|klaviyo|marketo|hubspot|webpower|focussend|edm|sendcloud|newsletter|listmonk|mautic"
)
_DIGEST = Wording(r"\bdigest\b.{0,30}\b(?:vol|issue)\b", re.IGNORECASE)
_SHORT = 600


def mailing(letter: Letter) -> tuple[str | None, str]:
    """(proof, "") for a mail to many; (None, what was outweighed by what) for a letter."""
    if letter.is_ours and _to_many(letter):
        return f"recipients: {len(_outsiders(letter))}", ""
    is_group = _takes_posts(letter)
    mass = _mass(letter, is_group)
    if not mass:
        return None, ""
    human = _human(letter, is_group)
    if sum(mass.values()) >= sum(human.values()):
        return ", ".join(mass), ""
    return None, f"{', '.join(mass)} < {', '.join(human)}"


def never_read(letter: Letter) -> str | None:
    """An address that says itself that nobody reads it."""
    if not _NEVER_READ.match(letter.sender):
        return None
    return f"from: {letter.sender.partition('@')[0][:40]}"


def _mass(letter: Letter, is_group: bool) -> dict[str, int]:
    found = {name: _FIELDS[name] for name in letter.present(_FIELDS)}
    precedence = letter.header("precedence") or letter.header("x-precedence")
    if precedence in ("bulk", "junk"):
        found[f"precedence: {precedence}"] = 3
    elif precedence == "list":
        found["precedence: list"] = 1
    if _MASS_MAILER.search(letter.header("x-mailer")):
        found["x-mailer"] = 1
    if _ROLE.match(letter.sender):
        found[f"from: {letter.sender.partition('@')[0][:40]}"] = 4
    sent_by = letter.header("sender")
    if "<" in sent_by:
        sent_by = sent_by.rpartition("<")[2].rstrip(">")
    if _NEVER_READ.match(sent_by):
        found["sender"] = 3
    # Lists add a line on leaving them to every post.
    if not is_group and _SMALL_PRINT.search(letter.ends):
        found["small print"] = 3 if not letter.is_thread else 2
    if _DIGEST.search(letter.subject):
        found["digest"] = 6
    return found


def _human(letter: Letter, is_group: bool) -> dict[str, int]:
    found: dict[str, int] = {}
    if not letter.text:
        return found
    if is_group:
        found["list-post"] = 3
    if letter.is_thread:
        found["in-reply-to"] = 2
    if letter.answers:
        found["re"] = 1
    if named(letter):
        found["name"] = 1
    if len(letter.text) < _SHORT:
        found["own words"] = 2 if found else 1
    if any(engages(one) for one in letter.sentences):
        found["talk"] = 1
    return found


def _takes_posts(letter: Letter) -> bool:
    post = letter.header("list-post")
    return bool(post) and not post.startswith("no")


def _outsiders(letter: Letter, *roles: str) -> set[str]:
    return {
        one.email
        for one in letter.people
        if one.email and one.side != "us" and one.role in (roles or ("to", "cc", "bcc"))
    }


def _parties(addresses: set[str]) -> int:
    return len(
        {
            address if is_public_domain(domain_of(address)) else domain_of(address)
            for address in addresses
        }
    )


def _to_many(letter: Letter) -> bool:
    """The same words to many companies: nobody of them was spoken to."""
    reached = _outsiders(letter)
    hidden = _outsiders(letter, "bcc")
    if reached == hidden and _parties(hidden) >= MAX_PARTIES:
        return True
    return len(reached) > MAX_REACHED and _parties(reached) > MAX_PARTIES

"""Does a text answer this very letter? A machine's answer would fit any letter.

It knows neither whom it answers nor what about: words that name the reader, ask, order, agree or
take up the business at hand were written by somebody who had read.
"""

import re

from agent.contract.activity import Participant
from agent.rules.letter import Letter
from agent.rules.wording import Wording

_NAMED = re.compile(
    r"(?:尊敬的|亲爱的)?[\u4e00-\u9fff]{1,3}(?:总|經理|经理|工|老师|老師|先生|女士|小姐|姐|哥|主任|部长|部長|科长|主管)(?:您好|你好|，|,|:|：|！|!|\s|$)"
    r"|(?i:hi|hello|dear|hey|good (?:morning|afternoon|evening))[ ,]{1,2}"
    r"(?!(?i:there|all|sir|madam|sender|customer|client|user|team|everyone|friend|partner|colleague|valued|sirs|mr|requester|folks|i|we|thanks?|this|my|your|our|the|please|it|as|just|in|for|many|unfortunately|currently|due|you|to|on|at)\b)(?-i:[A-Z])[\w'-]{1,20}(?: [A-Z]?[\w'-]{1,20})?(?:[,，!:\s-]|$)"
)
_WORD = re.compile(r"[A-Za-z][a-z'-]+")
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_SHARED = frozenset(
    [
        "sales",
        "info",
        "support",
        "service",
        "contact",
        "office",
        "team",
        "admin",
        "mail",
        "hello",
        "help",
        "export",
        "purchasing",
        "orders",
        "marketing",
        "enquiries",
        "inquiry",
        "project",
        "group",
        "销售部",
        "市场部",
        "客服",
        "项目组",
        "项目群",
    ]
)
"""Names of mailboxes, of which nobody is called."""
_COMPANYWIDE = re.compile(r"(?:尊敬的)?(?:客户|用户|顾客|合作伙伴|各位|女士|先生)|您好|你好")
_ASKS = Wording(
    r"[?？]|吗$|能否|可否|是否|能不能|可不可以|怎么|多少|什么时候|何时|几点|哪(?:天|个|里)"
    r"|请(?:您|你)?(?:们)?(?:再|先|尽快|帮忙?|也)?(?:把|将|发|寄|提供|安排|报|给|帮|确认|查收|看|补|改|更新|开|出|推荐|说明|介绍|告知|過目|过目|参考|核)"
    r"|麻烦|烦请|劳烦|帮(?:我|忙)|盼复"
    r"|\b(?:please|pls|kindly)\s+(?:also\s+)?(?:send|provide|confirm|quote|ship|share|advise|let|go ahead|find|see|update|sign|issue|prepare|arrange|revise|check|proceed|resend|add|include|book|hold|invoice|keep|move|bring|come|use|forward|copy)\b"
    r"|\b(?:could|can|would|will) (?:you|we)\b|\blet me know\b|\blet'?s\b|\bgo ahead\b|\bwhat(?:'s| is| about)\b|\bhow (?:much|many|about|do|long)\b|\bwe(?: would|'d) (?:like|need|want)\b|\bwe need\b|\bi(?: would|'d) like\b",
    re.IGNORECASE,
)
_ANSWERS = Wording(
    r"可以|同意|没问题|沒問題|批准|通过了|定了|就这样|就按|按你|已(?:经)?(?:付|签|盖章|打款|转账|安排|提交|发出|寄出)|收到了?(?:，|,)?(?:谢谢|多谢)|我们(?:这边|讨论|决定|选|看了|测试|内部)|不(?:用|需要|考虑|行)了?|太贵|超预算"
    r"|\b(?:yes|yep|agreed|agree|approved|approve|confirmed|accepted|looks good|sounds good|works for (?:me|us)|we(?:'ve| have) (?:decided|reviewed|discussed|tested)|happy (?:with|to)|fine (?:by|with)|not interested|too expensive)\b",
    re.IGNORECASE,
)
_MATTER = Wording(
    r"报价|報價|价格|價格|合同|合約|方案|样品|樣品|样机|订单|訂單|发票|發票|图纸|圖紙|交期|付款|货款|规格|試用|试用|采购|預算|预算|招标|标书|验收|设备|安装|调试"
    r"|\b(?:quotes?|quotation|pric(?:e|es|ing)|contracts?|proposals?|orders?|invoices?|PO|samples?|drawings?|demo|trial|specs?|specification|budget|tender|installation)\b",
    re.IGNORECASE,
)


def named(letter: Letter) -> bool:
    """Its beginning calls the reader by name or title."""
    opening = letter.text[:60]
    if _NAMED.match(opening) and not _COMPANYWIDE.match(opening):
        return True
    words = set(_WORD.findall(letter.text[:200]))
    return any(
        name in words or (not name.isascii() and name in letter.text[:200])
        for one in letter.people
        if one.role in ("to", "cc", "bcc") and one.side != "customer"
        for name in _called(one)
    )


def _called(person: Participant) -> list[str]:
    """What people call him: ``李雷 <li@…>`` 李雷 or Li, ``Lei Li`` Lei or Li."""
    han = [part for part in _HAN.findall(person.name[:40]) if 2 <= len(part) <= 4]
    latin = [part for part in _WORD.findall(person.name[:80]) if part[0].isupper()]
    local = (person.email or "").partition("@")[0].partition("+")[0]
    by_address = [part.capitalize() for part in local.split(".") if part.isalpha()]
    return [
        name
        for name in (*han, *latin, *by_address)
        if len(name) > 1 and name.lower() not in _SHARED and name not in _SHARED
    ]


def asks(sentence: str) -> bool:
    return _ASKS.search(sentence[:1_000]) is not None


def engages(sentence: str) -> bool:
    """It asks, orders, answers or speaks of the business at hand."""
    return any(words.search(sentence[:1_000]) for words in (_ASKS, _ANSWERS, _MATTER))


def speaks_of_business(sentence: str) -> bool:
    return any(words.search(sentence[:1_000]) for words in (_ANSWERS, _MATTER))

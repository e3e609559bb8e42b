"""The words by which a clause is negated, asked, supposed, past or reported (folded text)."""

import re
from collections.abc import Mapping
from typing import Final

NEGATION: Final = re.compile(
    r"没有?|不再|不|未(?:曾|能|有)?|无(?:需|须|法|意)?|别(?!的)|并非|从未|从没|没人|毫无|绝非|非(?=预算|价格|技术)|免了|"
    r"\b(?:not|no|never|none|nobody|no one|neither|nor|without|hardly|cannot|can't|nothing|"
    r"(?:is|are|was|were|do|does|did|have|has|had|would|wo|could|should|ai)n'?t)\b|n't\b"
)
STRONG_NEGATION: Final = re.compile(
    r"没有|没人|从未|从没|从来没|从来不|并非|并不|不是|不会|不打算|不考虑|毫无|"
    r"\b(?:never|none|nobody|no one|neither|without|no (?:plans?|intention|need))\b"
)
NOT_A_NEGATION: Final = re.compile(
    r"([能会是要好行对够可该愿有])[不没]\1|可不可以|愿不愿意|需不需要|能否|不[仅光只单但]|[只单]不过|不得不|不[能会可]不|"
    r"不好意思|不管|不论|无论|不断|不错|不同|不少|不久|差不多|没想到|没错|没准|没多久|要不然?|不如|不知道?|不清楚|"
    r"不确定|不一定|不妨|不瞒|不过|不料|不限|不然|不免|免不了|少不了|离不开|说不定|好不容易|对不起|无非|没事|没关系|"
    r"别人|特别|区别|级别|类别|分别|别家|别处|性别|个别|告别|未来|未必|无锡|非常|并不是不|不是不|不是没|没有不|"
    r"不满|不足|不够|不稳|不便|不合|不符|不行|不及|不上|不下来|不了|受不了|不动|不起|没戏|没钱|没批|不能接受|无法接受|没法接受|难以接受|不接受|不同意|不认可|不安全|不支持|不兼容|不稳定|不满足|不匹配|不准|不全|不完善|不太够|没收到|没有收到|没到|没发货|没到货|没法用|不好用|"
    r"\b(?:not (?:only|just|merely|to mention|sure|certain|until|the first time|yet (?:sure|clear))|"
    r"(?:haven't|hasn't|have not|has not|didn't|did not|not) (?:yet )?(?:received|arrived|been (?:shipped|delivered)|shipped|shown up)|(?:can't|cannot|won't|don't|do not|can not|not) (?:accept|agree)|no (?:doubt|wonder|matter|later than|sooner)|whether or not|or not|why not|if not|"
    r"(?:can't|cannot|can not) (?:wait|help|afford|stress)|nothing but|don't (?:know|hesitate|forget)|"
    r"(?:can't|cannot|couldn't) you|won't you|don't you|isn't it|aren't (?:you|they))\b"
)
NEGATION_AFTER: Final = re.compile(
    r"不是(?:什么)?(?:大)?问题|没(?:什么|有)?(?:大)?问题|不成问题|不(?:用|需要|必|要求|考虑|谈|涉及|重要|影响|着急|急|赶)|没(?:有)?(?:要求|意见|顾虑|考虑)|"
    r"无(?:要求|所谓|需)|就不用|都(?:没问题|可以)|"
    r"\b(?:is|are|was|were|isn't|aren't|wasn't|won't|don't|doesn't)\s+(?:not |no )?(?:really |actually |currently )?"
    r"(?:an? )?(?:issue|problem|concern|worry|needed|required|necessary|relevant|important|on the table|an option)\b"
)
AFTER_MUST_DENY: Final = re.compile(
    r"[不没无就都]|\b(?:not|no|isn't|aren't|wasn't|won't|don't|doesn't)\b"
)
SUPPOSED: Final = re.compile(
    r"如果|如若|(?<![主需重])要是|假如|假设|假使|倘若|若(?![干])|万一|只要|除非|一旦|的话|哪怕|即使|即便|就算|"
    r"\b(?:if|unless|in case|suppose|supposing|assuming|provided(?: that)?|as long as|should you|were we to|"
    r"hypothetically|in the event|what if|(?:we|i|they|it|that)(?: would|'d) (?:probably |likely |simply |just )?"
    r"(?!like\b|expect\b|hope\b|love\b|appreciate\b|prefer\b|need\b|want\b|be\b|also\b|rather\b|better\b))\b"
)
NOT_A_SUPPOSITION: Final = re.compile(
    r"(?:方便|可以|没(?:什么)?问题|有空|不介意|没有?意外|顺利|合适|需要|行|允许|有时间)的话|"
    r"如果(?:您|你)?(?:方便|可以|没有?问题|有(?:任何|什么)?(?:问题|疑问)|顺利|合适|有空|有时间|不介意)(?:的话)?(?=[,，]|$)|"
    r"如(?:有|需)|若有(?:任何)?(?:问题|疑问)|"
    r"\b(?:see|check|know|knows|wonder|wondering|ask|asked|asking|sure|unsure|tell|confirm|clear|understand|"
    r"find out|doubt|question|clarify|verify|worried|as) if\b|"
    r"\bif (?:possible|that works|you like|convenient|needed|necessary|any|that's ok|it's ok|you don't mind|"
    r"i'm honest|i may|not|you have (?:any )?(?:questions?|time)|so|applicable|that helps)\b"
)
PAST: Final = re.compile(
    r"以前|曾经|曾(?=[用有被试考])|当初|当时|过去(?!的)|原来(?!是这样)|原先|(?<![比跟和与较])去年|前年|前几年|早些年|早年|以往|早前|"
    r"上一家|(?:^|[我们你他它司,，]|公司)之前(?!要|必须|得|需)|"
    r"\b(?:used to|previously|formerly|in the past|back then|(?:years?|months?) ago|last year|at the time|"
    r"once (?:used|had|tried)|historically|at my (?:last|previous|old) (?:company|job))\b"
)
FORMER: Final = re.compile(
    r"以前|曾经|曾(?=[用有被试考])|当初|过去(?!的)|原来|原先|以往|早前|\b(?:used to|previously|formerly|in the past|back then)\b"
)
"""Past for good; 去年 alone dates a complaint without taking it back."""
STILL: Final = re.compile(
    r"现在(?:还|也|又)|仍然|依然|还是|至今|一直|\b(?:still|even now|to this day|keeps?)\b"
)
RESOLVED: Final = re.compile(
    r"(?:已经?|都|现在|后来|目前|如今).{0,8}?(?:解决|修复|修好|好了|好多了|恢复|正常|改善|没(?:有)?(?:这个)?问题|稳定了|批下来|没再)|"
    r"解决了|修好了|修复了|"
    r"\b(?:(?:is|was|been|now|got|have|has|'s|but|since|all)\s+(?:now |since |all |been )?(?:fixed|resolved|solved|sorted)|better now|"
    r"(?:works?|working|fine|good|stable|ok) now|no longer (?:a|an|the)? ?(?:issue|problem|concern|case)|fixed (?:it|that|this|now|since))\b"
)
HEARSAY: Final = re.compile(
    r"听说|据说|据悉|据了解|传闻|传言|有人说|风闻|\b(?:according to|apparently|reportedly|supposedly|allegedly|"
    r"(?:i|we)(?:'ve| have)? (?:heard|hear|was told|were told|been told)|rumou?r has it|word is)\b"
)
SAID: Final = re.compile(
    r"(?P<who>老板|老总|领导|上级|总部|总裁|董事长|总监|cfo|ceo|cto|coo|财务部?|采购部?|法务部?|技术部?|it部?|业务部?|同事|朋友|同行|客户|对方|"
    r"[\u4e00-\u9fff](?:总|董|经理|主任|工|处|局|院长|校长)|他们?|她们?|人家|大家|您|你们?|贵司|你们销售)"
    r"(?:们|那边|这边|也|都|又|还|刚|刚才|之前|上次|前面|今天|昨天|跟我们?|和我们?|对我们?|就|一直|总|已经|明确|曾经?|是){0,3}?"
    r"(?:说|讲|提到|提过|表示|透露|告诉|反馈说|反映|强调|交代|通知)"
    r"|\b(?P<subject>[a-z]+)(?:'s)?(?: also| just| already| has| had| have)? "
    r"(?P<verb>said|says|told|mentioned|mentions|claims|claimed|announced|indicated|explained|stated)\b"
)
NOT_SAID: Final = re.compile(
    r"说了算|说[实真]话|说实在|说白了|说明|也就是说|比如说|再说|说不定|说清楚|说一下|说好|说说|话说|说到底|不好说|难说|说服"
)
OUR_PEOPLE: Final = re.compile(r"客户|对方|他|她|[\u4e00-\u9fff](?:总|董|经理|主任|工)|人家")
"""In a note the rep reports the customer: that is the customer's own word."""
ADDRESSED: Final = re.compile(r"[您你]|\b(?:you|your)\b")
QUESTION_CLAUSE: Final = re.compile(
    r"吗\s*[？?。]?$|吗(?=[？?])|是否|([能会是要好行对够该])不\1|有没有|可不可以|需不需要|能否|可否|"
    r"么[？?]|^(?:请问|想问|想问下|问一下|想了解|了解一下)|"
    r"\b(?:wonder(?:ing)?|may i ask|(?:want|like|wanted) to (?:ask|know)|curious|(?:don't|do not) know (?:if|whether)|"
    r"(?:not|un)\s?sure (?:if|whether)|ask(?:ing|ed)? (?:if|whether)|let (?:me|us) know (?:if|whether))\b"
)
NO_QUESTION: Final = re.compile(r"不管|无论|不论|看看?(?=能不能|是否|有没有)|\bwhether or not\b")
INVERTED: Final = re.compile(
    r"\s*(?:(?:so|and|but|ok|okay|well|hi|hello|also|then|now|by the way)\s+)?(?:is|are|was|were|do|does|did|can|could|would|will|have|has|should|may|"
    r"isn't|aren't|don't|doesn't|didn't|can't|won't|haven't|what|how|when|who|which|why|where|any)\s+\S"
)
TAG_QUESTION: Final = re.compile(
    r"\s*(?:对[吧吗]|是[吧吗]|对不对|是不是|行[吗吧]|可以[吗吧]|好[吗吧么]|好不好|行不行|没错吧|怎么样|如何|您看呢|您看(?:行|可以|怎么样|如何)?[吗]?|您觉得呢|"
    r"(?:is that )?(?:right|correct|ok|okay|yes|no|deal)|isn't it|don't you think|does that work(?: for you)?|"
    r"(?:is that|would that be) (?:ok|okay|fine|possible))\s*[？?。.]*\s*$"
)

SIGNS: Final[Mapping[str, tuple[str, ...]]] = {
    "negation": ("没", "不", "未", "无", "别", "非", "免", "no", "ne", "without", "hardly", "n't", "nt"),
    "supposed": (
        "如", "要是", "假", "倘", "若", "万一", "只要", "除非", "一旦", "的话", "哪怕", "即", "就算", "if",
        "unless", "case", "suppos", "assum", "provided", "long as", "should", "were we", "hypothe",
        "event", "would", "'d",
    ),
    "hearsay": (
        "听说", "据", "传", "有人说", "风闻", "according", "apparently", "reportedly", "supposedly",
        "allegedly", "hear", "told", "rumo", "word is",
    ),
    "said": (
        "说", "讲", "提", "表示", "透露", "告诉", "反映", "强调", "交代", "通知", "said", "says", "told",
        "mention", "claim", "announced", "indicated", "explained", "stated",
    ),
    "question": (
        "吗", "否", "不", "没有", "么", "问", "了解", "wonder", "ask", "know", "curious", "sure",
    ),
    "past": (
        "前", "曾", "当初", "当时", "过去", "原", "去年", "早", "以往", "上一家", "used to", "previously",
        "formerly", "past", "back then", "ago", "last year", "at the time", "once", "historically",
        "at my",
    ),
    "resolved": (
        "解决", "修", "好", "恢复", "正常", "改善", "没", "稳定", "批下来", "fixed", "solved", "sorted",
        " now", "no longer",
    ),
}  # fmt: skip
"""Bits of text of which every match of a cue holds one: where none stands, it need not be tried.
``past`` covers ``FORMER`` too."""

"""What a line below a mail is: a closing, a name, an address, a title, or somebody's sentence."""

import re
from typing import Final, Literal, NamedTuple

from agent.nlp.closings import closing_role, may_close
from agent.nlp.names import is_name

_DASHES = re.compile(r"(?:--|—|――|-- )[ \t]*$")
_RULES: Final = frozenset("-_=*—─━~－·.―")
_RULE = re.compile(r"[-_=*—─━~－·.]{3,}$")
_PICTURES: Final = frozenset("[<(lL图二名")
_NUMBER = re.compile(r"\d[\d ()./-]{6,}\d")
_CONTACT = re.compile(
    r"[\w.+-]@[\w-]|https?:|(?:分机|内线|短号|ext\.?)[ :：]{0,3}\d{2,}|www\.|"
    r"(?:电话|手机|邮箱|邮件|地址|地\s{0,4}址|传真|微信|官网|网址|网站|邮编|座机|热线|公众号|姓名|电\s{1,6}话|手\s{1,6}机|传\s{1,6}真|邮\s{1,6}箱|总机|分机|直线|移动|联系方式|钉钉|飞书|企业微信|统一社会信用代码|总部|公司|部门|职务|职位|签名|开户行|税号)[ \t\u3000]{0,4}(?:[(（][^)）]{1,12}[)）])?[/ ]{0,2}[^\s:：]{0,6}[:：]|"
    r"\b(?:tel|mobile|mob|cell|phone|ph|fax|e-?mail|mail|web|website|skype|wechat|whatsapp|wa|linkedin|qq|teams|office|direct|address|add|m|t|e|p|f|w|d|o|c|vat|ust-?id|hrb|cel)\b[ \t]{0,4}(?:[(（][^)）]{1,12}[)）])?[ ]?[.:：|]|"
    r"[📱📞☎✉📧🏢📍🌐🏠💼📠🖨💻📮📲]|\b(?:linkedin|wechat|whatsapp|skype|twitter|facebook|instagram|book a (?:meeting|call|demo)|follow us|visit us)\b",
    re.IGNORECASE,
)
_POSITION = re.compile(
    r"(?:公司|集团|厂|研究院|研究所|大学|学院|医院|事务所|事业部|中心|部|处|科|室|课|组|分公司|办事处|银行|局|委|协会|学校|店|工作室|车间|股份|\bco\.?|有限)[ \t\u3000|/·,，)）]*(?:[\u4e00-\u9fff]{0,8})$|"
    r"(?:经理|总监|工程师|主管|专员|助理|总裁|主任|采购|采购员|销售|采购经理|总经理|董事长|会计|法务|顾问|代表|负责人|创始人|合伙人|厂长|部长|主席|文员|秘书|跟单|业务员|架构师|分析师|技术员|运营|客服|财务|行政|人事)[ \t]*(?:[|/(（].{0,40})?$|"
    r"\b(?:ltd|limited|inc|incorporated|gmbh|llc|llp|corp|corporation|company|co\.|plc|ag|kg|s\.?a\.?|b\.?v\.?|pty|pte|pvt|srl|s\.r\.l|group|holdings?|labs?|technolog(?:y|ies)|solutions|industries|systems|international|university|institute|hospital|bank)\b|"
    r"\b(?:department|dept|manager|director|head of|engineer|buyer|officer|vp|svp|evp|vice president|president|ceo|cto|cfo|coo|cio|ciso|cmo|purchasing|procurement|sales|specialist|consultant|team|legal|operations|assistant|supervisor|coordinator|analyst|architect|founder|partner|owner|lead|leader|administrator|accountant|secretary|executive|representative|associate|technician|developer|scientist|controller|planner|marketing|finance|logistics|supply chain|accounts? payable|(?-i:IT|HR)|r&d|support|customer success|quality|production|einkauf|vertrieb|leiter)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"(?:省|自治区|市|区|县|镇|路|街|道|巷|号|楼|室|层|园|大厦|广场|座|栋|弄|邮编).{0,30}(?:区|县|镇|路|街|道|巷|号|楼|室|层|园|大厦|广场|座|栋|弄|\d)|"
    r"\b\d{1,5}[a-z]?,? .{0,40}\b(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|blvd|boulevard|floor|suite|building|square|way|park|plaza)\b|"
    r"\b(?:street|road|avenue|lane|drive|boulevard|floor|suite|building|str(?:aße|asse|\.)|straße|strasse|p\.?o\.? box)\b.{0,20}\d|(?:straße|strasse|str\.|weg|platz|allee)[ ]\d|"
    r"\b[A-Z]{1,2}\d{1,2}[A-Z]? ?\d[A-Z]{2}\b|\b[A-Z]{2} \d{5}\b|\b\d{5,6} [A-ZÄÖÜ][a-zäöü]+|p\.?r\.? ?china|"
    r"^(?:日期[:：] ?)?(?:\d{1,2}月\d{1,2}[日号]|[a-z]{3,9}\.? \d{1,2}(?:st|nd|rd|th)?,? 20\d\d|\d{1,2}(?:st|nd|rd|th)? [a-z]{3,9}\.?,? 20\d\d)$|^\d{4}[年./-]\d{1,2}[月./-]\d{1,2}日?$|^二[〇零○]二.年",
    re.IGNORECASE,
)
_PICTURE = re.compile(
    r"[\[<](?:image|cid|logo|图片|图像|cid)[:： ]?.{0,80}[\]>]$|[\[(]?(?:logo|图标|二维码|名片)[\])]?$",
    re.IGNORECASE,
)
_LOWER_WORD = re.compile(
    r"(?<![\w@./-])(?!(?:and|the|for|von|der|den|und|van|del|pour|für|of|to|in|de|at|on)\b)[a-zß-ž]{3,}(?![\w@./])"
)
_BESIDE = re.compile(
    r"(.{1,24}?)(?:[ \t\u3000|｜/·•,，:：-]{1,12}|[ ](?:from|at|@)[ ])(\S.{1,40})$"
)
_MAY_BE_CONTACT = re.compile(
    r"[@:：|\d]|www\.|[省市区县路街号楼园]|[\u2600-\u27bf\U0001f300-\U0001faff]|link|book|skype|follow|visit|china",
    re.IGNORECASE,
)
_SAYS = re.compile(r"[请您你我]|麻烦|[。！？]$")
_LATIN_WORD = re.compile(r"[A-Za-z]+")
_SAYING: Final = frozenset((
    "please", "you", "your", "we", "i", "me", "us", "my", "is", "are", "will", "can", "if",
))  # fmt: skip
_FIRM_AND_NAME = re.compile(
    r"[\u4e00-\u9fffA-Za-z()（）]{2,16}(?:[ \u3000·|/—-][\u4e00-\u9fff]{2,8})?[ \u3000·|/—-]{1,4}([\u4e00-\u9fff]{2,3})$"
)
_NO_FIRM = re.compile(r".*[人给找您你我请的了和跟：:是]")
_BARS = re.compile(r"\S ?[|·•] ?\S.*[|·•]|\S [|·•] \S")
_COMPANY_END = re.compile(
    r"(?:ltd|inc|co|corp|llc|dept|mgr|eng|pvt|str|ph\.d|esq|jr|p\.?a|s\.?r\.?l|b\.?v|china)\.$",
    re.IGNORECASE,
)
_SENTENCE_ENDS: Final = frozenset("。！？!?；;.")
_FRAME: Final = " \t\u3000\xa0*|_>#"
_LONGEST: Final = 400
SHORT: Final = 60
_NAME_LENGTH: Final = 20
Role = Literal[
    "closing",
    "thanks",
    "name",
    "contact",
    "position",
    "rule",
    "picture",
    "other",
    "print",
    "sentence",
]


_NO_PARTS: Final = frozenset(("sentence", "other", "print"))


class FootLine(NamedTuple):
    """What a line may be; worked out once, from the bottom up, as far as signatures reach."""

    text: str
    """Stripped, not empty."""
    role: Role
    """``closing``, ``thanks``, ``name``, ``contact``, ``position``, ``rule``, ``picture`` are parts
    of a signature by themselves; ``other`` and ``print`` (small print) may stand below them;
    ``sentence`` may not.
    """

    @classmethod
    def of(cls, text: str, *, alone: bool = False) -> "FootLine":
        """``alone``: nothing but parts of a signature stands below it."""
        return cls(text, _role(text, alone=alone))

    @property
    def part(self) -> bool:
        return self.role not in _NO_PARTS

    @property
    def tells_who(self) -> bool:
        return self.role in {"name", "contact"}

    @property
    def is_short(self) -> bool:
        return len(self.text) <= SHORT


def is_dashes(text: str) -> bool:
    """The line that mail programs put above a signature."""
    return text[0] in "-—―" and _DASHES.match(text) is not None


def ends_sentence(text: str) -> bool:
    return text[-1] in _SENTENCE_ENDS


def _role(text: str, *, alone: bool) -> Role:
    length = len(text)
    ends = length > 12 and _is_sentence_end(text)
    if length > _LONGEST or (length > SHORT and ends):
        return "sentence"
    bare = text.strip(_FRAME)
    if not bare or (text[0] in _RULES and (_RULE.match(text) or _DASHES.match(text))):
        return "rule"
    closes = length <= SHORT and may_close(text)
    if ends and length > _NAME_LENGTH and not closes:
        return "contact" if text[-1] == "." and _is_contact(text) else "sentence"
    if length <= SHORT:
        if closes and (closing := closing_role(text)):
            return closing
        if is_name(bare, alone=alone) or _is_name_and_number(bare):
            return "name"
    if _is_contact(text):
        return "contact"
    if text[0] in _PICTURES and _PICTURE.match(text):
        return "picture"
    if ends:
        return "sentence"
    if _is_position(bare):
        return "position"
    return "other" if length <= SHORT or _BARS.search(text) else "sentence"


def _is_sentence_end(text: str) -> bool:
    return ends_sentence(text) and not (
        text[-1] == "." and _COMPANY_END.search(text, max(0, len(text) - 8))
    )


def _is_position(bare: str) -> bool:
    """A title, a department, a firm; in Latin script written with capitals."""
    if len(bare) > 2 * SHORT or _LOWER_WORD.search(bare):
        return False
    return _POSITION.search(bare) is not None


def _is_name_and_number(bare: str) -> bool:
    found = _BESIDE.match(bare)
    if found is not None and is_name(found[1].rstrip(",，")):
        beside = found[2]
        return (
            _is_contact(beside)
            or is_name(beside)
            or _is_position(beside)
            or is_name(beside, alone=True)
        )
    firm = _FIRM_AND_NAME.match(bare)
    return firm is not None and is_name(firm[1]) and not _NO_FIRM.match(bare)


def _is_contact(text: str) -> bool:
    """A number, an address or a link that stands for itself, in no sentence."""
    if not _MAY_BE_CONTACT.search(text) or _SAYS.search(text):
        return False
    if not _SAYING.isdisjoint(_LATIN_WORD.findall(text.lower())):
        return False
    return (
        _NUMBER.search(text) is not None
        or _CONTACT.search(text) is not None
        or _ADDRESS.search(text) is not None
    )

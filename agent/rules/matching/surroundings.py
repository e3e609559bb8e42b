"""What the words around a name say: is it the company, its namesake, or somebody's reference?"""

import re

_REACH = 24
"""Characters on either side that are looked at."""

_NAMESAKE = re.compile(
    r"(?:大?酒店|饭店|宾馆|旅馆|餐厅|餐馆|火锅|酒楼|超市|商场|小学|中学|大学|学校|学院|幼儿园|医院|诊所|小区|花园|公园|旅行社|驾校|"
    r"机场|广场|大道|大街|路口?|街道?|新?区|地铁|车站|站|乡|镇|村|湖|山|桥|边|畔|岸|牌|牛奶|乳业|汽车|银行|证券|保险|影院|影城|体育|健身|"
    r"理发|药店|药房|书店|咖啡)|"
    r"(?:'s)?\s*(?:street|st\.|road|rd\.|avenue|lane|hotel|inn|pub|bar|airlines?|air lines|airport|park|"
    r"school|college|university|church|hospital|caf[eé]|coffee|restaurant|grill|pizza|station|cinema|"
    r"theatre|theater|gym|beach|flight|bank)\b",
    re.IGNORECASE,
)
_SUPPLIES = re.compile(
    r"(?:我们?也?(?:供|卖给|服务)|(?:也|已|长期|曾)?(?:供应|供货|服务(?:过|于)?|合作(?:过|伙伴)?(?:有|包括)?|合作客户)|客户(?:包括|有|如)|案例|"
    r"(?:供|卖)给|竞争对手|竞品|友商|such as|including|clients? like|companies like|trusted by|used by|relied on by|"
    r"chosen by|(?:our|other) (?:customers?|clients?)|(?:also|already|we|proudly) (?:supply|serve|work with|supplied)|"
    r"suppliers? (?:to|of)|supplies|competitors?|rivals?|references?:?)[^。.!?！？;；]*$",
    re.IGNORECASE,
)
_NEWS_BEFORE = re.compile(
    r"(?:新闻|据(?:报道|悉)|报道|股票|股价|听说|看到|头条|news|stock|shares? (?:of|in)|article (?:on|about)|read (?:that|about))"
    r"[^。.!?！？;；]*$",
    re.IGNORECASE,
)
_NEWS_AFTER = re.compile(
    r"^(?:[^。.!?！？;；]{0,12}(?:上市|股价|股份?涨|涨停|跌停|宣布|中标公告|财报|新闻|也?(?:是|用)我们)|"
    r"\s*(?:'s)?\s*(?:shares|stock|opens|announces|announced|launches|reports|posts|to (?:acquire|buy|open)|"
    r"(?:also |already )?(?:uses?|trusts?|relies) (?:us|our)|(?:is|are) (?:one of )?(?:our|a) "
    r"(?:customers?|clients?|references?)))",
    re.IGNORECASE,
)
_CLAIM_BEFORE = re.compile(
    r"(?:我(?:们)?(?:公司)?(?:是|叫|来自|这边是|这里是|在)|这(?:里|边)是|本人系?|来自|受|代表|代理|为|替|就职于|任职于|供职于|"
    r"(?:\bfrom|\bat|\bof|\bwith|\bfor|behalf of|act for|acting for|represent(?:ing)?|instructed by|engaged by|appointed by|"
    r"work(?:ing)? (?:for|at)|client,?|client is|auditors? (?:of|to)|this is|we are|i am|i'm|it's))"
    r"[\s:：,，“\"「《(（]*(?:the |our client,? |客户|贵司客户)?[\u4e00-\u9fff]{0,4}的?$",
    re.IGNORECASE,
)
_MANDATE = re.compile(
    r"委托|受托|代表|代理|审计|询证|律师|诉讼|仲裁|招标|投标|设计院|承运|货代|提货|报关|on behalf|act(?:ing)? for|"
    r"represent|instructed|audit|counsel|solicitor|attorney|law firm|our client|tender|forwarder|consignee|shipment|"
    r"customs|engaged by|appointed",
    re.IGNORECASE,
)
_SELF = re.compile(
    r"我(?:们)?(?:公司)?(?:是|叫|来自|在)|这(?:里|边)是|本人|就职|我司|\bI am\b|\bI'm\b|\bthis is\b|\bwe are\b|"
    r"\bwe're\b|\b(?:here|my name|calling) (?:is|from)\b|\bcalling\b|\bit's\b",
    re.IGNORECASE,
)
_CUE_AFTER = re.compile(
    r"^\s?(?:\s*[:：]|的?[\u4e00-\u9fff]{0,3}?(?:总|工|经理|主任|厂长|老板|采购)|"
    r"(?:公司|集团|那边|那里|客户|订单|项目|合同|报价|采购|要|想|催|来电|来人|说|问|反馈|投诉|同意|确认|回复|希望|也?来了|需要|拜访|付款|回款|验收)|"
    r"\s*(?:'s)?\s*(?:wants?|asked|asks?|called|needs?|ordered|said|says|confirmed|signed|agreed|paid|visit|order|"
    r"contract|quote|offer|renewal|deal|demo|meeting|call|account|project|invoice|complain\w*|will|team|would|"
    r"is (?:happy|unhappy|asking|interested))\b)",
    re.IGNORECASE,
)
_CUE_BEFORE = re.compile(
    r"(?:拜访了?|走访了?|见了?|客户|回访|联系|致电|打给|给|约了?|我是|我们是|@|来自|"
    r"(?:visit(?:ed|ing)?|met|meeting|call(?:ed)?|customer|client|with|from|at|for|to|by) )$",
    re.IGNORECASE,
)
_ARTICLE = re.compile(
    r"(?:\b(?:the|a|an|our|this|that|on|my|your|their|new)|\w-)\s*$", re.IGNORECASE
)
_ELSE_WHO = re.compile(
    r"求职|应聘|简历|找工作|优惠|促销|特价|包邮|店铺|淘宝|保险|贷款|房产|中介|招聘|"
    r"\b(?:cv|resume|applicant|applying|job|vacancy|discount|sale|shop|store|coupon|loan|mortgage|insurance)\b",
    re.IGNORECASE,
)
_ADVERTISES = re.compile(
    r"优惠|促销|推广|特惠|欢迎(?:来电|咨询|报名)|退订|公众号|课程|培训班|会员|限时|免费试|"
    r"\b(?:unsubscribe|webinar|newsletter|discount|promotion|special offer|free trial|our services|sign up|register now)\b",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"账户|账号|汇款|付款|收款|打款|转账|银行|发票|\b(?:bank|account|iban|payments?|pay|invoice|wire|transfer|remit\w*)\b",
    re.IGNORECASE,
)


def is_namesake(text: str, end: int) -> bool:
    """Does the name go on to be a street's, a hotel's or a school's?"""
    return _NAMESAKE.match(text, end) is not None


def is_reference(text: str, start: int, end: int) -> bool:
    """Somebody's boast of a customer, or news: about the company, not of it."""
    before, after = text[max(0, start - _REACH) : start], text[end : end + _REACH]
    return bool(_SUPPLIES.search(before) or _NEWS_BEFORE.search(before) or _NEWS_AFTER.match(after))


def is_meant(text: str, start: int, end: int) -> bool:
    """Do the words beside the name speak of a company?"""
    before, after = text[max(0, start - _REACH) : start], text[end : end + _REACH]
    return bool(_CUE_AFTER.match(after) or _CUE_BEFORE.search(before))


def is_proper(text: str, start: int, end: int) -> bool:
    """Is a word that may be an everyday one written and used as a name?"""
    name, before = text[start:end], text[max(0, start - _REACH) : start]
    if not name.isascii():
        return is_meant(text, start, end)
    return name[0].isupper() and not _ARTICLE.search(before) and is_meant(text, start, end)


def is_claimed(text: str, start: int, end: int) -> bool:
    """Does the writer say to be of this company, or to act for it?"""
    before = text[max(0, start - _REACH) : start]
    return _CLAIM_BEFORE.search(before) is not None and not is_reference(text, start, end)


def has_mandate(text: str) -> bool:
    """Words of people who act for others: lawyers, auditors, forwarders, tender offices."""
    return _MANDATE.search(text) is not None


def introduces(text: str) -> bool:
    """Somebody says who is speaking."""
    return _SELF.search(text) is not None


def is_somebody_else(text: str) -> bool:
    """A job seeker, a shop, a broker: whatever the name says."""
    return _ELSE_WHO.search(text) is not None


def advertises(text: str) -> bool:
    return _ADVERTISES.search(text) is not None


def is_about_money(text: str) -> bool:
    return _MONEY.search(text) is not None

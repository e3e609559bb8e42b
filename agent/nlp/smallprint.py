"""Lines that machines put into mails: device footers, banners, disclaimers."""

import re
from typing import Final

from agent.nlp.linestarts import Start

_APPS: Final = (
    r"outlook|foxmail|qq ?邮箱|qq ?mail|网易邮箱|netease|钉钉|dingtalk|飞书|feishu|lark|企业微信|wecom|"
    r"wps|spark|superhuman|airmail|mailspring|proton ?mail|yahoo|samsung|galaxy|iphone|ipad|ipod|mac|"
    r"android|huawei|华为|honor|荣耀|xiaomi|小米|redmi|红米|oppo|vivo|三星|一加|oneplus|魅族|pixel|typeapp|bluemail|canary|edison|fairemail|windows|blackberry|nokia|"
    r"手机|邮箱|客户端|新浪|搜狐|139|189|阿里|aliyun|gmail|thunderbird|e?mclient|mailbird|tutanota|gmx|web\.de|t-mobile|"
    r"安卓|smartphone|tablet|平板|mobile|phone|device"
)
_DEVICE = re.compile(
    r"[ \t*\[(（—–~>-]*(?:(?:发自|来自|寄自|發自|傳自|發送自|发送自|從|从)[ ]?(?:我的)?[ ]?"
    rf"(?:{_APPS})(?:[ A-Za-z0-9.+-]|手机|手機|邮箱|郵件|邮件|客户端|智能|大师|版|移动|应用|平板|电脑|傳送|发送|發送){{0,24}}"
    rf"|(?:从|由|通过|使用|用|在|從|透過)[ ]?.{{0,8}}?(?:{_APPS}).{{0,20}}?(?:发送|发出|傳送|發送|寄出)"
    r"|(?:获取|取得|下载|下載)(?:适用于.{0,12}的)?[ ]?(?:outlook|网易邮箱|qq邮箱|foxmail).{0,60}"
    rf"|(?:sent|envoyé|inviato|enviado|gesendet|verzonden)[ ](?:from|with|via|by|using|on|de|da|mit|von|desde|depuis)[ ].{{0,20}}?(?:{_APPS})\b.{{0,60}}"
    r"|von (?:meine[mr]|outlook).{1,40}gesendet"
    r"|get[ ](?:bluemail|outlook)[ ]for[ ].{1,60}|outlook for (?:ios|android|mac|windows)(?: ?を入手)?"
    r"|iphoneから送信|diese nachricht wurde von .{1,60} gesendet"
    r"|(?:本|此)邮件(?:由|通过|发自|来自).{0,20}(?:手机|ipad|iphone|安卓|客户端|平板)(?:发送|发出)?"
    r"|.{0,24}(?:excuse|pardon|forgive|apologi[sz]e for|ignore|sorry for)(?: any| the| my)? (?:brevity|typos?|spelling|errors).{0,40}"
    r"|(?:手机|移动端|手机端)(?:发送|回复|打字|编辑)[,，].{0,16}|.{0,12}错别字.{0,6}(?:谅解|见谅|包涵)"
    r"|sent (?:from|on|via) (?:the go|mobile|the road).{0,40}"
    r"|签名由.{1,16}定制|sent with .{2,20} secure e-?mail)[ \t.。!！\])）>]*$",
    re.IGNORECASE,
)
_NOTICE: Final = (
    r"(?:保密|免责|法律|版权)(?:声明|提示|条款|告知)|重要(?:提示|声明|通知)|声明|郑重声明|免責聲明|保密聲明|"
    r"disclaimer|(?:e-?mail |legal |important )?(?:confidentiality|disclaimer|privacy|legal)(?: and [a-z ]{1,20})?(?: notice| statement| note)?|"
    r"important notice|legal notice|notice"
)
_DISCLAIMER_START = re.compile(
    r"[ \t*\[【(（<《#=_—–-]{0,12}(?:" + _NOTICE + r"|"
    r"(?:本|此|该|這封|这封|上述)(?:电子|電子)?(?:邮件|信息|郵件|信件|e-?mail)|"
    r"(?:this|the|any|our) (?:[a-z]{1,12} )?(?:e-?mail|message|communication|transmission|mail|attachments?)\b|"
    r"the (?:information|contents?|sender|views?|opinions?) (?:contained |transmitted |expressed |of |in |and |is )|"
    r"any (?:views?|opinions?|unauthori[sz]ed|review|use|dissemination)|"
    r"you (?:are receiving|received|have received) this|"
    r"if you (?:are not|have received|received|think|believe|no longer)|"
    r"(?:please|kindly|before|think|save|go|be) (?:consider|think|do not print|printing|before|paper|green|trees)|"
    r"(?:如|若|如果|假如|倘若)(?:您|你|阁下)?(?:并)?(?:不是|非|误收|错误|错收|收到)|"
    r"(?:任何|未经|禁止|严禁)(?:未经|授权|人|其他)|"
    r"(?:请|為了|为了|为|爱护|保护)(?:考虑)?.{0,4}(?:环境|环保|地球|绿色)|"
    r"您收到(?:此|这封|本)邮件|"
    r"virus-?free|不含病毒|无病毒|checked by|scanned by|avast|"
    r"diese (?:e-?mail|nachricht)|ce (?:message|courriel)|este (?:mensaje|correo)|"
    r"privileged|confidential\b|"
    r"registered (?:office|in|company|address)|company (?:no|number|registration|registered)|"
    r"(?:sitz der gesellschaft|gesch(?:ä|ae)ftsf(?:ü|ue)hr|registergericht|amtsgericht|handelsregister|hrb|ust-?id)|"
    r"(?:to )?unsubscribe(?! (?:me|us|my|our|this address)\b)|(?:退订|取消订阅)(?!我|吧|了|一下))",
    re.IGNORECASE,
)
_DISCLAIMER_WORDS: Final = (
    "机密", "保密", "误收", "错发", "发错", "错收", "误发", "未经授权", "未经允许", "未经许可", "授权", "法律责任", "法律效力", "免责",
    "病毒", "退订", "取消订阅", "预期收件", "指定收件", "仅供", "仅限", "不构成", "打印", "环境", "环保", "所有权", "機密", "誤收",
    "刪除", "专属", "法律保护", "知识产权",
    "intended solely", "intended only", "intended recipient", "intended for", "intended exclusively", "confidential",
    "privileged", "unauthorised", "unauthorized", "recipient", "disclos", "subscribed", "virus", "malware", "trees", "paper",
    "printing", "print this", "unsubscribe", "in error", "liab", "solely those", "not necessarily", "legally", "contractual",
    "registered", "vertraulich", "confidenti", "handelsregister", "hrb", "geschäftsführ", "geschäftsfuehr", "geschaeftsführ",
    "geschaeftsfuehr", "amtsgericht", "ust-id", "ustid", "proprietary", "environment", "company no", "company number",
    "not constitute", "not binding", "protected by",
)  # fmt: skip
_FOR_RECIPIENTS = re.compile(r"收件人.{0,12}(?:使用|阅读)")
_HEADING = re.compile(
    rf"[ \t*\[【(（<《#=_—–-]{{0,12}}(?:{_NOTICE})[ \t*\]】)）>》#=_—–:：-]{{0,12}}$", re.IGNORECASE
)
_BANNER = re.compile(
    r"[ \t*!\[【(（<《#=_|—–>⚠️🛑❗️‼️🔔-]{0,14}(?:(?:caution|warning|attention|alert|notice|security|be careful|think|important|note|"
    r"警告|注意|提醒|提示|安全提示|安全提醒|安全警告|重要提示|小心|温馨提示|系统提示)[ \t*!！:：\]】)）,，.—–-]{0,8})?"
    r"(?:ext(?:ernal)?(?:[ :\]】)）*-]{0,4}(?:e-?mail|sender|mail|message|source|邮件)?)[ \t*!\]】)）.:：-]{0,8}(?:$|[:：—–-]|be |do |exercise|use |this|please|verify|think|stop)"
    r"|(?:this |the )?(?:e-?mail|message|sender|mail)(?: is| was| has| may| originates| originated| came| comes)?.{0,40}?"
    r"(?:outside|external|extern)\b"
    r"|.{0,24}(?:外部邮件|外部郵件|来自(?:公司|组织|单位|企业|集团)?(?:的)?外部|(?:公司|组织|单位|企业|集团)(?:以外|外部|之外)|外部(?:发件|邮箱|域|人员|联系人|来信))"
    r"|you don(?:'|’)?t often get e?-?mail|some people who received this|您通常不会收到|你通常不会收到|并非经常收到"
    r"|zjqcmqryfpfpt)",
    re.IGNORECASE,
)
_BANNER_GOES_ON = re.compile(
    r"click|links?\b|attachments?|sender|outside|organi[sz]ation|phish|suspicious|verify|caution|"
    r"链接|附件|点击|核实|谨慎|身份|发件人|钓鱼|外部|可疑|安全|learn why|了解",
    re.IGNORECASE,
)
_INCORPORATED = re.compile(
    r"[ \t*]{0,4}\w[\w&.,' -]{2,60}(?:ltd|limited|plc|llp|inc|gmbh|ag|llc|kg)\b\.?[ ,|:–-]{1,3}(?:is )?(?:a company )?"
    r"(?:registered|incorporated|registergericht|sitz|amtsgericht|hrb)",
    re.IGNORECASE,
)
_OPENING = re.compile(r"[\W_]*([A-Za-zÀ-ž]+|[^\W\d])?")
_DISCLAIMER_OPENINGS: Final = frozenset(
    (*"保免法版重声聲郑本此该這这上如若假倘任未禁严请請為为爱您不无退取",
     *["disclaimer", "e", "legal", "important", "confidentiality", "privacy", "notice", "this", "the", "any", "our", "if", "please", "kindly", "before", "think", "save", "go", "be", "virus", "checked", "scanned", "avast", "diese", "ce", "este", "privileged", "confidential", "registered", "company", "sitz", "geschäftsführer", "geschaeftsfuehrer", "geschäftsführung", "registergericht", "amtsgericht", "handelsregister", "hrb", "ust", "you", "to", "unsubscribe"])
)  # fmt: skip
_DEVICE_OPENINGS: Final = frozenset(
    (*"本此手移发發来來寄傳从從由通使用在透获獲取下签",
     *"sent envoyé inviato enviado gesendet verzonden von get outlook iphone diese please excuse pardon forgive apologies typed sorry pixel".split())  # noqa: SIM905 - as above
)  # fmt: skip
_SUSPECT_OPENINGS: Final = _DISCLAIMER_OPENINGS | _DEVICE_OPENINGS
OPENINGS: Final = "".join(
    letter for opening in _SUSPECT_OPENINGS for letter in (opening[0], opening[0].upper())
)
_START: Final = int(Start.SMALL_PRINT)
_REGISTERED: Final = "egist"
_RULE = re.compile(r"[ \t]*[-_=*—─━]{3,}\s*$")
_WORD = re.compile(r"\w")
_LONGEST: Final = 400
_LONGEST_PARAGRAPH: Final = 4_000
_TOP_LINES: Final = 6
_TOP: Final = 60


def strip_smallprint(
    lines: list[str], own: bytearray, said: list[int], starts: list[int]
) -> list[int]:
    """Mark banners at the top and device footers and disclaimers anywhere as nobody's words.

    ``said`` are the own lines that say something; returned are those that stay.
    """
    _strip_banners(lines, own, said)
    openings = _openings(lines, own, said, starts)
    for index, opening in openings:
        if opening in _DEVICE_OPENINGS and len(lines[index]) <= 100 and _DEVICE.match(lines[index]):
            own[index] = 0
    _strip_disclaimers(lines, own, openings)
    return [index for index in said if own[index]]


def speaks_small_print(said: str) -> bool:
    """Whether words of a disclaimer stand anywhere in it."""
    said = said[:_LONGEST_PARAGRAPH].lower()
    return any(map(said.__contains__, _DISCLAIMER_WORDS)) or (
        "收件人" in said and _FOR_RECIPIENTS.search(said) is not None
    )


def _openings(
    lines: list[str], own: bytearray, said: list[int], starts: list[int]
) -> list[tuple[int, str]]:
    """The lines that open like small print, with their first word or Chinese character.

    What is looked for opens in few ways, so that most lines are passed over here.
    """
    found: list[tuple[int, str]] = []
    for index in said:
        line = lines[index]
        if not starts[index] & _START and _REGISTERED not in line:
            continue
        match = _OPENING.match(line, 0, _LONGEST)
        if match and match[1] and own[index]:
            opening = match[1].lower()
            if opening in _SUSPECT_OPENINGS or _REGISTERED in line:
                found.append((index, opening))
    return found


def _strip_banners(lines: list[str], own: bytearray, said: list[int]) -> None:
    seen = 0
    for index in said:
        if index >= _TOP or seen >= _TOP_LINES:
            break
        line = lines[index][:_LONGEST]
        if not own[index] or not (line[0].isalnum() or _WORD.search(line)):
            continue
        seen += 1
        if not _may_be_banner(line) or not _BANNER.match(line):
            continue
        own[index] = 0
        below = index + 1
        while below < len(lines) and (_is_banner_line(lines[below]) or _RULE.match(lines[below])):
            own[below] = 0
            below += 1


def _may_be_banner(line: str) -> bool:
    """Whether a word stands in it without which no banner is one."""
    line = line.lower()
    return (
        "ext" in line
        or "外" in line
        or "outside" in line
        or "you don" in line
        or "some people" in line
        or "通常不会" in line
        or "并非经常" in line
        or "zjqcm" in line
    )


def _is_banner_line(line: str) -> bool:
    return (
        len(line) <= _LONGEST
        and not line.isspace()
        and _BANNER_GOES_ON.search(line) is not None
        and (line.rstrip()[-1:] not in ",，:：")
    )


def _strip_disclaimers(lines: list[str], own: bytearray, openings: list[tuple[int, str]]) -> None:
    """A paragraph that opens like one and says what they say; behind a heading the next one too."""
    for index, opening in openings:
        if not own[index] or not _may_disclaim(lines[index], opening):
            continue
        end = _paragraph_end(lines, own, index)
        if _HEADING.match(lines[index][:_LONGEST]) and not "".join(lines[index + 1 : end]).strip():
            while end < len(lines) and own[end] and lines[end].isspace():
                end += 1
            end = _paragraph_end(lines, own, end)
        if speaks_small_print("".join(lines[index:end])):
            own[index:end] = bytes(end - index)


def _may_disclaim(line: str, opening: str) -> bool:
    line = line[:_LONGEST]
    if opening in _DISCLAIMER_OPENINGS:
        return _DISCLAIMER_START.match(line) is not None
    return _REGISTERED in line and _INCORPORATED.match(line) is not None


def _paragraph_end(lines: list[str], own: bytearray, index: int) -> int:
    while index < len(lines) and own[index] and not lines[index].isspace():
        index += 1
    return index

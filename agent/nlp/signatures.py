"""What stands under a mail and says nothing: closings with name and address, disclaimers."""

import re
from typing import Final

_DASHES = re.compile(r"(?:--|—|――|-- )[ \t]*$")
_CLOSING = re.compile(
    r"[ \t　]*(?:此致(?:敬礼|,)?|敬礼|敬上|顺颂商祺|(?:顺|此|恭)?祝您?(?:好|商祺|安好|工作顺利|生意兴隆|身体健康|一切顺利|"
    r"万事如意|周末愉快|商安|顺利|愉快)|商祺|致礼|顺祝商祺|顺致商祺|以上|谢谢|多谢|感谢|谢谢您|"
    r"(?:with )?(?:best|kind|warm|many thanks and|kindest|warmest)(?: and (?:kind|warm))?"
    r"(?: regards| wishes)?|regards|yours (?:sincerely|faithfully|truly)|sincerely(?: yours)?|"
    r"cheers|thanks(?: a lot| again| so much)?|many thanks|thank you(?: very much)?|"
    r"thanks (?:and|&) (?:best )?regards|all the best|br|rgds|cordially|respectfully)"
    r"[ \t]*[,，.。!！~～]*[ \t]*$",
    re.IGNORECASE,
)
_DEVICE = re.compile(
    r"[ \t]*(?:发自(?:我的)?.{1,24}|来自我的.{1,20}|从我的.{1,20}发送|从 ?windows 版(?:邮件|outlook)发送.{0,20}|"
    r"sent from (?:my |outlook|mail |yahoo|the ).{0,50}|get outlook for .{1,40}|"
    r"获取 ?outlook for .{0,30}|下载(?:网易|qq).{0,30})[ \t.。]*$",
    re.IGNORECASE,
)
_DISCLAIMER_START = re.compile(
    r"[ \t*\[【(（]{0,6}(?:(?:本|此|该)(?:电子)?(?:邮件|信息|郵件)|免责声明|保密声明|保密提示|重要提示|法律声明|声明|"
    r"this (?:e-?mail|message|communication)|the (?:information|contents?) (?:contained )?(?:in|of) this|"
    r"confidential(?:ity)?(?: notice)?|disclaimer|privileged|if you (?:are not|have received)|"
    r"caution|warning|external (?:e-?mail|sender)|注意|警告|外部邮件|来自外部|please consider the environment|"
    r"您收到(?:此|这封)邮件)",
    re.IGNORECASE,
)
_DISCLAIMER_PROOF = re.compile(
    r"机密|保密|误收|错发|发错|未经授权|法律责任|免责|病毒|外部邮件|外部发件|公司外部|来自外部|退订|intended (?:solely|only|recipient|for)|"
    r"confidential|privileged|unauthori[sz]ed|recipient|disclos|outside (?:of )?(?:the|your|our) "
    r"organi[sz]ation|virus|before printing|unsubscribe",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"@|https?:|www\.|\+?\d[\d ()-]{6,}|电话|手机|邮箱|地址|传真|微信|官网|邮编|\btel\b|\bmobile\b|\bphone\b|"
    r"\bfax\b|\be-?mail\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[。！？!?；;.]\s*$")
_POSTSCRIPT = re.compile(r"[ \t]*(?:p\.?\s?s\b|又及|另外|补充|附[:：])", re.IGNORECASE)
_LONGEST: Final = 400
_MOST_LINES: Final = 16


def strip_signatures(lines: list[str], own: list[bool]) -> None:
    """Mark signature, device and disclaimer lines in ``own`` as not said by the sender."""
    _strip_disclaimers(lines, own)
    for start in _closings(lines, own):
        end = _signature_end(lines, own, start)
        if end is not None:
            own[start:end] = [False] * (end - start)
    for index, line in enumerate(lines):
        if own[index] and len(line) <= 80 and _DEVICE.match(line):
            own[index] = False


def _closings(lines: list[str], own: list[bool]) -> list[int]:
    return [
        index
        for index, line in enumerate(lines)
        if own[index] and len(line) <= 60 and (_DASHES.match(line) or _CLOSING.match(line))
    ]


def _signature_end(lines: list[str], own: list[bool], start: int) -> int | None:
    """One past the last line of the signature that starts here, or None: it is no signature.

    Behind a bare ``--`` everything goes. Behind a closing only lines that look like a name, a
    title or an address may follow; one that reads like a sentence means the mail goes on.
    """
    dashes = _DASHES.match(lines[start]) is not None
    said = 0
    for index in range(start + 1, len(lines)):
        line = lines[index].strip()
        if not line:
            continue
        if not own[index] or _POSTSCRIPT.match(line[:20]):
            return index
        said += 1
        if dashes:
            continue
        if _CLOSING.match(line[:80]):
            continue
        if said > _MOST_LINES or len(line) > _LONGEST:
            return None
        if _CONTACT.search(line):
            continue
        if len(line) > 60 or (_SENTENCE_END.search(line) and len(line) > 12):
            return None
    return len(lines)


def _strip_disclaimers(lines: list[str], own: list[bool]) -> None:
    index = 0
    while index < len(lines):
        line = lines[index]
        if not own[index] or not _DISCLAIMER_START.match(line[:_LONGEST]):
            index += 1
            continue
        end = index
        while end < len(lines) and own[end] and lines[end].strip():
            end += 1
        paragraph = "".join(lines[index:end])[:4_000]
        if _DISCLAIMER_PROOF.search(paragraph):
            own[index:end] = [False] * (end - index)
        index = max(end, index + 1)

"""The words people end a mail with: best regards, 此致敬礼, thanks above a name."""

import re
from typing import Final, Literal

from agent.nlp.names import is_name

_FORMULA: Final = (
    r"此致(?:[ ,，\u3000]*敬礼)?|敬礼|敬上|谨上|敬启|顿首|致敬|致礼|谨启|专此|"
    r"(?:顺|此|恭|谨|即|敬|并|特|耑|专此|顺致)?(?:祝|颂|颂祝|请|致)[ \u3000:：,，]{0,3}(?:您|你|大家|各位|贵司)?[ \u3000]?"
    r"(?:商祺|商安|时祺|近安|近祺|大安|台安|台祺|夏安|夏祺|冬安|冬祺|秋安|秋祺|春安|春祺|编安|教安|工作顺利|工作愉快|"
    r"生意兴隆|生意兴旺|身体健康|一切顺利|一切安好|诸事顺遂|万事如意|事业顺利|事业有成|安好|安|好|顺利|愉快|"
    r"顺心|阖家幸福|大展宏图|财源广进|业务蒸蒸日上|敬意|商务顺利|业祺|愉悦)"
    r"(?:[ ,，、\u3000]*(?:工作顺利|工作愉快|生意兴隆|身体健康|一切顺利|万事如意|阖家幸福|事业有成|生活愉快|心想事成)){0,3}|"
    r"祝|顺祝|敬祝|恭祝|顺颂|即颂|敬颂|此颂|商祺|时祺|近安|大安|"
    r"(?:顺)?致(?:以)?(?:诚挚的?|崇高的?|最诚挚的?|良好的?|美好的?)?(?:敬意|问候|祝福|谢意)|诚挚(?:的)?(?:问候|祝福)|以上|"
    r"(?:with )?(?:my |our |the )?(?:(?:very )?best|kind|kindest|warm|warmest|friendly|sincere|cordial|good)"
    r"(?:(?:,| and| &)? ?(?:kind|kindest|warm|warmest|best))?(?: (?:personal )?(?:regards|wishes|greetings))(?: from .{2,24})?|(?:regards|greetings|best) from .{2,24}|greetings|kindest|gratefully|"
    r"with (?:(?:many|sincere|best|kind) )?(?:thanks|appreciation|gratitude)|(?:speak|talk) soon|on behalf of .{3,40}|very best|"
    r"best regard|regards|(?:best )?rgds|brgds|b\.?r\.?|k\.?r\.?|wkr|v/?r|best rgds|yours(?: (?:sincerely|faithfully|truly|respectfully|cordially|ever))?|"
    r"(?:very )?(?:sincerely|truly|faithfully|respectfully|cordially)(?: yours)?|"
    r"best|all (?:the|my) best|all best|warmly|kindly|take care|cheers|ciao|"
    r"(?:mit )?(?:freundlichen|freundliche|vielen|viele|beste|besten|liebe|lieben|sch(?:ö|oe)ne|herzliche|herzlichen)(?: und sonnigen)? gr(?:ü|ue)(?:ß|ss)en?|"
    r"mfg|lg|vg|gru(?:ß|ss)|cordialement|bien cordialement|bien à vous|salutations|saludos(?: cordiales)?|cordiali saluti|atentamente"
)
_THANKS: Final = (
    r"谢谢(?:您|你|你们|大家|各位|啦|了|支持|配合|合作)?|多谢(?:了)?|感谢(?:您)?|非常感谢|十分感谢|万分感谢|拜谢|谢了|谢|辛苦了|3q|"
    r"(?:many |much )?(?:thanks|thank you|thank u|thx|tks|thanx|ty|tia)(?: (?:a lot|a million|again|so much|very much|in advance|a bunch|all|you))*|"
    r"much appreciated|appreciated|cheers and thanks|danke|vielen dank|besten dank|merci|gracias|grazie"
)
_JOIN: Final = r"[ \t\u3000]*(?:[,，.。!！~～|/&+、;；:-]|and|und|&amp;)*[ \t\u3000]*"
_END: Final = r"[ \t\u3000]*[,，.。!！~～:：;；]*[ \t\u3000]*"
_CLOSING = re.compile(
    rf"(?:(?:{_THANKS}){_JOIN}){{0,2}}(?:{_FORMULA})(?:{_JOIN}(?:{_FORMULA}|{_THANKS})){{0,2}}{_END}$",
    re.IGNORECASE,
)
_THANKING = re.compile(rf"(?:{_THANKS})(?:{_JOIN}(?:{_THANKS}))?{_END}$", re.IGNORECASE)
_SIGNED_INLINE = re.compile(
    rf"(?:(?:{_FORMULA})(?:[,，!！.。:：/|~—–-]+[ \t\u3000]*|[ \t\u3000]+[-–—/|]{{0,2}}[ ]?)|(?:{_THANKS})(?:[,，/|—–-]+[ \t\u3000]*|[!！.。~][ \t\u3000]+|[ \t\u3000]+))(?P<name>.{{1,40}})$",
    re.IGNORECASE,
)
_TITLED = re.compile(r"(?:总|经理|老师|主任|董|先生|女士|工)$")
_OPENING = re.compile(r"[\W_]*([A-Za-zÀ-ž]+|[^\W_])")
_CLOSING_OPENINGS: Final = frozenset(
    (*"此敬谨致专顿顺祝恭即颂并特耑商时近大诚以谢多感非十万拜辛3",
     *["speak", "talk", "greetings", "kindest", "gratefully", "with", "my", "our", "the", "very", "best", "kind", "kindest", "warm", "warmest", "friendly", "sincere", "cordial", "good", "regards", "rgds", "brgds", "b", "br", "k", "kr", "wkr", "v", "vr", "on", "yours", "sincerely", "truly", "faithfully", "respectfully", "cordially", "all", "warmly", "kindly", "take", "cheers", "ciao", "mit", "freundliche", "freundlichen", "viele", "vielen", "beste", "besten", "liebe", "lieben", "schöne", "schoene", "herzliche", "herzlichen", "mfg", "lg", "vg", "gruß", "gruss", "cordialement", "bien", "salutations", "saludos", "cordiali", "atentamente", "many", "much", "thanks", "thank", "thx", "tks", "thanx", "ty", "tia", "appreciated", "danke", "merci", "gracias", "grazie"])
)  # fmt: skip


def may_close(text: str) -> bool:
    """Whether the first word is one that closings begin with."""
    first = text[0]
    if first > "ž" and first.isalnum():
        return first in _CLOSING_OPENINGS  # Chinese closings are known by one character
    opening = _OPENING.match(text)
    return opening is not None and opening[1].lower() in _CLOSING_OPENINGS


def closing_role(text: str) -> Literal["closing", "thanks", ""]:
    """What a short line that ``may_close`` is: a closing, thanks that are one above a name only."""
    if _CLOSING.match(text) or _is_signed(text):
        return "closing"
    return "thanks" if _THANKING.match(text) else ""


def _is_signed(text: str) -> bool:
    """A closing and a name in one line."""
    found = _SIGNED_INLINE.match(text)
    return found is not None and is_name(found["name"].strip()) and not _TITLED.search(text)

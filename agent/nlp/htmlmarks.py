"""What the marks of an HTML element tell: that its words are history, a signature, or not seen."""

import re
from typing import Final, Literal

UNSEEN: Final = frozenset((
    "head", "noscript", "object", "script", "style", "svg", "template", "title",
))  # fmt: skip
_QUOTES = re.compile(
    r"gmail_quote(?!_container)|gmail_extra|yahoo_quoted|moz-forward-container|moz-cite-prefix|gmail_attr"
    r"|protonmail_quote|tutanota_quote|zmail_extra|mail_android_quote|mail-?quote|history-quote"
    r"|ntes-mailmaster-quote|netease-quote|qmbox_quote|ms-outlook-mobile-reference|reply-?quote|quoted-?reply"
    r"|(?:e?mail|reply|message|thread)[-_](?:quote|history|original|thread)"
    r"|(?:quote|quoted|original|previous|history)[-_](?:text|message|mail|content|body|reply|header|wrap|container|block)"
    r"|original-?content|xm_mail_oringinal|aliyun_previous|freebirdFormviewer-quote|cafe_quote|wps_?quote",
    re.IGNORECASE,
)
_SIGNATURES = re.compile(
    r"gmail_signature|moz-signature|protonmail_signature|ntes-mailmaster-signature|netease_mail_footer"
    r"|xmail_signature|aliyun_sign|lark-?(?:mail-?)?signature|mail-?signature|email-?signature|sh-signature|mb_sig"
    r"|foxmail_?sig|fmsig|composer_signature|qmail_signature|wps_?signature|tutanota_signature"
    r"|disclaimer|external[-_]?(?:banner|warning|sender|mail)|(?:caution|warning)[-_]?banner|e?mail-footer"
    r"|signature_?(?:block|wrap|container)",
    re.IGNORECASE,
)
_QUOTE_NAMES: Final = frozenset(
    ("isreplycontent", "messagereplysection", "quote", "olk_src_body_section", "original-content",
     "mail-editor-reference-message-container", "mac_olk_src_body_section", "includetail")
)  # fmt: skip
_SIGNATURE_NAMES: Final = frozenset(
    ("signature", "ms-outlook-mobile-signature", "messagesignaturesection", "sign", "ntes-pcmac-signature",
     "applemailsignature", "divneteasemailcard", "composer_signature", "spnsignature", "ntes-pcmail-signature")
)  # fmt: skip
_REST_NAMES: Final = frozenset(("divrplyfwdmsg", "appendonsend", "stopspelling"))
"""What follows these marks of Outlook, to the end of the mail, is the message replied to."""
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE
)
Reason = Literal["", "unseen", "quote", "signature", "hidden", "rest"]
"""Why an element's words are not the sender's; ``rest``: nor what follows it."""
Marks = tuple[str, str | None, str | None, str | None, str | None]
"""Of an element: tag, id, name, class, style."""


def why_left_out(marks: Marks) -> Reason:
    """Decided by an element's marks alone."""
    tag, own_id, name, kinds, style = marks
    names = [tag, *((mark or "").lower().removeprefix("x_") for mark in (own_id, name))]
    said = f"{kinds or ''} {names[1]} {names[2]}"
    if not _REST_NAMES.isdisjoint(names):
        return "rest"
    if not _QUOTE_NAMES.isdisjoint(names) or _QUOTES.search(said):
        return "quote"
    if not _SIGNATURE_NAMES.isdisjoint(names) or _SIGNATURES.search(said):
        return "signature"
    return "hidden" if style and _HIDDEN.search(style) else ""

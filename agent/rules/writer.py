"""Who wrote a mail that a group passed on under its own address.

Groups rewrite the sender of mail from domains that forbid passing it on (DMARC): the mail comes
from ``"王芳 via Sales" <sales@ours.example>``, and the writer stands in X-Original-From or Reply-To.
A service that sends in somebody's name (``Dana via DocuSign``) is no group: it wrote itself.
"""

import re
from collections.abc import Mapping, Sequence
from email.utils import parseaddr

from agent.contract.activity import Participant
from agent.rules.identity import normalize_email

_VIA = re.compile(r"\s+(?:via|通过|經由|经由|代发自)\s+\S", re.IGNORECASE)
_LONGEST = 1_000


def with_writer(
    headers: Mapping[str, str], people: Sequence[Participant]
) -> tuple[Participant, ...]:
    """The same people, with the writer in place of the group as ``from``."""
    sender = next((one for one in people if one.role == "from"), None)
    if sender is None:
        return tuple(people)
    written = _address(headers.get("x-original-from", ""))
    is_group = any(headers.get(name) for name in ("list-id", "list-post", "x-original-sender"))
    if written is None and is_group and _VIA.search(sender.name):
        written = _address(headers.get("x-original-sender", "")) or _address(
            headers.get("reply-to", "")
        )
    if written is None or written[1] == sender.email:
        return tuple(people)
    name, email = written
    shown = name or _VIA.split(sender.name)[0].strip(" '\"")
    writer = sender.model_copy(update={"name": shown[:200], "email": email})
    return tuple(writer if one is sender else one for one in people)


def _address(value: str) -> tuple[str, str] | None:
    if not value:
        return None
    name, address = parseaddr(value[:_LONGEST])
    email = normalize_email(address)
    return (name, email) if email else None

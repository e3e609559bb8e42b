"""The same mail through a mailbox and through a file is the same mail."""

from datetime import UTC, datetime, timedelta

import pytest

from agent.capture import mime
from agent.capture.base import Capture
from agent.errors import BadItem
from agent.nlp.clean import clean
from agent.rules.machine import machine_sign
from tests.agent.capture.imap.box import Box, uid_of
from tests.agent.capture.imap.letters import LETTERS
from tests.servers import dovecot

SAME_BUT_FOR = {"line without colon"}
"""A server skips such a line of a header; in a file it ends the header."""
Read = Capture | str
"""What became of a letter: a capture, or the code of what is wrong with it."""


@pytest.fixture(scope="module")
def mailbox() -> dict[str, Read]:
    box = Box(dovecot.shared())
    uids = {box.put(raw, days=1 / 24): name for name, raw in LETTERS.items()}
    taken = box.take()
    read: dict[str, Read] = {uids[uid_of(one.external_id)]: one for one in taken.captures}
    for batch in taken.batches:
        read |= {uids[uid_of(one.external_id)]: one.code for one in batch.broken}
    box.close()
    return read


def from_file(raw: bytes) -> Read:
    arrived = datetime(2026, 11, 23, 9, tzinfo=UTC) - timedelta(hours=1)
    try:
        return mime.read(raw, source="imap", external_id="1", version="1", fallback=arrived)
    except BadItem as error:
        return error.code


def shown(read: Read) -> object:
    if isinstance(read, str):
        return read
    text = clean(read.text, is_html=read.is_html).text
    return {
        "identity": read.identity,
        "occurred_at": read.occurred_at,
        "participants": read.participants,
        "subject": read.subject,
        "text": text,
        "signals": read.signals,
        "machine": machine_sign(
            read.headers, subject=read.subject, text=text, participants=read.participants
        ),
        "headers": read.headers,
        "references": read.references,
        "sensitivity": read.sensitivity,
        "categories": read.categories,
        "attachments": [one.name for one in read.attachments],
    }


@pytest.mark.parametrize("name", sorted(LETTERS.keys() - SAME_BUT_FOR))
def test_a_letter_is_the_same_through_mailbox_and_file(mailbox: dict[str, Read], name: str) -> None:
    assert shown(mailbox[name]) == shown(from_file(LETTERS[name]))


def test_sizes_of_attachments_are_near(mailbox: dict[str, Read]) -> None:
    """By the lines that base64 usually has: the server counts the encoded bytes."""
    compared = 0
    for name, raw in LETTERS.items():
        one, other = mailbox[name], from_file(raw)
        if isinstance(one, str) or isinstance(other, str):
            continue
        for mine, theirs in zip(one.attachments, other.attachments, strict=True):
            compared += 1
            assert abs(mine.size - theirs.size) <= 6 + theirs.size // 50, name
    assert compared > 10


def test_the_letters_are_of_every_kind() -> None:
    assert len(LETTERS) >= 90
    signs = {
        shown["machine"][0] for raw in LETTERS.values() if isinstance(shown := _dict(raw), dict)
    }
    assert signs >= {
        *("auto_reply", "bounce", "bulk", "invitation", "calendar_response", "receipt", "draft"),
        None,
    }


def _dict(raw: bytes) -> object:
    return shown(from_file(raw))

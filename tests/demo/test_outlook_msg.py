import io
from datetime import UTC, datetime
from typing import Any

import olefile
import pytest
from oxmsg import Message

from demo.compound_file import Storage, compound_file
from demo.outlook_msg import MsgAttachment, MsgRecipient, OutlookMessage, outlook_msg

SENT = datetime(2026, 11, 20, 2, 3, 4, tzinfo=UTC)
HEADERS = "From: Zhao <zhao@one.example>\r\nSubject: x\r\nMessage-ID: <7@one.example>\r\n\r\n"


def message(**other: object) -> OutlookMessage:
    values: dict[str, object] = {
        "subject": "答复: 报价 €5 𠮷",
        "prefix": "答复: ",
        "body": "正文第一行\r\n第二行",
        "html": "<p>正文</p>",
        "sender_name": "赵立新",
        "sender_email": "zhao@one.example",
        "recipients": (
            MsgRecipient("to", "陈晨", "chen@two.example"),
            MsgRecipient("cc", "孙悦", "sun@one.example"),
        ),
        "sent": SENT,
        "received": SENT,
        "message_id": "<7@one.example>",
        "in_reply_to": "<6@two.example>",
        "references": "<6@two.example>",
        "headers": HEADERS,
    }
    return OutlookMessage(**(values | other))  # type: ignore[arg-type]


def test_an_independent_reader_finds_everything() -> None:
    read = Message.load(io.BytesIO(outlook_msg(message())))
    assert read.subject == "答复: 报价 €5 𠮷"
    assert read.body == "正文第一行\r\n第二行"
    assert read.html_body == "<p>正文</p>"
    assert read.sender == "Zhao <zhao@one.example>"
    assert [(r.name, r.email_address) for r in read.recipients] == [
        ("陈晨", "chen@two.example"),
        ("孙悦", "sun@one.example"),
    ]
    assert read.sent_date == SENT
    assert read.message_headers["Message-ID"] == "<7@one.example>"
    assert read.message_class == "IPM.Note"


def test_sent_mail_has_no_transport_headers_but_a_sender() -> None:
    read = Message.load(io.BytesIO(outlook_msg(message(headers=""))))
    assert not read.message_headers
    assert read.sender == '"赵立新" <zhao@one.example>'
    assert read.properties.str_prop_value(0x1035) == "<7@one.example>"
    assert read.properties.str_prop_value(0x1042) == "<6@two.example>"


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 4095, 4096, 4097, 70_000])
def test_attachments_of_every_size_survive(size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    attachments = (
        MsgAttachment("方案.pdf", "application/pdf", data[:size]),
        MsgAttachment("b.txt", "text/plain", b"second"),
    )
    read = Message.load(io.BytesIO(outlook_msg(message(attachments=attachments))))
    assert [(a.file_name, a.file_bytes) for a in read.attachments] == [
        ("方案.pdf", data[:size]),
        ("b.txt", b"second"),
    ]


@pytest.mark.parametrize("members", [1, 2, 3, 7, 8, 40, 100])
def test_the_directory_is_a_legal_red_black_tree(members: int) -> None:
    names = {f"stream {number}": bytes([number]) for number in range(members)}
    raw = compound_file(Storage(streams=names, storages={"inner": Storage({"x": b"y" * 5000})}))
    ole = olefile.OleFileIO(io.BytesIO(raw), raise_defects=olefile.DEFECT_UNSURE)
    try:
        assert ole.parsing_issues == []
        assert {tuple(path) for path in ole.listdir()} == {
            ("inner", "x"),
            *((name,) for name in names),
        }
        assert ole.openstream("inner/x").read() == b"y" * 5000
        assert all(ole.openstream(name).read() == data for name, data in names.items())
        entries = {entry.sid: entry for entry in ole.direntries if entry is not None}
        _black_height(entries, entries[0].sid_child, red_above=True)
    finally:
        ole.close()


def _black_height(entries: dict[int, Any], at: int, *, red_above: bool) -> int:
    """Every path down holds the same number of black nodes, and no red node has a red child."""
    if at not in entries:
        return 0
    entry = entries[at]
    red = entry.color == 0
    assert not (red and red_above)
    left = _black_height(entries, entry.sid_left, red_above=red)
    right = _black_height(entries, entry.sid_right, red_above=red)
    assert left == right
    return left + (not red)


def test_more_than_the_header_can_list_is_refused() -> None:
    with pytest.raises(ValueError, match="allocation table"):
        compound_file(Storage(streams={"big": bytes(8_000_000)}))

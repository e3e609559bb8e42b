import pytest
from imapclient.imap_utf7 import encode

from agent.capture.imap.folders import choose, path_of
from agent.capture.imap.session import Mailbox


def box(name: str, *flags: str, delimiter: str = "/") -> Mailbox:
    return Mailbox(encode(name).decode(), frozenset(flags), delimiter)


def chosen(listed: list[Mailbox], *wanted: str, without: tuple[str, ...] = ()) -> list[str]:
    found = choose(listed, wanted or ("inbox", "sent"), without)
    return [one.path for one in found.folders]


INBOX = box("INBOX")


def test_sent_is_what_the_server_marks() -> None:
    listed = [INBOX, box("Sent"), box("寄件", "\\sent"), box("已发送")]
    assert chosen(listed) == ["Inbox", "寄件"]


@pytest.mark.parametrize(
    "name",
    [
        *("Sent Messages", "Sent Items", "Sent", "已发送", "已发送邮件", "已发邮件"),
        *("[Gmail]/Sent Mail", "[Gmail]/已发邮件", "SENT"),
    ],
)
def test_sent_by_its_usual_names(name: str) -> None:
    assert chosen([INBOX, box(name), box("Sentinel")]) == ["Inbox", name]


def test_delimiters_are_shown_as_slashes() -> None:
    listed = [INBOX, box("客户.苏州", delimiter="."), box("A/B", delimiter=".")]
    assert chosen(listed, "客户/苏州") == ["客户/苏州"]
    assert path_of(box("无层次", delimiter="")) == "无层次"


def test_folders_below_the_inbox_prefix() -> None:
    names = ("INBOX", "INBOX.已发送", "INBOX.客户", "INBOX.Trash", "INBOX.Junk.old", "INBOX.草稿箱")
    listed = [box(name, delimiter=".") for name in names]
    assert chosen(listed) == ["Inbox", "Inbox/已发送", "Inbox/客户"]
    assert chosen(listed, "客户") == ["Inbox/客户"]
    assert chosen(listed, "inbox", without=("客户",)) == ["Inbox", "Inbox/已发送"]
    assert chosen(listed, "Trash") == ["Inbox/Trash"], "named by the person, it is meant"


def test_what_lies_below_comes_along_but_for_bins() -> None:
    listed = [
        INBOX,
        box("客户"),
        box("客户/苏州"),
        box("客户/废", "\\trash"),
        box("客户/节点", "\\noselect"),
        box("客户们"),
    ]
    assert chosen(listed, "客户") == ["客户", "客户/苏州"]
    assert chosen(listed, "客户", without=("客户/苏州",)) == ["客户"]


def test_what_is_missing_is_told_by_its_place() -> None:
    found = choose([INBOX], ("inbox", "客户", "sent", "供应商"), ())
    assert (found.missing, found.sent_missing) == ((2, 4), True)
    assert [one.path for one in found.folders] == ["Inbox"]


def test_names_written_as_they_are_and_broken_ones() -> None:
    raw = "已发送".encode("gb18030").decode("latin-1")
    assert chosen([INBOX, Mailbox(raw, frozenset(), "/")]) == ["Inbox", "已发送"]
    assert chosen([INBOX, Mailbox("&broken", frozenset(), "/"), box("Sent")]) == ["Inbox", "Sent"]


def test_drafts_are_known() -> None:
    found = choose([box("草稿", "\\drafts")], ("草稿",), ())
    assert found.folders[0].holds_drafts

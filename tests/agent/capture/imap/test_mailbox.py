"""What happens in a mailbox between two looks at it."""

import re

import pytest

from agent import messages
from agent.capture import mime
from agent.capture.base import Source
from agent.errors import SourceError, SourceMisconfigured, SourceUnavailable
from tests.agent.capture.imap.box import Box, Taken, encoded, uid_of
from tests.agent.capture.mails import multipart, raw_mail
from tests.conformance.imap_place import tls_side
from tests.servers import dovecot
from tests.servers.wire import Wire


def numbers(taken: Taken) -> list[str]:
    return [uid_of(one.external_id) for one in taken.captures]


def held(source: Source) -> set[str]:
    return set(source.inventory())


def told(error: SourceError) -> str:
    for language in messages.LANGUAGES:
        assert messages.text(error.code, language, **error.params)
    return error.code


def test_folders_are_named_for_people(any_box: Box) -> None:
    any_box.create("客户", "客户/苏州")
    any_box.add("一", folder="客户/苏州")
    any_box.add("二", folder="已发送")
    any_box.add("三")
    taken = any_box.take(folders=["inbox", "sent", "客户"])
    folders = {one.subject: one.folder for one in taken.captures}
    assert folders == {"一": "客户/苏州", "二": "已发送", "三": "Inbox"}


def test_new_mail_comes_before_the_backfill_and_the_backfill_newest_first(any_box: Box) -> None:
    for n in range(600):
        any_box.add(f"旧{n}")
    for n in range(3):
        any_box.add(f"寄{n}", folder="已发送")
    source = any_box.source()
    polling = source.poll(None)
    first = next(polling)
    polling.close()  # type: ignore[attr-defined]
    assert [one.subject for one in first.captures][:2] == ["旧599", "旧598"]
    assert (first.done, first.total) == (250, 603)
    any_box.add("新")
    after = any_box.take(first.cursor)
    assert after.subjects[0] == "新"
    assert after.subjects[1] == "旧349"
    assert len(after.subjects) == 600 - 250 + 3 + 1
    assert after.subjects[-1] == "旧0"
    assert after.batches[-1].done == after.batches[-1].total
    assert any_box.take(after.cursor).captures == []


def test_marked_for_deletion_is_gone_and_may_come_back(any_box: Box) -> None:
    one, two = any_box.add("一"), any_box.add("二")
    any_box.add("三", flags="\\Deleted")
    taken = any_box.take()
    assert sorted(taken.subjects) == ["一", "二"]
    any_box.store(one, "+FLAGS (\\Deleted)")
    after = any_box.take(taken.cursor)
    assert [uid_of(each) for each in after.removed] == [one]
    assert {uid_of(each) for each in held(any_box.source())} == {two}
    any_box.store(one, "-FLAGS (\\Deleted)")
    back = any_box.take(after.cursor)
    assert back.subjects == ["一"]
    assert any_box.take(back.cursor).captures == []


def test_expunged_is_told_once_and_what_was_read_is_no_news(any_box: Box) -> None:
    uids = [any_box.add(str(n)) for n in range(6)]
    source = any_box.source()
    taken = any_box.take(source=source)
    any_box.store(uids[0], "+FLAGS (\\Seen \\Answered)")
    seen = any_box.take(taken.cursor, source)
    assert (seen.captures, seen.removed) == ([], [])
    any_box.expunge([uids[1], uids[4]])
    gone = any_box.take(seen.cursor, source)
    assert sorted(map(uid_of, gone.removed)) == [uids[1], uids[4]]
    assert any_box.take(gone.cursor, source).removed == []
    assert held(source) == {one.external_id for one in taken.captures} - set(gone.removed)


def test_expunged_while_it_is_being_read_is_simply_not_there(any_box: Box) -> None:
    """Between the header and the text: servers still answer for what they remember."""
    uids = [any_box.add(str(n)) for n in range(300)]
    texts = 0

    def expunge(command: bytes) -> bytes:
        nonlocal texts
        texts += b"BODY.PEEK[1]" in command
        if b"BODY.PEEK[1]" in command and texts == 2:
            any_box.expunge(uids[:20])
        return command

    with Wire(any_box.server.port, edit_command=expunge) as wire:
        source = any_box.source(port=wire.port)
        taken = any_box.take(source=source)
        assert texts > 1
        assert len(taken.captures) == 280
        assert taken.broken == []
        assert {one.external_id for one in taken.captures} == held(source)
        after = any_box.take(taken.cursor, source)
        assert (after.captures, after.removed) == ([], []), "never told of, it needs no farewell"


def test_a_folder_numbered_anew_is_read_anew(any_box: Box) -> None:
    any_box.create("客户")
    any_box.add("一", folder="客户")
    any_box.add("二")
    taken = any_box.take(folders=["inbox", "客户"])
    before = next(one for one in taken.captures if one.subject == "一")
    any_box.delete("客户")
    any_box.create("客户")
    assert _validity(any_box, "客户") != before.external_id.split("/")[1]
    any_box.add("一", folder="客户")
    any_box.add("三", folder="客户")
    after = any_box.take(taken.cursor, folders=["inbox", "客户"])
    assert sorted(after.subjects) == ["一", "三"]
    assert [before.external_id.startswith(one) for one in after.emptied] == [True]
    assert after.emptied == list(after.batches[0].emptied)
    assert {one.identity for one in after.captures if one.subject == "一"} == {before.identity}
    assert not [one for one in after.captures if one.external_id == before.external_id]


def _validity(box: Box, folder: str) -> str:
    """Some servers take the second of its making for it: wait for the next one."""
    while True:
        typ, data = box.client.status(encoded(folder), "(UIDVALIDITY)")
        assert typ == "OK"
        return data[0].decode().split("UIDVALIDITY ")[1].rstrip(")")


def test_a_larger_window_fetches_the_rest(any_box: Box) -> None:
    for days in (1, 20, 50, 200, 400):
        any_box.add(f"{days}天", days=days)
    taken = any_box.take(since_days=30)
    assert sorted(taken.subjects) == ["1天", "20天"]
    assert held(any_box.source(since_days=30)) == {one.external_id for one in taken.captures}
    wider = any_box.take(taken.cursor, since_days=300)
    assert wider.subjects == ["200天", "50天"]
    read = {one.external_id for one in (*taken.captures, *wider.captures)}
    assert held(any_box.source(since_days=300)) == read
    assert held(any_box.source(since_days=30)) == {one.external_id for one in taken.captures}
    shorter = any_box.take(wider.cursor, since_days=30)
    assert (shorter.captures, shorter.removed) == ([], [])
    again = any_box.take(shorter.cursor, since_days=1000)
    assert sorted(again.subjects) == ["200天", "400天", "50天"]


def test_time_that_passes_takes_nothing_away(any_box: Box) -> None:
    any_box.add("旧", days=29)
    any_box.add("新", days=1)
    taken = any_box.take(since_days=30)
    assert len(taken.captures) == 2
    any_box.clock.forward(10 * 86_400)
    later = any_box.take(taken.cursor, since_days=30)
    assert (later.captures, later.removed) == ([], [])
    assert len(held(any_box.source(since_days=30))) == 1


def test_a_missing_folder_is_told_after_the_others_were_read(any_box: Box) -> None:
    any_box.add("一")
    taken = Taken()
    source = any_box.source(folders=["inbox", "没有这个", "sent"])
    with pytest.raises(SourceMisconfigured) as caught:
        taken.take(source.poll(None))
    assert taken.subjects == ["一"]
    assert told(caught.value) == "mailbox_folder_missing"
    assert caught.value.params["number"] == 2
    assert "没有" not in str(caught.value)
    any_box.create("没有这个")
    any_box.add("二", folder="没有这个")
    assert any_box.take(taken.cursor, source).subjects == ["二"]


def test_a_mailbox_without_sent_mail_says_so(any_box: Box) -> None:
    any_box.delete("已发送")
    any_box.add("一")
    with pytest.raises(SourceMisconfigured) as caught:
        any_box.take()
    assert told(caught.value) == "mailbox_sent_missing"


def test_a_folder_that_is_gone_takes_its_items_along(any_box: Box) -> None:
    any_box.create("客户")
    any_box.add("一", folder="客户")
    taken = any_box.take(folders=["inbox", "客户"])
    any_box.delete("客户")
    after = Taken()
    source = any_box.source(folders=["inbox", "客户"])
    with pytest.raises(SourceMisconfigured):
        after.take(source.poll(taken.cursor))
    assert [taken.captures[0].external_id.startswith(one) for one in after.emptied] == [True]


def test_excluded_folders_are_left_alone(any_box: Box) -> None:
    any_box.create("客户", "客户/私人")
    any_box.add("一", folder="客户")
    any_box.add("二", folder="客户/私人")
    options = {"folders": ["客户"], "exclude_folders": ["客户/私人"]}
    assert any_box.take(**options).subjects == ["一"]
    assert len(held(any_box.source(**options))) == 1


def test_drafts_are_known_by_their_mark(any_box: Box) -> None:
    any_box.add("没写完", flags="\\Draft \\Seen")
    any_box.add("写完了")
    drafts = {one.subject: one.headers.get(mime.DRAFT) for one in any_box.take().captures}
    assert drafts == {"没写完": "1", "写完了": None}


def test_copies_are_one_activity_and_mails_without_id_are_told_apart(any_box: Box) -> None:
    any_box.add("同一封")
    any_box.add("同一封", folder="已发送")
    any_box.put(raw_mail("甲"))
    any_box.put(raw_mail("乙"))
    any_box.put(raw_mail("乙"), folder="已发送")
    captures = any_box.take().captures
    assert len({one.external_id for one in captures}) == 5
    assert len({one.identity for one in captures}) == 3


def test_nothing_is_marked_as_seen(any_box: Box) -> None:
    any_box.add("一")
    any_box.put(b"X-Odd: 1\r\n\r\nread as a whole")
    any_box.take()
    any_box.client.select("INBOX", readonly=True)
    assert any_box.client.search(None, "UNSEEN")[1] == [b"1 2"]
    any_box.client.unselect()


def test_attachments_stay_on_the_server(box: Box) -> None:
    with Wire(box.server.port, tls=tls_side(box.server)) as wire:
        parts = multipart(
            "mixed",
            "Content-Type: text/plain\r\n\r\nwords",
            "Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + ("A" * 76 + "\r\n") * 20_000,
        )
        box.put(raw_mail(parts.pop("body"), **parts))
        options = {"port": wire.port, "tls": "ssl", "ca_file": str(box.server.ca_file)}
        (capture,) = box.take(**options).captures
        assert (capture.text, capture.attachments[0].name) == ("words", "a.zip")
        assert wire.bytes_down < 10_000


def test_few_requests_for_many_mails(box: Box) -> None:
    for n in range(250):
        box.add(str(n))
    with Wire(box.server.port, tls=tls_side(box.server)) as wire:
        options = {"port": wire.port, "tls": "ssl", "ca_file": str(box.server.ca_file)}
        source = box.source(**options)
        taken = box.take(source=source)
        assert len(taken.captures) == 250
        # Heads, texts, and one date: does this server heed the dates it is asked for?
        assert wire.commands.count(b"FETCH") == 3
        assert b"ID" in wire.commands
        before = len(wire.commands)
        assert box.take(taken.cursor, source).batches == []
        assert wire.commands[before:] == [b"EXAMINE", b"EXAMINE"]


def test_a_connection_that_was_cut_meanwhile_is_no_failure(box: Box) -> None:
    with Wire(box.server.port, tls=tls_side(box.server)) as wire:
        options = {"port": wire.port, "tls": "ssl", "ca_file": str(box.server.ca_file)}
        source = box.source(**options)
        taken = box.take(source=source)
        wire.hang_up()
        box.add("一")
        assert box.take(taken.cursor, source).subjects == ["一"]
        assert wire.sign_ins == 2


def test_out_of_reach(box: Box) -> None:
    with Wire(box.server.port) as wire:
        port = wire.port
    with pytest.raises(SourceUnavailable) as caught:
        box.take(port=port)
    assert told(caught.value) == "mailbox_unreachable"
    assert caught.value.retry_after


def test_a_certificate_of_nobody_known(box: Box) -> None:
    options = {"port": box.server.tls_port, "tls": "ssl"}
    with pytest.raises(SourceMisconfigured) as caught:
        box.take(**options)
    assert told(caught.value) == "mailbox_certificate"
    assert "ca_file" in messages.text("mailbox_certificate", "zh-CN")
    box.add("一")
    assert box.take(**options, ca_file=str(box.server.ca_file)).subjects == ["一"]


def test_starttls(box: Box) -> None:
    box.add("一")
    options = {"tls": "starttls", "ca_file": str(box.server.ca_file)}
    assert box.take(**options).subjects == ["一"]
    with pytest.raises(SourceMisconfigured) as caught:
        box.take(tls="starttls")
    assert told(caught.value) == "mailbox_certificate"


def test_the_wrong_port_for_tls(box: Box) -> None:
    with pytest.raises(SourceUnavailable) as caught:
        box.take(tls="ssl", ca_file=str(box.server.ca_file))
    assert told(caught.value) == "mailbox_no_tls"


def test_text_longer_than_the_structure_says_is_read(box: Box) -> None:
    """Sizes at the edge of what is asked for at first."""
    for size in (65_535, 65_536, 65_537):
        box.put(raw_mail("x" * (size - 2) + "\r\n", Message_ID=f"<{size}@x>"))
    assert sorted(len(one.text) for one in box.take().captures) == [65_534, 65_535, 65_536]


def test_a_page_of_flags_changed_by_others_meanwhile(box: Box) -> None:
    """Answers about flags come in between those that were asked for."""
    uids = [box.add(str(n)) for n in range(300)]
    source = box.source()
    polling = source.poll(None)
    first = next(polling)
    box.store(",".join(uids), "+FLAGS (\\Flagged)")
    rest = list(polling)
    assert sum(len(one.captures) for one in (first, *rest)) == 300


def no_uidnext(answer: bytes) -> bytes:
    return re.sub(rb"\* OK \[UIDNEXT \d+\][^\r]*\r\n", b"", answer)


def no_dates(command: bytes) -> bytes:
    return re.sub(rb" SINCE [^ \r]+", b"", command)


def test_a_server_that_does_not_say_which_number_is_next(box: Box) -> None:
    """As NetEase's."""
    with Wire(box.server.port, edit_answer=no_uidnext) as wire:
        source = box.source(port=wire.port)
        box.add("一")
        gone = box.add("二")
        taken = box.take(source=source)
        assert sorted(taken.subjects) == ["一", "二"]
        box.expunge(gone)
        box.add("三")
        after = box.take(taken.cursor, source)
        assert (after.subjects, [uid_of(one) for one in after.removed]) == (["三"], [gone])
        assert box.take(after.cursor, source).captures == []


def test_a_server_that_does_not_heed_dates(box: Box) -> None:
    """As Tencent's: it gives everything, whatever is searched for."""
    with Wire(box.server.port, edit_command=no_dates) as wire:
        for days in (400, 1, 200, 2):
            box.add(f"{days}天", days=days)
        source = box.source(port=wire.port, since_days=30)
        taken = box.take(source=source)
        assert taken.subjects == ["2天", "1天"]
        assert held(source) == {one.external_id for one in taken.captures}
        box.add("旧的移来", days=300)
        box.add("新")
        after = box.take(taken.cursor, source)
        assert after.subjects == ["新"]
        assert len(held(source)) == 3


def test_a_structure_that_cannot_be_read_is_not_needed(box: Box) -> None:
    def broken(answer: bytes) -> bytes:
        return answer.replace(b'"text" "plain"', b'"text" NIL')

    with Wire(box.server.port, edit_answer=broken) as wire:
        box.add("一")
        (capture,) = box.take(port=wire.port).captures
        assert capture.text == "正文 一"


def test_an_answer_that_cannot_be_read_hides_no_other(box: Box) -> None:
    def broken(answer: bytes) -> bytes:
        return answer.replace(b"* 2 FETCH (UID", b"* 2 FETCH ((UID")

    with Wire(box.server.port, edit_answer=broken) as wire:
        for subject in ("一", "二", "三"):
            box.add(subject)
        taken = box.take(port=wire.port)
        assert sorted(taken.subjects) == ["一", "三"]
        assert [uid_of(one) for one in taken.broken] == ["2"]


def test_a_sign_in_that_the_provider_takes_for_unsafe(box: Box) -> None:
    def unsafe(answer: bytes) -> bytes:
        return re.sub(rb"(?m)^(\S+) OK \[READ-ONLY\].*$", rb"\1 NO EXAMINE Unsafe Login.\r", answer)

    with Wire(box.server.port, edit_answer=unsafe) as wire:
        with pytest.raises(SourceMisconfigured) as caught:
            box.take(port=wire.port)
        assert told(caught.value) == "mailbox_unsafe_login"


def test_plain_text_that_a_stranger_signed_in_is_left(box: Box) -> None:
    """Who answers with PREAUTH keeps STARTTLS from happening: the password is not sent."""

    def preauth(answer: bytes) -> bytes:
        return answer.replace(b"* OK [CAPABILITY", b"* PREAUTH [CAPABILITY")

    with Wire(box.server.port, edit_answer=preauth) as wire:
        with pytest.raises(SourceMisconfigured) as caught:
            box.take(port=wire.port, tls="starttls", ca_file=str(box.server.ca_file))
        assert told(caught.value) == "mailbox_no_starttls"
        assert wire.sign_ins == 0


def test_a_mail_that_the_server_cannot_read_hides_no_other(box: Box) -> None:
    uids = [box.add(str(n)) for n in range(30)]
    maildir = box.server.root / "mail" / box.user.name / "Maildir"
    mails = [one for folder in ("cur", "new") for one in (maildir / folder).iterdir()]
    (unreadable,) = (one for one in mails if one.read_bytes().endswith("正文 7".encode()))
    unreadable.chmod(0)
    taken = box.take()
    assert len(taken.captures) == 29
    assert [uid_of(one) for one in taken.broken] == [uids[7]]
    assert box.take(taken.cursor).batches == []


def test_a_structure_of_megabytes_stops_nobody(box: Box) -> None:
    parts = [f"Content-Type: image/png; name={'n' * 180}{n}.png\r\n\r\nx" for n in range(9_000)]
    many = multipart("mixed", "\r\nwords", *parts)
    box.put(raw_mail(many.pop("body"), Subject="many", Message_ID="<many@x>", **many))
    box.add("一")
    taken = box.take()
    assert sorted(taken.subjects) == ["many", "一"]
    assert {one.subject: one.text.strip() for one in taken.captures}["many"] == "words"


def test_a_server_that_notes_what_vanished_is_not_searched(box: Box) -> None:
    uids = [box.add(str(n)) for n in range(5)]
    with Wire(box.server.port) as wire:
        source = box.source(port=wire.port)
        taken = box.take(source=source)
        box.expunge(uids[2])
        wire.commands.clear()
        after = box.take(taken.cursor, source)
        assert [uid_of(one) for one in after.removed] == [uids[2]]
        assert wire.commands == [b"EXAMINE", b"FETCH", b"EXAMINE"]


def test_every_capability_alone() -> None:
    for capability in ("IMAP4rev1 CONDSTORE", "IMAP4rev1 ESEARCH", "IMAP4rev1"):
        box = Box(dovecot.shared(capability))
        kept, gone = box.add("一"), box.add("二")
        source = box.source()
        taken = box.take(source=source)
        box.expunge(gone)
        box.store(kept, "+FLAGS (\\Seen)")
        box.add("三")
        after = box.take(taken.cursor, source)
        assert (after.subjects, [uid_of(one) for one in after.removed]) == (["三"], [gone])
        assert box.take(after.cursor, source).captures == []
        assert len(held(source)) == 2
        box.close()

"""Mail of Microsoft 365: complete, once, newest first, whatever moves and whatever is forgotten."""

import itertools
import json
from datetime import UTC, datetime, timedelta

import pytest

from agent.errors import SourceMisconfigured, SourceUnavailable
from tests.agent.capture.graph.desk import NOW, Desk
from tests.conformance.moving_clock import MovingClock

DAY = timedelta(days=1)


def subjects(captures):
    return [capture.subject for capture in captures]


def test_recent_mail_comes_first_then_the_rest_newest_first(desk: Desk) -> None:
    desk.deliver(30)
    told = subjects(desk.poll())
    assert sorted(told) == sorted(f"第{n}封" for n in range(30))
    assert told == [f"第{n}封" for n in range(30)]


def test_sent_mail_of_today_comes_before_last_months_inbox(desk: Desk) -> None:
    desk.deliver(10, at=NOW - 30 * DAY)
    desk.server.mailbox.deliver("sentitems", at=NOW - timedelta(hours=1), subject="今天")
    assert subjects(desk.poll())[0] == "今天"


def test_new_mail_comes_before_a_backfill_that_was_broken_off(desk: Desk) -> None:
    desk.deliver(30)
    with desk.source() as source:
        for number, batch in enumerate(source.poll(None)):
            desk.take(batch)
            if number == 3:
                break
    desk.server.mailbox.deliver(at=NOW, subject="刚到")
    assert subjects(desk.poll())[0] == "刚到"
    assert len(desk.captures) == len(desk.held) == 31


@pytest.mark.parametrize("limit", [1, 7, 12])
@pytest.mark.parametrize("ignores_order", [False, True])
def test_a_round_that_ends_early_loses_nothing(
    desk: Desk, limit: int, *, ignores_order: bool
) -> None:
    desk.server.api.round_limit = limit
    desk.server.api.ignores_order = ignores_order
    keys = desk.deliver(40)
    desk.poll()
    assert sorted(desk.held) == sorted(map(desk.id, keys)) == desk.inventory()
    assert len(desk.captures) == 40


def test_a_larger_window_fetches_the_rest_and_only_that(desk: Desk) -> None:
    desk.options["since_days"] = 5
    desk.deliver(40)
    first = desk.poll()
    desk.options["since_days"] = 20
    second = desk.poll()
    assert not {one.external_id for one in first} & {one.external_id for one in second}
    assert sorted(desk.held) == desk.inventory()
    assert desk.poll() == []
    desk.options["since_days"] = 5
    assert desk.poll() == []


def test_an_edit_of_a_draft_comes_a_read_flag_does_not(desk: Desk) -> None:
    first, second = desk.deliver(2)
    desk.poll()
    desk.server.mailbox.flag(first, is_read=True)
    assert desk.poll() == []
    desk.server.mailbox.edit(second, subject="改过")
    assert subjects(desk.poll()) == ["改过"]


def test_a_flag_that_is_told_in_part_hides_no_edit(desk: Desk) -> None:
    """The row of a flagged mail names hardly anything: the mail itself is asked for."""
    (key,) = desk.deliver()
    desk.poll()
    mailbox = desk.server.mailbox
    mailbox.messages[key].fields["subject"] = "改过"
    mailbox.flag(key, is_read=True)
    assert subjects(desk.poll()) == ["改过"]


def test_an_edit_back_to_what_it_was_is_told(desk: Desk) -> None:
    (key,) = desk.deliver(subject="甲")
    desk.poll()
    for subject in ("乙", "甲"):
        desk.server.mailbox.edit(key, subject=subject)
        assert subjects(desk.poll()) == [subject]


# Moves: in the field, a third of all mail was lost by taking them for deletions.


WAYS = [
    ("sentitems",),
    ("deleteditems",),
    ("sentitems", "inbox"),
    ("deleteditems", "inbox"),
    ("sentitems", "deleteditems", "inbox"),
    ("deleteditems", "inbox", "sentitems"),
]
"""``deleteditems`` is not read."""


@pytest.mark.parametrize("forgets", [False, True])
@pytest.mark.parametrize("immutable", [True, False])
@pytest.mark.parametrize("way", WAYS)
def test_moves_in_every_order_relative_to_polls(
    desk: Desk, way: tuple[str, ...], *, immutable: bool, forgets: bool
) -> None:
    """From the inbox along ``way``, with and without a poll after each step."""
    api, mailbox = desk.server.api, desk.server.mailbox
    api.honours_immutable = immutable
    # A real server's fault; without immutable ids the way back gives a new id, which is told.
    api.forgets_appearances = forgets and immutable
    polls = list(itertools.product((False, True), repeat=len(way) - 1))
    keys = {poll: desk.deliver()[0] for poll in polls}
    others = desk.deliver(3)
    desk.poll()
    identity = {key: one.identity for key in keys.values() for one in desk.captures
                if one.identity == f"mid:<{key}@customer.example>"}  # fmt: skip
    assert len(identity) == len(polls)
    for step, folder in enumerate(way):
        for poll in polls:
            mailbox.move(keys[poll], folder)
            if step < len(poll) and poll[step]:
                desk.poll()
    desk.poll()
    is_read = way[-1] != "deleteditems"
    held = {capture.identity for capture in desk.held.values()}
    for poll, key in keys.items():
        left_for_good = forgets and immutable and any(poll) and "deleteditems" in way
        if not left_for_good:
            assert (identity[key] in held) == is_read, poll
    if not (forgets and immutable and "deleteditems" in way):
        assert sorted(desk.held) == desk.inventory()
    assert len({f"mid:<{key}@customer.example>" for key in others} & held) == 3


def test_a_there_and_back_move_between_polls_is_nothing(desk: Desk) -> None:
    key = desk.deliver()[0]
    desk.poll()
    desk.server.api.forgets_appearances = True
    desk.server.mailbox.move(key, "sentitems")
    desk.server.mailbox.move(key, "inbox")
    assert desk.poll() == []
    assert desk.removed == []
    assert list(desk.held) == [desk.id(key)]


def test_a_deletion_is_told_though_other_things_moved(desk: Desk) -> None:
    keys = desk.deliver(30)
    desk.poll()
    ids = [desk.id(key) for key in keys]
    for key in keys[:10]:
        desk.server.mailbox.move(key, "sentitems")
    for key in keys[10:25]:
        desk.server.mailbox.delete(key)
    desk.poll()
    assert sorted(desk.removed) == sorted(ids[10:25])
    assert sorted(desk.held) == desk.inventory()


def test_every_request_asks_for_ids_that_stay(desk: Desk) -> None:
    keys = desk.deliver(20, hasAttachments=False)
    desk.server.mailbox.attach(keys[3], "报价单.pdf", 1234)
    desk.poll()
    desk.server.mailbox.delete(keys[0])
    desk.poll()
    desk.inventory()
    assert len(desk.server.api.asked) > 20
    assert all(asked.immutable for asked in desk.server.api.asked)


# Rounds begun anew


def test_forgotten_links_begin_the_round_anew_and_tell_nothing_twice(desk: Desk) -> None:
    desk.deliver(20)
    desk.poll()
    desk.server.api.links.clear()
    new = desk.server.mailbox.deliver(at=NOW, subject="新")
    assert subjects(desk.poll()) == ["新"]
    assert desk.id(new) in desk.held
    assert desk.poll() == []


def test_links_forgotten_in_the_middle_of_a_round(desk: Desk) -> None:
    desk.deliver(40)
    for stop in (1, 3, 5, 8):
        with desk.source() as source:
            for number, batch in enumerate(source.poll(desk.cursor)):
                desk.take(batch)
                if number == stop:
                    break
        desk.server.api.links.clear()
    desk.poll()
    assert len(desk.captures) == len(desk.held) == 40


def test_a_mail_edited_while_the_backfill_is_under_way_is_told_as_it_is_now(desk: Desk) -> None:
    keys = desk.deliver(40)
    with desk.source() as source:
        for number, batch in enumerate(source.poll(None)):
            desk.take(batch)
            if number == 4:
                desk.server.mailbox.edit(keys[12], subject="改过")
                desk.server.mailbox.edit(keys[39], subject="改过")
                desk.server.mailbox.move(keys[11], "sentitems")
                gone = desk.id(keys[35])
                desk.server.mailbox.delete(keys[35])
    desk.poll()
    assert desk.held[desk.id(keys[12])].subject == "改过"
    assert desk.held[desk.id(keys[39])].subject == "改过"
    assert gone not in desk.held
    assert sorted(desk.held) == desk.inventory()


# Folders


def test_folders_by_their_path_in_chinese_and_over_pages(desk: Desk) -> None:
    mailbox = desk.server.mailbox
    top = [mailbox.add_folder(f"文件夹{n}") for n in range(7)]
    customers = mailbox.add_folder("客户")
    city = [
        mailbox.add_folder(name, customers) for name in ("杭州", "南京", "无锡", "常州", "苏州")
    ][-1]
    below = mailbox.add_folder("项目", mailbox.well_known("inbox"))
    mailbox.deliver(city, at=NOW - DAY, subject="苏州的")
    mailbox.deliver(below, at=NOW - DAY, subject="项目的")
    mailbox.deliver(top[3], at=NOW - DAY, subject="别的")
    desk.options["folders"] = ["客户/苏州", "inbox/项目", "文件夹5"]
    told = desk.poll()
    assert sorted(subjects(told)) == ["苏州的", "项目的"]
    assert {one.folder for one in told} == {"客户/苏州", "收件箱/项目"}
    assert sorted(desk.held) == desk.inventory()


@pytest.mark.parametrize("names", [["inbox", "sent"], ["inbox", "sent", "客户"]])
def test_what_lies_below_a_folder_is_read_with_it(desk: Desk, names: list[str]) -> None:
    """Rules sort customers' mail into folders below the inbox."""
    mailbox = desk.server.mailbox
    below = mailbox.add_folder("苏州", mailbox.well_known("inbox"))
    deeper = mailbox.add_folder("王总", below)
    sent = mailbox.add_folder("报价", mailbox.well_known("sentitems"))
    top = mailbox.add_folder("客户")
    mailbox.add_folder("旧", top)
    keys = [mailbox.deliver(one, at=NOW - DAY) for one in (below, deeper, sent, top)]
    desk.options["folders"] = names
    desk.poll()
    assert sorted(desk.held) == sorted(map(desk.id, keys[: len(names) + 1])) == desk.inventory()
    assert {one.folder for one in desk.captures} >= {
        "收件箱/苏州",
        "收件箱/苏州/王总",
        "已发送邮件/报价",
    }
    desk.options["exclude_folders"] = ["inbox/苏州"]
    desk.cursor = None
    assert desk.id(keys[1]) not in desk.inventory()


def test_excluded_folders_are_left_out(desk: Desk) -> None:
    mailbox = desk.server.mailbox
    customers = mailbox.add_folder("客户")
    private = mailbox.add_folder("私人", customers)
    mailbox.deliver(private, at=NOW - DAY)
    mailbox.deliver(at=NOW - DAY, subject="收到的")
    desk.options |= {"folders": ["inbox", "客户/私人"], "exclude_folders": ["客户"]}
    assert subjects(desk.poll()) == ["收到的"]


def test_a_folder_that_is_not_there_is_told_by_its_number(desk: Desk) -> None:
    desk.options["folders"] = ["inbox", "没有的"]
    for look in (desk.poll, desk.inventory):
        with pytest.raises(SourceMisconfigured) as caught:
            look()
        assert caught.value.code == "graph_folder_missing"
        assert caught.value.params["numbers"] == "2"
        assert "没有的" not in str(caught.value)


@pytest.mark.parametrize("folders", [["没有的", "inbox"], ["没有的"]])
@pytest.mark.parametrize("read_before", [False, True])
def test_a_missing_folder_is_told_after_everything_else_was_read(
    desk: Desk, folders: list[str], *, read_before: bool
) -> None:
    desk.server.mailbox.add_event(start=NOW + DAY, subject="会")
    if read_before:
        desk.options["folders"] = ["inbox"]
        desk.poll()
    desk.options["folders"] = folders
    desk.deliver(12, subject="收到的")
    with pytest.raises(SourceMisconfigured):
        desk.poll()
    assert subjects(desk.captures).count("会") == 1
    assert subjects(desk.captures).count("收到的") == (12 if "inbox" in folders else 0)
    with pytest.raises(SourceMisconfigured):
        desk.poll()
    assert desk.repeated == []


def test_a_missing_folder_that_appears_is_read_at_the_next_pass(desk: Desk) -> None:
    desk.options["folders"] = ["inbox", "客户"]
    with desk.source() as source:
        with pytest.raises(SourceMisconfigured):
            list(source.poll(None))
        desk.server.mailbox.deliver(desk.server.mailbox.add_folder("客户"), at=NOW, subject="之后")
        for batch in source.poll(None):
            desk.take(batch)
    assert subjects(desk.captures) == ["之后"]


def test_a_folder_deleted_meanwhile_stops_no_other(desk: Desk) -> None:
    mailbox = desk.server.mailbox
    folder = mailbox.add_folder("客户")
    mailbox.deliver(folder, at=NOW - DAY)
    desk.options["folders"] = ["客户", "inbox"]
    desk.poll()
    mailbox.delete_folder(folder)
    mailbox.deliver(at=NOW, subject="之后")
    for _ in range(2):
        with pytest.raises(SourceMisconfigured):
            desk.poll()
    assert subjects(desk.captures[1:]) == ["之后"]


def test_a_folder_deleted_between_two_questions(desk: Desk) -> None:
    mailbox = desk.server.mailbox
    folder = mailbox.add_folder("客户")
    for _ in range(30):
        mailbox.deliver(folder, at=NOW - 10 * DAY)
    desk.options["folders"] = ["客户", "inbox"]
    with desk.source() as source:
        polling = source.poll(None)
        desk.take(next(polling))
        mailbox.delete_folder(folder)
        mailbox.deliver(at=NOW, subject="之后")
        for batch in polling:
            desk.take(batch)
    if "之后" not in subjects(desk.captures):
        with pytest.raises(SourceMisconfigured):
            desk.poll()
    assert subjects(desk.captures).count("之后") == 1


# The window


@pytest.mark.parametrize("tells_changes", [True, False])
def test_with_a_clock_far_ahead_mail_goes_on_arriving(desk: Desk, *, tells_changes: bool) -> None:
    desk.server.api.tells_changes = tells_changes
    desk.server.clock = MovingClock()  # right, while ours goes wrong
    desk.deliver(5)
    desk.server.mailbox.add_event(start=NOW + DAY, subject="会")
    with desk.source() as source:
        for batch in source.poll(None):
            desk.take(batch)
        desk.clock.forward(2 * 365 * 86_400)
        desk.server.mailbox.deliver(at=NOW, subject="之后")
        for batch in source.poll(desk.cursor):
            desk.take(batch)
    assert len(desk.captures) == len(desk.held) == 7
    assert "之后" in subjects(desk.captures)
    assert desk.poll() == []
    assert sorted(desk.held) == desk.inventory()


@pytest.mark.parametrize("year", [2015, 2036])
def test_a_server_that_does_not_know_the_time_moves_no_window(desk: Desk, year: int) -> None:
    desk.options["since_days"] = 5
    desk.server.clock = clock = MovingClock()
    clock.forward((datetime(year, 1, 1, tzinfo=UTC) - NOW).total_seconds())
    desk.deliver(20)
    told = desk.poll()
    assert 0 < len(told) < 10
    assert sorted(desk.held) == desk.inventory()


# Where changes are not told: the cloud in China


def test_without_delta_everything_still_comes(desk: Desk) -> None:
    desk.server.api.tells_changes = False
    keys = desk.deliver(25)
    event = desk.server.mailbox.add_event(start=NOW + DAY)
    desk.poll()
    assert sorted(desk.held) == sorted([*map(desk.id, keys), event]) == desk.inventory()
    assert desk.poll() == []
    desk.server.mailbox.deliver(at=NOW, subject="新")
    desk.server.mailbox.edit(keys[20], subject="改过")
    desk.server.mailbox.edit_event(event, subject="改期")
    assert sorted(subjects(desk.poll())) == ["改期", "改过", "新"]
    assert desk.poll() == []


def test_batches_that_are_answered_in_part_are_asked_again(desk: Desk) -> None:
    desk.server.api.batch_at_once = 4
    desk.server.api.headers_in_delta = False
    keys = desk.deliver(30)
    desk.poll()
    assert sorted(desk.held) == sorted(map(desk.id, keys))
    assert all(one.headers["message-id"] for one in desk.captures)


def test_a_mail_the_server_cannot_show_is_set_aside(desk: Desk) -> None:
    keys = desk.deliver(6)
    message = desk.server.mailbox.messages[keys[2]]
    desk.poll()
    message.is_corrupt = True
    desk.server.mailbox.flag(keys[2], is_read=True)
    desk.server.mailbox.deliver(at=NOW, subject="之后")
    assert subjects(desk.poll()) == ["之后"]
    assert desk.broken == {desk.id(keys[2]): "item_unreadable"}


@pytest.mark.parametrize("tells_changes", [True, False])
@pytest.mark.parametrize("most_known", [20, 1_000])
def test_passes_of_a_single_batch_come_to_an_end(
    desk: Desk, most_known: int, *, tells_changes: bool
) -> None:
    """However large the mailbox: more may be told than is remembered."""
    desk.server.api.tells_changes = tells_changes
    desk.page, desk.most_known = 20, most_known
    desk.deliver(60)
    for message in desk.server.mailbox.messages.values():
        message.fields["lastModifiedDateTime"] = message.fields["receivedDateTime"]
    passes = 0
    while desk.poll_once():
        passes += 1
        assert passes < 40, "it goes round in circles"
    assert len(desk.held) == 60
    assert desk.inventory() == sorted(desk.held)
    if most_known > 60:
        assert len(desk.captures) == 60
    (key,) = desk.deliver(1, at=desk.clock.now(), subject="刚到")
    fields = desk.server.mailbox.messages[key].fields
    fields["lastModifiedDateTime"] = fields["receivedDateTime"]
    assert subjects(desk.poll()) == ["刚到"]


def test_a_list_that_leads_back_to_itself_ends(desk: Desk) -> None:
    def endless(handler, payload: bytes) -> bool:
        answer = json.loads(payload)
        if "value" in answer and "/messages?" in handler.path:
            answer["@odata.nextLink"] = f"{desk.server.url}/v1.0/me/messages?$top=1"
        handler.reply(200, json.dumps(answer).encode())
        return True

    desk.deliver(3)
    desk.poll()
    for request in range(1, 30):
        desk.server.fail(request, endless)
    with pytest.raises(SourceUnavailable):
        desk.inventory()

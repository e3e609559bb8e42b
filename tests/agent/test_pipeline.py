from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agent.capture.base import Capture
from agent.contract.activity import Activity, Attachment, Participant, Signals
from agent.contract.policy import Exclusions, Policy
from agent.contract.tag import Turn, transcript
from agent.outbox.pages import Entry
from agent.pipeline import MAX_TEXT, MAX_TURNS, Pipeline
from agent.rules.matching.resolver import Resolver
from agent.testing import FrozenClock, WordTagger
from tests.agent.making import BOLT, HUARUI, ME, POLICY, WANG, mail, note

NOW = FrozenClock().now()


def pipeline(*, policy: Policy = POLICY, exclude: tuple[str, ...] = ()) -> Pipeline:
    return Pipeline(
        resolver=Resolver([HUARUI, BOLT]),
        tagger=WordTagger(),
        policy=policy,
        exclude=Exclusions(exclude=exclude),
        customer_of_thread=lambda _thread, _besides: None,
        clock=FrozenClock(),
    )


def settle(capture: Capture, **fields: Any) -> Entry:
    return pipeline(**fields).settle(capture)


def stored(capture: Capture, **fields: Any) -> Any:
    entry = settle(capture, **fields)
    assert entry.state == "stored", entry.code
    assert entry.activity is not None
    return entry.activity


def people(sender: str, *to: str) -> tuple[Participant, ...]:
    return (
        Participant(role="from", email=sender),
        *(Participant(role="to", email=address) for address in to),
    )


def test_a_mail_from_the_customer() -> None:
    activity = stored(mail("a"))
    assert activity.direction == "inbound"
    assert [person.side for person in activity.participants] == ["customer", "us"]
    assert (activity.contact.grade, activity.contact.reason) == ("two_way", "customer_wrote")
    assert [tag.speaker for tag in activity.tags] == ["customer"]


def test_a_mail_to_the_customer() -> None:
    activity = stored(replace(mail("a"), participants=people(ME, WANG)))
    assert activity.direction == "outbound"
    assert (activity.contact.grade, activity.contact.reason) == ("outbound", "we_wrote")
    assert [tag.speaker for tag in activity.tags] == ["rep"]


def test_a_note_is_the_reps_and_reports_the_customer() -> None:
    activity = stored(note("n", "今天拜访了华锐，王总说预算不够。"))
    assert (activity.direction, activity.match.why) == ("none", "name_in_text")
    assert activity.signals.reports_contact is True
    assert activity.contact.reason == "note_reports_contact"
    assert [tag.speaker for tag in activity.tags] == ["customer"]


def test_a_plan_is_no_contact() -> None:
    activity = stored(note("n", "下周去华锐拜访。"))
    assert (activity.contact.counts, activity.contact.reason) == (False, "note_without_contact")


@pytest.mark.parametrize("subject", ["Re: 报价", "回复：报价", "答复: 报价"])
def test_a_reply_by_its_subject(subject: str) -> None:
    activity = stored(mail("a", subject=subject))
    assert activity.signals.is_reply
    assert activity.contact.reason == "customer_replied"


def test_an_auto_reply_is_stored_untagged_and_does_not_count() -> None:
    activity = stored(mail("a", headers={"auto-submitted": "auto-replied"}))
    assert activity.signals.machine == "auto_reply"
    assert activity.contact.counts is False
    assert activity.tags == ()


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"sensitivity": "Private"}, "private"),
        ({"categories": ("私人",)}, "private"),
        ({"headers": {"list-unsubscribe": "<mailto:x>"}}, "newsletter"),
        ({"sender": "hanmei@us.example"}, "internal"),
        ({"sender": "x@else.example"}, "unknown_customer"),
    ],
)
def test_what_stays_here(fields: dict[str, Any], rule: str) -> None:
    entry = settle(mail("a", **fields))
    assert (entry.state, entry.code, entry.activity) == ("excluded", rule, None)
    assert entry.activity_id is not None


def test_an_excluded_address_keeps_everything_it_is_on() -> None:
    entry = settle(mail("a", to=(ME, "counsel@law.example")), exclude=("*@law.example",))
    assert entry.code == "excluded_address"


def test_numbers_are_masked_everywhere_and_offsets_hold() -> None:
    activity = stored(
        mail(
            "a",
            subject="电话13812345678",
            text="身份证11010519491231002X，手机13812345678，预算紧张",
            attachments=(Attachment(name="13812345678.pdf", size=1),),
        )
    )
    everything = activity.model_dump_json()
    assert "13812345678" not in everything
    assert "11010519491231002X" not in everything
    assert activity.masked == 4
    (tag,) = activity.tags
    assert activity.text[tag.start : tag.end] == "预算"


def test_quoted_history_does_not_leave() -> None:
    text = "好的，按预算走。\n\n发件人: 李雷 <lilei@us.example>\n发送时间: 2026年11月1日\n主题: 报价\n\n内部底价是八折\n"
    activity = stored(mail("a", text=text))
    assert "底价" not in activity.text


def test_the_sides_of_others_on_a_mail_stay_open() -> None:
    activity = stored(mail("a", to=(ME, "x@third.example")))
    assert [person.side for person in activity.participants] == ["customer", "us", "other"]


def test_a_call_matched_by_its_file_name_is_the_customers() -> None:
    capture = Capture(
        source="recordings",
        external_id="x",
        identity="sha256:x",
        version="1",
        kind="call",
        occurred_at=NOW - timedelta(hours=1),
        direction="inbound",
        participants=(Participant(role="caller", name="某号码"),),
        signals=Signals(duration_s=60.0),
        hints=("华锐 回访",),
    )
    activity = stored(capture)
    assert (activity.match.why, activity.contact.reason) == ("name_in_title", "call_connected")
    assert activity.participants[0].side == "customer"


def test_a_call_names_the_person_behind_the_number() -> None:
    capture = Capture(
        source="recordings",
        external_id="x",
        identity="sha256:y",
        version="1",
        kind="call",
        occurred_at=NOW - timedelta(hours=1),
        direction="outbound",
        participants=(
            Participant(role="caller", name="8011", side="us"),
            Participant(role="callee", phone="+8613800138000"),
        ),
        signals=Signals(duration_s=60.0),
    )
    caller, callee = stored(capture).participants
    assert (caller.name, callee.name, callee.side) == ("8011", "王芳", "customer")


def test_a_meeting_that_is_not_over_does_not_count_yet() -> None:
    meeting = replace(
        mail("a"),
        kind="meeting",
        occurred_at=NOW + timedelta(days=1),
        ended_at=NOW + timedelta(days=1, hours=1),
        participants=(
            Participant(role="organizer", email=ME),
            Participant(role="attendee", email=WANG),
        ),
    )
    assert stored(meeting).contact.reason == "meeting_future"
    held = replace(meeting, occurred_at=NOW - timedelta(days=1), ended_at=NOW)
    assert stored(held).contact.reason == "meeting_held"


def test_the_day_is_the_persons_own() -> None:
    class Days(WordTagger):
        def tag(self, text: str, **fields: Any) -> Any:
            days.append(fields["on"])
            return super().tag(text, **fields)

    days: list[Any] = []
    late = replace(mail("a"), occurred_at=datetime(2026, 11, 20, 17, tzinfo=UTC))
    replace(pipeline(), tagger=Days()).settle(late)
    assert [str(day) for day in days] == ["2026-11-21"]


def test_what_is_too_long_is_cut_not_refused() -> None:
    crowd = tuple(f"p{n}@else.example" for n in range(700))
    activity = stored(mail("a", to=crowd, text="长" * (MAX_TEXT + 9), subject="题" * 3000))
    assert len(activity.text) == MAX_TEXT
    assert len(activity.subject) == 2000
    assert len(activity.participants) == 500


def test_a_recording_too_long_for_an_activity_is_cut_not_refused() -> None:
    activity = stored(mail("a"))
    said = Turn(speaker="rep", start_s=0, end_s=1, text="好", raw_text="好", confidence=1)
    many = pipeline().with_words(activity, [said] * (MAX_TURNS + 9), 3600)
    assert len(many.turns) == MAX_TURNS
    long = said.model_copy(update={"text": "长" * (MAX_TEXT // 3)})
    much = pipeline().with_words(activity, [long] * 4, 3600)
    assert len(much.turns) == 2
    for heard in (many, much):
        assert heard.text == transcript(heard.turns)[0]
        assert Activity.model_validate_json(heard.model_dump_json()) == heard


def test_one_item_seen_by_two_sources_has_one_id() -> None:
    first, second = stored(mail("a")), stored(replace(mail("a"), source="imap", external_id="7"))
    assert first.id == second.id

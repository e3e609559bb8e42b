"""Whole passes of an agent made of in-memory doubles, through the composition root."""

import json
import logging
import threading
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from agent.capture.base import Seen
from agent.contract.activity import Participant
from agent.contract.directory import DirectoryCustomer
from agent.contract.reminder import ReminderOut
from agent.contract.tag import Turn
from agent.daemon.listening import NO_BASIS
from agent.errors import (
    BadItem,
    CursorExpired,
    DeliveryRetryable,
    DeliveryUnauthorized,
    SourceAuthFailed,
    SourceError,
    SourceMisconfigured,
    SourceUnavailable,
    SpeechUnavailable,
)
from agent.outbox.database import FILE_NAME
from agent.outbox.store import Store
from agent.rules.identity import activity_id
from agent.settings import SpeechSettings
from agent.testing import Hears, ListSource, MemoryServer, ScriptedEars, WordTagger
from tests.agent.making import BOLT, HUARUI, POLICY, Laptop, call, mail, note, server


def laptop(folder: Path, *items: Any, **fields: Any) -> Laptop:
    return Laptop(folder, {"mail": ListSource(list(items))}, **fields)


def of(report: dict[str, Any], name: str = "mail") -> dict[str, Any]:
    found: dict[str, Any] = report["sources"][name]
    return found


def test_once_reads_sends_and_reports_exactly_this(tmp_path: Path) -> None:
    here = laptop(
        tmp_path,
        mail("a"),
        mail("b", sender="someone@else.example"),
        mail("c", sensitivity="private"),
        mail("d", sender="hanmei@us.example"),
    )
    report = here.once()
    now = here.clock.now().isoformat()
    assert report == {
        "sources": {
            "mail": {
                "state": "ok",
                "seen": 4,
                "stored": 1,
                "excluded": {"internal": 1, "private": 1, "unknown_customer": 1},
                "pending": 0,
                "quarantined": 0,
                "unexplained": 0,
            }
        },
        "audit": {
            "mail": {
                "complete_to": now,
                "audited_at": now,
                "read_at": now,
                "held": 4,
                "unexplained": 0,
                "gone": 0,
                "unproven": 0,
            }
        },
        "outbox": {"pending": 0, "delivered": 1, "quarantined": 0},
    }
    assert list(here.server.activities) == [activity_id("mid:a@mail")]


def test_only_what_was_admitted_ever_reaches_the_server(tmp_path: Path) -> None:
    secret = "体检报告"
    here = laptop(
        tmp_path,
        mail("a", sender="someone@else.example", text=secret),
        mail("b", sensitivity="private", text=secret),
        mail("c", sender="hr@us.example", text=secret),
        mail("d", text="可以", to=("lilei@us.example", "doctor@clinic.example"), subject=secret),
        exclude=("*@clinic.example",),
    )
    report = here.once()
    assert of(report)["excluded"]["excluded_address"] == 1
    assert here.server.activities == {}
    beats = " ".join(beat.model_dump_json() for beat in here.server.beats)
    assert secret not in beats
    for file in (tmp_path / "state").iterdir():
        assert secret.encode() not in file.read_bytes()


def test_running_once_again_changes_nothing(tmp_path: Path) -> None:
    here = laptop(tmp_path, *(mail(f"m{n}") for n in range(7)))
    first = here.once()
    assert here.once() == first
    assert len(here.server.recorded) == 7


def test_a_resync_makes_no_doubles(tmp_path: Path) -> None:
    here = laptop(tmp_path, *(mail(f"m{n}") for n in range(5)))
    first = here.once()
    here.sources["mail"].items[0:0] = [mail("new", day=19)]
    with here.working() as agent:
        agent.store.cursors.reset("mail")
        agent.full_pass()
    assert of(here.once())["stored"] == of(first)["stored"] + 1
    assert len(here.server.recorded) == 6


def test_a_lost_store_is_read_anew_without_doubles(tmp_path: Path) -> None:
    here = laptop(tmp_path, *(mail(f"m{n}") for n in range(5)))
    here.once()
    (tmp_path / "state" / FILE_NAME).write_bytes(b"no database" * 500)
    report = here.once()
    assert of(report)["stored"] == 5
    assert of(report)["unexplained"] == 0
    assert len(here.server.activities) == 5


def test_server_down_then_up(tmp_path: Path) -> None:
    here = laptop(tmp_path, mail("a"))
    here.once()
    here.server.down = DeliveryRetryable("server_unreachable")
    here.sources["mail"].items.append(mail("b"))
    report = here.once()
    assert (of(report)["state"], of(report)["stored"]) == ("ok", 2)
    assert report["outbox"] == {"pending": 1, "delivered": 1, "quarantined": 0}
    here.server.down = None
    assert here.once()["outbox"] == {"pending": 0, "delivered": 2, "quarantined": 0}
    assert len(here.server.recorded) == 2


def test_before_the_directory_has_come_everything_waits_on_the_books(tmp_path: Path) -> None:
    here = laptop(tmp_path, mail("a"), mail("b", sender="someone@else.example"))
    here.server.down = DeliveryRetryable("server_unreachable")
    report = of(here.once())
    assert (report["state"], report["pending"], report["unexplained"]) == ("waiting", 2, 0)
    here.server.down = None
    report = of(here.once())
    assert (report["state"], report["pending"], report["stored"]) == ("ok", 0, 1)


def test_a_token_that_is_not_accepted_loses_nothing(tmp_path: Path) -> None:
    here = laptop(tmp_path, mail("a"))
    here.once()
    here.server.down = DeliveryUnauthorized("http_401")
    here.sources["mail"].items.append(mail("b"))
    assert here.once()["outbox"]["pending"] == 1
    here.server.down = None
    assert here.once()["outbox"]["pending"] == 0


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (SourceUnavailable("folder_missing"), "down"),
        (SourceAuthFailed(), "auth"),
        (SourceMisconfigured(), "misconfigured"),
    ],
)
def test_a_source_in_trouble_does_not_stop_the_others(
    tmp_path: Path, fault: SourceError, state: str
) -> None:
    here = Laptop(
        tmp_path,
        {"bad": ListSource([mail("x")], fault=fault), "good": ListSource([mail("a")])},
    )
    report = here.once()
    assert of(report, "bad")["state"] == state
    assert of(report, "good")["state"] == "ok"
    assert len(here.server.recorded) == 1
    here.sources["bad"].fault = None
    assert of(here.once(), "bad")["stored"] == 1


def test_a_source_that_fails_half_way_goes_on_there(tmp_path: Path) -> None:
    source = ListSource([mail(f"m{n}") for n in range(6)], fault=SourceUnavailable(), fault_after=1)
    here = Laptop(tmp_path, {"mail": source})
    report = of(here.once())
    assert report["state"] == "down"
    assert 0 < report["stored"] < 6
    source.fault = None
    assert of(here.once())["stored"] == 6
    assert len(here.server.recorded) == 6


def test_a_source_with_a_mistake_in_it_is_down_not_deadly(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Mistaken(ListSource):
        def poll(self, cursor: str | None) -> Any:
            raise KeyError("某客户的名字")

    here = Laptop(tmp_path, {"bad": Mistaken(), "good": ListSource([mail("a")])})
    report = here.once()
    assert of(report, "bad")["state"] == "down"
    assert of(report, "good")["stored"] == 1
    assert "KeyError" in caplog.text
    assert "某客户" not in caplog.text


def test_an_expired_cursor_starts_from_the_beginning(tmp_path: Path) -> None:
    here = laptop(tmp_path, *(mail(f"m{n}") for n in range(4)))
    here.once()
    del here.sources["mail"].items[:2]
    with pytest.raises(CursorExpired):
        list(here.sources["mail"].poll("4"))
    assert of(here.once())["state"] == "ok"
    assert len(here.server.recorded) == 4


def test_a_poison_item_is_set_aside_and_the_rest_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    here = laptop(
        tmp_path,
        mail("a"),
        mail("poison", text="毒药"),
        mail("b"),
        tagger=WordTagger(poison="毒药"),
    )
    report = of(here.once())
    assert (report["stored"], report["quarantined"], report["unexplained"]) == (2, 1, 0)
    assert "毒药" not in caplog.text
    assert str(activity_id("mid:poison@mail")) in caplog.text


def test_a_tagger_that_is_broken_as_a_whole_blames_no_item(tmp_path: Path) -> None:
    class Broken(WordTagger):
        def tag(self, text: str, **fields: Any) -> Any:
            raise OSError(text)

    here = laptop(tmp_path, mail("a"), tagger=Broken())
    report = of(here.once())
    assert (report["state"], report["quarantined"]) == ("down", 0)
    here.tagger = WordTagger()
    assert of(here.once())["stored"] == 1


def test_a_full_disk_stops_nothing_for_good(tmp_path: Path) -> None:
    here = laptop(tmp_path, mail("a"))
    room = [1_000_000]

    def checked_out(connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {room[0]}")

    stopped = threading.Event()
    agent = build_running(here)
    event.listen(agent.store.database.engine, "checkout", checked_out)
    thread = threading.Thread(target=agent.run, args=(stopped,), daemon=True)
    thread.start()
    wait_until(lambda: len(here.server.recorded) == 1)

    room[0] = 1
    here.sources["mail"].items.append(mail("b", text="长" * 200_000))
    agent.ring("mail")
    visitor = Store.open(here.settings.state_dir, clock=here.clock)
    wait_until(lambda: agent.last_fault == "store_full")
    assert visitor.ledger.counts("mail").seen == 1
    room[0] = 1_000_000
    wait_until(lambda: len(here.server.recorded) == 2)
    visitor.close()
    stopped.set()
    thread.join(10)
    assert not thread.is_alive()


def test_a_store_that_is_damaged_while_in_use_ends_the_run_for_a_new_start(
    tmp_path: Path,
) -> None:
    here = laptop(tmp_path, mail("a"))
    agent = build_running(here)
    stopped = threading.Event()
    thread = threading.Thread(target=agent.run, args=(stopped,), daemon=True)
    thread.start()
    wait_until(lambda: len(here.server.recorded) == 1)

    def ended() -> bool:
        # A write under way may put its pages back over the damage, and what lies in the log
        # stands in for the file: damage both, in place, until it is seen.
        agent.store.database.engine.dispose()
        for path in (tmp_path / "state" / FILE_NAME, tmp_path / "state" / f"{FILE_NAME}-wal"):
            if path.exists():
                with path.open("r+b") as file:
                    file.write(b"nonsense" * (path.stat().st_size // 8))
        agent.ring("mail")
        thread.join(1)
        return not thread.is_alive()

    wait_until(ended)
    assert not thread.is_alive()
    assert agent.store_is_broken
    assert of(here.once())["stored"] == 1
    assert len(here.server.recorded) == 1


def test_broken_and_growing_items_are_on_the_books(tmp_path: Path) -> None:
    here = laptop(tmp_path, mail("a"))
    here.sources["mail"].broken.append(Seen("torn.eml", "1", "item_damaged"))
    report = of(here.once())
    assert (report["seen"], report["quarantined"], report["unexplained"]) == (2, 1, 0)


def test_what_a_careless_cursor_passed_over_is_found(tmp_path: Path) -> None:
    here = laptop(tmp_path, mail("a"))
    here.once()
    source = here.sources["mail"]
    source.items.append(mail("skipped"))
    source.passed_over.add("item-skipped")
    report = of(here.once())
    assert (report["stored"], report["unexplained"]) == (2, 0)


def test_what_nothing_explains_is_reported(tmp_path: Path) -> None:
    class Hiding(ListSource):
        def inventory(self) -> Any:
            yield from (*super().inventory(), "hidden")

    here = Laptop(tmp_path, {"mail": Hiding([mail("a")])})
    report = of(here.once())
    assert (report["seen"], report["unexplained"]) == (1, 1)


def test_new_customers_bring_back_what_was_kept_here(tmp_path: Path) -> None:
    here = laptop(tmp_path, mail("a"), mail("b", sender="zhao@new.example"))
    assert of(here.once())["excluded"] == {"unknown_customer": 1}
    here.server.add_customer(DirectoryCustomer(id=3, name="新客户", domains=("new.example",)))
    report = of(here.once())
    assert (report["stored"], report["excluded"]) == (2, {})
    assert here.server.activities[activity_id("mid:b@mail")].match.customer_id == 3
    assert len(here.server.recorded) == 2


def test_a_new_address_of_a_known_customer_does_so_too(tmp_path: Path) -> None:
    here = laptop(tmp_path, mail("b", sender="zhao@new.example"))
    here.once()
    wider = HUARUI.model_copy(update={"domains": ("huarui.example", "new.example")})
    here.server.customers[0] = wider
    here.server.revision += 1
    assert of(here.once())["stored"] == 1


def test_a_refusal_for_the_customer_is_overturned_by_another_directory(tmp_path: Path) -> None:
    here = laptop(tmp_path, mail("a"))
    here.once()
    # The server has handed the customer over already, the laptop does not know it yet.
    here.server.customers.remove(HUARUI)
    here.server.removed.append(HUARUI.id)
    here.sources["mail"].items.append(mail("b"))
    report = here.once()
    assert report["outbox"]["quarantined"] == 1
    assert of(report)["quarantined"] == 1
    successor = DirectoryCustomer(id=7, name="华锐新公司", domains=("huarui.example",))
    here.server.add_customer(successor)
    here.clock.advance(minutes=1)
    report = here.once()
    assert of(report)["quarantined"] == 0
    assert here.server.activities[activity_id("mid:b@mail")].match.customer_id == 7


def test_an_exclusion_that_was_lifted_is_looked_at_again(tmp_path: Path) -> None:
    here = laptop(tmp_path, mail("a"), exclude=("*@huarui.example",))
    assert of(here.once())["excluded"] == {"excluded_address": 1}
    here.exclude = ()
    assert of(here.once())["stored"] == 1


def test_a_reply_from_elsewhere_keeps_the_conversations_customer(tmp_path: Path) -> None:
    replied = mail(
        "reply", sender="wangfang@private.example", day=21, references=("a@mail", "reply@mail")
    )
    for order in ([mail("a"), replied], [replied, mail("a")]):
        for page in (1, 2):
            here = Laptop(
                tmp_path / f"{order[0].external_id}{page}",
                {"mail": ListSource(list(order), page=page)},
            )
            assert of(here.once())["stored"] == 2
            match = here.server.activities[activity_id("mid:reply@mail")].match
            assert (match.customer_id, match.why) == (1, "thread")


def test_reordered_and_repeated_items_give_the_same_activities(tmp_path: Path) -> None:
    items = [mail(f"m{n}", day=1 + n, references=("m0@mail", f"m{n}@mail")) for n in range(6)]
    outcomes = []
    for number, order in enumerate((items, items[::-1], [*items, *items[::-1], *items])):
        here = laptop(tmp_path / str(number), *order)
        here.once()
        outcomes.append({key: a.model_dump() for key, a in here.server.activities.items()})
        assert len(here.server.recorded) == 6
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_a_changed_note_is_the_next_revision(tmp_path: Path) -> None:
    here = laptop(tmp_path, note("n", "今天拜访了华锐，聊了预算。"))
    here.once()
    here.sources["mail"].items.append(
        note("n", "今天拜访了华锐，聊了预算。下周发报价。", version="2")
    )
    here.once()
    (activity,) = here.server.activities.values()
    assert activity.revision == 2
    assert activity.text.endswith("下周发报价。")


TURNS = (
    Turn(
        speaker="customer",
        start_s=1.0,
        end_s=3.0,
        text="预算不够，我的手机13812345678",
        raw_text="預算不夠，我的手機13812345678",
        confidence=0.9,
    ),
)


def with_call(folder: Path, **fields: Any) -> Laptop:
    media = folder / "call.wav"
    media.write_bytes(b"RIFF")
    ears = fields.pop("ears", None) or ScriptedEars(lambda _path: Hears(TURNS, 42.0))
    return laptop(folder, call("c1", media), ears=ears, **fields)


def test_nothing_waits_for_a_recording_that_is_being_listened_to(tmp_path: Path) -> None:
    """Listening ends only once everything else has arrived, or the test gives up."""
    there: list[int] = []

    def hear(_path: Path) -> Hears:
        deadline = monotonic() + 20
        while len(here.server.activities) < 6 and monotonic() < deadline:
            threading.Event().wait(0.01)
        there.append(len(here.server.activities))
        return Hears(TURNS, 42.0)

    media = tmp_path / "call.wav"
    media.write_bytes(b"RIFF")
    items = [call("c1", media), *(mail(f"m{number}") for number in range(5))]
    here = laptop(tmp_path, *items, ears=ScriptedEars(hear))
    here.once()
    assert there == [6]


def test_a_call_goes_out_at_once_and_its_words_follow(tmp_path: Path) -> None:
    here = with_call(tmp_path)
    report = here.once()
    assert report["outbox"]["delivered"] == 2
    (activity,) = here.server.activities.values()
    assert (activity.revision, activity.transcript) == (2, "done")
    assert activity.text == "预算不够，我的手机138********"
    assert activity.turns[0].raw_text.endswith("138********")
    (tag,) = activity.tags
    assert activity.text[tag.start : tag.end] == tag.text == "预算"
    assert activity.signals.duration_s == 42.0
    assert activity.contact.reason == "call_connected"
    assert sum(here.server.requests) == 2


def test_last_contacted_does_not_wait_for_speech(tmp_path: Path) -> None:
    here = with_call(tmp_path, ears=ScriptedEars(missing=SpeechUnavailable("speech_model_missing")))
    here.once()
    (activity,) = here.server.activities.values()
    assert (activity.revision, activity.transcript) == (1, "waiting")
    assert activity.contact.counts
    status = here.server.beats[-1].sources["mail"]
    assert (status.done, status.total, status.message) == (0, 1, "speech_model_missing")
    here.ears.missing = None
    here.ears.hears = lambda _path: Hears(TURNS)
    here.once()
    assert here.server.activities[activity.id].transcript == "done"


def test_without_a_legal_basis_nothing_is_listened_to(tmp_path: Path) -> None:
    here = with_call(tmp_path)
    here.server.current_policy = POLICY.model_copy(update={"recording_basis": "none"})
    here.once()
    assert here.ears.listened == []
    with here.working() as agent:
        assert agent.store.recordings.why_waiting() == NO_BASIS
    here.server.current_policy = POLICY.model_copy(
        update={"recording_basis": "consented", "version": 2}
    )
    here.once()
    assert here.ears.listened == [tmp_path / "call.wav"]


def test_speech_can_be_switched_off(tmp_path: Path) -> None:
    here = with_call(tmp_path, speech=SpeechSettings(enabled=False))
    here.once()
    assert here.ears.listened == []
    assert len(here.server.recorded) == 1


def test_a_recording_that_cannot_be_heard_is_given_up_in_the_end(tmp_path: Path) -> None:
    def torn(_path: Path) -> Hears:
        raise BadItem("transcription_failed")

    here = with_call(tmp_path, ears=ScriptedEars(torn))
    for _ in range(4):
        here.once()
    (activity,) = here.server.activities.values()
    assert activity.transcript == "failed"
    assert len(here.ears.listened) == 3


def reminder(number: int) -> ReminderOut:
    return ReminderOut(
        id=number,
        customer_id=1,
        customer="华锐",
        owner="李雷",
        level="owner",
        state="open",
        due_at=FROZEN,
        days_without_contact=7,
    )


FROZEN = Laptop(Path(), {}).clock.now()


def test_a_reminder_is_shown_once_and_the_server_is_told(tmp_path: Path) -> None:
    here = laptop(tmp_path)
    here.server.open_reminders = [reminder(5)]
    here.once()
    here.once()
    assert len(here.desktop.shown) == 1
    told = [beat.notices for beat in here.server.beats if beat.notices]
    assert told == [{"5": "shown"}]


def test_without_a_desktop_it_says_so_and_shows_it_later(tmp_path: Path) -> None:
    here = laptop(tmp_path)
    here.desktop.result = "unavailable"
    here.server.open_reminders = [reminder(5)]
    here.once()
    here.once()
    here.desktop.result = "shown"
    here.once()
    here.once()
    told = [beat.notices for beat in here.server.beats if beat.notices]
    assert told == [{"5": "unavailable"}, {"5": "shown"}]
    assert len(here.desktop.shown) == 1


def test_the_heartbeat_carries_counts_only(tmp_path: Path) -> None:
    here = laptop(tmp_path, mail("a"), mail("b", sender="x@else.example"))
    here.once()
    beat = here.server.beats[-1]
    status = beat.sources["mail"]
    assert (status.type, status.state, status.seen, status.stored) == ("list", "ok", 2, 1)
    assert status.complete_to == here.clock.now()
    assert beat.outbox.delivered == 1
    assert "else.example" not in beat.model_dump_json()


def test_nothing_private_is_ever_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    here = laptop(tmp_path, mail("a"), mail("p", text="毒药"), tagger=WordTagger(poison="毒药"))
    here.server.faults = [DeliveryRetryable("http_500")]
    here.once()
    for private in ("huarui", "us.example", "报价", "预算", "毒药", "王芳", "华锐"):
        assert private not in caplog.text


def test_two_reps_with_one_mail_make_one_activity(tmp_path: Path) -> None:
    shared = server()
    for name in ("li", "han"):
        laptop(tmp_path / name, mail("a"), server=shared).once()
    assert len(shared.recorded) == 1


def wait_until(condition: Any, seconds: float = 20.0) -> None:
    deadline, pause = monotonic() + seconds, threading.Event()
    while not condition():
        assert monotonic() < deadline, "waited in vain"
        pause.wait(0.02)


def test_running_it_serves_requests_of_other_processes_and_stops(tmp_path: Path) -> None:
    here = laptop(tmp_path, mail("a"))
    stopped = threading.Event()
    with here.working() as idle:
        pass
    del idle
    agent = build_running(here)
    thread = threading.Thread(target=agent.run, args=(stopped,), daemon=True)
    thread.start()
    wait_until(lambda: len(here.server.recorded) == 1)
    here.sources["mail"].items.append(mail("b"))
    visitor = Store.open(here.settings.state_dir, clock=here.clock)
    number = visitor.passes.ask(now=here.clock.now())
    wait_until(lambda: visitor.passes.is_done(number))
    assert len(here.server.recorded) == 2
    visitor.close()
    stopped.set()
    thread.join(10)
    assert not thread.is_alive()


def build_running(here: Laptop, **parts: Any) -> Any:
    from tests.agent.making import build  # noqa: PLC0415 - beside its only use

    return build(
        here.settings,
        sources=here.sources,
        remote=parts.pop("remote", here.server),
        clock=here.clock,
        tagger=here.tagger,
        ears=here.ears,
        desktop=here.desktop,
        **parts,
    )


def test_stopping_does_not_wait_for_a_server_that_hangs(tmp_path: Path) -> None:
    class Hanging(MemoryServer):
        def send(self, activities: Any) -> Any:
            reached.set()
            release.wait(60)
            return super().send(activities)

    reached, release, stopped = threading.Event(), threading.Event(), threading.Event()
    hanging = Hanging()
    hanging.customers, hanging.current_policy = [HUARUI, BOLT], POLICY
    here = laptop(tmp_path, mail("a"), server=hanging)
    agent = build_running(here)
    thread = threading.Thread(target=agent.run, args=(stopped,), daemon=True)
    thread.start()
    assert reached.wait(20)
    stopped.set()
    thread.join(20)
    assert not thread.is_alive()
    release.set()


def test_a_wrong_item_does_not_hide_the_customer_of_others(tmp_path: Path) -> None:
    both = mail("both", to=("lilei@us.example", "ann@bolt.example"))
    here = laptop(tmp_path, both)
    here.once()
    (activity,) = here.server.activities.values()
    assert activity.match.customer_id == 1
    assert [other.customer_id for other in activity.also] == [2]
    sides = {person.email: person.side for person in activity.participants}
    assert sides["ann@bolt.example"] == "customer"


def test_the_pairs_address_is_ours_even_on_a_public_domain(tmp_path: Path) -> None:
    outbound = replace(
        mail("out"),
        participants=(
            Participant(role="from", email="lilei@qq.com"),
            Participant(role="to", email="wang@huarui.example"),
        ),
    )
    here = laptop(tmp_path, outbound)
    with here.working() as agent:
        agent.store.held.put({"me": "lilei@qq.com"})
        agent.full_pass()
    (activity,) = here.server.activities.values()
    assert (activity.direction, activity.contact.grade) == ("outbound", "outbound")


def test_ids_are_those_of_the_contract(tmp_path: Path) -> None:
    here = laptop(tmp_path, mail("a"))
    here.once()
    assert all(isinstance(key, UUID) and key.version == 5 for key in here.server.activities)
    assert json.loads(next(iter(here.server.activities.values())).model_dump_json())["id"]

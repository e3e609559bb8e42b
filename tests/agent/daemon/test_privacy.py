"""Forgetting, suggesting and explaining, with an agent at work on one store."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.contract.directory import NewCustomer
from agent.contract.policy import Policy
from agent.daemon.tracing import trace_report
from agent.errors import DeliveryRefused, DeliveryRetryable
from agent.outbox.database import FILE_NAME
from agent.outbox.forgetting import Target
from agent.outbox.pleading import plead
from agent.outbox.store import Store
from agent.outbox.strangers import WINDOW
from agent.rules.identity import activity_id
from agent.testing import ListSource
from tests.agent.making import ME, POLICY, WANG, Laptop, activity, call, mail, note
from tests.agent.outbox.test_store import page, stored

STRANGER = "kate@nova.example"
BULK = {"list-unsubscribe": "<mailto:x>", "precedence": "bulk"}
WANGS = Target("address", WANG)


@pytest.fixture
def here(tmp_path: Path) -> Laptop:
    return Laptop(tmp_path, {"mail": ListSource()})


def store_of(here: Laptop) -> Store:
    return Store.open(here.settings.state_dir, clock=here.clock)


@pytest.fixture
def store(here: Laptop) -> Iterator[Store]:
    opened = store_of(here)
    yield opened
    opened.close()


def items(here: Laptop, *captures: Any) -> None:
    here.sources["mail"].items.extend(captures)


def raw(here: Laptop) -> bytes:
    """Everything the store keeps on the disk, side files too."""
    return b"".join(file.read_bytes() for file in here.settings.state_dir.glob(f"{FILE_NAME}*"))


def excluded(report: dict[str, Any]) -> dict[str, int]:
    found: dict[str, int] = report["sources"]["mail"]["excluded"]
    return found


def forget(here: Laptop, target: Target, *, now: bool = True) -> Any:
    opened = store_of(here)
    try:
        erased = opened.forgetting.forget(target, now=here.clock.now())
        if now:
            plead(opened.forgetting, here.server, here.clock)
        return erased
    finally:
        opened.close()


def test_an_address_is_forgotten_here_and_there_and_not_captured_again(here: Laptop) -> None:
    items(here, mail("a"), mail("b", sender="ann@bolt.example"))
    here.once()
    assert len(here.server.activities) == 2
    assert forget(here, WANGS).items == 1
    assert list(here.server.activities) == [activity_id("mid:b@mail")]
    items(here, mail("c"), mail("d", sender="ann@bolt.example", to=(ME, WANG)))
    report = here.once()
    assert excluded(report) == {"forgotten": 3}
    assert report["sources"]["mail"]["unexplained"] == 0
    assert list(here.server.activities) == [activity_id("mid:b@mail")]


def test_what_was_not_sent_yet_never_is(here: Laptop) -> None:
    items(here, mail("a", text="内部底价八折"))
    here.once()
    items(here, mail("b", text="秘密底价七折"))
    here.server.down = DeliveryRetryable("server_unreachable")
    here.once()
    assert "秘密底价".encode() in raw(here)
    erased = forget(here, WANGS, now=False)
    assert (erased.items, erased.unsent) == (2, 1)
    left = raw(here)
    assert "秘密底价".encode() not in left
    assert b"b@mail" not in left
    here.server.down = None
    report = here.once()
    assert activity_id("mid:b@mail") not in here.server.activities
    assert report["outbox"] == {"pending": 0, "delivered": 1, "quarantined": 0}
    assert len(here.server.forgotten) == 1


def test_the_request_waits_for_the_server_and_loses_its_words_once_obeyed(here: Laptop) -> None:
    items(here, mail("a", sender="ann@bolt.example"))
    here.once()
    here.server.down = DeliveryRetryable("server_unreachable")
    forget(here, Target("address", "secret@elsewhere.example"))
    assert b"secret@elsewhere" in raw(here)
    opened = store_of(here)
    assert opened.forgetting.standing().pending == 1
    assert opened.forgetting.standing().last_error == "server_unreachable"
    opened.close()
    here.server.down = None
    here.clock.advance(minutes=10)
    here.once()
    assert [request.emails for request in here.server.forgotten] == [("secret@elsewhere.example",)]
    here.once()
    assert len(here.server.forgotten) == 1
    assert b"secret@elsewhere" not in raw(here)


def test_a_refusal_is_final_and_the_laptop_forgets_all_the_same(here: Laptop, store: Store) -> None:
    items(here, mail("a"))
    here.once()
    here.server.faults = [DeliveryRefused("http_404")]
    store.forgetting.forget(WANGS, now=here.clock.now())
    assert plead(store.forgetting, here.server, here.clock) is None
    assert store.forgetting.standing().refused == 1
    items(here, mail("b"))
    assert excluded(here.once()) == {"forgotten": 2}


def test_a_domain_takes_everybody_below_it(here: Laptop) -> None:
    items(
        here,
        mail("a", sender="x@mail.huarui.example"),
        mail("b", sender="y@nothuarui.example", to=(ME, "ann@bolt.example")),
    )
    here.once()
    assert forget(here, Target("domain", "huarui.example")).items == 1
    assert list(here.server.activities) == [activity_id("mid:b@mail")]


def test_one_item_is_forgotten_and_its_neighbours_stay(here: Laptop) -> None:
    items(here, mail("a"), mail("b"))
    here.once()
    key = str(activity_id("mid:a@mail"))
    assert forget(here, Target("item", key)).items == 1
    assert list(here.server.activities) == [activity_id("mid:b@mail")]
    items(here, mail("a", version="2", text="改过的正文"))
    assert excluded(here.once()) == {"forgotten": 1}
    assert list(here.server.activities) == [activity_id("mid:b@mail")]


def test_a_recording_that_waits_for_its_words_is_forgotten_too(
    here: Laptop, tmp_path: Path
) -> None:
    media = tmp_path / "a.wav"
    media.write_bytes(b"RIFF")
    talk = call("a", media)
    items(here, replace(talk, participants=(mail("x").participants[0], *talk.participants)))
    here.server.current_policy = POLICY.model_copy(update={"recording_basis": "none"})
    here.once()
    opened = store_of(here)
    assert opened.recordings.counts() == {"waiting": 1}
    opened.forgetting.forget(WANGS, now=here.clock.now())
    assert opened.recordings.counts() == {}
    opened.close()


def test_it_can_be_taken_back(here: Laptop) -> None:
    items(here, mail("a"))
    here.once()
    forget(here, WANGS)
    opened = store_of(here)
    assert opened.forgetting.take_back(WANGS)
    assert not opened.forgetting.take_back(WANGS)
    opened.close()
    report = here.once()
    assert report["sources"]["mail"]["stored"] == 1
    assert activity_id("mid:a@mail") in here.server.activities


def test_what_was_under_way_when_it_was_forgotten_is_not_sent_again(
    here: Laptop, store: Store
) -> None:
    items(here, mail("a"))
    here.once()
    here.server.down = DeliveryRetryable("server_unreachable")
    items(here, mail("b"))
    here.once()
    leased = store.queue.lease(10, now=here.clock.now(), all_due=True)
    assert len(leased) == 1
    store.forgetting.forget(WANGS, now=here.clock.now())
    store.queue.quarantine(leased[0], code="http_400", now=here.clock.now())
    store.queue.requeue_refused()
    store.queue.retry(leased, at=here.clock.now(), code="x", suspect=False)
    store.queue.release()
    assert store.queue.lease(10, now=here.clock.now(), all_due=True) == ()


# Suggestions


def exchange(here: Laptop, *, inbound: int = 1, outbound: int = 1, who: str = STRANGER) -> None:
    items(here, *(mail(f"in{n}{len(who)}", sender=who, day=10 + n) for n in range(inbound)))
    items(
        here,
        *(mail(f"out{n}{len(who)}", sender=ME, to=(who,), day=15 + n) for n in range(outbound)),
    )


def suggested(here: Laptop) -> list[tuple[str, int, int]]:
    opened = store_of(here)
    try:
        found = opened.strangers.suggestions(now=here.clock.now())
        return [(one.name, one.received, one.sent) for one in found]
    finally:
        opened.close()


def test_an_exchange_in_both_directions_is_suggested_and_not_uploaded(here: Laptop) -> None:
    exchange(here, inbound=3, outbound=2)
    report = here.once()
    assert excluded(report) == {"unknown_customer": 5}
    assert suggested(here) == [("nova.example", 3, 2)]
    assert here.server.activities == {}
    assert "nova" not in "".join(beat.model_dump_json() for beat in here.server.beats)
    here.once()
    assert suggested(here) == [("nova.example", 3, 2)], "a second look counts nothing twice"


@pytest.mark.parametrize(("inbound", "outbound"), [(5, 0), (0, 5)])
def test_one_direction_is_no_exchange(here: Laptop, inbound: int, outbound: int) -> None:
    exchange(here, inbound=inbound, outbound=outbound)
    here.once()
    assert suggested(here) == []


def test_who_was_never_answered_is_not_even_named_in_the_file(here: Laptop) -> None:
    exchange(here, inbound=4, outbound=0, who="lonely@solitude.example")
    here.once()
    assert b"solitude" not in raw(here)


def test_machines_mailings_and_the_excluded_are_no_exchange(here: Laptop) -> None:
    many = tuple(f"p{n}@nova.example" for n in range(30))
    items(
        here,
        mail("1", sender="news@nova.example", headers=BULK),
        mail("2", sender=STRANGER, headers={"auto-submitted": "auto-replied"}),
        mail("3", sender=STRANGER, sensitivity="private"),
        mail("4", sender=ME, to=many),
    )
    here.once()
    assert suggested(here) == []
    here.exclude = ("*@nova.example",)
    exchange(here)
    here.once()
    assert suggested(here) == []


def test_people_at_public_domains_are_suggested_each_for_himself(here: Laptop) -> None:
    exchange(here, who="wanglei@163.com")
    items(here, mail("z", sender="zhang@163.com"))
    here.once()
    assert suggested(here) == [("wanglei@163.com", 1, 1)]


def test_a_dismissed_one_stays_away(here: Laptop, store: Store) -> None:
    exchange(here)
    here.once()
    store.strangers.dismiss("nova.example", now=here.clock.now())
    items(here, mail("later", sender=STRANGER), mail("later2", sender=ME, to=(STRANGER,)))
    here.once()
    assert suggested(here) == []
    assert b"nova.example" not in raw(here)


def test_suggestions_expire_with_the_window(here: Laptop) -> None:
    exchange(here)
    here.once()
    here.clock.advance(days=WINDOW / timedelta(days=1) + 30)
    assert suggested(here) == []
    opened = store_of(here)
    opened.database.scrub()
    opened.close()
    assert b"nova.example" not in raw(here)


def test_an_accepted_one_becomes_a_customer_and_its_mail_flows(here: Laptop, store: Store) -> None:
    exchange(here, inbound=2, outbound=1)
    here.once()
    here.server.adopt(NewCustomer(name="Nova", domains=("nova.example",)))
    store.strangers.accepted("nova.example")
    report = here.once()
    assert report["sources"]["mail"]["stored"] == 3
    assert suggested(here) == []


def test_a_forgotten_stranger_is_no_suggestion(here: Laptop) -> None:
    exchange(here)
    here.once()
    forget(here, Target("domain", "nova.example"))
    assert suggested(here) == []
    here.once()
    assert suggested(here) == []


# Explanations


def shown(here: Laptop, wanted: str) -> dict[str, Any]:
    opened = store_of(here)
    try:
        report = trace_report(opened, here.settings.sources, wanted)
    finally:
        opened.close()
    json.dumps(report)
    return report


@pytest.mark.parametrize(
    "wanted", ["a@mail", "<a@mail>", str(activity_id("mid:<a@mail>")), "item-a"]
)
def test_everything_that_is_known_of_an_item(here: Laptop, wanted: str) -> None:
    text = "预算紧张，电话13812345678"
    items(here, mail("a", identity="mid:<a@mail>", text=text, folder="收件箱"))
    here.once()
    (item,) = shown(here, wanted)["found"]
    assert (item["state"], item["kind"]) == ("stored", "mail")
    assert item["customer"]["name"] == "苏州华锐智能装备有限公司"
    assert (item["customer"]["why"], item["customer"]["confidence"]) == ("email", 1.0)
    assert item["contact"]["reason"] == "customer_wrote"
    assert item["masked"] == {"subject": 0, "text": 1, "attachments": 0}
    assert [(seen["source"], seen["folder"]) for seen in item["seen"]] == [("mail", "收件箱")]
    assert [(sent["state"], sent["revision"]) for sent in item["sent"]] == [("delivered", 1)]
    assert "预算" not in json.dumps(item, ensure_ascii=False)
    assert "报价" not in json.dumps(item, ensure_ascii=False)


def test_why_an_item_stayed_here(here: Laptop) -> None:
    here.exclude = ("*@bank.example",)
    items(
        here,
        mail("a", identity="mid:<a@mail>", to=(ME, "x@bank.example")),
        mail("b", identity="mid:<b@mail>", sensitivity="private"),
        mail("c", identity="mid:<c@mail>", sender="x@else.example"),
        mail("d", identity="mid:<d@mail>", sender="news@huarui.example", headers=BULK),
    )
    here.once()
    why = {
        key: (item["rule"], item["evidence"])
        for key in "abcd"
        for item in shown(here, f"{key}@mail")["found"]
    }
    assert why == {
        "a": ("excluded_address", "*@bank.example"),
        "b": ("private", "private"),
        "c": ("unknown_customer", "1"),
        "d": ("newsletter", "list-unsubscribe, precedence: bulk, from: news"),
    }


def test_what_was_refused_or_waits_says_so(here: Laptop) -> None:
    items(here, mail("a", identity="mid:<a@mail>"))
    here.once()
    here.server.poison = {activity_id("mid:<b@mail>")}
    items(here, mail("b", identity="mid:<b@mail>"))
    here.once()
    (item,) = shown(here, "b@mail")["found"]
    assert item["state"] == "quarantined"
    assert item["sent"][0]["answer"] == "http_422"


def test_an_unknown_item_comes_with_what_each_source_proves(here: Laptop) -> None:
    items(here, mail("a"))
    here.once()
    report = shown(here, "nothing@here")
    assert report["found"] == []
    assert report["sources"]["mail"]["complete_to"] is not None
    for odd in ("", "%", "_", "'; drop table ledger; --", "🙂" * 1_000, "\x00"):
        shown(here, odd)


def test_two_sources_tell_of_one_item(tmp_path: Path) -> None:
    here = Laptop(tmp_path, {"one": ListSource(), "two": ListSource()})
    here.sources["one"].items.append(mail("a", identity="mid:<a@mail>"))
    here.sources["two"].items.append(mail("a", identity="mid:<a@mail>", external_id="other"))
    here.once()
    (item,) = shown(here, "a@mail")["found"]
    assert sorted(seen["source"] for seen in item["seen"]) == ["one", "two"]


# How much leaves


@pytest.mark.parametrize(("body", "gone"), [("excerpt", "食堂"), ("tags", "您好")])
def test_only_what_the_policy_lets_out_is_ever_queued(here: Laptop, body: str, gone: str) -> None:
    here.server.current_policy = Policy.model_validate(
        {**POLICY.model_dump(), "body": body, "excerpt_chars": 2}
    )
    items(here, mail("a", text="您好。我们今年预算有点紧张。另外食堂很好吃。"))
    here.once()
    (sent,) = here.server.activities.values()
    assert sent.body == body
    assert gone not in sent.model_dump_json()
    (tag,) = sent.tags
    assert sent.text[tag.start : tag.end] == "预算"


def test_more_rules_of_the_policy_keep_items_here(here: Laptop) -> None:
    here.server.current_policy = POLICY.model_copy(
        update={
            "exclude_folders": ("人事",),
            "exclude_subjects": ("工资",),
            "exclude_categories": ("法务",),
        }
    )
    items(
        here,
        mail("a", folder="收件箱/人事/2026"),
        mail("b", subject="11月工资"),
        mail("c", categories=("法务",)),
        note("n", "华锐：今天聊了预算。"),
    )
    report = here.once()
    assert excluded(report) == {
        "excluded_folder": 1,
        "excluded_subject": 1,
        "excluded_category": 1,
    }


def test_a_new_exclusion_reaches_what_waits_to_be_sent(here: Laptop) -> None:
    items(here, mail("a"))
    here.once()
    here.server.down = DeliveryRetryable("server_unreachable")
    items(here, mail("b"), mail("c", sender="ann@bolt.example"), mail("d", subject="工资条"))
    here.once()
    here.exclude = ("*@huarui.example",)
    here.server.down = None
    report = here.once()
    assert set(here.server.activities) == {activity_id("mid:a@mail"), activity_id("mid:c@mail")}
    assert excluded(report)["excluded_address"] == 2
    assert (shown(here, str(activity_id("mid:b@mail")))["found"][0]["evidence"]) == here.exclude[0]


def test_a_new_rule_of_the_policy_does_too(here: Laptop) -> None:
    here.once()
    with here.working() as agent:
        agent.store.put(page(stored("x", activity("x", subject="工资条"))), now=here.clock.now())
        here.server.current_policy = POLICY.model_copy(
            update={"exclude_subjects": ("工资",), "version": POLICY.version + 1}
        )
        agent.full_pass()
    assert here.server.activities == {}

"""A meeting from its first telling to its end, in one calendar or in several people's."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from server.customers.recording import settle_future
from server.kernel.capability import Periodic
from server.kernel.jobs import Scheduler

HOUR = timedelta(hours=1)
GONE = {"cancelled": True, "personal": True}
DECLINED = {"declined": True, "personal": True}
CANCELLED = {"cancelled": True}


class Meeting:
    """One meeting of the next day, as several people's devices tell it."""

    def __init__(self, world: Any, customer: str = "huarui") -> None:
        self.world, self.customer = world, customer
        self.key = uuid4()
        self.start = world.clock.now() + timedelta(days=1)

    def told(
        self,
        who: str,
        revision: int = 1,
        *,
        signals: dict[str, bool] | None = None,
        start: datetime | None = None,
        customer: str = "",
        **over: Any,
    ) -> str:
        start = start or self.start
        item = self.world.mail(
            customer or self.customer,
            key=self.key,
            kind="meeting",
            direction="none",
            occurred_at=start.isoformat(),
            ended_at=(start + HOUR).isoformat(),
            revision=revision,
            signals=signals or {},
            **{"subject": "方案评审", **over},
        )
        (result,) = self.world.send(who, item)
        return result["result"]

    def later(self, span: timedelta = timedelta(days=2)) -> None:
        """Time passes, and nobody calls but the server's own clock."""
        self.world.clock.moment += span
        job = Periodic("customers.settle_future", 60, settle_future)
        Scheduler(self.world.kernel.db, [job], self.world.clock).run_due()

    def last(self) -> datetime | None:
        return self.world.last_contacted(self.customer)

    def shown(self) -> dict[str, Any]:
        number = self.world.customers[self.customer]
        page = self.world.get("boss", f"/customers/{number}/timeline")
        (item,) = [one for one in page["items"] if one["kind"] == "meeting"]
        return item


@pytest.fixture
def meeting(world):
    return Meeting(world)


def test_it_counts_in_list_and_detail_once_it_is_over_though_nobody_called(world, meeting):
    meeting.told("chen")
    number = world.customers["huarui"]

    def everywhere():
        listed = {one["id"]: one for one in world.get("chen", "/customers")["items"]}
        detail = world.get("chen", f"/customers/{number}")
        return {listed[number]["last_contacted_at"], detail["last_contacted_at"]}

    assert everywhere() == {None}
    meeting.later(timedelta(days=1, minutes=30))
    assert everywhere() == {None}, "under way"
    meeting.later(HOUR)
    (moment,) = everywhere()
    assert datetime.fromisoformat(moment) == meeting.start <= world.clock.now()
    page = world.signed_in("chen").get("/customers")
    assert page.status_code == 200


@pytest.mark.parametrize(
    ("steps", "is_held"),
    [
        ([("chen", 1, {})], True),
        ([("chen", 1, {}), ("chen", 2, GONE)], False),
        ([("chen", 1, {}), ("chen", 2, GONE), ("chen", 3, {})], True),
        ([("chen", 1, {}), ("xu", 1, {}), ("xu", 2, GONE)], True),
        ([("chen", 1, {}), ("xu", 1, {}), ("chen", 2, GONE)], True),
        ([("chen", 1, {}), ("xu", 1, {}), ("chen", 2, GONE), ("xu", 2, GONE)], False),
        ([("chen", 1, {}), ("xu", 1, {}), ("chen", 2, GONE), ("xu", 2, DECLINED)], False),
        ([("chen", 1, {}), ("xu", 1, DECLINED)], True),
        ([("xu", 1, DECLINED), ("chen", 1, {})], True),
        ([("chen", 1, {}), ("chen", 2, GONE), ("xu", 1, {})], True),
        ([("chen", 1, {}), ("chen", 2, GONE), ("xu", 1, {}), ("xu", 2, GONE)], False),
        ([("chen", 1, {}), ("xu", 1, {}), ("xu", 2, GONE), ("xu", 3, {}), ("chen", 2, GONE)], True),
        # That it is cancelled is true for all, whoever tells it and in whatever order.
        ([("chen", 1, {}), ("xu", 1, {}), ("xu", 2, CANCELLED)], False),
        ([("chen", 1, CANCELLED), ("xu", 1, {})], False),
        ([("chen", 1, {}), ("chen", 2, CANCELLED), ("xu", 1, {})], False),
        ([("chen", 1, {}), ("xu", 1, {}), ("xu", 2, GONE), ("chen", 2, CANCELLED)], False),
        ([("chen", 1, {}), ("xu", 1, {}), ("xu", 2, {"declined": True})], False),
        # Told twice, or late: the same.
        ([("chen", 1, {}), ("chen", 2, GONE), ("chen", 1, {})], False),
        ([("chen", 1, {}), ("chen", 2, GONE), ("chen", 2, GONE), ("chen", 3, {})], True),
        ([("chen", 1002, {}), ("xu", 1, {}), ("xu", 2, GONE), ("chen", 1003, GONE)], False),
        ([("chen", 1002, {}), ("xu", 1, {}), ("chen", 1003, GONE), ("xu", 2, GONE)], False),
    ],
)
def test_it_takes_place_as_long_as_somebody_holds_it(world, meeting, steps, is_held):
    for who, revision, signals in steps:
        meeting.told(who, revision, signals=signals)
    assert meeting.last() is None
    meeting.later()
    assert meeting.last() == (meeting.start if is_held else None)
    assert meeting.shown()["contact"]["counts"] is is_held


def test_a_meeting_that_vanished_before_it_was_over_counts_no_more_when_that_is_known(meeting):
    meeting.told("chen")
    meeting.later()
    assert meeting.last() == meeting.start
    meeting.told("chen", 2, signals=GONE)
    assert meeting.last() is None


def test_each_one_s_news_is_news_however_others_count(world, meeting):
    meeting.told("chen", 7)
    meeting.told("xu", 1)
    moved = meeting.start + timedelta(hours=5)
    assert meeting.told("xu", 2, start=moved) == "accepted"
    assert meeting.told("xu", 2, start=moved) == "duplicate"
    meeting.later()
    assert meeting.last() == moved


def test_the_words_stay_when_it_is_called_off(meeting):
    meeting.told("chen", text="讨论价格")
    meeting.told("chen", 2, signals=GONE, text="")
    shown = meeting.shown()
    assert (shown["contact"]["reason"], shown["text"]) == ("meeting_cancelled", "讨论价格")


def test_who_goes_is_named_not_who_stays_away(world, meeting):
    meeting.told("chen")
    meeting.told("xu")
    meeting.told("chen", 2, signals=GONE)
    assert meeting.shown()["by"] == "许文静"


def test_rescheduled_before_and_after(meeting):
    meeting.told("chen")
    moved = meeting.start + timedelta(days=3)
    meeting.told("chen", 2, start=moved)
    meeting.later()
    assert meeting.last() is None, "not at the old time"
    meeting.later(timedelta(days=3))
    assert meeting.last() == moved
    meeting.told("chen", 3, start=moved, subject="会议纪要")
    assert meeting.last() == moved, "edited afterwards"
    meeting.told("chen", 4, start=moved + timedelta(days=9))
    assert meeting.last() is None, "put off after all: it never lies in the future"


def test_a_stranger_s_word_calls_nothing_off(world, meeting):
    """Lin does not see chen's customer: whatever she sends under this id is her own."""
    meeting.told("chen")
    meeting.told("lin", 2, signals=GONE, customer="lingnan")
    meeting.later()
    assert meeting.last() == meeting.start


def test_with_a_colleague_who_sees_other_customers(world, meeting):
    """The same meeting, each with an own customer in it: the last to hold it decides."""
    meeting.told("chen")
    meeting.told("lin", customer="lingnan")
    meeting.told("chen", 2, signals=GONE, text="")
    meeting.later(timedelta(hours=1))
    meeting.told("lin", 2, signals=GONE, text="", customer="lingnan")
    meeting.later()
    assert meeting.last() is world.last_contacted("lingnan") is None
    meeting.told("lin", 3, customer="lingnan")
    assert meeting.last() == world.last_contacted("lingnan") == meeting.start

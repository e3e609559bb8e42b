"""A calendar and its story: series, moved, cancelled and deleted occurrences, faults and kills."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from tests.flow.completeness.calendars import Calendar
from tests.flow.completeness.diary import LENGTH, Diary
from tests.flow.completeness.laptop import SOURCE, Laptop
from tests.flow.completeness.office import Office, opened
from tests.flow.completeness.proof import tokens_in
from tests.flow.completeness.story import STEPS
from tests.flow.completeness.trial import Outcome

_DAYS = 10
_CHANGES = 8
_TRIES = 60


def run(root: Path, calendar_of: Callable[[Path], Calendar], *, items: int, seed: int) -> Outcome:
    """As ``trial.run``, for meetings: an item is an occurrence."""
    began = monotonic()
    (root / "mailbox").mkdir()
    calendar = calendar_of(root / "mailbox")
    chance = random.Random(seed)  # noqa: S311 - a story, no secret
    diary = Diary(seed, datetime.now(UTC), occurrences=items)
    for one in diary.appointments:
        calendar.write(one)
    with opened(root / "server") as office:
        laptop = Laptop(
            root / "laptop",
            url=office.url,
            token=office.token,
            source=calendar.settings(),
            password=calendar.password,
        )
        passes = 0
        try:
            for day in range(_DAYS):
                passes += _with_trouble(laptop, calendar, chance)
                if day == _DAYS // 2:
                    calendar.forget()
                for _ in range(_CHANGES):
                    one, is_gone = diary.change()
                    (calendar.erase if is_gone else calendar.write)(one)
                calendar.write(diary.add())
            passes += _until_complete(laptop)
            laptop.shut()
            office.door.is_calm = True
            report = laptop.command("audit", "--json")["sources"][SOURCE]
            held = sum(len(one.starts()) for one in diary.appointments)
            _explained(diary, report, laptop, held)
            activities = _delivered(diary, office)
            return Outcome(
                source=f"{calendar.type}: meetings",
                items=items,
                operations=_DAYS * (_CHANGES + 1) + 1,
                passes=passes,
                mailbox_faults=calendar.faults,
                server_faults=office.door.faults,
                kills=laptop.kills,
                held=held,
                activities=activities,
                unexplained=report["unexplained"],
                duplicates=0,
                seconds=round(monotonic() - began, 1),
            )
        finally:
            laptop.end()
            calendar.close()


def _with_trouble(laptop: Laptop, calendar: Calendar, chance: random.Random) -> int:
    calendar.fail(chance.randint(1, 9))
    laptop.a_pass()
    calendar.recover()
    if chance.random() < 0.5:
        laptop.a_pass(die=chance.choice(STEPS), occasion=chance.randint(1, 2))
        return 2
    return 1


def _until_complete(laptop: Laptop) -> int:
    for tries in range(1, _TRIES):
        report = laptop.a_pass()
        if report is not None:
            source = report["sources"][SOURCE]
            if source["state"] == "ok" and not report["outbox"]["pending"]:
                return tries
    raise AssertionError("the agent does not come to an end")


def _explained(diary: Diary, report: dict[str, Any], laptop: Laptop, held: int) -> None:
    right: Counter[tuple[str, str]] = Counter()
    for one in diary.appointments:
        right["excluded" if one.rule else "stored", one.rule] += len(one.starts())
    rows = [row for row in laptop.ledger() if not row["gone"]]
    assert Counter((row["state"], row["code"]) for row in rows) == +right
    assert (report["seen"], report["unexplained"], report["unproven"]) == (held, 0, 0)


def _delivered(diary: Diary, office: Office) -> int:
    now = datetime.now(UTC)
    found: Counter[tuple[str, datetime]] = Counter()
    for one in office.recorded():
        (token,) = tokens_in(one.text)
        found[token, one.occurred_at] += 1
    wanted = {
        (one.token, start): (one, number)
        for one in diary.appointments
        if not one.rule
        for number, start in one.starts().items()
    }
    assert not [one for one, count in found.items() if count > 1], "activities are duplicates"
    assert not wanted.keys() - found.keys(), "meetings are missing"
    assert found.keys() <= diary.possible, "something left that may not"
    for one in office.recorded():
        (token,) = tokens_in(one.text)
        meant = wanted.get((token, one.occurred_at))
        if meant is not None:
            appointment, number = meant
            assert one.customers == appointment.customers
            is_over = one.occurred_at + LENGTH <= now
            if is_over and number in appointment.cancelled:
                # Who cancels a series cancels what is past along with it: once told as held, it
                # stays held; seen only afterwards, it does not count.
                continue
            assert one.counts == is_over
    alive = {one.token for one in diary.appointments if not one.rule}
    stale = [
        (token, start)
        for token, start in found.keys() - wanted.keys()
        if token in alive and not _was_dropped(diary, token, start)
    ]
    assert not stale, f"{len(stale)} meetings stand where they were moved away from"
    assert not diary.refused & tokens_in(office.everything_that_came())
    return len(found)


def _was_dropped(diary: Diary, token: str, start: datetime) -> bool:
    """Deleted from a series: what was captured of it stays."""
    (one,) = (one for one in diary.appointments if one.token == token)
    return any(one.moved.get(n, one.original(n)) == start for n in one.dropped)

from datetime import UTC, datetime
from typing import Any

import pytest

from agent.contract.reminder import ReminderOut
from agent.messages import LANGUAGES
from agent.notify.reminding import notices


def reminder(number: int, **fields: Any) -> ReminderOut:
    return ReminderOut(
        id=number,
        customer_id=number,
        customer=f"客户{number}",
        owner="李雷",
        state="open",
        level=fields.pop("level", "owner"),
        due_at=datetime(2026, 11, 23, tzinfo=UTC),
        days_without_contact=fields.pop("days", 7),
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_few_come_one_by_one(language: str) -> None:
    made = notices([reminder(1), reminder(2, level="manager", days=14)], language)
    assert [notice.reminder_ids for notice in made] == [(1,), (2,)]
    assert "客户1" in made[0].title
    assert "7" in made[0].text
    assert "李雷" in made[1].text


@pytest.mark.parametrize("language", LANGUAGES)
def test_many_come_as_one(language: str) -> None:
    (notice,) = notices([reminder(n, days=n + 7) for n in range(9)], language)
    assert notice.reminder_ids == tuple(range(9))
    assert "9" in notice.title
    assert "客户8" in notice.text


def test_none() -> None:
    assert notices([]) == ()

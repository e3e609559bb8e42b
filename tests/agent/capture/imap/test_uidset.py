import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.capture.imap.uidset import MAX_UID, UidSet

NUMBERS = st.frozensets(st.integers(1, 60))


@given(NUMBERS, NUMBERS)
def test_is_a_set_of_numbers(one: frozenset[int], other: frozenset[int]) -> None:
    mine, yours = UidSet.of(one), UidSet.of(other)
    assert list(mine | yours) == sorted(one | other)
    assert list(mine & yours) == sorted(one & other)
    assert list(mine - yours) == sorted(one - other)
    assert len(mine) == len(one)
    assert bool(mine) == bool(one)
    assert mine.highest == max(one, default=0)
    assert {uid for uid in range(62) if uid in mine} == one
    assert UidSet.parse(str(mine)) == mine
    assert UidSet.unpack(mine.pack()) == mine
    assert (mine == yours) == (one == other)
    for count in (0, 1, 7):
        assert list(mine.top(count)) == sorted(sorted(one)[len(one) - min(count, len(one)) :])


def test_ranges_that_touch_are_one() -> None:
    assert UidSet([(5, 9), (1, 4), (8, 12)]).ranges == ((1, 12),)


def test_reads_only_numbers_that_can_be() -> None:
    assert list(UidSet.parse("3,9:7,*,0,x,4:y,,1:2:3")) == [3, 7, 8, 9]
    assert UidSet.parse(str(MAX_UID)).highest == MAX_UID
    assert not UidSet.parse(str(MAX_UID + 1))


def test_a_large_folder_is_a_few_bytes() -> None:
    assert len(UidSet([(1, 100_000)]).pack()) < 30
    chance = random.Random(7)  # noqa: S311 - a folder, not a secret
    holes = UidSet.of(uid for uid in range(1, 100_001) if chance.random() < 0.7)
    assert len(holes.pack()) < 30_000
    assert UidSet.unpack(holes.pack()) == holes


@pytest.mark.parametrize("text", ["x", "abcdefgh", "中", UidSet.of([1, 5, 9]).pack()[:-2]])
def test_what_it_never_wrote_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any of them
        UidSet.unpack(text)

"""Mail files as a source: what goes beyond the conformance suite."""

import os
from pathlib import Path

import pytest

from agent.capture import registry
from agent.capture.base import Batch, Source
from tests.agent.capture.mailfiles.outlook_file import outlook_file
from tests.agent.capture.mailfiles.test_msg import SENT_MAIL
from tests.agent.capture.mails import raw_mail
from tests.conformance.moving_clock import MovingClock
from tests.conformance.surroundings import alone


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
def source(tmp_path: Path, clock: MovingClock) -> Source:
    return registry.build("it", {"type": "mailfiles", "path": str(tmp_path)}, alone(clock))


def put(path: Path, raw: bytes, clock: MovingClock, age_s: float = 60) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    changed = clock.now().timestamp() - age_s
    os.utime(path, (changed, changed))


def only(source: Source, cursor: str | None = None) -> Batch:
    (batch,) = source.poll(cursor)
    return batch


def test_both_kinds_and_folder_names_as_hints(
    source: Source, tmp_path: Path, clock: MovingClock
) -> None:
    put(tmp_path / "苏州华锐" / "2026" / "a.EML", raw_mail(), clock)
    put(tmp_path / "b.msg", outlook_file(SENT_MAIL), clock)
    put(tmp_path / "c.eml", outlook_file(SENT_MAIL), clock)
    put(tmp_path / "d.pdf", b"%PDF", clock)
    found = {one.external_id: one for one in only(source).captures}
    assert set(found) == {"苏州华锐/2026/a.EML", "b.msg", "c.eml"}
    assert found["苏州华锐/2026/a.EML"].hints == ("苏州华锐", "2026")
    assert found["b.msg"].identity == found["c.eml"].identity


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "item_empty"),
        (b"\x89PNG", "item_not_a_mail"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "item_damaged"),
    ],
)
def test_bad_files_are_told_apart(
    source: Source, tmp_path: Path, clock: MovingClock, raw: bytes, code: str
) -> None:
    put(tmp_path / "bad.eml", raw, clock)
    put(tmp_path / "good.eml", raw_mail(), clock)
    batch = only(source)
    assert [(one.external_id, one.code) for one in batch.broken] == [("bad.eml", code)]
    assert [one.external_id for one in batch.captures] == ["good.eml"]


def test_huge_file_is_refused_unread(source: Source, tmp_path: Path, clock: MovingClock) -> None:
    path = tmp_path / "huge.eml"
    with path.open("wb") as file:
        file.truncate(200 * 1024**3)  # sparse; reading it would fill the memory
    changed = clock.now().timestamp() - 60
    os.utime(path, (changed, changed))
    assert [one.code for one in only(source).broken] == ["item_too_large"]


def test_folder_named_like_a_mail_is_a_folder(
    source: Source, tmp_path: Path, clock: MovingClock
) -> None:
    put(tmp_path / "x.eml" / "inside.eml", raw_mail(), clock)
    batch = only(source)
    assert [one.external_id for one in batch.captures] == ["x.eml/inside.eml"]
    assert batch.broken == ()


def test_mail_read_too_early_stays_the_same_item(
    source: Source, tmp_path: Path, clock: MovingClock
) -> None:
    path = tmp_path / "slow.eml"
    put(path, raw_mail("您好，"), clock)
    first = only(source)
    put(path, raw_mail("您好，报价九万"), clock, age_s=30)
    second = only(source, first.cursor)
    assert second.captures[0].identity == first.captures[0].identity
    assert second.captures[0].text == "您好，报价九万"
    put(path, raw_mail("您好", Subject="别的信"), clock, age_s=20)
    third = only(source, second.cursor)
    assert third.captures[0].identity != first.captures[0].identity

"""Recordings as a source: what goes beyond the conformance suite."""

import os
import wave
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.capture import registry
from agent.capture.base import Batch
from agent.capture.folders.scan import Found
from agent.capture.folders.source import FolderSource
from agent.capture.recordings.reader import REP_CHANNEL, RecordingReader
from agent.errors import BadItem, Misconfigured
from tests.agent.capture.recordings import sounds
from tests.conformance.moving_clock import MovingClock
from tests.conformance.surroundings import alone

OUT = "out-13800138000-8001-20261120-101500-1795435701.12.wav"


def seconds(path: Path) -> float | None:
    """Stands in for the decoder: only WAV files are recordings."""
    try:
        with wave.open(str(path), "rb") as recording:
            return recording.getnframes() / recording.getframerate()
    except (wave.Error, EOFError) as error:
        raise BadItem("audio_unreadable") from error


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


def build(
    folder: Path,
    clock: MovingClock,
    *,
    rep_channel: str | None = None,
    duration: Callable[[Path], float | None] = seconds,
) -> FolderSource:
    reader = RecordingReader(
        "recordings", rep_channel=rep_channel, timezone="Asia/Shanghai", duration=duration
    )
    return FolderSource("recordings", folder, reader, clock=clock)


def put(path: Path, raw: bytes, clock: MovingClock, age_s: float = 60) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    changed = clock.now().timestamp() - age_s
    os.utime(path, (changed, changed))


def last(source: FolderSource, cursor: str | None = None) -> Batch:
    *_, batch = source.poll(cursor)
    return batch


def test_a_call_as_its_name_tells_it(tmp_path: Path, clock: MovingClock) -> None:
    put(tmp_path / "华锐" / OUT, sounds.wav(3), clock)
    (call,) = last(build(tmp_path, clock, rep_channel="left")).captures
    assert call.kind == "call"
    assert call.direction == "outbound"
    assert call.occurred_at == datetime(2026, 11, 20, 2, 15, tzinfo=UTC)
    assert call.signals.duration_s == 3
    assert call.signals.answered is None
    assert call.media == tmp_path / "华锐" / OUT
    assert [(one.role, one.phone, one.name, one.side) for one in call.participants] == [
        ("callee", "+8613800138000", "", "other"),
        ("caller", None, "8001", "us"),
    ]
    assert call.identity.startswith("sha256:")
    assert call.headers == {REP_CHANNEL: "left"}
    assert call.hints == ("华锐", OUT.removesuffix(".wav"))


def test_name_that_says_nothing(tmp_path: Path, clock: MovingClock) -> None:
    put(tmp_path / "录音 3.wav", sounds.wav(), clock)
    (call,) = last(build(tmp_path, clock)).captures
    assert call.participants == ()
    assert call.direction is None
    assert call.hints == ("录音 3",)
    assert (clock.now() - call.occurred_at).total_seconds() == 60


def test_name_with_a_day_only(tmp_path: Path, clock: MovingClock) -> None:
    put(tmp_path / "2026-11-20 王总.wav", sounds.wav(), clock)
    (call,) = last(build(tmp_path, clock)).captures
    assert call.occurred_at == datetime(2026, 11, 20, 4, tzinfo=UTC)


def test_voicemail_by_its_folder(tmp_path: Path, clock: MovingClock) -> None:
    put(tmp_path / "Voicemail" / "msg0001.wav", sounds.wav(), clock)
    assert last(build(tmp_path, clock)).captures[0].signals.voicemail


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "item_empty"),
        (sounds.wav(0), "item_empty"),
        (b"RIFF\xff\xff\xff\xffWAVE" + b"\x55" * 99, "audio_unreadable"),
    ],
)
def test_what_is_no_recording(tmp_path: Path, clock: MovingClock, raw: bytes, code: str) -> None:
    put(tmp_path / "a.wav", raw, clock)
    assert [one.code for one in last(build(tmp_path, clock)).broken] == [code]


def test_without_a_decoder_the_length_is_unknown(tmp_path: Path, clock: MovingClock) -> None:
    put(tmp_path / "a.amr", b"#!AMR\n" + b"\x55" * 99, clock)
    (call,) = last(build(tmp_path, clock, duration=lambda _: None)).captures
    assert call.signals.duration_s is None


def test_proved_whole_needs_a_second_unproved_five(tmp_path: Path, clock: MovingClock) -> None:
    reader = RecordingReader("recordings", duration=seconds)
    for name, raw, quiet_s in (
        ("whole.wav", sounds.wav(), 1.0),
        ("cut.wav", sounds.wav()[:900], 5.0),
        ("a.amr", b"#!AMR\n", 5.0),
    ):
        put(tmp_path / name, raw, clock, age_s=2)
        found = Found(name, str(tmp_path / name), len(raw), 0, 0)
        assert reader.quiet_s(found, 2.0) == quiet_s
        assert reader.quiet_s(found, 0.5) == 5.0
    batch = last(build(tmp_path, clock))
    assert [one.external_id for one in batch.captures] == ["whole.wav"]
    assert sorted(one.external_id for one in batch.pending) == ["a.amr", "cut.wav"]


def test_grown_recording_is_the_same_call(tmp_path: Path, clock: MovingClock) -> None:
    put(tmp_path / "a.wav", sounds.wav(2), clock)
    first = last(build(tmp_path, clock))
    put(tmp_path / "a.wav", sounds.wav(9), clock, age_s=30)
    second = last(build(tmp_path, clock), first.cursor)
    assert second.captures[0].identity == first.captures[0].identity
    assert second.captures[0].signals.duration_s == 9


def test_new_call_under_an_old_name_is_another_call(tmp_path: Path, clock: MovingClock) -> None:
    put(tmp_path / "last.wav", sounds.wav(2), clock)
    first = last(build(tmp_path, clock))
    put(tmp_path / "last.wav", sounds.wav(2, sample=2), clock, age_s=30)
    second = last(build(tmp_path, clock), first.cursor)
    assert second.captures[0].identity != first.captures[0].identity


def test_copies_are_one_call(tmp_path: Path, clock: MovingClock) -> None:
    put(tmp_path / "a" / OUT, sounds.wav(), clock)
    put(tmp_path / "b" / OUT, sounds.wav(), clock, age_s=90)
    assert len({one.identity for one in last(build(tmp_path, clock)).captures}) == 1


def test_settings(tmp_path: Path, clock: MovingClock) -> None:
    with pytest.raises(Misconfigured) as caught:
        registry.build(
            "calls",
            {
                "type": "recordings",
                "path": "Recordings",
                "pattern": "freepxb",
                "rep_channel": "middle",
                "timezone": "Asia/Beijing",
                "region": "China",
            },
            alone(clock),
        )
    assert {(code, params["setting"]) for code, params in caught.value.problems} == {
        ("setting_path_relative", "path"),
        ("setting_pattern_groups", "pattern"),
        ("setting_not_a_choice", "rep_channel"),
        ("setting_timezone_unknown", "timezone"),
        ("setting_invalid", "region"),
    }
    source = registry.build("calls", {"type": "recordings", "path": "~/Recordings"}, alone(clock))
    assert source.watched == Path("~/Recordings").expanduser()

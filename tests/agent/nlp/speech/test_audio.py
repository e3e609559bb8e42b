from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.errors import BadItem
from agent.nlp import speech
from agent.nlp.speech import audio
from tests.agent.nlp.speech.sample import RECORDINGS, write_wav

av = pytest.importorskip("av", reason="the extra speech is not installed")

RATE = 8_000
LEFT = np.sin(2 * np.pi * 300 * np.arange(3 * RATE) / RATE) * 0.4
RIGHT = np.sin(2 * np.pi * 700 * np.arange(3 * RATE) / RATE) * 0.2


def _encode(path: Path, codec: str, rate: int) -> Path:
    """A stereo file of 3 s, 300 Hz left and 700 Hz right, in any codec."""
    frame = av.AudioFrame.from_ndarray(
        (np.stack((LEFT, RIGHT), 1) * 32_767).astype(np.int16).reshape(1, -1), layout="stereo"
    )
    frame.sample_rate = RATE
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate, layout="stereo")
        shape = av.AudioResampler(
            format=stream.codec_context.format.name,
            layout="stereo",
            rate=rate,
            frame_size=stream.codec_context.frame_size or 0,
        )
        for part in (*shape.resample(frame), *shape.resample(None)):
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    return path


def _pitch(samples: NDArray[np.int16]) -> float:
    """The loudest frequency, in hertz."""
    return float(np.abs(np.fft.rfft(samples)).argmax() * audio.RATE / len(samples))


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [
        ("a.wav", "pcm_s16le", 8_000),
        ("a.wav", "pcm_mulaw", 8_000),
        ("a.mp3", "mp3", 16_000),
        ("a.m4a", "aac", 16_000),
        ("a.ogg", "libopus", 48_000),
        ("a.flac", "flac", 44_100),
    ],
)
def test_formats_keep_both_channels(tmp_path: Path, name: str, codec: str, rate: int) -> None:
    path = _encode(tmp_path / name, codec, rate)
    recording = audio.load(path)
    left, right = recording.channels
    assert _pitch(left) == pytest.approx(300, abs=2)
    assert _pitch(right) == pytest.approx(700, abs=2)
    assert recording.duration_s == pytest.approx(3, abs=0.15)
    assert speech.duration(path) == pytest.approx(3, abs=0.15)


def test_a_file_of_bare_mu_law_is_known_by_its_name(tmp_path: Path) -> None:
    wav = _encode(tmp_path / "a.wav", "pcm_mulaw", 8_000)
    with av.open(str(wav)) as container:
        stereo = b"".join(bytes(packet) for packet in container.demux())
    path = tmp_path / "call.ulaw"
    path.write_bytes(stereo[::2])
    (only,) = audio.load(path).channels
    assert _pitch(only) == pytest.approx(300, abs=2)
    assert speech.duration(path) == pytest.approx(3, abs=0.05)


@pytest.mark.parametrize(("name", "codec"), [("a.mp3", "mp3"), ("a.wav", "pcm_s16le")])
def test_a_truncated_file_gives_what_it_holds(tmp_path: Path, name: str, codec: str) -> None:
    path = _encode(tmp_path / name, codec, 16_000)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2 + 7])
    assert audio.load(path).duration_s == pytest.approx(1.5, abs=0.2)


def test_damage_in_the_middle_is_skipped(tmp_path: Path) -> None:
    whole = bytearray((RECORDINGS / "en-short-noanswer.mp3").read_bytes())
    whole[9_000:10_500] = bytes(1_500)
    path = tmp_path / "a.mp3"
    path.write_bytes(whole)
    assert audio.load(path).duration_s == pytest.approx(6.3, abs=0.6)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "audio_empty"),
        ("会议纪要：客户说预算紧张。".encode() * 50, "audio_unreadable"),
        (b"#EXTM3U\n#EXTINF:1,\nother.mp3\n", "audio_unreadable"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "audio_unreadable"),
        (None, "audio_missing"),
    ],
)
@pytest.mark.parametrize("read", [audio.load, speech.duration])
def test_what_is_no_audio_says_why(
    tmp_path: Path, content: bytes | None, code: str, read: Callable[[Path], object]
) -> None:
    path = tmp_path / "x.mp3"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadItem) as caught:
        read(path)
    assert caught.value.code == code
    assert str(tmp_path) not in str(caught.value)


def test_a_folder_is_no_audio(tmp_path: Path) -> None:
    with pytest.raises(BadItem, match="audio_unreadable"):
        speech.duration(tmp_path)


def test_a_wav_without_samples_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(BadItem, match="audio_unreadable"):
        audio.load(write_wav(tmp_path / "x.wav", np.zeros(0)))

from collections.abc import Callable
from pathlib import Path

import pytest

from agent.capture.recordings.headers import is_complete
from tests.agent.capture.recordings import sounds

KINDS = {".wav": sounds.wav, ".mp3": sounds.mp3, ".m4a": sounds.mp4, ".ogg": sounds.ogg}


def check(tmp_path: Path, suffix: str, raw: bytes) -> bool:
    path = tmp_path / f"call{suffix}"
    path.write_bytes(raw)
    return is_complete(str(path))


@pytest.mark.parametrize(("suffix", "make"), KINDS.items())
def test_whole_file(tmp_path: Path, suffix: str, make: Callable[[], bytes]) -> None:
    assert check(tmp_path, suffix, make())


@pytest.mark.parametrize(("suffix", "make"), KINDS.items())
@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.99])
def test_file_that_still_grows(
    tmp_path: Path, suffix: str, make: Callable[[], bytes], share: float
) -> None:
    whole = make()
    assert not check(tmp_path, suffix, whole[: int(len(whole) * share)])


@pytest.mark.parametrize("size", [0, 36, 0xFFFFFFFF])
def test_wav_whose_size_is_filled_in_at_the_end(tmp_path: Path, size: int) -> None:
    growing = sounds.wav()[:4] + size.to_bytes(4, "little") + sounds.wav()[8:]
    assert not check(tmp_path, ".wav", growing)
    assert not check(tmp_path, ".wav", growing[:44])


@pytest.mark.parametrize("suffix", [*KINDS, ".amr", ".xyz"])
def test_noise_proves_nothing(tmp_path: Path, suffix: str) -> None:
    assert not check(tmp_path, suffix, bytes(range(256)) * 40)


def test_missing_file_proves_nothing(tmp_path: Path) -> None:
    assert not is_complete(str(tmp_path / "gone.wav"))

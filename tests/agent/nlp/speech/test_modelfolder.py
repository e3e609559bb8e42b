import hashlib
from pathlib import Path

import pytest

from agent import messages
from agent.errors import SpeechUnavailable
from agent.nlp.speech import modelfolder

FILES = ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt")


def _model(place: Path) -> dict[str, str]:
    place.mkdir(parents=True)
    for name in FILES:
        (place / name).write_bytes(name.encode())
    return {name: hashlib.sha256(name.encode()).hexdigest() for name in FILES}


def test_the_environment_names_the_folder(tmp_path: Path) -> None:
    assert modelfolder.root({"GENJIN_MODELS": str(tmp_path)}) == tmp_path
    assert modelfolder.root({}).parts[-2:] == ("genjin", "models")


def test_a_folder_stands_for_itself(tmp_path: Path) -> None:
    _model(tmp_path / "mine")
    assert modelfolder.locate(str(tmp_path / "mine")) == tmp_path / "mine"


@pytest.mark.parametrize("missing", FILES)
def test_a_folder_without_a_file_is_none(tmp_path: Path, missing: str) -> None:
    _model(tmp_path / "mine")
    (tmp_path / "mine" / missing).unlink()
    with pytest.raises(SpeechUnavailable) as caught:
        modelfolder.locate(str(tmp_path / "mine"))
    assert caught.value.code == "speech_model_folder"


def test_a_missing_model_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENJIN_MODELS", str(tmp_path))
    with pytest.raises(SpeechUnavailable) as caught:
        modelfolder.locate("base")
    assert caught.value.code == "speech_model_missing"
    assert str(caught.value.params["command"]).endswith("-m agent.nlp.speech.models get base")


def test_a_name_that_no_model_has_is_not_told_to_be_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENJIN_MODELS", str(tmp_path))
    with pytest.raises(SpeechUnavailable) as caught:
        modelfolder.locate("nonsense")
    assert caught.value.code == "speech_model_unknown"
    for language in messages.LANGUAGES:
        said = messages.text(caught.value.code, language, **caught.value.params)
        assert "nonsense" in said
        assert all(name in said for name in ("tiny", "base", "small", "medium", "large-v3-turbo"))
    _model(tmp_path / "nonsense")
    assert modelfolder.locate("nonsense") == tmp_path / "nonsense"


def test_the_known_names_are_those_of_the_engine() -> None:
    engine = pytest.importorskip("faster_whisper", reason="the extra speech is not installed")
    assert set(engine.available_models()) == modelfolder.NAMES


def test_a_known_model_with_other_files_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENJIN_MODELS", str(tmp_path))
    _model(tmp_path / "base")
    with pytest.raises(SpeechUnavailable) as caught:
        modelfolder.locate("base")
    assert caught.value.code == "speech_model_broken"


def test_a_model_without_pins_is_taken_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENJIN_MODELS", str(tmp_path))
    _model(tmp_path / "small")
    assert modelfolder.locate("small") == tmp_path / "small"


def test_hashes_are_read_once_and_a_later_change_is_seen(tmp_path: Path) -> None:
    place = tmp_path / "m"
    hashes = _model(place)
    assert modelfolder.verified(place, hashes)
    assert (place / modelfolder.MARKER).is_file()
    assert modelfolder.verified(place, hashes)
    (place / "model.bin").write_bytes(b"altered")
    assert not modelfolder.verified(place, hashes)
    (place / "model.bin").unlink()
    assert not modelfolder.verified(place, hashes)


def test_a_marker_of_other_hashes_does_not_count(tmp_path: Path) -> None:
    place = tmp_path / "m"
    hashes = _model(place)
    assert modelfolder.verified(place, hashes)
    assert not modelfolder.verified(place, {**hashes, "config.json": "0" * 64})


def test_every_pin_is_complete() -> None:
    for pin in modelfolder.pins().values():
        assert {"model.bin", "config.json", "tokenizer.json"} < set(pin.files)
        assert all(len(digest) == 64 for digest in pin.files.values())
        carried = {target for package in pin.packages for target in package.parts.values()}
        assert carried in (set(), set(pin.files))

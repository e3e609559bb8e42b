"""Recordings get their words, one after the other, in a process of their own.

A process can be killed at any moment, runs at low priority, and gives its memory back. Until it
has answered, the recording stays in the store as waiting: whoever comes next starts it again.
"""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Protocol

from pydantic import ValidationError

import agent
from agent.clock import Clock
from agent.contract.base import Wire
from agent.contract.tag import Speaker, Turn
from agent.daemon.knowledge import Knowledge
from agent.errors import BadItem, SpeechUnavailable
from agent.outbox import retry
from agent.outbox.recordings import Waiting
from agent.outbox.store import Store

log = logging.getLogger(__name__)

NO_BASIS = "recording_without_basis"
SWITCHED_OFF = "speech_disabled"
FILE_MISSING = "recording_file_missing"
FAILED = "transcription_failed"
MAX_ATTEMPTS = 3
LOOK_AGAIN_S = 60.0
_TICK_S = 0.2
_LONGEST_S = 4 * 3600.0
_NICE = 15
_EXIT_SPEECH = 3
"""How ``genjin transcribe`` says that engine or model is missing."""
_OTHER_SIDE: Mapping[Speaker, Speaker] = {
    "rep": "customer",
    "customer": "rep",
    "unknown": "unknown",
}


class Heard(Protocol):
    """What a recording said."""

    @property
    def duration_s(self) -> float: ...
    @property
    def turns(self) -> tuple[Turn, ...]: ...


class Printed(Wire):
    """What ``genjin transcribe --json`` prints."""

    duration_s: float
    turns: tuple[Turn, ...]


class Ears(Protocol):
    def ready(self) -> None:
        """Raises ``SpeechUnavailable`` while nothing can be transcribed."""
        ...

    def listen(self, path: Path, *, rep_channel: str, stopping: Callable[[], bool]) -> Heard | None:
        """None when ``stopping`` became true. Raises ``BadItem`` or ``SpeechUnavailable``."""
        ...


class ProcessEars:
    """``command`` is called with a file and gives the program to run."""

    def __init__(
        self,
        command: Callable[[Path], Sequence[str]],
        *,
        ready: Callable[[], None],
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._command = command
        self._ready = ready
        self._environ = environ

    def ready(self) -> None:
        self._ready()

    def listen(self, path: Path, *, rep_channel: str, stopping: Callable[[], bool]) -> Heard | None:
        process = subprocess.Popen(  # noqa: S603 - our own program
            list(self._command(path)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._environ,
            creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
        )
        try:
            _be_nice(process.pid)
            out = _until_done(process, stopping)
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()
        if out is None:
            return None
        if process.returncode == _EXIT_SPEECH:
            raise SpeechUnavailable
        if process.returncode != 0:
            raise BadItem(FAILED, status=process.returncode)
        try:
            printed = Printed.model_validate(json.loads(out))
        except (ValueError, ValidationError):
            raise BadItem(FAILED, status=0) from None
        return printed if rep_channel != "right" else _sides_swapped(printed)


def own_environment() -> dict[str, str]:
    """The other process finds this very program, installed or not, whatever folder we run in."""
    here = str(Path(agent.__file__).parents[1])
    others = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (here, others)))}


def own_program(model: str | None) -> Callable[[Path], Sequence[str]]:
    """``genjin transcribe`` of this very installation."""

    def command(path: Path) -> Sequence[str]:
        words = [sys.executable, "-m", "genjin", "transcribe", str(path), "--json"]
        return words if model is None else [*words, "--model", model]

    return command


def _sides_swapped(printed: Printed) -> Printed:
    """The program takes the left channel for ours; here it is the right one."""
    turns = tuple(
        turn.model_copy(update={"speaker": _OTHER_SIDE[turn.speaker]}) for turn in printed.turns
    )
    return printed.model_copy(update={"turns": turns})


def _be_nice(pid: int) -> None:
    if sys.platform != "win32":
        try:
            os.setpriority(os.PRIO_PROCESS, pid, _NICE)
        except OSError:
            log.debug("process %d keeps its priority", pid)


def _until_done(process: subprocess.Popen[bytes], stopping: Callable[[], bool]) -> bytes | None:
    deadline = monotonic() + _LONGEST_S
    while not stopping():
        if monotonic() > deadline:
            raise BadItem(FAILED, status="timeout")
        try:
            out, _ = process.communicate(timeout=_TICK_S)
        except subprocess.TimeoutExpired:
            continue
        return out
    return None


class Listener:
    def __init__(
        self,
        *,
        store: Store,
        knowledge: Knowledge,
        ears: Ears,
        clock: Clock,
        enabled: bool,
        on_done: Callable[[int, int], None] = lambda _done, _waiting: None,
        at: Callable[[str], None] = lambda _step: None,
    ) -> None:
        self._store = store
        self._knowledge = knowledge
        self._ears = ears
        self._clock = clock
        self._enabled = enabled
        self._on_done = on_done
        self._at = at

    def run(self, stopping: Callable[[], bool], *, all_due: bool = False) -> float | None:
        """Transcribe what waits; returns when to look again, None: when a recording comes."""
        recordings = self._store.recordings
        tried: set[str] = set()
        while not stopping():
            waiting = recordings.next_waiting(now=self._clock.now(), all_due=all_due)
            if waiting is None or waiting.activity_id in tried:
                return LOOK_AGAIN_S if recordings.counts().get("waiting") else None
            obstacle = self._obstacle()
            recordings.explain(obstacle)
            if obstacle:
                return LOOK_AGAIN_S
            tried.add(waiting.activity_id)
            if not self._listen(waiting, stopping):
                return None
            counts = recordings.counts()
            self._on_done(counts.get("done", 0), counts.get("waiting", 0))
        return None

    def _obstacle(self) -> str:
        """Why nothing may or can be transcribed now; empty when nothing stands in the way."""
        policy = self._knowledge.policy
        if policy is None or policy.recording_basis == "none":
            return NO_BASIS
        if not self._enabled:
            return SWITCHED_OFF
        try:
            self._ears.ready()
        except SpeechUnavailable as error:
            return error.code
        return ""

    def _listen(self, waiting: Waiting, stopping: Callable[[], bool]) -> bool:
        """False when it was stopped half-way: the recording goes on waiting."""
        if not waiting.path.exists():
            self._postpone(waiting, FILE_MISSING)
            return True
        try:
            heard = self._ears.listen(
                waiting.path, rep_channel=waiting.rep_channel, stopping=stopping
            )
        except BadItem as error:
            self._failed(waiting, error.code)
            return True
        except SpeechUnavailable as error:
            self._postpone(waiting, error.code)
            return True
        if heard is None:
            return False
        self._at("heard")
        pipeline = self._knowledge.pipeline
        if pipeline is not None:
            activity = self._knowledge.with_words(
                pipeline, waiting.activity, heard.turns, heard.duration_s
            )
            self._store.recordings.finish(waiting, activity, now=self._clock.now())
            self._at("transcribed")
        return True

    def _failed(self, waiting: Waiting, code: str) -> None:
        if waiting.attempts + 1 < MAX_ATTEMPTS:
            self._postpone(waiting, code)
            return
        log.warning("transcription given up: %s %s", waiting.activity_id, code)
        activity = waiting.activity.model_copy(update={"transcript": "failed"})
        self._store.recordings.finish(waiting, activity, now=self._clock.now(), code=code)

    def _postpone(self, waiting: Waiting, code: str) -> None:
        now = self._clock.now()
        decision = retry.decide(waiting.attempts + 3, key=waiting.activity_id, now=now)
        self._store.recordings.postpone(waiting, at=decision.at, code=code)

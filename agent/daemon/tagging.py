"""The tagger lives in a process of its own, and only as long as there is something to tag.

Its libraries take as much memory as all the rest of the agent; an agent that waits for the next
mail should not hold on to them. A text that brought the process down would cost that text alone.
"""

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from time import monotonic
from typing import Any

from agent.contract.activity import Kind
from agent.contract.tag import Commitment, Speaker, Tag, Turn
from agent.daemon.listening import own_environment

log = logging.getLogger(__name__)

IDLE_S = 600.0
"""Starting it takes seconds of a processor: it outlives the pauses of a working day."""
_CLOSE_S = 0.5
PROGRAM = (sys.executable, "-m", "agent.nlp.serving")


class TaggerFailed(Exception):
    """The text upset it, or it could not be started, or it was closed."""


@dataclass(frozen=True, slots=True)
class Found:
    tags: tuple[Tag, ...]
    commitments: tuple[Commitment, ...]


class TaggerProcess:
    """One call after the other; safe to use from several threads. Raises ``TaggerFailed``."""

    def __init__(
        self,
        program: Sequence[str] = PROGRAM,
        *,
        idle_s: float = IDLE_S,
        ticks: Callable[[], float] = monotonic,
    ) -> None:
        self._program = tuple(program)
        self._idle_s = idle_s
        self._ticks = ticks
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._used = 0.0
        self._timer: threading.Timer | None = None
        self._closed = threading.Event()

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def tag(self, text: str, *, kind: Kind, speaker: Speaker, on: date) -> Found:
        if not text.strip():
            return Found((), ())  # nothing to start a process for
        asked = {"text": text, "kind": kind, "speaker": speaker, "on": on.isoformat()}
        return self._found(asked)

    def tag_turns(self, turns: Sequence[Turn], *, on: date) -> Found:
        said = [turn.model_dump(mode="json") for turn in turns]
        return self._found({"turns": said, "on": on.isoformat()})

    def close(self) -> None:
        """From any thread; a call under way fails."""
        self._closed.set()
        process = self._process
        if process is not None:
            process.kill()
        # Whoever waits for an answer hears the end, and cleans up himself.
        if self._lock.acquire(timeout=_CLOSE_S):
            try:
                self._end()
            finally:
                self._lock.release()

    def _found(self, request: Mapping[str, Any]) -> Found:
        answer = self._exchange(json.dumps(request).encode() + b"\n")
        if "failed" in answer:
            raise TaggerFailed(answer["failed"])
        return Found(
            tuple(Tag.model_validate(tag) for tag in answer["tags"]),
            tuple(Commitment.model_validate(one) for one in answer["commitments"]),
        )

    def _exchange(self, line: bytes) -> dict[str, Any]:
        with self._lock:
            process = self._process or self._start()
            try:
                if process.stdin is None or process.stdout is None:
                    raise TaggerFailed
                process.stdin.write(line)
                process.stdin.flush()
                answer = process.stdout.readline()
            except OSError:
                answer = b""
            self._used = self._ticks()
            if not answer.endswith(b"\n"):
                self._end()
                raise TaggerFailed
        told: dict[str, Any] = json.loads(answer)
        return told

    def _start(self) -> "subprocess.Popen[bytes]":
        if self._closed.is_set():
            raise TaggerFailed
        try:
            process = subprocess.Popen(  # noqa: S603 - our own program
                self._program,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=own_environment(),
            )
        except OSError as error:
            raise TaggerFailed from error
        self._process = process
        if self._closed.is_set():  # in this very moment
            process.kill()
        self._look_later(self._idle_s)
        return process

    def _look_later(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self.rest)
        self._timer.daemon = True
        self._timer.name = "genjin-tagger-rest"
        self._timer.start()

    def rest(self) -> None:
        """End the process if it has had nothing to do for long."""
        with self._lock:
            if self._process is None or self._closed.is_set():
                return
            left = self._used + self._idle_s - self._ticks()
            if left > 0:
                self._look_later(left)
                return
            log.info("tagger at rest")
            self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        if process is not None:
            process.kill()
            process.communicate()

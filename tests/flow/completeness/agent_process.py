"""The agent as a process of its own, that can be stopped between two steps, or killed there.

``python -m tests.flow.completeness.agent_process CONFIG`` loads the program, and at each line
``begin`` on standard input makes a fresh process of it: nothing but the loading is shared. That one
says ``{"ready": PID}`` and takes one order a line: a JSON object with ``shift`` (seconds that the
clock is ahead of the computer's), ``pause`` and ``die`` (a step, or empty) and ``occasion`` (which
one, from 1). Each order is a whole pass. It says ``{"at": STEP}`` when it waits there for an empty
line, and its report at the end. After ``end``, or its death, ``{"ended": EXIT_CODE}`` is said.

Everything is real but the clock, and the tagger, which is not what is tested.
"""

import json
import os
import signal
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agent.bootstrap import build_agent, load
from agent.cli.logfile import NAME, log_to
from agent.daemon.reporting import once_report
from agent.outbox.lock import Lock
from agent.testing import MemoryDesktop, ScriptedEars, WordTagger


class ShiftedClock:
    """Goes as the computer's does, ahead of it: nobody waits until a server wants to be asked."""

    def __init__(self) -> None:
        self.shift_s = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.shift_s)


ORDERS = open(0, "rb", buffering=0)  # noqa: SIM115 - whoever reads on must find the next line there


class Steps:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._order: dict[str, Any] = {}
        self._count = 0

    def begin(self, order: dict[str, Any]) -> None:
        with self._lock:
            self._order, self._count = order, 0

    def __call__(self, step: str) -> None:
        with self._lock:
            if step not in (self._order.get("die"), self._order.get("pause")):
                return
            self._count += 1
            if self._count != self._order["occasion"]:
                return
            if step == self._order.get("die"):
                os.kill(os.getpid(), signal.SIGKILL)
            say({"at": step})
            ORDERS.readline()


def say(told: object) -> None:
    print(json.dumps(told), flush=True)  # noqa: T201 - its answer


def work(config: Path) -> None:
    os.umask(0o077)
    settings = load(config)
    clock, steps = ShiftedClock(), Steps()
    with Lock(settings.state_dir):
        log_to(settings.state_dir / NAME)
        agent = build_agent(
            settings,
            clock=clock,
            tagger=WordTagger(),
            ears=ScriptedEars(),
            desktop=MemoryDesktop(),
            at=steps,
        )
        agent.start()
        say({"ready": os.getpid()})
        for line in iter(ORDERS.readline, b"end\n"):
            order = json.loads(line)
            clock.shift_s = order["shift"]
            steps.begin(order)
            agent.full_pass()
            steps.begin({})
            say(once_report(agent.store, settings.sources))
        agent.stop()


def main(config: Path) -> None:
    while ORDERS.readline() == b"begin\n":
        child = os.fork()
        if child == 0:
            status = 1
            try:
                work(config)
                status = 0
            finally:
                os._exit(status)
        _, status = os.waitpid(child, 0)
        say({"ended": os.waitstatus_to_exitcode(status)})


if __name__ == "__main__":
    main(Path(sys.argv[1]))

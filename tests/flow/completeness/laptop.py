"""The rep's laptop: configuration, the agent's process, and its death."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from sqlite3 import connect
from typing import Any

from tests.flow.completeness.company import (
    EXCLUDED_ADDRESS,
    EXCLUDED_CATEGORY,
    EXCLUDED_DOMAIN,
    EXCLUDED_FOLDER,
    EXCLUDED_SUBJECT,
)

ROOT = Path(__file__).parents[3]
SOURCE = "it"
_MARGIN_S = 1.0


class Laptop:
    def __init__(
        self,
        home: Path,
        *,
        url: str,
        token: str,
        source: Mapping[str, Any],
        password: str,
    ) -> None:
        home.mkdir(parents=True)
        self._state = home / "state"
        self._config = home / "agent.toml"
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "GENJIN_TOKEN": token,
            "GENJIN_LANG": "en",
            f"GENJIN_{SOURCE.upper()}_PASSWORD": password,
        }
        tables = {
            "server": {"url": url},
            "privacy": {
                "exclude": [EXCLUDED_ADDRESS],
                "exclude_domains": [EXCLUDED_DOMAIN],
                "exclude_folders": [EXCLUDED_FOLDER],
                "exclude_categories": [EXCLUDED_CATEGORY],
                "exclude_subjects": [EXCLUDED_SUBJECT],
            },
            f"sources.{SOURCE}": source,
        }
        lines = [f"state_dir = {_toml(str(self._state))}"]
        for name, table in tables.items():
            lines += [f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in table.items())]
        self._config.write_text("\n".join(lines), "utf-8")
        self._program = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.flow.completeness.agent_process"),
                str(self._config),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=self._environment,
        )
        self._agent = 0
        """Process id, while it runs."""
        self._shift_s = 0.0
        self.kills = 0

    def a_pass(
        self,
        *,
        die: str = "",
        pause: str = "",
        occasion: int = 1,
        meanwhile: Callable[[], None] | None = None,
    ) -> dict[str, Any] | None:
        """The report, or None when the agent was killed on the way, or at the step where it was
        to die. ``meanwhile`` is done while it waits at its step ``pause``."""
        self._begin()
        self._order(die=die, pause=pause, occasion=occasion)
        told = self._told()
        if "at" in told:
            if meanwhile is not None:
                meanwhile()
            self._tell("")
            told = self._told()
        if "ended" in told:
            self._bury(told)
            return None
        self._wait_as_asked(told)
        return told

    def kill_during_pass(self, wait_s: float) -> dict[str, Any] | None:
        """kill -9 at whatever moment comes; the report, if it was faster."""
        self._begin()
        self._order()
        ready, _, _ = select.select([self._program.stdout], [], [], wait_s)
        report = self._told() if ready else None
        if report is None or "ended" not in report:
            os.kill(self._agent, signal.SIGKILL)
        while report is None or "ended" not in report:
            last, report = report, self._told()
        self._bury(report)
        return last

    def shut(self) -> None:
        """Nicely, if it is running."""
        if self._agent:
            self._tell("end")
            assert self._told() == {"ended": 0}
            self._agent = 0

    def end(self) -> None:
        if self._agent:
            os.kill(self._agent, signal.SIGKILL)
        self._program.kill()
        self._program.communicate()

    def command(self, *arguments: str) -> dict[str, Any]:
        """``genjin agent …``, as its user types it; both streams of what it said."""
        done = subprocess.run(
            [*(sys.executable, "-m", "genjin", "agent"), *arguments, "--config", self._config],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env=self._environment,
            timeout=300,
        )
        assert done.returncode == 0, (done.returncode, done.stdout[-3000:], done.stderr[-3000:])
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    def ledger(self) -> list[dict[str, Any]]:
        """The rows as they stand in the file."""
        (file,) = self._state.glob("*.db")
        with closing(connect(f"file:{file}?mode=ro", uri=True)) as database:
            rows = database.execute(
                "select external_id, state, code, gone from ledger where source = ?", [SOURCE]
            ).fetchall()
        names = ("external_id", "state", "code", "gone")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def log(self) -> str:
        return "".join(one.read_text("utf-8", "replace") for one in self._state.glob("*.log*"))

    def _begin(self) -> None:
        if not self._agent:
            self._tell("begin")
            self._agent = self._told()["ready"]

    def _order(self, *, die: str = "", pause: str = "", occasion: int = 0) -> None:
        order = {"shift": self._shift_s, "die": die, "pause": pause, "occasion": occasion}
        self._tell(json.dumps(order))

    def _tell(self, line: str) -> None:
        assert self._program.stdin is not None
        self._program.stdin.write(f"{line}\n")
        self._program.stdin.flush()

    def _told(self) -> dict[str, Any]:
        assert self._program.stdout is not None
        told: dict[str, Any] = json.loads(self._program.stdout.readline())
        return told

    def _bury(self, told: Mapping[str, Any]) -> None:
        assert told == {"ended": -signal.SIGKILL}, told
        self.kills += 1
        self._agent = 0

    def _wait_as_asked(self, report: Mapping[str, Any]) -> None:
        """Nobody waits: the clock goes on to when the mailbox's server wants to be asked again."""
        retry_at = report["sources"][SOURCE].get("retry_at")
        if retry_at:
            left_s = datetime.fromisoformat(retry_at).timestamp() - datetime.now().timestamp()  # noqa: DTZ005
            self._shift_s = max(self._shift_s, left_s + _MARGIN_S)


def _toml(value: object) -> str:
    """JSON is TOML as far as it goes here: texts, numbers, truth and lists of them."""
    return json.dumps(value, ensure_ascii=False)

"""Reports as tables, and progress for whatever takes longer than two seconds."""

import json
import threading
from collections.abc import Mapping
from datetime import datetime
from time import monotonic
from types import TracebackType
from typing import Any, Self

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table

from agent.cli.configured import CLOCK
from agent.cli.wording import clock_time, printable, sentence
from agent.nlp.speech import modelfolder
from agent.settings import Settings

PATIENCE_S = 2.0


def show(report: Mapping[str, Any], settings: Settings, *, as_json: bool) -> None:
    """A report of ``once`` or ``status``."""
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
        return
    model = settings.speech.model or modelfolder.DEFAULT
    # What the texts of bare codes speak of: a report holds no parameters.
    facts = {
        "model": model,
        "command": modelfolder.command(model),
        "file": settings.state_dir,
        "config": settings.file,
    }
    console = Console()
    console.print(table_of(report))
    for line in notes_of(report, now=CLOCK.now(), **facts):
        console.print(line, markup=False, soft_wrap=True)


def table_of(report: Mapping[str, Any]) -> Table:
    """The sources of a report, one a line."""
    table = Table(box=None, pad_edge=False)
    table.add_column(sentence("column_source"))
    table.add_column(sentence("column_state"))
    for column in ("seen", "stored", "excluded", "pending", "quarantined", "unexplained"):
        table.add_column(sentence(f"column_{column}"), justify="right")
    for name, source in report["sources"].items():
        table.add_row(
            name,
            sentence(f"state_{source['state']}"),
            str(source["seen"]),
            str(source["stored"]),
            str(sum(source["excluded"].values())),
            str(source["pending"]),
            str(source["quarantined"]),
            str(source["unexplained"]),
        )
    return table


def notes_of(
    report: Mapping[str, Any], *, now: datetime | None = None, **facts: object
) -> list[str]:
    """What a person should know beside the numbers; ``facts`` fill the texts of bare codes."""
    now = now or CLOCK.now()
    fault = report.get("fault", "")
    lines = [sentence(fault, **facts)] if fault else []
    for name, source in report["sources"].items():
        excluded = ", ".join(
            f"{sentence(f'rule_{rule}')} {count}" for rule, count in source["excluded"].items()
        )
        if excluded:
            lines.append(f"{name}: {sentence('excluded_by')} {excluded}")
        if source.get("message") and source["message"] != fault:
            lines.append(f"{name}: {sentence(source['message'], **{**facts, 'source': name})}")
        lines += [f"{name}: {line}" for line in _course_lines(source, now)]
        lines += _proof_lines(name, report.get("audit", {}).get(name, source), now)
        lines += _set_aside_lines(name, source.get("set_aside", {}))
    lines.append(sentence("outbox_line", **report["outbox"]))
    if "agent" in report:
        lines += _agent_lines(report["agent"], facts, has_sources=bool(report["sources"]))
    return lines


def _course_lines(source: Mapping[str, Any], now: datetime) -> list[str]:
    """How far it is, and what it waits for."""
    lines: list[str] = []
    if source.get("retry_at"):
        lines.append(sentence("asked_to_wait", at=clock_time(source["retry_at"], now)))
    if source.get("total") and source["state"] != "ok":
        done, total = f"{source['done']:,}", f"{source['total']:,}"
        lines.append(sentence("progress_line", done=done, total=total))
    return lines


def _proof_lines(name: str, proof: Mapping[str, Any], now: datetime) -> list[str]:
    lines: list[str] = []
    if proof.get("complete_to"):
        lines.append(
            f"{name}: {sentence('complete_line', at=clock_time(proof['complete_to'], now))}"
        )
    if proof.get("unproven"):
        lines.append(f"{name}: {sentence('audit_unproven', count=proof['unproven'])}")
    return lines


def _set_aside_lines(name: str, reasons: Mapping[str, Any]) -> list[str]:
    """Each reason with how many items it keeps back, and which. They are named here, on the
    person's own screen, and nowhere else."""
    lines: list[str] = []
    for code, kept in reasons.items():
        items = ", ".join(printable(item) for item in kept["items"])
        more = ", …" if kept["count"] > len(kept["items"]) else ""
        told = sentence("set_aside_line", count=kept["count"], why=sentence(code))
        lines.append(f"{name}: {told} {items}{more}")
    return lines


def _agent_lines(
    agent: Mapping[str, Any], facts: Mapping[str, object], *, has_sources: bool
) -> list[str]:
    lines = [sentence("agent_line_running" if agent["running"] else "agent_line_stopped")]
    if not has_sources:
        # Started now it would have nothing to read.
        lines = [sentence("doctor_no_sources", file=facts.get("config", "…"))]
    if agent["server"] in ("ok", "waiting"):
        lines.append(sentence(f"server_line_{agent['server']}"))
    else:
        lines.append(sentence("server_line_down", why=sentence(_server_code(agent))))
    recordings = {"waiting": 0, "done": 0, "failed": 0, **agent["recordings"]}
    if any(recordings.values()):
        lines.append(sentence("recordings_line", **recordings))
    if recordings["waiting"] and agent["recordings_message"]:
        lines.append(sentence(agent["recordings_message"], **facts))
    return lines


def _server_code(agent: Mapping[str, Any]) -> str:
    """What to do about it, where a status alone would not tell."""
    code = str(agent["server_message"])
    refused_token = agent["server"] == "auth" and code.startswith("http_")
    return "delivery_unauthorized" if refused_token else code


class Bar:
    """A progress bar on stderr that appears once the work has taken two seconds."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._begun = monotonic()
        self._lock = threading.Lock()
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, name: str, done: int, total: int) -> None:
        """Source (or ``transcription``), items done, items in all; total 0 when it is unknown."""
        if not self._console.is_terminal or monotonic() - self._begun < PATIENCE_S:
            return
        with self._lock:
            if self._progress is None:
                self._progress = Progress(
                    TextColumn("{task.description}"),
                    BarColumn(),
                    MofNCompleteColumn(),
                    console=self._console,
                    transient=True,
                )
                self._progress.start()
            if name not in self._tasks:
                label = sentence("transcription") if name == "transcription" else name
                self._tasks[name] = self._progress.add_task(label, total=None)
            task = self._tasks[name]
            if (done, total) == (0, 0):
                self._progress.update(task, visible=False)
            else:
                self._progress.update(task, completed=done, total=total or None, visible=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._lock:
            if self._progress is not None:
                self._progress.stop()

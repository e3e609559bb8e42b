"""``genjin transcribe FILE``: what a recording says, on this computer."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from agent import messages
from agent.contract.tag import Turn
from agent.errors import BadItem, SpeechUnavailable
from agent.nlp import speech
from agent.nlp.speech.transcriber import Progress as Report
from agent.nlp.speech.transcript import Transcript

EXIT_FILE = 1
EXIT_SPEECH = 3


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object with times and speakers.")
@click.option("--model", default="base", show_default=True, help="A model's name or its folder.")
def transcribe(file: Path, *, as_json: bool, model: str) -> None:
    """Write down the call recorded in FILE, offline. 离线转写录音。

    In a two-channel recording the left channel is the rep. Exit status 1: the file cannot be
    read; 3: engine or model is missing.
    """
    try:
        speech.duration(file)  # says at once what is wrong with the file, before a model loads
        speech.available(model)
        with _bar() as report:
            said = speech.Transcriber(model).transcribe(file, progress=report)
    except BadItem as problem:
        _fail(problem, EXIT_FILE)
    except SpeechUnavailable as problem:
        _fail(problem, EXIT_SPEECH)
    if as_json:
        click.echo(_json(said))
    else:
        for turn in said.turns:
            click.echo(_line(turn))
        if not said.turns:
            click.echo(messages.text("transcribe_nothing"), err=True)
    if said.coverage < 1:
        share = f"{1 - said.coverage:.0%}"
        click.echo(messages.text("transcribe_partly", None, share=share), err=True)


def _fail(problem: BadItem | SpeechUnavailable, status: int) -> NoReturn:
    click.echo(messages.text(problem.code, None, **problem.params), err=True)
    sys.exit(status)


@contextmanager
def _bar() -> Iterator[Report | None]:
    """A progress bar where a person watches, nothing in a pipe or a log."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(messages.text("transcribe_progress"), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _json(said: Transcript) -> str:
    whole = {
        "language": said.language,
        "duration_s": said.duration_s,
        "turns": [turn.model_dump(mode="json") for turn in said.turns],
    }
    return json.dumps(whole, ensure_ascii=False, indent=2)


def _line(turn: Turn) -> str:
    minutes, seconds = divmod(int(turn.start_s), 60)
    speaker = messages.text(f"transcribe_speaker_{turn.speaker}")
    return f"[{minutes:02d}:{seconds:02d}] {speaker}: {turn.text}"

"""``genjin tag``: what the tagger finds in a text, for people and for programs."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, BinaryIO, cast, get_args

import click

from agent.clock import SystemClock
from agent.contract.activity import KINDS, Kind
from agent.contract.tag import Commitment, Speaker, Tag
from agent.messages import text as message
from agent.nlp.clean import clean
from agent.nlp.markup import looks_like_html
from agent.nlp.tagger import Tagger

SPEAKERS = get_args(Speaker)
SOME_LINES_FAILED = 1


@dataclass(frozen=True, slots=True)
class Request:
    text: str
    kind: Kind
    speaker: Speaker
    on: date


class BadLine(Exception):
    """One line of the input cannot be used; ``args`` are a message code and its parameters."""


@click.command(short_help="tags and commitments of a text 文本打标签")
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--jsonl", is_flag=True, help="one JSON object a line, in and out")
@click.option(
    "--kind", type=click.Choice(("mail", "call", "note")), default="mail", show_default=True
)
@click.option(
    "--speaker", type=click.Choice(("customer", "rep")), default="customer", show_default=True
)
@click.option("--now", metavar="ISO", help="the moment it was said, for due dates; default: now")
@click.pass_context
def tag(
    context: click.Context, file: BinaryIO, *, jsonl: bool, kind: str, speaker: str, now: str | None
) -> None:
    """Tag a mail, a call or a note: FILE, or what comes in on stdin.

    Offsets are characters of the input text. HTML mail, quoted history and signatures are left out.
    """
    try:
        on = _day(now) if now is not None else SystemClock().now().astimezone().date()
    except ValueError as error:
        raise click.BadParameter(message("tag_bad_time", value=now), param_hint="--now") from error
    default = Request("", cast("Kind", kind), cast("Speaker", speaker), on)
    tagger = Tagger()
    if jsonl:
        failed = _tag_lines(tagger, file, default)
        if failed:
            click.echo(message("tag_lines_failed", count=failed), err=True)
            context.exit(SOME_LINES_FAILED)
        return
    request = Request(_decoded(file.read()), default.kind, default.speaker, default.on)
    tags, commitments = find(tagger, request)
    if sys.stdout.isatty():
        from agent.cli.tag_view import show  # noqa: PLC0415 - rich is only for terminals

        show(request.text, tags, commitments)
    else:
        _print({"tags": tags, "commitments": commitments})


def find(
    tagger: Tagger, request: Request
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Clean and tag; every ``start``, ``end`` and ``text`` is of the request's own text."""
    said = clean(request.text, request.kind, is_html=looks_like_html(request.text))
    tagging = tagger.tag(said.text, kind=request.kind, speaker=request.speaker, on=request.on)

    def placed(item: Tag | Commitment) -> dict[str, object]:
        start, end = said.source_span(item.start, item.end)
        return {"start": start, "end": end, "text": request.text[start:end]}

    tags = [
        {"category": item.category, "status": item.status, **placed(item), "speaker": item.speaker}
        for item in tagging.tags
    ]
    commitments = [
        {
            **placed(item),
            "due": item.due.isoformat() if item.due is not None else None,
            "owner": item.owner,
        }
        for item in tagging.commitments
    ]
    return tags, commitments


def _tag_lines(tagger: Tagger, file: BinaryIO, default: Request) -> int:
    """Answer each line on its own; a bad one is told on stderr and passed over."""
    failed = 0
    for number, line in _lines(file):
        try:
            identity, request = _parse(line, default)
        except BadLine as error:
            code, params = error.args
            reason = message(code, **params)
            click.echo(message("tag_bad_line", line=number, reason=reason), err=True)
            failed += 1
            continue
        tags, commitments = find(tagger, request)
        _print({"id": identity, "tags": tags, "commitments": commitments})
    return failed


def _lines(file: BinaryIO) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(file, start=1):
        if line.strip():
            yield number, _decoded(line)


def _decoded(content: bytes) -> str:
    """UTF-8, or GB18030 as Chinese Windows programs still write it; never fails."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("utf-8", "surrogateescape")


def _parse(line: str, default: Request) -> tuple[object, Request]:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadLine("tag_not_json", {}) from error
    if not isinstance(data, dict):
        raise BadLine("tag_not_an_object", {})
    text = data.get("text")
    if not isinstance(text, str):
        raise BadLine("tag_no_text", {})
    now = data.get("now")
    try:
        on = default.on if now is None else _day(now)
    except (ValueError, TypeError) as error:
        raise BadLine("tag_bad_time", {"value": now}) from error
    return data.get("id"), Request(
        text,
        cast("Kind", _choice(data, "kind", KINDS, default.kind)),
        cast("Speaker", _choice(data, "speaker", SPEAKERS, default.speaker)),
        on,
    )


def _choice(data: Mapping[str, Any], key: str, allowed: tuple[str, ...], default: str) -> str:
    value = data.get(key)
    if value is None:
        return default
    if value not in allowed:
        raise BadLine("tag_bad_choice", {"field": key, "allowed": ", ".join(allowed)})
    return cast("str", value)


def _day(moment: str) -> date:
    """The calendar day of an ISO date or moment, as written there. Raises ``ValueError``."""
    parsed = datetime.fromisoformat(moment)
    return parsed.date() if parsed.tzinfo is not None else parsed.replace(tzinfo=UTC).date()


def _print(data: Mapping[str, object]) -> None:
    # A lone surrogate in the text cannot be written as UTF-8; JSON can spell it.
    try:
        click.echo(json.dumps(data, ensure_ascii=False))
    except UnicodeEncodeError:
        click.echo(json.dumps(data))

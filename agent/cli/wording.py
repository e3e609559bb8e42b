"""Codes as sentences for people."""

import re
from collections.abc import Iterable
from datetime import datetime

from agent import messages
from agent.errors import GenjinError
from agent.settings import Problem

_HTTP = re.compile(r"http_(\d{3})")


def sentence(code: str, /, **params: object) -> str:
    """The text of ``code`` in the person's language; the code itself where there is none."""
    status = _HTTP.fullmatch(code)
    if status is not None:
        return messages.text("http_status", status=status.group(1))
    texts = messages.catalogue(messages.person_language())
    text = texts.get(code)
    if text is None:
        return code
    try:
        return text.format_map(params)
    except KeyError:
        # Only the code was kept; some texts have another wording for that.
        told = texts.get(f"{code}_kept", text).format_map(_Known(params))
        return told.replace("  ", " ")


class _Known(dict[str, object]):
    """Where only the code was kept, a text with a gap still says more than the code."""

    def __missing__(self, key: str) -> str:
        # A reason is a sentence of its own between others.
        return "" if key == "reason" else "…"


def of_error(error: GenjinError) -> str:
    return sentence(error.code, **error.params)


def of_problems(problems: Iterable[Problem]) -> list[str]:
    """One line a problem, each with the file it stands in."""
    lines: list[str] = []
    colon = "：" if messages.person_language() == "zh-CN" else ": "
    for code, params in problems:
        said = sentence(code, **params)
        file = str(params.get("file", ""))
        lines.append(said if not file or file in said else f"{file}{colon}{said}")
    return lines


def clock_time(moment: str, now: datetime) -> str:
    """An ISO moment on this person's clock: ``14:05``, with the day when it is not today's."""
    there, here = datetime.fromisoformat(moment).astimezone(), now.astimezone()
    return f"{there:%H:%M}" if there.date() == here.date() else f"{there:%Y-%m-%d %H:%M}"


def printable(text: str) -> str:
    """A file's name may hold anything, a terminal's commands too."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)

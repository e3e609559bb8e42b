"""Codes as sentences for people."""

import re
from collections.abc import Iterable

from agent import messages
from agent.errors import GenjinError
from agent.settings import Problem

_HTTP = re.compile(r"http_(\d{3})")


def sentence(code: str, /, **params: object) -> str:
    """The text of ``code`` in the person's language; the code itself where there is none."""
    status = _HTTP.fullmatch(code)
    if status is not None:
        return messages.text("http_status", status=status.group(1))
    text = messages.catalogue(messages.person_language()).get(code)
    return code if text is None else text.format_map(_Known(params))


class _Known(dict[str, object]):
    """Where only the code was kept, a text with a gap still says more than the code."""

    def __missing__(self, _key: str) -> str:
        return "…"


def of_error(error: GenjinError) -> str:
    return sentence(error.code, **error.params)


def of_problems(problems: Iterable[Problem]) -> list[str]:
    """One line a problem, each with the file it stands in."""
    lines: list[str] = []
    for code, params in problems:
        said = sentence(code, **params)
        file = str(params.get("file", ""))
        lines.append(said if not file or file in said else f"{file}: {said}")
    return lines

"""One thing that was looked at, and what to say of it."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "note", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    verdict: Verdict
    code: str
    params: dict[str, object]
    """``why``, where there is one, is a code itself."""
    beneath: str = ""
    """Lines to copy, shown as they stand."""


def found(verdict: Verdict, code: str, /, *, beneath: str = "", **params: object) -> Finding:
    return Finding(verdict, code, params, beneath)

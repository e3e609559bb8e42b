"""What is wrong with a text that is no TOML, as a code with a place.

The library says it in English; its sentences are matched by how they begin, so a version that words
one anew costs that sentence its translation, and nothing else.
"""

import re
import tomllib
from collections.abc import Mapping

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)\Z")
_BACKSLASH = re.compile(r'"[^"]*\\')
_KINDS: Mapping[str, tuple[str, ...]] = {
    "config_toml_value": ("Invalid value", "Invalid date"),
    "config_toml_equals": ("Expected '=' after",),
    "config_toml_table": ("Expected ']' at the end of a table", "Expected ']]'"),
    "config_toml_twice": (
        *("Cannot overwrite", "Cannot declare", "Cannot redefine", "Cannot mutate"),
        "Duplicate inline",
    ),
    "config_toml_rest": ("Expected newline or end of document",),
    "config_toml_string": ("Unterminated string", 'Expected "\'"', "Expected '\"'"),
    "config_toml_closed": ("Unclosed array", "Unclosed inline table"),
    "config_toml_name": ("Invalid statement", "Invalid initial character for a key"),
    "config_toml_character": ("Illegal character", "Found invalid character"),
}


def toml_fault(text: str, error: tomllib.TOMLDecodeError) -> tuple[str, dict[str, object]]:
    """The code, and ``line`` and ``column`` (both from 1) as its text names them."""
    said = str(error)
    place = _PLACE.search(said)
    lines = text.splitlines() or [""]
    if place is None or place[1] is None:
        line, column = len(lines), len(lines[-1]) + 1
    else:
        line, column = int(place[1]), int(place[2])
    params: dict[str, object] = {"line": line, "column": column}
    said = said[: place.start()] if place is not None else said
    if 0 < line <= len(lines) and _BACKSLASH.search(lines[line - 1]):
        return "config_backslash", params
    if said.endswith(r"character '\n'"):  # the line ended within quotes
        return "config_toml_string", params
    for code, begins in _KINDS.items():
        if said.startswith(begins):
            return code, params
    return "config_not_toml", {**params, "why": said}

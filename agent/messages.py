"""The text of every message code, in Chinese and English.

``agent/locale/<language>/<area>.yaml`` maps codes to texts with ``{placeholders}``; the areas of a
language form one catalogue. ``tests/agent/test_messages.py`` keeps both languages complete.
"""

import locale
import os
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

LANGUAGES = ("zh-CN", "en")


def person_language(environ: Mapping[str, str] = os.environ) -> str:
    """The language of the person at this computer: ``GENJIN_LANG``, else the system's."""
    named = environ.get("GENJIN_LANG") or next(
        (environ[key] for key in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(key)), ""
    )
    if not named:
        named = locale.getlocale()[0] or ""
    return "zh-CN" if named.lower().startswith(("zh", "chinese")) else "en"


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Every code of ``language`` with its text; a code defined twice is a mistake and raises."""
    texts: dict[str, str] = {}
    folder = files("agent") / "locale" / language
    for area in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not area.name.endswith(".yaml"):
            continue
        loaded: dict[str, str] = yaml.load(area.read_text("utf-8"), yaml.CSafeLoader) or {}
        twice = texts.keys() & loaded.keys()
        if twice:
            raise ValueError(sorted(twice))
        texts.update(loaded)
    return texts


def text(code: str, language: str | None = None, /, **params: object) -> str:
    """The message of ``code``, in the person's language unless another is asked for."""
    return catalogue(language or person_language())[code].format_map(params)

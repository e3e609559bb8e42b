"""The YAML block at the head of a Markdown note. A broken one is part of the text."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import yaml

from agent.capture.charset import storable
from agent.capture.folders.dates import Dated, date_in

_BLOCK = re.compile(r"\A---[ \t]*\n(.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_MAX_BLOCK = 64 * 1024
_MAX_VALUES = 100
_CUSTOMER = ("customer", "client", "company", "account", "客户", "公司", "单位")
_PARTICIPANTS = (
    "participants",
    "attendees",
    "people",
    "with",
    "参与人",
    "参会人",
    "与会人",
    "联系人",
)
_DATE = ("date", "created", "日期", "时间")
_TITLE = ("title", "标题", "主题")
_PRIVATE = ("private", "私密", "私人")
_TAGS = ("tags", "标签")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    customers: tuple[str, ...] = ()
    participants: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    title: str = ""
    dated: Dated | None = None
    private: bool = False


def split(text: str) -> tuple[FrontMatter, str]:
    """The front matter of a note and the text behind it."""
    block = _BLOCK.match(text[:_MAX_BLOCK])
    if block is None:
        return FrontMatter(), text
    try:
        loaded = yaml.load(block[1] or "", yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError, LookupError, TypeError):
        return FrontMatter(), text
    if not isinstance(loaded, dict):
        return FrontMatter(), text
    fields = {str(key).lower(): value for key, value in loaded.items() if isinstance(key, str)}
    titles = _values(fields, _TITLE)
    return FrontMatter(
        customers=_values(fields, _CUSTOMER),
        participants=_values(fields, _PARTICIPANTS),
        tags=_values(fields, _TAGS),
        title=titles[0] if titles else "",
        dated=_dated(fields),
        private=any(fields.get(key) in (True, "true", "yes", "是") for key in _PRIVATE),
    ), text[block.end() :]


def _values(fields: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str, ...]:
    """The scalars under the first name that is there. Nested values are not looked into:
    aliases can make a small block stand for gigabytes."""
    for name in names:
        value = fields.get(name)
        listed = value if isinstance(value, list) else [value]
        found = [
            storable(str(one)).strip().removeprefix("[[").removesuffix("]]")
            for one in listed[:_MAX_VALUES]
            if isinstance(one, str | int | float) and not isinstance(one, bool)
        ]
        if found:
            return tuple(filter(None, found))
    return ()


def _dated(fields: Mapping[str, Any]) -> Dated | None:
    for name in _DATE:
        value = fields.get(name)
        if isinstance(value, datetime):
            return value.date(), value.timetz()
        if isinstance(value, date):
            return value, None
        if isinstance(value, str | int) and (found := date_in(str(value))):
            return found
    return None

"""Words painted over, letter by letter: places counted in the text stay true."""

import json
import re
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import JSON, Column, ColumnElement, String, Table, Text, cast, func, or_, select

from server.kernel.db import Base, UnitOfWork

BLOT = "█"
_CHUNK = 200
_NUMBER = re.compile(r"\+?\d{6,15}")


def blotted(text: str, words: Sequence[str]) -> str:
    """The text with every such word painted over. In other case or width it is still the same word,
    and a number is the same with spaces or dashes between its digits."""
    if not text or not words:
        return text
    low, marks = _alike(text), bytearray(len(text))
    for word in words:
        wanted = _alike(word)
        if not wanted:
            continue
        if _NUMBER.fullmatch(wanted):
            pattern = r"[\s().-]{0,2}".join(map(re.escape, wanted))
        else:
            pattern = re.escape(wanted)
        for found in re.finditer(pattern, low):
            marks[found.start() : found.end()] = b"\x01" * (found.end() - found.start())
    return "".join(BLOT if mark else char for char, mark in zip(text, marks, strict=True))


def blotted_deep(value: Any, words: Sequence[str]) -> Any:
    """The same for all texts within what JSON can hold."""
    if isinstance(value, str):
        return blotted(value, words)
    if isinstance(value, list):
        return [blotted_deep(item, words) for item in value]
    if isinstance(value, dict):
        return {blotted(key, words): blotted_deep(item, words) for key, item in value.items()}
    return value


def _alike(text: str) -> str:
    """Lower case, full width made narrow; every character stays one."""
    out = []
    for char in text:
        code = ord(char)
        narrow = chr(code - 0xFEE0) if 0xFF01 <= code <= 0xFF5E else char
        low = narrow.lower()
        out.append(low if len(low) == 1 else narrow)
    return "".join(out)


def sweep(
    uow: UnitOfWork,
    words: Sequence[str],
    *,
    skip: Collection[str] = (),
    only: dict[str, Collection[Any]] | None = None,
) -> int:
    """Paint these words over in every text of every table; the number of rows changed.

    It knows no table by name, so that none that is added later is forgotten. ``skip``: tables left
    alone. ``only``: where these columns are among those values (tables without any are left alone).
    """
    if not words:
        return 0
    uow.session.flush()
    changed = sum(
        _sweep_table(uow, table, words, only)
        for table in Base.metadata.sorted_tables
        if table.name not in skip
    )
    uow.session.expire_all()
    return changed


def _sweep_table(
    uow: UnitOfWork, table: Table, words: Sequence[str], only: dict[str, Collection[Any]] | None
) -> int:
    keys = list(table.primary_key.columns)
    columns = [one for one in table.columns if _holds_text(one) and not one.primary_key]
    scope = [table.c[name].in_(values) for name, values in (only or {}).items() if name in table.c]
    if not columns or not keys or (only is not None and not scope):
        return 0
    query = select(*keys, *columns).where(or_(*(_mentions(one, words) for one in columns)), *scope)
    rows = uow.session.execute(query.execution_options(yield_per=_CHUNK)).all()
    for row in rows:
        place = [key == value for key, value in zip(keys, row, strict=False)]
        new = {
            column.name: blotted_deep(value, words)
            for column, value in zip(columns, row[len(keys) :], strict=True)
        }
        uow.session.execute(table.update().where(*place).values(new))
    return len(rows)


def _holds_text(column: Column[Any]) -> bool:
    kind = column.type
    is_text = isinstance(kind, String | Text) and not column.foreign_keys
    return is_text or isinstance(kind, JSON)


def _mentions(column: Column[Any], words: Sequence[str]) -> ColumnElement[bool]:
    is_json = isinstance(column.type, JSON)
    text = func.lower(cast(column, Text) if is_json else column)
    # JSON is kept with everything beyond ASCII spelled out.
    spelled = {json.dumps(word.lower())[1:-1] for word in words} if is_json else set()
    wanted = sorted(spelled | {word.lower() for word in words})
    return or_(*(text.contains(word, autoescape=True) for word in wanted))

"""Rows of one table in memory: read with one statement, changed here, written with two.

For work that asks for and changes many rows, one after the other, within one transaction.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Table, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

CHUNK = 500
"""SQLite takes a limited number of parameters in one statement."""

Row = dict[str, Any]
_T = TypeVar("_T")


class Rows:
    """Knows the rows that were loaded or put, and no others. Keys are primary keys, in order."""

    def __init__(self, table: Table, *, indexed: Iterable[str] = ()) -> None:
        """``indexed``: columns whose values ``where`` is asked for."""
        self._table = table
        self._key = tuple(column.name for column in table.primary_key)
        self._rows: dict[tuple[Any, ...], Row] = {}
        self._changed: dict[tuple[Any, ...], None] = {}
        self._index: dict[str, dict[Any, dict[tuple[Any, ...], None]]] = {
            name: defaultdict(dict) for name in indexed
        }

    def load(self, tx: Connection, *conditions: ColumnElement[bool]) -> None:
        """To be called before the first change."""
        for row in tx.execute(select(self._table).where(*conditions)).mappings():
            self._hold(tuple(row[name] for name in self._key), dict(row))

    def get(self, *key: Any) -> Row | None:
        return self._rows.get(key)

    def where(self, name: str, value: Any) -> list[Row]:
        """The rows whose indexed column ``name`` is ``value``."""
        keys = self._index[name].get(value, ())
        rows = (self._rows.get(key) for key in keys)
        return [row for row in rows if row is not None and row[name] == value]

    def values(self, name: str) -> list[Any]:
        """What stands in an indexed column, without NULL."""
        return [value for value in self._index[name] if value is not None]

    def put(self, *key: Any, **values: Any) -> None:
        """Change a row; one that is new needs a value for every column that wants one."""
        self._changed[key] = None
        before = self._rows.get(key)
        fresh = dict.fromkeys(self._table.columns.keys()) if before is None else before
        self._hold(key, {**fresh, **dict(zip(self._key, key, strict=True)), **values})

    def drop(self, *key: Any) -> None:
        self._changed[key] = None
        self._rows.pop(key, None)

    def write(self, tx: Connection) -> None:
        """Bring the table to what is here."""
        gone = [key for key in self._changed if key not in self._rows]
        if gone:
            here = [self._table.c[name] == bindparam(f"old_{name}") for name in self._key]
            names = [f"old_{name}" for name in self._key]
            tx.execute(
                delete(self._table).where(*here), [dict(zip(names, k, strict=True)) for k in gone]
            )
        kept = [self._rows[key] for key in self._changed if key in self._rows]
        if kept:
            row = insert(self._table)
            rest = {name: row.excluded[name] for name in kept[0] if name not in self._key}
            tx.execute(row.on_conflict_do_update(index_elements=self._key, set_=rest), kept)
        self._changed.clear()

    def _hold(self, key: tuple[Any, ...], row: Row) -> None:
        self._rows[key] = row
        for name, keys in self._index.items():
            keys[row[name]][key] = None


def chunks(items: Iterable[_T]) -> Iterator[list[_T]]:
    """Lists of at most ``CHUNK`` items."""
    left = iter(items)
    while some := list(islice(left, CHUNK)):
        yield some

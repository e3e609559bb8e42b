"""The file itself: opening, healing, transactions, and SQLite's faults as ``StoreBroken``."""

import errno
import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from agent.errors import StoreBroken
from agent.outbox import schema

FILE_NAME = "agent.db"
_SIDE_FILES = ("", "-wal", "-shm")
_OURS = ("agent.", "secrets.", "graph-")
"""How the names begin of what we and our sources keep in the folder."""
_OWNER_ONLY = stat.S_IRUSR | stat.S_IWUSR
_CODES = {
    sqlite3.SQLITE_FULL: "store_full",
    sqlite3.SQLITE_CORRUPT: "store_corrupt",
    sqlite3.SQLITE_NOTADB: "store_corrupt",
    sqlite3.SQLITE_BUSY: "store_busy",
    sqlite3.SQLITE_LOCKED: "store_busy",
}


class Database:
    """Open with ``Database.open``; safe to use from several threads and processes."""

    def __init__(self, file: Path, engine: Engine) -> None:
        self.file = file
        self.engine = engine
        self._writing = threading.Lock()

    @classmethod
    def open(cls, file: Path) -> "Database":
        """Open or create ``file``; ``StoreBroken`` (``store_corrupt``) when it is damaged."""
        try:
            _own(file)
        except OSError as error:
            raise StoreBroken(_os_code(error), file=file) from error
        engine = create_engine(f"sqlite:///{file}", connect_args={"timeout": 10})
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
        database = cls(file, engine)
        try:
            database._prepare()
        except StoreBroken:
            engine.dispose()
            raise
        return database

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with _translated(self.file), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: all of it or none. Writers of this process queue up here."""
        with (
            _translated(self.file),
            self._writing,
            self.engine.connect().execution_options(genjin_write=True) as connection,
            connection.begin(),
        ):
            yield connection

    def scrub(self) -> None:
        """Leave nothing of what was erased on any page, as far as nobody else is at work in the
        file just now: then it is overwritten in its place, and copies of it may stay for a while."""
        connection = self.engine.raw_connection()
        try:
            connection.cursor().execute("VACUUM")
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.OperationalError:
            return  # in use, or no room for the new file
        finally:
            connection.close()

    def _prepare(self) -> None:
        with _translated(self.file):
            with self.engine.connect() as connection:
                verdict = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
                version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            if verdict != "ok":
                raise StoreBroken("store_corrupt", file=self.file)
            if version > schema.VERSION:
                raise StoreBroken("store_too_new", file=self.file)
            if version == schema.VERSION:
                return
        with self.write() as connection:
            # Asked again: another process may have been quicker.
            version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            for newer in range(version + 1, schema.VERSION + 1) if version else ():
                for change in schema.CHANGES.get(newer, ()):
                    connection.exec_driver_sql(change)
            schema.metadata.create_all(connection)
            connection.exec_driver_sql(f"PRAGMA user_version = {schema.VERSION}")


def move_aside(file: Path, stamp: str) -> Path:
    """Put a damaged file and its side files out of the way, kept for whoever can mend it."""
    aside = file.with_name(f"{file.name}.broken-{stamp}")
    number = 1
    while aside.exists():
        number += 1
        aside = file.with_name(f"{file.name}.broken-{stamp}-{number}")
    for suffix in reversed(_SIDE_FILES):
        part = file.with_name(file.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside


def moved_aside(file: Path) -> tuple[Path, ...]:
    """Every damaged file that was put aside, oldest first."""
    return tuple(
        sorted(
            aside
            for aside in file.parent.glob(f"{file.name}.broken-*")
            if not aside.name.endswith(_SIDE_FILES[1:])
        )
    )


def _own(file: Path) -> None:
    """Make the folder and the file, readable by their owner alone."""
    folder = file.parent
    folder.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
    # A folder that holds other people's things too (somebody named their home) stays as it is.
    if all(entry.name.startswith(_OURS) for entry in folder.iterdir()):
        folder.chmod(stat.S_IRWXU)
    # SQLite gives the side files it makes the mode of the main file.
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, _OWNER_ONLY))
    for part in folder.glob(f"{file.name}*"):
        # Those that were there before (restored from a backup, put aside as damaged) keep theirs.
        try:
            if part.is_file() and not part.is_symlink():
                part.chmod(_OWNER_ONLY)
        except FileNotFoundError:
            continue  # the last connection to go takes them along


def _on_connect(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    # Python must not begin transactions by itself: we do, and say of which kind.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    # What was delivered or withdrawn is overwritten, not merely marked as free.
    connection.execute("PRAGMA secure_delete = FAST")


def _on_begin(connection: Connection) -> None:
    # IMMEDIATE: a writer waits for its turn at the start, instead of failing at its first write.
    writes = connection.get_execution_options().get("genjin_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _translated(file: Path) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        number = getattr(error.orig, "sqlite_errorcode", 0)
        # The low byte is the kind, the rest says where it happened.
        raise StoreBroken(_CODES.get(number & 0xFF, "store_unwritable"), file=file) from error
    except OSError as error:
        raise StoreBroken(_os_code(error), file=file) from error


def _os_code(error: OSError) -> str:
    return "store_full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "store_unwritable"

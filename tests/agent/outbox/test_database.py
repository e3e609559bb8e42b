"""The file: who may read it, and how one of an earlier version becomes one of this."""

import os
import sqlite3
import stat
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from agent.errors import StoreBroken
from agent.outbox import schema
from agent.outbox.database import FILE_NAME, Database, move_aside
from agent.outbox.pages import Entry, Page
from agent.outbox.schema import ledger, passes
from agent.outbox.store import Store
from agent.testing import FrozenClock
from tests.agent.making import activity

CLOCK = FrozenClock()
FIRST = """
CREATE TABLE meta (key VARCHAR NOT NULL PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE cursors (source VARCHAR NOT NULL PRIMARY KEY, cursor TEXT,
    look_again BOOLEAN DEFAULT 0 NOT NULL);
CREATE TABLE ledger (source VARCHAR NOT NULL, external_id VARCHAR NOT NULL,
    version VARCHAR NOT NULL, identity VARCHAR, activity_id VARCHAR, thread VARCHAR,
    state VARCHAR NOT NULL, code VARCHAR DEFAULT '' NOT NULL, occurred_at VARCHAR,
    seen_at VARCHAR NOT NULL, gone BOOLEAN DEFAULT 0 NOT NULL,
    PRIMARY KEY (source, external_id)) WITHOUT ROWID;
CREATE TABLE passes (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, asked_at VARCHAR NOT NULL,
    done_at VARCHAR);
INSERT INTO ledger (source, external_id, version, state, seen_at)
    VALUES ('mail', 'a', '1', 'excluded', '2026-11-01T00:00:00.000000+00:00');
INSERT INTO passes (asked_at) VALUES ('2026-11-01T00:00:00.000000+00:00');
PRAGMA user_version = 1;
"""

modes = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")


def exposed(folder: Path) -> list[str]:
    others = stat.S_IRWXG | stat.S_IRWXO
    return [path.name for path in (folder, *folder.rglob("*")) if path.stat().st_mode & others]


@modes
def test_nobody_else_can_read_what_is_kept(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        store = Store.open(tmp_path / "state", clock=CLOCK)
        store.held.put({"me": "lilei@us.example"})
        names = {path.name for path in (tmp_path / "state").iterdir()}
        assert names == {FILE_NAME, f"{FILE_NAME}-wal", f"{FILE_NAME}-shm"}
        assert exposed(tmp_path / "state") == []
        store.close()
    finally:
        os.umask(umask)


@modes
def test_what_was_open_to_others_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    Store.open(folder, clock=CLOCK).close()
    move_aside(folder / FILE_NAME, "20261123")
    Store.open(folder, clock=CLOCK).close()
    (folder / f"{FILE_NAME}-wal").touch()
    for path in (folder, *folder.iterdir()):
        path.chmod(0o777)
    Store.open(folder, clock=CLOCK).close()
    assert exposed(folder) == []


def test_a_file_of_the_first_version_becomes_one_of_this(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    with sqlite3.connect(folder / FILE_NAME) as old:
        old.executescript(FIRST)
    old.close()
    for _ in range(2):
        store = Store.open(folder, clock=CLOCK)
        assert store.ledger.counts("mail").seen == 1
        assert [request.what for request in store.passes.open()] == ["pass"]
        assert store.proof.tally("mail")[""].excluded == {"": 1}
        store.proof.keep_unexplained("mail", ["x"])
        store.close()
    with sqlite3.connect(folder / FILE_NAME) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
    file.close()


def test_an_upgrade_and_a_new_file_have_the_same_columns(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "old.db") as old:
        old.executescript(FIRST)
    old.close()
    upgraded, fresh = (Database.open(tmp_path / name) for name in ("old.db", "new.db"))
    for table in (ledger, passes):
        told = []
        for database in (upgraded, fresh):
            with database.read() as tx:
                rows = tx.exec_driver_sql(f"PRAGMA table_info({table.name})").all()
                told.append({(row[1], row[2], row[3], row[5]) for row in rows})
                tx.execute(select(table)).all()
        assert told[0] == told[1]
    upgraded.close()
    fresh.close()


def test_one_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    Store.open(tmp_path, clock=CLOCK).close()
    with sqlite3.connect(tmp_path / FILE_NAME) as file:
        file.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    file.close()
    with pytest.raises(StoreBroken, match="store_too_new"):
        Store.open(tmp_path, clock=CLOCK, heal=True)


def test_no_text_of_a_customer_is_left_in_the_file_once_it_was_delivered(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "state", clock=CLOCK)
    secret = "预算九十万" * 50
    item = activity("a", text=secret)
    entry = Entry(
        external_id="a",
        version="1",
        state="stored",
        identity="mid:a@mail",
        activity_id=str(item.id),
        activity=item,
    )
    store.put(Page(source="mail", cursor="1", entries=(entry,)), now=CLOCK.now())
    store.queue.delivered(store.queue.lease(10, now=CLOCK.now()), now=CLOCK.now())
    with store.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    for file in (tmp_path / "state").iterdir():
        assert secret[:10].encode() not in file.read_bytes()

import json
import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from agent.daemon.reporting import status_report
from agent.errors import AlreadyRunning, StoreBroken
from agent.outbox.database import FILE_NAME, moved_aside
from agent.outbox.lock import Lock
from agent.outbox.pages import Entry, Page
from agent.outbox.store import Store
from agent.testing import FrozenClock
from tests.agent.making import activity, settings
from tests.agent.outbox.test_store import page, rows, stored

HOLD_THE_LOCK = """
import pathlib, sys
from agent.outbox.lock import Lock
with Lock(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
CLOCK = FrozenClock()
NOW = CLOCK.now()


def test_the_store_is_its_owners_alone(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "state", clock=CLOCK)
    store.put(page(stored("a")), now=NOW)
    modes = {
        entry.name: stat.S_IMODE(entry.stat().st_mode) for entry in (tmp_path / "state").iterdir()
    }
    store.close()
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    assert set(modes) >= {FILE_NAME, f"{FILE_NAME}-wal"}
    assert set(modes.values()) == {0o600}


def test_a_folder_that_is_not_only_ours_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").touch()
    tmp_path.chmod(0o755)
    Store.open(tmp_path, clock=CLOCK).close()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_it_is_durable_and_in_wal_mode(tmp_path: Path) -> None:
    store = Store.open(tmp_path, clock=CLOCK)
    with store.database.read() as tx:
        assert tx.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        assert tx.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    store.close()


def break_file(file: Path, how: str) -> None:
    match how:
        case "not a database":
            file.write_bytes(b"hello" * 1000)
        case "pages overwritten":
            content = bytearray(file.read_bytes())
            content[4096 : 4096 * 6] = os.urandom(4096 * 5)
            file.write_bytes(content)
        case "cut off":
            os.truncate(file, file.stat().st_size // 2)


@pytest.mark.parametrize("how", ["not a database", "pages overwritten", "cut off"])
def test_a_damaged_store_is_put_aside_and_begun_anew(
    tmp_path: Path, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store.open(tmp_path, clock=CLOCK)
    store.put(page(*(stored(f"m{n}") for n in range(200))), now=NOW)
    store.close()
    break_file(tmp_path / FILE_NAME, how)
    damaged = (tmp_path / FILE_NAME).read_bytes()

    with pytest.raises(StoreBroken) as raised:
        Store.open(tmp_path, clock=CLOCK)
    assert raised.value.code == "store_corrupt"
    anew = Store.open(tmp_path, clock=CLOCK, heal=True)

    assert anew.cursors.begin("mail") is None
    assert anew.ledger.counts("mail").seen == 0
    (aside,) = moved_aside(tmp_path / FILE_NAME)
    assert aside.read_bytes() == damaged
    assert "store_corrupt" in caplog.text
    anew.close()


def test_a_change_is_newer_than_all_that_a_lost_store_told(tmp_path: Path) -> None:
    def note(version: int) -> Entry:
        said = activity("a", kind="note", text=f"Stand {version}")
        return stored("a", said, version=str(version))

    store = Store.open(tmp_path, clock=CLOCK)
    for version in range(1, 6):
        store.put(page(note(version)), now=NOW)
    assert [revision for _, revision, _ in rows(store)] == [1, 2, 3, 4, 5]
    store.close()
    break_file(tmp_path / FILE_NAME, "not a database")

    anew = Store.open(tmp_path, clock=CLOCK, heal=True)
    anew.put(page(note(5)), now=NOW)
    anew.put(page(note(6)), now=NOW)
    anew.put(page(note(7)), now=NOW)
    assert [revision for _, revision, _ in rows(anew)] == [1, 1002, 1003]
    anew.close()


def test_words_that_are_brought_a_second_time_are_no_change(tmp_path: Path) -> None:
    Store.open(tmp_path, clock=CLOCK).close()
    break_file(tmp_path / FILE_NAME, "not a database")
    anew = Store.open(tmp_path, clock=CLOCK, heal=True)
    call = activity("call", kind="call", transcript="waiting")
    anew.put(page(stored("call", call, media=Path("/x.wav"))), now=NOW)
    waiting = anew.recordings.next_waiting(now=NOW)
    assert waiting is not None
    anew.recordings.finish(waiting, call.model_copy(update={"transcript": "done"}), now=NOW)
    assert [revision for _, revision, _ in rows(anew)] == [1, 2]
    anew.close()


def test_a_store_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    Store.open(tmp_path, clock=CLOCK).close()
    connection = sqlite3.connect(tmp_path / FILE_NAME)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreBroken) as raised:
        Store.open(tmp_path, clock=CLOCK, heal=True)
    assert raised.value.code == "store_too_new"
    assert moved_aside(tmp_path / FILE_NAME) == ()


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    store = Store.open(tmp_path, clock=CLOCK)
    store.put(page(stored("before")), now=NOW)
    limit_pages(store, 0)
    large = page(stored("a", activity("a", text="长" * 100_000)), cursor="c2")

    with pytest.raises(StoreBroken) as raised:
        store.put(large, now=NOW)
    assert raised.value.code == "store_full"
    # All or nothing: neither the item nor the cursor.
    assert store.cursors.begin("mail") == "c1"
    assert store.ledger.counts("mail").seen == 1

    limit_pages(store, 100_000)
    store.put(large, now=NOW)
    assert store.cursors.begin("mail") == "c2"
    assert store.queue.status().pending == 2
    store.close()


def test_a_store_says_itself_that_it_is_full(tmp_path: Path) -> None:
    store = Store.open(tmp_path, clock=CLOCK)
    limit_pages(store, 0)
    assert store.fault() == "store_full"
    report = status_report(store, settings(tmp_path, "mail").sources, running=True)
    assert report["fault"] == "store_full"
    assert report["sources"]["mail"]["state"] == "waiting"
    assert report["sources"]["mail"]["message"] == "store_full"
    limit_pages(store, 100_000)
    assert store.fault() == ""
    assert "fault" not in status_report(store, (), running=True)
    store.close()


def limit_pages(store: Store, pages: int) -> None:
    """As if the disk had no more room: the setting belongs to the one pooled connection."""
    with store.database.read() as tx:
        tx.exec_driver_sql(f"PRAGMA max_page_count = {max(pages, 1)}")


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreBroken) as raised:
        Store.open(tmp_path / "file" / "state", clock=CLOCK, heal=True)
    assert raised.value.code == "store_unwritable"


def test_a_second_agent_is_turned_away_and_the_lock_dies_with_its_holder(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            HOLD_THE_LOCK,
            str(tmp_path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(AlreadyRunning), Lock(tmp_path, wait_s=0.0):
            pass
        holder.kill()
        holder.wait()
    with Lock(tmp_path):
        pass


def test_a_delivered_payload_is_not_left_in_a_row(tmp_path: Path) -> None:
    store = Store.open(tmp_path, clock=CLOCK)
    store.put(Page(source="mail", cursor="1", entries=(stored("a"),)), now=NOW)
    leased = store.queue.lease(1, now=NOW)
    assert json.loads(leased[0].payload)["text"] == "好的"
    store.queue.delivered(leased, now=NOW)
    assert store.queue.lease(1, now=NOW) == ()
    store.close()

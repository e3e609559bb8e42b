"""Locked, missing, corrupt: a clear answer, and reading goes on where it can."""

import sqlite3

import psycopg
import pytest
from sqlalchemy import event, make_url

on_sqlite = pytest.mark.one_database


def impatient(world):
    """Give up on a locked database at once instead of after fifteen seconds."""

    @event.listens_for(world.kernel.db.engine, "checkout")
    def _(connection, *_):
        connection.execute("PRAGMA busy_timeout=30")


@on_sqlite
def test_a_locked_database_is_a_clear_503(world, caplog):
    client = world.signed_in("chen")
    token = world.csrf(client, "/")
    impatient(world)
    other = sqlite3.connect(world.kernel.settings.data_dir / "genjin.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    api = world.call("chen", "POST", "/activities", json={"activities": [world.mail("huarui")]})
    assert (api.status_code, api.headers["Retry-After"]) == (503, "5")
    assert api.get_json()["error"]["code"] == "database_busy"
    page = client.post("/devices/code", data={"csrf_token": token})
    assert page.status_code == 503
    assert "<h1>" in page.get_data(as_text=True)
    assert client.get("/customers").status_code == 200, "reading goes on"
    assert "SQLITE_BUSY" in caplog.text
    other.execute("ROLLBACK")
    other.close()
    assert world.send("chen", world.mail("huarui"))[0]["result"] == "accepted"


@on_sqlite
@pytest.mark.parametrize("state", ["missing", "corrupt"])
def test_a_database_that_is_no_more_is_a_clear_503(world, state):
    client = world.signed_in("chen")
    world.kernel.db.dispose()
    folder = world.kernel.settings.data_dir
    for name in ("genjin.db-wal", "genjin.db-shm"):
        (folder / name).unlink(missing_ok=True)
    if state == "missing":
        (folder / "genjin.db").unlink()
    else:
        (folder / "genjin.db").write_bytes(b"no database at all " * 1000)
    assert world.call("chen", "GET", "/customers").status_code == 503
    for path in ("/", "/customers", "/devices"):
        assert client.get(path).status_code == 503, path
    assert world.client().get("/healthz").status_code == 200
    assert world.client().get("/readyz").status_code == 503
    assert world.client().get("/sign-in").status_code == 200


def test_a_database_server_that_went_away_is_a_clear_503_and_then_is_back(world, database):
    if database != "postgresql":
        # SQLite has no server to lose; the tests above take its file away.
        assert world.client().get("/readyz").status_code == 200
        return
    url = make_url(world.kernel.settings.database_url)
    where = {"host": url.query["host"], "user": url.username, "autocommit": True}
    client = world.signed_in("chen")
    assert client.get("/customers").status_code == 200
    with psycopg.connect(**where, dbname="postgres") as other:
        other.execute(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS false")
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            (url.database,),
        )
        assert world.call("chen", "GET", "/customers").status_code == 503
        assert client.get("/customers").status_code == 503
        assert world.client().get("/healthz").status_code == 200
        assert world.client().get("/readyz").status_code == 503
        other.execute(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS true")
    assert client.get("/customers").status_code == 200

"""Locked, missing, corrupt: a clear answer, and reading goes on where it can."""

import sqlite3

import pytest
from sqlalchemy import event


def impatient(world):
    """Give up on a locked database at once instead of after fifteen seconds."""

    @event.listens_for(world.kernel.db.engine, "checkout")
    def _(connection, *_):
        connection.execute("PRAGMA busy_timeout=30")


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

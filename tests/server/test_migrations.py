"""Migrations lead from nothing to the models and back, and miss no column."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from server import models
from server.kernel.db import Base, make_engine
from server.migrate import upgrade


def test_up_and_down_with_data(tmp_path):
    assert models
    engine = make_engine(f"sqlite:///{tmp_path / 'm.db'}")
    upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    upgrade(engine)
    upgrade(engine, "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    upgrade(engine)
    assert "customer" in inspect(engine).get_table_names()
    engine.dispose()

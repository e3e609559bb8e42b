"""Migrations lead from nothing to the models and back, and miss no column."""

from datetime import datetime
from uuid import UUID

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, inspect

from server import models
from server.kernel.db import Base, make_engine
from server.migrate import upgrade


def filler(engine):
    """Makes rows of the tables as they are now, with something in every column that needs it."""
    tables = MetaData()
    tables.reflect(engine)
    day = datetime(2026, 1, 1)  # noqa: DTZ001 - as SQLite keeps it

    def filled(name, **known):
        some = {"VARCHAR": "x", "TEXT": "x", "DATETIME": day, "JSON": [], "FLOAT": 1.0}
        return (
            tables.tables[name]
            .insert()
            .values(
                {
                    column.name: some.get(str(column.type).partition("(")[0], 1)
                    for column in tables.tables[name].columns
                    if not column.nullable
                }
                | known
            )
        )

    return filled


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


def test_what_captures_said_is_taken_from_the_links_there_are(tmp_path):
    engine = make_engine(f"sqlite:///{tmp_path / 'm.db'}")
    upgrade(engine, "0001")
    filled, key = filler(engine), UUID(int=1).hex
    with engine.connect().execution_options(genjin_write=True) as connection:
        connection.execute(filled("person", id=1))
        connection.execute(filled("activity", id=key, revision=3))
        connection.execute(filled("activity_capture", activity_id=key, person_id=1))
        for number, why in ((1, "manual"), (2, "email"), (3, "domain")):
            connection.execute(filled("customer", id=number))
            connection.execute(
                filled("activity_customer", activity_id=key, customer_id=number, why=why)
            )
        connection.commit()
    upgrade(engine)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT revision, customer_ids FROM activity_capture")
        assert [tuple(row) for row in rows] == [(3, "[2, 3]")]
    upgrade(engine, "-3")
    assert "revision" not in {c["name"] for c in inspect(engine).get_columns("activity_capture")}
    engine.dispose()


def test_what_was_there_was_kept_whole(tmp_path):
    engine = make_engine(f"sqlite:///{tmp_path / 'm.db'}")
    upgrade(engine, "0002")
    filled, key = filler(engine), UUID(int=1).hex
    with engine.connect().execution_options(genjin_write=True) as connection:
        connection.execute(filled("person", id=1))
        connection.execute(filled("activity", id=key, text="今年预算紧张"))
        connection.execute(filled("activity_tag", activity_id=key))
        connection.commit()
    upgrade(engine)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT body, text FROM activity")
        assert [tuple(row) for row in rows] == [("full", "今年预算紧张")]
    upgrade(engine, "-2")
    assert "body" not in {c["name"] for c in inspect(engine).get_columns("activity")}
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM activity_tag").scalar_one() == 1
        assert connection.exec_driver_sql("SELECT text FROM activity").scalar_one()
    engine.dispose()

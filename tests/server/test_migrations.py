"""Migrations lead from nothing to the models and back, and miss no column."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, inspect, select
from sqlalchemy.orm import Session

from server import models
from server.customers.models import ActivityCustomer, Post, SearchEntry
from server.customers.search import entries
from server.customers.words import asked
from server.kernel.db import Base, make_engine
from server.migrate import downgrade, upgrade


def filler(engine):
    """Makes rows of the tables as they are now, with something in every column that needs it."""
    tables = MetaData()
    tables.reflect(engine)
    day = datetime(2026, 1, 1)  # noqa: DTZ001 - as SQLite keeps it

    def filled(name, /, **known):
        some = {
            "VARCHAR": "x",
            "TEXT": "x",
            "DATETIME": day,
            "TIMESTAMP": day.replace(tzinfo=UTC),
            "JSON": [],
            "FLOAT": 1.0,
            "DOUBLE PRECISION": 1.0,
            "BOOLEAN": True,
            "UUID": UUID(int=9),
        }
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


@pytest.fixture
def engine(tmp_path, fresh_database):
    with fresh_database(tmp_path) as url:
        made = make_engine(url)
        yield made
        made.dispose()


def key_of(engine, number):
    """An id as this database's tables hold it."""
    key = UUID(int=number)
    return key.hex if engine.dialect.name == "sqlite" else key


def is_ours(_object, name, kind, _reflected, _compared):
    """All but what SQLite makes for its search, and the index that only PostgreSQL has."""
    return not (name.startswith("search_fts") or (kind, name) == ("index", "ix_search_entry_words"))


def test_up_and_down_with_data(engine):
    assert models
    upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_object": is_ours}
        )
        assert compare_metadata(context, Base.metadata) == []
    upgrade(engine)
    upgrade(engine, "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    upgrade(engine)
    assert "customer" in inspect(engine).get_table_names()


def test_what_captures_said_is_taken_from_the_links_there_are(engine):
    upgrade(engine, "0001")
    filled, key = filler(engine), key_of(engine, 1)
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
        [(revision, customers)] = rows
        assert revision == 3
        assert customers in ("[2, 3]", [2, 3])
    downgrade(engine, "0001")
    assert "revision" not in {c["name"] for c in inspect(engine).get_columns("activity_capture")}


def test_what_was_there_was_kept_whole(engine):
    upgrade(engine, "0002")
    filled, key = filler(engine), key_of(engine, 1)
    with engine.connect().execution_options(genjin_write=True) as connection:
        connection.execute(filled("person", id=1))
        connection.execute(filled("activity", id=key, text="今年预算紧张"))
        connection.execute(filled("activity_tag", activity_id=key))
        connection.commit()
    upgrade(engine)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT body, text FROM activity")
        assert [tuple(row) for row in rows] == [("full", "今年预算紧张")]
    downgrade(engine, "0002")
    assert "body" not in {c["name"] for c in inspect(engine).get_columns("activity")}
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM activity_tag").scalar_one() == 1
        assert connection.exec_driver_sql("SELECT text FROM activity").scalar_one()


def test_what_was_there_can_be_found_and_people_keep_their_posts(engine):
    upgrade(engine, "0005")
    filled, key = filler(engine), key_of(engine, 1)
    with engine.connect().execution_options(genjin_write=True) as connection:
        connection.execute(filled("person", id=1))
        connection.execute(filled("customer", id=1, name="苏州华锐"))
        connection.execute(filled("contact", id=1, customer_id=1, name="赵工", title="采购"))
        connection.execute(filled("identity_key", customer_id=1, kind="alias", value="华锐"))
        connection.execute(filled("activity", id=key, text="今年预算紧张", thread="t-1"))
        connection.execute(filled("activity_customer", activity_id=key, customer_id=1))
        connection.commit()
    upgrade(engine)
    with Session(engine) as session:
        posts = session.scalars(select(Post)).all()
        assert [(p.customer_id, p.title, p.until) for p in posts] == [(1, "采购", None)]
        assert session.scalars(select(ActivityCustomer.thread)).all() == ["t-1"]
        for words, found in (("预算", [UUID(int=1)]), ("华锐", []), ("决策", [])):
            query = entries(session, asked(words), SearchEntry.activity_id)
            assert session.scalars(query).all() == found, words
        assert session.scalars(entries(session, asked("赵 华锐"), SearchEntry.customer_id)).all()
    downgrade(engine, "0005")
    assert "search_entry" not in inspect(engine).get_table_names()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT name FROM customer").scalar_one() == "苏州华锐"
    upgrade(engine)
    with Session(engine) as session:
        assert session.scalars(entries(session, asked("预算"), SearchEntry.activity_id)).all()

"""The tables of the store. Times are UTC, ISO 8601, to the microsecond: they sort as text."""

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

VERSION = 1
"""Kept in ``PRAGMA user_version``; a file of another version is not ours to read."""

metadata = MetaData()

meta = Table(
    "meta", metadata, Column("key", String, primary_key=True), Column("value", Text, nullable=False)
)

cursors = Table(
    "cursors",
    metadata,
    Column("source", String, primary_key=True),
    Column("cursor", Text),
    Column("look_again", Boolean, nullable=False, server_default=text("0")),
    # Set when the rules or the directory changed: the next pass starts from the beginning.
)

ledger = Table(
    "ledger",
    metadata,
    Column("source", String, primary_key=True),
    Column("external_id", String, primary_key=True),
    Column("version", String, nullable=False),
    Column("identity", String),
    Column("activity_id", String),
    Column("thread", String),
    Column("state", String, nullable=False),  # stored | excluded | pending | quarantined
    Column("code", String, nullable=False, server_default=""),
    Column("occurred_at", String),
    Column("seen_at", String, nullable=False),
    Column("gone", Boolean, nullable=False, server_default=text("0")),
    # Captured, and no longer in the place the source reads.
    Index("ledger_by_activity", "activity_id"),
    Index("ledger_by_thread", "thread"),
    sqlite_with_rowid=False,
)

activities = Table(
    "activities",
    metadata,
    Column("activity_id", String, primary_key=True),
    Column("source", String, nullable=False),
    # The source that told it first; others that see the same item add nothing.
    Column("revision", Integer, nullable=False),
    Column("digest", String, nullable=False),
    Column("thread", String),
    Column("customer_id", Integer, nullable=False),
    Index("activities_by_thread", "thread"),
    sqlite_with_rowid=False,
)

outbox = Table(
    "outbox",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("activity_id", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("payload", Text),  # JSON; dropped once the server has it
    Column(
        "state", String, nullable=False
    ),  # pending | leased | delivered | quarantined | withdrawn
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("suspicion", Integer, nullable=False, server_default=text("0")),
    # How often the server answered, badly, to a batch that held this item.
    Column("not_before", String, nullable=False, server_default=""),
    Column("last_error", String, nullable=False, server_default=""),
    Column("queued_at", String, nullable=False),
    Column("settled_at", String),
    UniqueConstraint("activity_id", "revision"),
    Index("outbox_by_state", "state", "suspicion", "seq"),
    sqlite_autoincrement=True,
)

recordings = Table(
    "recordings",
    metadata,
    Column("activity_id", String, primary_key=True),
    Column("source", String, nullable=False),
    Column("external_id", String, nullable=False),
    Column("path", Text, nullable=False),
    Column("rep_channel", String, nullable=False, server_default=""),
    Column("activity", Text, nullable=False),  # JSON of the activity without its transcript
    Column("state", String, nullable=False),  # waiting | done | failed
    Column("code", String, nullable=False, server_default=""),  # why it waits or failed
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("not_before", String, nullable=False, server_default=""),
    Column("occurred_at", String, nullable=False),
    sqlite_with_rowid=False,
)

customers = Table(
    "customers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("json", Text, nullable=False),
)

notices = Table(
    "notices",
    metadata,
    Column("reminder_id", Integer, primary_key=True),
    Column("result", String, nullable=False),
    Column("told", Boolean, nullable=False, server_default=text("0")),  # the server knows
    Column("at", String, nullable=False),
)

source_status = Table(
    "source_status",
    metadata,
    Column("source", String, primary_key=True),
    Column("json", Text, nullable=False),
)

passes = Table(
    "passes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("asked_at", String, nullable=False),
    Column("done_at", String),
    sqlite_autoincrement=True,
)

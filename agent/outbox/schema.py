"""The tables of the store. Times are UTC, ISO 8601, to the microsecond: they sort as text."""

from collections.abc import Mapping

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

VERSION = 3
"""Kept in ``PRAGMA user_version``; a file of a later version is not ours to read."""

CHANGES: Mapping[int, tuple[str, ...]] = {
    2: (
        "ALTER TABLE passes ADD COLUMN what VARCHAR DEFAULT '' NOT NULL",
        "ALTER TABLE ledger ADD COLUMN folder VARCHAR DEFAULT '' NOT NULL",
        "ALTER TABLE ledger ADD COLUMN details TEXT",
    ),
}
"""What makes a file of the version before one of this version; tables that are new come by
themselves."""

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
    Column("folder", String, nullable=False, server_default=""),  # for people: 客户/苏州
    Column("details", Text),  # JSON of an agent.outbox.explaining.Explanation
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

upcoming = Table(
    "upcoming",
    metadata,
    Column("activity_id", String, primary_key=True),
    Column("ends_at", String, nullable=False),
    Column("activity", Text, nullable=False),
    # JSON without its words: what the server is told should the meeting vanish from the calendar.
    sqlite_with_rowid=False,
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
    Column("what", String, nullable=False, server_default=""),  # see agent.outbox.passes
    sqlite_autoincrement=True,
)

unexplained = Table(
    "unexplained",
    metadata,
    Column("source", String, primary_key=True),
    Column("external_id", String, primary_key=True),
    # The source holds it, and not even a reading from the beginning brought it.
    sqlite_with_rowid=False,
)

strangers = Table(
    "strangers",
    metadata,
    Column("party", String, primary_key=True),  # digest of a domain or of an address
    Column("activity_id", String, primary_key=True),
    Column("direction", String, nullable=False),  # in | out
    Column("occurred_at", String, nullable=False),
    Column("name", String),
    # The domain or address itself: only where the rep wrote there. Who merely wrote to us, and was
    # never answered, stands here as a digest and nothing else.
    Index("strangers_by_activity", "activity_id"),
    sqlite_with_rowid=False,
)

dismissed = Table(
    "dismissed",
    metadata,
    Column("party", String, primary_key=True),
    Column("at", String, nullable=False),
    sqlite_with_rowid=False,
)

suppressed = Table(
    "suppressed",
    metadata,
    Column("digest", String, primary_key=True),  # of what must not be captured again
    Column("kind", String, nullable=False),  # address | domain | item
    Column("at", String, nullable=False),
    sqlite_with_rowid=False,
)

forget_requests = Table(
    "forget_requests",
    metadata,
    Column("id", String, primary_key=True),
    Column("payload", Text),  # JSON of a ForgetRequest; dropped once the server has obeyed
    Column("state", String, nullable=False),  # pending | done | refused
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("not_before", String, nullable=False, server_default=""),
    Column("last_error", String, nullable=False, server_default=""),
    Column("asked_at", String, nullable=False),
    Column("done_at", String),
    Column("erased", Integer, nullable=False, server_default=text("0")),
    Column("kept", Integer, nullable=False, server_default=text("0")),
    sqlite_with_rowid=False,
)

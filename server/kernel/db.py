"""The database: one declarative base, one engine, and the only commit in the server.

The same code serves SQLite (WAL) and PostgreSQL. Times are stored as UTC and come back aware.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    String,
    TypeDecorator,
    create_engine,
    event,
    make_url,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import (
    DataError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from server.kernel.clock import Clock
from server.kernel.events import Event, EventBus


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes only; SQLite keeps them as naive UTC text."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BigId = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only where the type is INTEGER."""


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Counter(Base):
    """Numbers that only grow: ``directory`` (revision of the directory), ``feed`` (something that
    a page shows has changed), ``tagger`` (what the tagger was taught has)."""

    __tablename__ = "counter"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger, default=0)


def _sqlite_pragmas(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "busy_timeout=15000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Any) -> None:
    # A transaction that reads first and writes later cannot be upgraded under WAL once somebody
    # else wrote; taking the write lock at once makes writers queue instead of fail.
    mode = "IMMEDIATE" if connection.get_execution_options().get("genjin_write") else "DEFERRED"
    connection.exec_driver_sql(f"BEGIN {mode}")


def _leave_begin_to_us(connection: Any, _record: Any) -> None:
    connection.isolation_level = None


MISUSE = (IntegrityError, DataError, ProgrammingError, NotSupportedError)
"""What a database says to a wrong statement; all else says that it cannot work just now."""


def failure_code(error: SQLAlchemyError) -> str:
    """What a database calls its trouble (``SQLITE_BUSY``, ``40P01``), free of people's data."""
    cause = getattr(error, "orig", None)
    code = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None)
    return str(code or type(cause or error).__name__)


def make_engine(url: str) -> Engine:
    where = make_url(url)
    if where.drivername in ("postgresql", "postgres"):
        where = where.set(drivername="postgresql+psycopg")
    # Parameters are people's data; they never stand in an error or a log.
    engine = create_engine(where, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _leave_begin_to_us)
        event.listen(engine, "connect", _sqlite_pragmas)
        event.listen(engine, "begin", _begin_immediate)
    return engine


class UnitOfWork:
    """One session and the facts recorded in it."""

    def __init__(
        self, session: Session, bus: EventBus, clock: Clock, files: Path | None = None
    ) -> None:
        self.session = session
        self.clock = clock
        self.files = files
        """The folder of what is too large for the database."""
        self._bus = bus
        self._events: list[Event] = []

    def record(self, event: Event) -> None:
        self._events.append(event)

    def bump(self, counter: str) -> int:
        """The next value of a counter, within this transaction."""
        first = upsert(self.session, Counter).values(name=counter, value=1)
        value = self.session.scalar(
            first.on_conflict_do_update(
                index_elements=[Counter.name], set_={"value": Counter.value + 1}
            ).returning(Counter.value)
        )
        return int(value)

    def run_subscribers(self) -> None:
        while self._events:
            self._bus.publish(self, self._events.pop(0))


class Database:
    """Opens units of work (writing) and sessions (reading only)."""

    def __init__(self, url: str, bus: EventBus, clock: Clock, *, files: Path | None = None) -> None:
        self.engine = make_engine(url)
        self._files = files
        self._bus = bus
        self._clock = clock
        self._writing = sessionmaker(
            self.engine.execution_options(genjin_write=True), expire_on_commit=False
        )
        self._reading = sessionmaker(self.engine, expire_on_commit=False)

    @contextmanager
    def unit_of_work(self) -> Iterator[UnitOfWork]:
        """One transaction: the caller's work, then its subscribers', then the one commit."""
        with self._writing() as session:
            uow = UnitOfWork(session, self._bus, self._clock, self._files)
            yield uow
            session.flush()
            uow.run_subscribers()
            session.commit()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that never commits."""
        with self._reading() as session:
            yield session

    def dispose(self) -> None:
        self.engine.dispose()


def counter_value(session: Session, name: str) -> int:
    return session.scalar(select(Counter.value).where(Counter.name == name)) or 0


def upsert(session: Session, table: Any) -> Any:
    """An ``INSERT`` that takes ``ON CONFLICT``, in the dialect of the session's database."""
    make = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return make(table)


def insert_ignoring_conflicts(session: Session, table: Any) -> Any:
    return upsert(session, table).on_conflict_do_nothing()

"""The source: news first, then the calendar, then what was there before."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from agent.capture.base import Batch, Source, Surroundings
from agent.capture.exchange import folders
from agent.capture.exchange.agenda import Agenda
from agent.capture.exchange.backfill import Head
from agent.capture.exchange.connection import Connection, refuse_online
from agent.capture.exchange.cursor import FolderPosition, Position, item_id
from agent.capture.exchange.mailbox import Mailbox
from agent.capture.exchange.reading import Pass
from agent.capture.exchange.settings import Settings
from agent.capture.registry import Person
from agent.capture.signin import Password
from agent.errors import SourceAuthFailed, SourceError, SourceLacks

_LAYOUT_HOLDS = timedelta(minutes=10)
"""New folders are looked for this often."""


class ExchangeSource:
    def __init__(self, name: str, settings: Settings, around: Surroundings) -> None:
        self._name = name
        self._settings = settings
        self._clock = around.clock
        self._password = Password(name, around.secrets, account=settings.account)
        self._connection = Connection(name, settings, around.clock, self._password.refuse)
        self._mailbox = Mailbox(self._connection)
        self._layout: folders.Layout | None = None
        self._layout_from: datetime | None = None

    @property
    def type(self) -> str:
        return "exchange"

    @property
    def watched(self) -> Path | None:
        return None

    def poll(self, cursor: str | None) -> Iterator[Batch]:
        position = Position.load(cursor)
        layout = self._begin()
        reading = Pass(self._mailbox, layout, position, self._settings, self._clock)
        try:
            yield from reading.batches()
            self._complain(layout)
        except SourceError:
            self._layout = None  # perhaps a folder is no longer there, or there by now
            raise

    def inventory(self) -> Iterator[str]:
        layout = self._begin()
        now = self._clock.now()
        since = self._settings.since(self._clock).replace(microsecond=0)
        for folder in layout.mail:
            head = Head(self._mailbox, folder, FolderPosition(), since)
            while head.next_received is not None:
                yield item_id(folder.id, head.take())
        if layout.calendar is not None:
            agenda = Agenda(self._mailbox, layout.calendar, self._settings.address)
            yield from agenda.ids(since, now)
        self._complain(layout)

    def lacks(self) -> SourceLacks | None:
        return self._lacks(self._begin())

    def close(self) -> None:
        self._connection.close()

    def _begin(self) -> folders.Layout:
        """Raises ``SourceError``."""
        has_password = self._settings.auth != "kerberos"
        self._connection.begin(self._password.get() if has_password else "")
        now = self._clock.now()
        if (
            self._layout is None
            or self._layout_from is None
            or not timedelta() <= now - self._layout_from < _LAYOUT_HOLDS
        ):
            self._layout = folders.find(self._connection, self._settings)
            self._layout_from = now
        return self._layout

    def _complain(self, layout: folders.Layout) -> None:
        """Once everything else was read: what the person meant and the server does not have."""
        lacks = self._lacks(layout)
        if lacks is not None:
            raise lacks

    def _lacks(self, layout: folders.Layout) -> SourceLacks | None:
        for number in layout.missing[:1]:
            self._layout = None  # looked for again, until it is there
            return SourceLacks("mailbox_folder_missing", source=self._name, number=number)
        return None


def prove(name: str, settings: Settings, around: Surroundings, person: Person) -> None:
    """Ask for the password, try it once, and keep it when it is right. Raises ``SourceError``."""
    refuse_online(name, settings)
    secret = ""
    if settings.auth != "kerberos":
        what = "password_ask_client" if settings.auth == "oauth2" else "password_ask"
        secret = person.ask_secret(what, source=name)
        if not secret:
            raise SourceAuthFailed("password_missing", source=name)

    def refused(_: str) -> SourceError:
        return SourceAuthFailed("password_refused", source=name)

    connection = Connection(name, settings, around.clock, refused)
    try:
        connection.begin(secret)
        folders.greet(connection)
    finally:
        connection.close()
    if secret:
        Password(name, around.secrets, account=settings.account).keep(secret)


_: type[Source] = ExchangeSource

"""A mailbox of Microsoft 365: what is new in all folders first, then what is older."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from agent.capture.base import Batch, Surroundings
from agent.capture.calls import Calls
from agent.capture.graph import cursor as cursors
from agent.capture.graph.calendar import Calendar
from agent.capture.graph.client import Client
from agent.capture.graph.cursor import CALENDAR, Cursor, Track
from agent.capture.graph.faults import Missing, StateLost, Unsupported
from agent.capture.graph.folders import Folder, Folders, find
from agent.capture.graph.mail import Found, Mail
from agent.capture.graph.messages import KIND
from agent.capture.graph.settings import GraphSettings, origin
from agent.capture.graph.tokens import Tokens
from agent.capture.graph.wire import RETRY_S, Wire
from agent.errors import SourceLacks, SourceMisconfigured, SourceUnavailable

PAGE = 100
"""Rows of one page, with their bodies: larger ones run into the gateway's time limit."""
_FOLDERS_HOLD = timedelta(minutes=10)


@dataclass(slots=True)
class _Progress:
    done: int = 0
    total: int = 0


class GraphSource:
    def __init__(
        self,
        name: str,
        settings: GraphSettings,
        around: Surroundings,
        *,
        page: int = PAGE,
        most_known: int = cursors.MOST_KNOWN,
    ) -> None:
        """``most_known``: so many mails, and meetings, are remembered as told."""
        self._name = name
        self._most_known = most_known
        self._settings = settings
        self._clock = around.clock
        ca_file = str(settings.ca_file.expanduser()) if settings.ca_file else None
        self._calls = Calls(f"graph-{name}")
        self._wire = Wire(origin(settings.api_url)[1], ca_file)
        tokens = Tokens(name, settings, around, self._wire)
        self._client = Client(
            name,
            settings,
            wire=self._wire,
            tokens=tokens,
            calls=self._calls,
            clock=around.clock,
            page=page,
        )
        self._folders: Folders | None = None
        self._folders_at: datetime | None = None

    @property
    def type(self) -> str:
        return KIND

    @property
    def watched(self) -> Path | None:
        return None

    def close(self) -> None:
        self._calls.close()
        self._wire.close()

    def poll(self, cursor: str | None) -> Iterator[Batch]:
        state = cursors.load(cursor, self._client.is_ours)
        try:
            yield from self._poll(state)
        except (StateLost, Missing, Unsupported):
            # Where a question has no answer to say so: the server contradicts itself.
            raise SourceUnavailable("graph_server_error", retry_after=RETRY_S) from None

    def inventory(self) -> Iterator[str]:
        folders = self._find()
        now = self._client.now()
        mail = Mail(self._client, folders, cursors.Known(), since=self._since(now), now=now)
        try:
            for folder in folders.found:
                for page in mail.listed(folder):
                    yield from (row["id"] for row in page)
            if self._settings.calendar:
                yield from self._calendar(Cursor(), now).inventory()
        except (StateLost, Missing, Unsupported):
            self._folders = None
            raise SourceUnavailable("graph_server_error", retry_after=RETRY_S) from None
        self._complain(folders)

    def lacks(self) -> SourceLacks | None:
        return self._lacks(self._find())

    def _poll(self, state: Cursor) -> Iterator[Batch]:
        folders = self._find()
        try:
            yield from self._read(state, folders)
        except Missing:
            self._complain(folders)  # where nothing at all is there, that says what to do
            raise
        self._complain(folders)

    def _read(self, state: Cursor, folders: Folders) -> Iterator[Batch]:
        now = self._client.now()
        since = self._since(now)
        state.mails.trim(since - timedelta(days=1), self._most_known)
        state.meetings.trim(since - timedelta(days=8), self._most_known)
        state.series.trim(state.meetings)
        mail = Mail(self._client, folders, state.mails, since=since, now=now)
        wanted = {*folders.ids, *((CALENDAR,) if self._settings.calendar else ())}
        state.tracks = {key: track for key, track in state.tracks.items() if key in wanted}
        progress = _Progress()
        for folder in folders.found:
            mail.prepare(state.tracks.setdefault(folder.id, Track()))
            yield from self._batches(state, folder, mail.news, progress)
        if self._settings.calendar:
            calendar = self._calendar(state, now)
            for found in calendar.poll(state.tracks.setdefault(CALENDAR, Track())):
                if found:
                    yield _batch(state, found, progress)
        building = [
            folder
            for folder in folders.found
            if folder.id in state.tracks and not state.tracks[folder.id].is_built
        ]
        progress.total = sum(mail.count(folder) for folder in building)
        for folder in folders.found:
            if folder.id in state.tracks:
                yield from self._batches(state, folder, mail.older, progress)

    def _batches(
        self,
        state: Cursor,
        folder: Folder,
        read: Callable[[Folder, Track], Iterator[Found]],
        progress: _Progress,
    ) -> Iterator[Batch]:
        track = state.tracks[folder.id]
        try:
            for found in read(folder, track):
                progress.done += found.rows if progress.total else 0
                if found:
                    yield _batch(state, found, progress)
        except Missing:
            # Deleted meanwhile. Its mails lie elsewhere or nowhere; the audit will tell.
            self._folders = None
            del state.tracks[folder.id]
            yield _batch(state, Found(), progress)

    def _find(self) -> Folders:
        """The folders that are meant: looked up now and then, and again as long as one of them is
        not there."""
        now, held = self._clock.now(), self._folders_at
        is_held = held is not None and held <= now < held + _FOLDERS_HOLD
        if self._folders is None or self._folders.missing or not is_held:
            try:
                self._folders, self._folders_at = find(self._client, self._settings), now
            except (StateLost, Unsupported):
                raise SourceUnavailable("graph_server_error", retry_after=RETRY_S) from None
            except Missing:
                raise SourceMisconfigured("graph_no_mailbox", source=self._name) from None
        return self._folders

    def _complain(self, folders: Folders) -> None:
        lacks = self._lacks(folders)
        if lacks is not None:
            raise lacks

    def _lacks(self, folders: Folders) -> SourceLacks | None:
        if not folders.missing:
            return None
        numbers = ", ".join(str(number) for number in folders.missing)
        return SourceLacks("graph_folder_missing", source=self._name, numbers=numbers)

    def _since(self, now: datetime) -> datetime:
        return (now - timedelta(days=self._settings.since_days)).replace(microsecond=0)

    def _calendar(self, state: Cursor, now: datetime) -> Calendar:
        return Calendar(
            self._client,
            state.meetings,
            state.series,
            since_days=self._settings.since_days,
            now=now,
        )


def _batch(state: Cursor, found: Found, progress: _Progress) -> Batch:
    return Batch(
        cursor=state.dump(),
        captures=tuple(found.captures),
        broken=tuple(found.broken),
        removed=tuple(found.removed),
        emptied=tuple(found.emptied),
        done=min(progress.done, progress.total),
        total=progress.total,
    )

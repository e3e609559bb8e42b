"""One pass over the mailbox, page by page; the cursor of each page is true once it is safe."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from agent.capture.base import Batch, Seen
from agent.capture.exchange import letter
from agent.capture.exchange.agenda import PREFIX, Agenda
from agent.capture.exchange.backfill import Head
from agent.capture.exchange.cursor import (
    CalendarPosition,
    FolderPosition,
    Position,
    folder_prefix,
    item_id,
    mark,
)
from agent.capture.exchange.elements import Fields
from agent.capture.exchange.folders import Folder, Layout
from agent.capture.exchange.mailbox import Gone, Mailbox, SyncStateLost, sound
from agent.capture.exchange.part import Part
from agent.capture.exchange.services import MAX_PAGE
from agent.capture.exchange.settings import Settings
from agent.capture.mailbox import PAGE
from agent.clock import Clock
from agent.errors import BadItem

_NEWS_EVERY = timedelta(seconds=60)
"""A long backfill is interrupted for what has come in meanwhile."""


class Pass:
    def __init__(
        self, mailbox: Mailbox, layout: Layout, position: Position, settings: Settings, clock: Clock
    ) -> None:
        """``position`` is changed as the pass goes on."""
        self._mailbox = mailbox
        self._layout = layout
        self._position = position
        self._clock = clock
        self._settings = settings
        self._since = settings.since(clock).replace(microsecond=0)
        self._done = 0
        self._total = 0

    def batches(self) -> Iterator[Batch]:
        forgotten = self._forgotten()
        if forgotten.emptied:
            yield self._batch(forgotten)
        while True:
            news_at = self._clock.now()
            for folder in self._layout.mail:
                yield from self._news(folder)
            if self._layout.calendar is not None:
                yield from self._calendar(self._layout.calendar)
            before = self._position.dump()
            for batch in self._backfill():
                before = batch.cursor
                yield batch
                if self._clock.now() - news_at >= _NEWS_EVERY:
                    break
            else:
                if self._position.dump() != before:  # the end was reached without another item
                    yield self._batch(Part())
                return

    def _batch(self, part: Part) -> Batch:
        return part.batch(self._position.dump(), done=self._done, total=self._total)

    def _forgotten(self) -> Part:
        """Folders that are no longer there, or no longer wanted."""
        part = Part()
        wanted = {folder.key for folder in self._layout.mail}
        for key in [key for key in self._position.folders if key not in wanted]:
            del self._position.folders[key]
            part.emptied.append(folder_prefix(key))
        calendar = self._layout.calendar
        known = self._position.calendar
        if known is not None and (calendar is None or calendar.key != known.folder):
            self._position.calendar = None
            part.emptied.append(PREFIX)
        return part

    def _news(self, folder: Folder) -> Iterator[Batch]:
        position = self._position.folders.setdefault(folder.key, FolderPosition())
        while True:
            is_walk = not position.walked
            try:
                page = self._mailbox.changes(
                    folder.id, position.state, limit=MAX_PAGE if is_walk else PAGE, bare=is_walk
                )
            except SyncStateLost:
                yield self._start_over(folder, position)
                continue
            if page.count or is_walk or not page.is_last:
                part = Part()
                if not is_walk:
                    put = {one.item.id: one.item for one in page.changes if one.kind == "put"}
                    gone = [one.item.id for one in page.changes if one.kind == "gone"]
                    part = self._read(
                        [
                            (folder, one.id)
                            for one in put.values()
                            if one.received is not None
                            and one.received >= self._since
                            and letter.is_letter(one.item_class)
                        ]
                    )
                    part.removed += [item_id(folder.id, one) for one in gone]
                if not page.is_last:
                    self._mailbox.check_progress(position.state, page)
                position.state = page.state
                position.walked = position.walked or page.is_last
                yield self._batch(part)
            if page.is_last:
                return

    def _start_over(self, folder: Folder, position: FolderPosition) -> Batch:
        """What happened since the lost mark is unknown: the folder is read anew."""
        position.state, position.walked = None, False
        position.reached, position.done = None, []
        return self._batch(Part(emptied=[folder_prefix(folder.key)]))

    def _calendar(self, folder: Folder) -> Iterator[Batch]:
        if self._position.calendar is None:
            self._position.calendar = CalendarPosition(folder=folder.key)
        agenda = Agenda(self._mailbox, folder, self._settings.address)
        for part in agenda.news(self._position.calendar, self._since, self._clock.now()):
            yield self._batch(part)

    def _backfill(self) -> Iterator[Batch]:
        heads = [
            Head(self._mailbox, folder, self._position.folders[folder.key], self._since)
            for folder in self._layout.mail
        ]
        left: int | None = None
        while True:
            order: list[tuple[Folder, str]] = []
            while len(order) < PAGE:
                live = [(received, head) for head in heads if (received := head.next_received)]
                if left is None:
                    left = sum(head.left for head in heads)
                    self._total = max(self._total, self._done + left)
                if not live:
                    break
                _, head = max(live, key=lambda pair: pair[0])
                order.append((head.folder, head.take()))
            if not order:
                return
            part = self._read(order)
            part.captures.sort(key=lambda one: one.occurred_at, reverse=True)
            self._done += len(order)
            yield self._batch(part)

    def _read(self, wanted: Sequence[tuple[Folder, str]]) -> Part:
        part = Part()
        answers = self._mailbox.mails([id_ for _, id_ in wanted])
        for (folder, id_), answer in zip(wanted, answers, strict=True):
            if isinstance(answer, Gone):
                continue  # there is a change to come that says where it went
            external_id = item_id(folder.id, id_)
            try:
                fields = sound(answer)
                part.captures.append(
                    letter.read(
                        fields,
                        external_id=external_id,
                        folder=folder.path,
                        fallback=self._clock.now(),
                        raw=self._mime(fields),
                    )
                )
            except BadItem as error:
                part.broken.append(Seen(external_id, mark(id_), error.code))
        return part

    def _mime(self, fields: Fields) -> bytes | None:
        if not letter.needs_mime(fields.text("ItemClass")):
            return None
        answer = self._mailbox.mime(fields.id)
        return letter.decoded_mime(answer) if isinstance(answer, Fields) else None

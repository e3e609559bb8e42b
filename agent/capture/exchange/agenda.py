"""The calendar: the server tells that something changed, the view of the calendar tells what.

A series stands in the folder as one item; its occurrences, moved and cancelled ones, exist only in
the view between two dates. So whenever anything changed, and once a day because the window rolls
on, the view is listed, and what is new or different in it is read.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from agent.capture.base import Capture, Seen
from agent.capture.exchange import appointment
from agent.capture.exchange.cursor import CalendarPosition, Occurred, mark
from agent.capture.exchange.folders import Folder
from agent.capture.exchange.mailbox import Gone, Mailbox, Occurrence, SyncStateLost, sound
from agent.capture.exchange.part import Part
from agent.capture.mailbox import PAGE
from agent.errors import BadItem
from agent.rules.identity import normalize_email

AHEAD = timedelta(days=60)
PREFIX = "calendar/"
_SLICE = timedelta(days=60)
"""The server lists at most 1,000 occurrences at once."""
_DAY = timedelta(days=1)
_WALK = 512


class Agenda:
    def __init__(self, mailbox: Mailbox, folder: Folder, owner: str) -> None:
        """``owner``: address of whose calendar it is."""
        self._mailbox = mailbox
        self._folder = folder
        self._owner = normalize_email(owner)

    def news(self, position: CalendarPosition, since: datetime, now: datetime) -> Iterator[Part]:
        """Changes ``position`` as it goes: it is true of each part when that is yielded."""
        state, has_changed = self._signal(position.state)
        start, end = _window(since, now)
        window = f"{start:%Y%m%d}-{end:%Y%m%d}"
        if not has_changed and window == position.window:
            return
        listed = self._listed(start, end)
        different = sorted(
            (
                (id_, one)
                for id_, one in listed.items()
                if id_ not in position.seen or position.seen[id_].key != mark(one.change_key)
            ),
            key=lambda pair: pair[1].start,
            reverse=True,
        )
        for at in range(0, len(different), PAGE):
            part = self._read(position, different[at : at + PAGE])
            if at + PAGE < len(different):
                yield part
                continue
            break
        else:
            part = Part()
        within = range(int(start.timestamp()), int(end.timestamp()))
        part.removed += [
            id_ for id_, one in position.seen.items() if id_ not in listed and one.start in within
        ]
        position.seen = {id_: one for id_, one in position.seen.items() if id_ in listed}
        position.state, position.window = state, window
        yield part

    def ids(self, since: datetime, now: datetime) -> list[str]:
        return list(self._listed(*_window(since, now)))

    def _signal(self, state: str | None) -> tuple[str, bool]:
        """The mark to go on from, and whether anything has happened since ``state``."""
        has_changed = state is None
        while True:
            try:
                page = self._mailbox.changes(self._folder.id, state, limit=_WALK, bare=True)
            except SyncStateLost:
                state, has_changed = None, True
                continue
            has_changed = has_changed or page.count > 0
            if page.is_last:
                return page.state, has_changed
            self._mailbox.check_progress(state, page)
            state = page.state

    def _listed(self, start: datetime, end: datetime) -> dict[str, Occurrence]:
        found: dict[str, Occurrence] = {}
        while end > start:
            begin = max(start, end - _SLICE)
            for one in self._mailbox.occurrences(self._folder.id, begin, end):
                found.setdefault(appointment.occurrence_id(one), one)
            end = begin
        return found

    def _read(self, position: CalendarPosition, wanted: Sequence[tuple[str, Occurrence]]) -> Part:
        part = Part()
        answers = self._mailbox.meetings([one.id for _, one in wanted])
        for (id_, one), answer in zip(wanted, answers, strict=True):
            if isinstance(answer, Gone):
                continue  # there is a change to come that says so
            known = position.seen.get(id_)
            capture: Capture | None = None
            try:
                fields = sound(answer)
                capture = appointment.read(
                    fields, external_id=id_, owner=self._owner, folder=self._folder.path
                )
                version = capture.version
            except BadItem as error:
                version = mark(one.change_key)
                part.broken.append(Seen(id_, version, error.code))
            else:
                if appointment.is_note(fields):
                    capture = None
                    part.excluded.append(Seen(id_, version, "item_all_day_note"))
            if capture is not None and (known is None or known.version != version):
                part.captures.append(capture)
            position.seen[id_] = Occurred(mark(one.change_key), version, int(one.start.timestamp()))
        return part


def _window(since: datetime, now: datetime) -> tuple[datetime, datetime]:
    """Whole days, so that it rolls on once a day."""
    return _midnight(since), _midnight(now + AHEAD) + _DAY


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)

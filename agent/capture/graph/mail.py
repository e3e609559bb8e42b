"""The mail folders: what is new, what is older, what a round has left out."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from agent.capture.base import Capture, Seen
from agent.capture.graph import details, messages
from agent.capture.graph.client import Client, Row, rows_of
from agent.capture.graph.cursor import ROUNDS, Known, Track, short
from agent.capture.graph.faults import Missing, StateLost, Unsupported
from agent.capture.graph.folders import Folder, Folders
from agent.capture.graph.wire import RETRY_S
from agent.errors import BadItem, SourceUnavailable

RECENT = timedelta(days=2)
"""So far back the first, short round goes: today's mail comes before last month's."""
WINDOW_GREW = timedelta(days=1, hours=12)
"""The window moves on with time; when it begins this much earlier, ``since_days`` was changed."""
_DELTA = ("messages", "delta")
_LISTED = "1000"
_FETCHED = 100
"""Whole mails that are asked for and told together."""
_WALKED = "id,receivedDateTime,lastModifiedDateTime"
_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_SECOND = timedelta(seconds=1)


@dataclass(slots=True)
class Found:
    """What one page brought."""

    captures: list[Capture] = field(default_factory=list)
    broken: list[Seen] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    emptied: list[str] = field(default_factory=list)
    rows: int = 0
    is_saving: bool = False
    """The cursor has moved in a way that is worth keeping, though nothing was found."""

    def __bool__(self) -> bool:
        return bool(self.captures or self.broken or self.removed or self.emptied or self.is_saving)


class Mail:
    def __init__(
        self, client: Client, folders: Folders, known: Known, *, since: datetime, now: datetime
    ) -> None:
        self._client = client
        self._folders = folders
        self._known = known
        self._since = since
        self._now = now

    def prepare(self, track: Track) -> None:
        """A window that reaches further back than the one that was read is read anew; what was
        told of it is not told again."""
        if track.since and self._since < datetime.fromisoformat(track.since) - WINDOW_GREW:
            track.building = None
            track.is_built = track.is_checked = False
            track.since, track.marked, track.checked_to = "", "", ""
            track.checked = []

    def news(self, folder: Folder, track: Track) -> Iterator[Found]:
        """Everything that changed since the last time. ``Missing`` when the folder is gone."""
        if not track.supported:
            return
        restarted = False
        rounds = 0
        while rounds < ROUNDS:
            is_new = track.steady is None
            try:
                if track.steady is None:
                    answer = self._begin(folder, max(self._since, self._now - RECENT))
                else:
                    answer = self._client.follow(track.steady)
            except StateLost:
                if restarted:
                    raise SourceUnavailable("graph_server_error", retry_after=RETRY_S) from None
                restarted = True
                track.restart()
                continue
            except Unsupported:
                track.supported = False
                return
            following = self._client.link(answer, "nextLink")
            end = None if following else self._client.delta_link(answer)
            found = self._settle(rows_of(answer), folder, track)
            goes_on = track.go_on(following, end)
            found.is_saving = is_new or goes_on or found.rows > 0
            rounds += following is None
            is_news = bool(found)
            yield found
            if not is_news:
                return

    def older(self, folder: Folder, track: Track) -> Iterator[Found]:
        """The rest of the window, newest first, and then what no round has told."""
        if not track.supported:
            yield from self._compare(folder, track)
            return
        restarted = False
        while not track.is_built:
            try:
                if track.building is None:
                    track.since = f"{self._since:{_FORMAT}}"
                    answer = self._begin(folder, self._since)
                else:
                    answer = self._client.follow(track.building)
            except StateLost:
                if restarted:
                    raise SourceUnavailable("graph_server_error", retry_after=RETRY_S) from None
                restarted, track.building = True, None
                continue
            found = self._settle(rows_of(answer), folder, track)
            following = self._client.link(answer, "nextLink")
            fresh = track.building = following or self._client.delta_link(answer)
            # Not for the end of a round that was saved before: whoever stops after each batch
            # would never get beyond it.
            found.is_saving = following is not None or found.rows > 0
            yield found
            if following is None:
                # What changed before the round's own link was made, the steady one tells.
                yield from self.news(folder, track)
                track.steady, track.building, track.is_built = fresh, None, True
                track.is_midway = False
                yield Found(is_saving=True)
                # And what changed while the round was under way.
                yield from self.news(folder, track)
        if not track.is_checked:
            yield from self._fill_gaps(folder, track)

    def _begin(self, folder: Folder, since: datetime) -> Row:
        path = self._client.path("mailFolders", folder.id, *_DELTA)
        window = {"$filter": f"receivedDateTime ge {since:{_FORMAT}}"}
        newest_first = {"$orderby": "receivedDateTime desc"}
        for query in (
            {"$select": messages.SELECT, **window, **newest_first},
            # What a server may find too much to ask of its changes is asked for later.
            {"$select": messages.BARE_SELECT, **window, **newest_first},
            {"$select": messages.BARE_SELECT, **window},
        ):
            try:
                return self._client.get_with(path, query)
            except Unsupported:
                continue
            except Missing:
                # Is the folder there, and only its changes are not told?
                self._client.get(self._client.path("mailFolders", folder.id), select="id")
                break
        raise Unsupported

    def count(self, folder: Folder) -> int:
        """How many mails the window holds; 0 when the server does not tell."""
        path = self._client.path("mailFolders", folder.id, "messages")
        window = f"receivedDateTime ge {self._since:{_FORMAT}}"
        try:
            answer = self._client.get(path, filter=window, count="true", top="1", select="id")
        except (Missing, Unsupported):
            return 0
        count = answer.get("@odata.count")
        return count if isinstance(count, int) and count > 0 else 0

    def listed(
        self,
        folder: Folder,
        select: str = "id",
        *,
        changed_since: str = "",
        down_from: str = "",
    ) -> Iterator[list[Row]]:
        """The window of a folder, in pages."""
        path = self._client.path("mailFolders", folder.id, "messages")
        query = {
            "$select": select,
            "$filter": f"receivedDateTime ge {self._since:{_FORMAT}}",
            "$orderby": "receivedDateTime desc",
            "$top": _LISTED,
        }
        if down_from:
            # Exchange keeps fractions of a second but shows none.
            end = datetime.fromisoformat(down_from) + _SECOND
            query["$filter"] += f" and receivedDateTime lt {end:{_FORMAT}}"
        if changed_since:
            query["$filter"] += f" and lastModifiedDateTime ge {changed_since}"
        yield from self._client.rows(path, query)

    def _fill_gaps(self, folder: Folder, track: Track) -> Iterator[Found]:
        """A filtered round may end early; the list of the folder knows what it left out.

        Goes on where it was left only in a large mailbox, of which more is told than is
        remembered: what was moved in meanwhile may lie above."""
        track.since = track.since or f"{self._since:{_FORMAT}}"
        if not self._known.may_have_forgotten:
            track.checked_to, track.checked = "", []
        try:
            for page in self.listed(folder, _WALKED, down_from=track.checked_to):
                if not track.supported and not track.marked:
                    track.marked = max(map(_changed, page), default="")
                missed = [
                    row
                    for row in page
                    if self._is_missed(row, track.floor) and short(row["id"]) not in track.checked
                ]
                is_sorted = _is_sorted(page)
                for at in range(0, len(missed), _FETCHED):
                    part = missed[at : at + _FETCHED]
                    found = self._told(part, folder, track if track.supported else None)
                    if is_sorted:
                        _move_down(track, part)
                    yield found
        except Unsupported:
            pass  # the audit compares as well, in its own way
        track.is_built = track.is_checked = True
        track.floor = track.checked_to = ""
        track.checked = []
        yield Found(is_saving=True)

    def _compare(self, folder: Folder, track: Track) -> Iterator[Found]:
        """Where the server tells no changes (the cloud in China): what is new in the list, and
        what was changed since the last look; then the rest of the window."""
        if track.marked or track.is_checked:
            newest, before = track.marked, track.marked
            for page in self.listed(folder, _WALKED, changed_since=before):
                newest = max((newest, *map(_changed, page)))
                fresh = [row for row in page if self._is_missed(row, before)]
                for at in range(0, len(fresh), _FETCHED):
                    yield self._told(fresh[at : at + _FETCHED], folder, None)
            if newest != before:
                track.marked = newest
                yield Found(is_saving=True)
        if not track.is_checked:
            yield from self._fill_gaps(folder, track)

    def _is_missed(self, row: Row, floor: str) -> bool:
        return not self._known.has(row["id"]) or bool(floor and _changed(row) >= floor)

    def _told(self, rows: Sequence[Row], folder: Folder, track: Track | None) -> Found:
        return self._settle([{"id": row["id"]} for row in rows], folder, track)

    def _settle(self, rows: Sequence[Row], folder: Folder, track: Track | None = None) -> Found:
        found = Found(rows=len(rows))
        latest = {row["id"]: row for row in rows}
        lost = [key for key, row in latest.items() if "@removed" in row]
        there = details.still_there(self._client, lost, self._folders.ids) if lost else set()
        for external_id in lost:
            if external_id not in there:
                self._known.forget(external_id)
                found.removed.append(external_id)
        changed = [row for row in latest.values() if "@removed" not in row]
        whole = details.whole(self._client, changed)
        new = [one for one in whole if self._is_wanted(one, found)]
        details.complete(self._client, new, is_sent=folder.is_sent)
        for one in new:
            self._take(one, folder, found)
        if track is not None:
            changes = (str(one.row.get("lastModifiedDateTime") or "") for one in whole)
            track.marked = max((track.marked, *changes))
        return found

    def _is_wanted(self, one: details.Detailed, found: Found) -> bool:
        if one.is_gone:
            return False
        if one.is_broken:
            self._set_aside(one, "item_unreadable", found)
            return False
        try:
            moment = messages.received(one.row)
        except BadItem as bad:
            self._set_aside(one, bad.code, found)
            return False
        if moment < self._since:
            return False
        return not self._known.is_told(one.row["id"], messages.version_of(one.row))

    def _take(self, one: details.Detailed, folder: Folder, found: Found) -> None:
        if one.is_gone:
            return
        if one.is_broken:
            self._set_aside(one, "item_unreadable", found)
            return
        try:
            capture = messages.compose(one.row, one.attachments, folder.path)
        except BadItem as bad:
            self._set_aside(one, bad.code, found)
            return
        self._known.note(capture.external_id, capture.version, messages.received(one.row))
        found.captures.append(capture)

    def _set_aside(self, one: details.Detailed, code: str, found: Found) -> None:
        external_id, version = one.row["id"], messages.version_of(one.row)
        if self._known.is_told(external_id, version):
            return
        self._known.note(external_id, version, self._now)
        found.broken.append(Seen(external_id, version, code))


def _changed(row: Row) -> str:
    return str(row.get("lastModifiedDateTime") or "")


def _is_sorted(page: Sequence[Row]) -> bool:
    try:
        moments = [messages.received(row) for row in page]
    except BadItem:
        return False
    return all(later >= earlier for later, earlier in itertools.pairwise(moments))


def _move_down(track: Track, told: Sequence[Row]) -> None:
    seconds = [f"{messages.received(row):{_FORMAT}}" for row in told]
    if track.checked_to != seconds[-1]:
        track.checked_to, track.checked = seconds[-1], []
    track.checked += [
        short(row["id"]) for row, at in zip(told, seconds, strict=True) if at == seconds[-1]
    ]

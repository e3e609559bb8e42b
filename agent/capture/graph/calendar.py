"""The calendar: every occurrence within a window that moves on week by week.

The window is written into the links of a round. So it ends beyond what is needed by a week, and
each week a new round is begun while the links of the old one still tell the news.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from agent.capture.base import Seen
from agent.capture.graph import events
from agent.capture.graph.client import Client, Row, rows_of
from agent.capture.graph.cursor import ROUNDS, Known, Series, Track
from agent.capture.graph.faults import Missing, StateLost, Unsupported
from agent.capture.graph.mail import Found
from agent.capture.graph.wire import RETRY_S
from agent.errors import BadItem, SourceUnavailable

AHEAD = timedelta(days=60)
_WEEK = timedelta(days=7)
_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_GONE = 404


def external_id(event_id: str, master: str) -> str:
    """Occurrences begin with their series, so that it can be said to be gone as a whole."""
    return f"{master}/{event_id}" if master else event_id


def window(now: datetime, since_days: int) -> tuple[str, str]:
    """From Monday to Monday: the same for a reading and the audit behind it."""
    monday = (now - timedelta(days=now.weekday())).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    return (
        f"{monday - timedelta(days=since_days):{_FORMAT}}",
        f"{monday + AHEAD + _WEEK:{_FORMAT}}",
    )


class Calendar:
    def __init__(
        self, client: Client, known: Known, series: Series, *, since_days: int, now: datetime
    ) -> None:
        self._client = client
        self._known = known
        self._series = series
        self._now = now
        self._since, self._until = window(now, since_days)
        self._masters: dict[str, Row] = {}

    def poll(self, track: Track) -> Iterator[Found]:
        if (track.since, track.until) != (self._since, self._until):
            track.since, track.until = self._since, self._until
            track.building, track.is_built = None, False
        if track.supported:
            yield from self._news(track)
        if track.supported and not track.is_built:
            yield from self._build(track)
        if not track.supported:
            yield from self._compare()

    def inventory(self) -> Iterator[str]:
        for page in self.listed("id,type,seriesMasterId"):
            yield from (external_id(row["id"], row.get("seriesMasterId") or "") for row in page)

    def listed(self, select: str) -> Iterator[list[Row]]:
        query = {
            "startDateTime": self._since,
            "endDateTime": self._until,
            "$select": select,
            "$top": "250",
        }
        for page in self._client.rows(self._client.path("calendarView"), query):
            yield [row for row in page if row.get("type") != events.MASTER]

    def _news(self, track: Track) -> Iterator[Found]:
        rounds = 0
        while track.steady is not None and rounds < ROUNDS:
            try:
                answer = self._client.follow(track.steady)
            except StateLost:
                track.restart()
                return
            except Unsupported:
                track.supported = False
                return
            following = self._client.link(answer, "nextLink")
            end = None if following else self._client.delta_link(answer)
            found = self._settle(rows_of(answer), is_first=False)
            goes_on = track.go_on(following, end)
            found.is_saving = goes_on or found.rows > 0
            rounds += following is None
            is_news = bool(found)
            yield found
            if not is_news:
                return

    def _build(self, track: Track) -> Iterator[Found]:
        restarted = False
        while not track.is_built:
            try:
                if track.building is None:
                    answer = self._client.get_with(
                        self._client.path("calendarView", "delta"),
                        {"startDateTime": self._since, "endDateTime": self._until},
                    )
                else:
                    answer = self._client.follow(track.building)
            except StateLost:
                if restarted:
                    raise SourceUnavailable("graph_server_error", retry_after=RETRY_S) from None
                restarted, track.building = True, None
                continue
            except (Unsupported, Missing):
                track.supported = False
                return
            following = self._client.link(answer, "nextLink")
            found = self._settle(rows_of(answer), is_first=True)
            fresh = track.building = following or self._client.delta_link(answer)
            # Not for the end of a round that was saved before: whoever stops after each batch
            # would never get beyond it.
            found.is_saving = following is not None or found.rows > 0
            yield found
            if following is None:
                # What was removed between the news above and the new round, the old link tells.
                yield from self._news(track)
                track.steady, track.building, track.is_built = fresh, None, True
                track.is_midway = False
                yield Found(is_saving=True)
                yield from self._news(track)
                return  # built, even if the new link is lost already: not for ever in one pass

    def _compare(self) -> Iterator[Found]:
        """Where the server tells no changes: the whole list, of which little is new."""
        for page in self.listed(events.SELECT):
            found = Found(rows=len(page))
            for row in page:
                self._take(row, found)
            yield found

    def _settle(self, rows: Sequence[Row], *, is_first: bool) -> Found:
        found = Found(rows=len(rows))
        latest = {row["id"]: row for row in rows}
        changed: list[Row] = []
        for event_id, row in latest.items():
            if "@removed" in row:
                self._lose(event_id, found)
            elif row.get("type") == events.MASTER:
                self._masters[event_id] = row
                if self._known.has(event_id):  # a single meeting that became a series
                    self._known.forget(event_id)
                    found.removed.append(event_id)
            else:
                changed.append(row)
        if not is_first:
            told = {row["id"] for row in changed}
            changed += [row for row in self._instances(latest) if row["id"] not in told]
        for row in self._whole(changed):
            self._take(row, found)
        return found

    def _lose(self, event_id: str, found: Found) -> None:
        if self._known.has(event_id):
            master = self._series.of(event_id)
            self._known.forget(event_id)
            found.removed.append(external_id(event_id, master))
        elif self._series.drop(event_id, self._known):
            found.emptied.append(external_id("", event_id))

    def _instances(self, latest: dict[str, Row]) -> list[Row]:
        """A series that was changed changes its occurrences, whether they are told or not."""
        found: list[Row] = []
        for event_id, row in latest.items():
            if row.get("type") != events.MASTER or "@removed" in row:
                continue
            path = self._client.path("events", event_id, "instances")
            query = {
                "startDateTime": self._since,
                "endDateTime": self._until,
                "$select": events.SELECT,
            }
            try:
                for page in self._client.rows(path, query):
                    found += page
            except (Missing, Unsupported):
                continue
        return found

    def _whole(self, rows: Sequence[Row]) -> list[Row]:
        """Occurrences with what their series says; what no series explains is asked for."""
        short = [row for row in rows if not events.is_whole(row)]
        wanted = dict.fromkeys(
            str(row["seriesMasterId"])
            for row in short
            if row.get("seriesMasterId") and row.get("type") == events.OCCURRENCE
        )
        unknown = [one for one in wanted if not events.is_whole(self._masters.get(one, {}))]
        for one, answer in zip(unknown, self._events(unknown), strict=True):
            if isinstance(answer, dict):
                self._masters[one] = answer
        whole: list[Row] = [row for row in rows if events.is_whole(row)]
        alone: list[Row] = []
        for row in short:
            master = self._masters.get(str(row.get("seriesMasterId")), {})
            if row.get("type") == events.OCCURRENCE and events.is_whole(master):
                whole.append(events.of_series(row, master))
            else:
                alone.append(row)
        for row, answer in zip(alone, self._events([row["id"] for row in alone]), strict=True):
            if isinstance(answer, dict):
                whole.append({**answer, "id": row["id"]})
            elif answer != _GONE:
                whole.append(row)  # damaged, and told as such
        return whole

    def _events(self, ids: Sequence[str]) -> list[Row | int]:
        paths = [f"{self._client.path('events', one)}?$select={events.SELECT}" for one in ids]
        return self._client.each(paths)

    def _take(self, row: Row, found: Found) -> None:
        key, version = row["id"], events.version(row)
        if self._known.is_told(key, version):
            return
        master = row.get("seriesMasterId") or ""
        try:
            capture = events.compose(row, external_id(key, master))
            moment = capture.occurred_at
        except BadItem as bad:
            moment = self._now
            found.broken.append(Seen(external_id(key, master), version, bad.code))
        else:
            found.captures.append(capture)
        self._known.note(key, version, moment)
        if master:
            self._series.note(master, key)

"""In-memory doubles of everything the agent touches. Product code: documented and kept working.

FrozenClock      time that moves only when told to
ListSource       a source over a list of captures, with a real cursor
BellSource       the same, whose server tells of news
MemoryServer     a ``Remote`` that holds state like the real server, and fails on demand
DictSecrets      passwords in a dictionary
MemoryDesktop    remembers what was shown
WordTagger       tags fixed words
ScriptedEars     hears what it is told to
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from agent.capture.base import Batch, Capture, Seen
from agent.contract.activity import Activity, Kind
from agent.contract.device import Heartbeat, HeartbeatReply, PairReply
from agent.contract.directory import (
    DirectoryContact,
    DirectoryCustomer,
    DirectoryDelta,
    NewCustomer,
)
from agent.contract.forget import ForgetReply, ForgetRequest
from agent.contract.ingest import BatchReply, ItemResult
from agent.contract.policy import Policy
from agent.contract.reminder import ReminderOut
from agent.contract.tag import Category, Commitment, Speaker, Tag, Turn, transcript
from agent.contract.tagger import TaggerData
from agent.errors import (
    CursorExpired,
    DeliveryError,
    DeliveryRefused,
    SourceError,
    SpeechUnavailable,
)
from agent.notify.desktop import Shown


class FrozenClock:
    def __init__(self, now: datetime = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, **by: float) -> None:
        """``advance(minutes=5)``."""
        self._now += timedelta(**by)


@dataclass
class ListSource:
    """Yields ``items`` in pages; its cursor counts the changes that are safe.

    An item that is put again under the same external id is a change of it. ``fault`` is raised at
    the next poll; ``fault_after`` pages of a pass it is raised in the middle.
    """

    items: list[Capture] = field(default_factory=list)
    type: str = "list"
    watched: Path | None = None
    page: int = 2
    pending: list[Seen] = field(default_factory=list)
    broken: list[Seen] = field(default_factory=list)
    fault: SourceError | None = None
    fault_after: int = 0
    passed_over: set[str] = field(default_factory=set)
    """External ids a careless cursor skips, unless it starts from the beginning."""
    closed: bool = False

    def poll(self, cursor: str | None) -> Iterator[Batch]:
        start = 0
        if cursor is not None:
            if not cursor.isdigit() or int(cursor) > len(self.items):
                raise CursorExpired
            start = int(cursor)
        if self.fault is not None and self.fault_after == 0:
            raise self.fault
        for pages, begin in enumerate(range(start, len(self.items), self.page), 1):
            page = self.items[begin : begin + self.page]
            end = begin + len(page)
            captures = tuple(
                item for item in page if cursor is None or item.external_id not in self.passed_over
            )
            yield Batch(
                cursor=str(end), captures=captures, done=end - start, total=len(self.items) - start
            )
            if self.fault is not None and pages >= self.fault_after:
                raise self.fault
        if self.pending or self.broken:
            yield Batch(
                cursor=str(len(self.items)),
                pending=tuple(self.pending),
                broken=tuple(self.broken),
            )

    def inventory(self) -> Iterator[str]:
        if self.fault is not None:
            raise self.fault
        noted = [*self.pending, *self.broken]
        ids = [*(item.external_id for item in self.items), *(item.external_id for item in noted)]
        yield from dict.fromkeys(ids)

    def close(self) -> None:
        self.closed = True


@dataclass
class BellSource(ListSource):
    """``tell`` makes its server tell of news; ``bell_fault`` is raised by the next wait."""

    bell_fault: SourceError | None = None
    waits: int = 0
    _news: threading.Event = field(default_factory=threading.Event)

    def tell(self) -> None:
        self._news.set()

    def wait_for_news(self, timeout_s: float) -> bool:
        self.waits += 1
        if self.bell_fault is not None:
            fault, self.bell_fault = self.bell_fault, None
            raise fault
        rang = self._news.wait(timeout_s) and not self.closed
        if rang:
            self._news.clear()
        return rang

    def close(self) -> None:
        super().close()
        self._news.set()


class MemoryServer:
    """Behaves like the real one towards one paired laptop. Safe to use from several threads.

    ``faults`` are raised by the next calls, one each, before anything happens; a fault in
    ``lost_answers`` is raised after ``send`` has done its work.
    """

    def __init__(self) -> None:
        self.customers: list[DirectoryCustomer] = []
        self.removed: list[int] = []
        self.current_policy = Policy()
        self.taught = TaggerData()
        self.tagger_revision = 0
        self.open_reminders: list[ReminderOut] = []
        self.revision = 1
        self.activities: dict[UUID, Activity] = {}
        self.recorded: list[UUID] = []
        """One entry for each time an activity was written anew, never for a duplicate."""
        self.requests: list[int] = []
        """The size of each batch that arrived."""
        self.beats: list[Heartbeat] = []
        self.forgotten: list[ForgetRequest] = []
        self.faults: list[DeliveryError] = []
        self.lost_answers: list[DeliveryError] = []
        self.down: DeliveryError | None = None
        """Raised by every call while it is set."""
        self.poison: set[UUID] = set()
        """A batch that holds one of these is refused as a whole."""
        self._lock = threading.Lock()

    def pair(self, code: str, name: str) -> PairReply:
        self._maybe_fail()
        del name
        if code != "GOOD-CODE":
            raise DeliveryRefused("http_404")
        return PairReply(
            token="token-1",  # noqa: S106 - of nobody
            user="李雷",
            email="lilei@us.example",
            role="rep",
        )

    def send(self, activities: Sequence[str]) -> BatchReply:
        self._maybe_fail()
        with self._lock:
            parsed = [Activity.model_validate_json(payload) for payload in activities]
            self.requests.append(len(parsed))
            if any(activity.id in self.poison for activity in parsed):
                raise DeliveryRefused("http_422")
            reply = BatchReply(results=tuple(self._take(activity) for activity in parsed))
            if self.lost_answers:
                raise self.lost_answers.pop(0)
            return reply

    def _take(self, activity: Activity) -> ItemResult:
        ids = {customer.id for customer in self.customers}
        if activity.match.customer_id not in ids:
            return ItemResult(id=activity.id, result="refused", code="unknown_customer")
        held = self.activities.get(activity.id)
        if held is not None and held.revision >= activity.revision:
            return ItemResult(id=activity.id, result="duplicate")
        self.activities[activity.id] = activity
        self.recorded.append(activity.id)
        return ItemResult(id=activity.id, result="accepted")

    def add_customer(self, customer: DirectoryCustomer) -> None:
        with self._lock:
            self.customers.append(customer)
            self.revision += 1

    def directory(self, since: int) -> DirectoryDelta:
        self._maybe_fail()
        if since >= self.revision:
            return DirectoryDelta(revision=self.revision)
        return DirectoryDelta(
            revision=self.revision,
            customers=tuple(self.customers),
            removed=tuple(self.removed),
        )

    def policy(self, etag: str | None) -> tuple[Policy, str] | None:
        self._maybe_fail()
        current = f'"{self.current_policy.version}"'
        return None if etag == current else (self.current_policy, current)

    def tagger(self, etag: str | None) -> tuple[TaggerData, str] | None:
        self._maybe_fail()
        current = f'"{self.taught.version}"'
        return None if etag == current else (self.taught, current)

    def heartbeat(self, beat: Heartbeat) -> HeartbeatReply:
        self._maybe_fail()
        self.beats.append(beat)
        return HeartbeatReply(
            policy_version=self.current_policy.version,
            directory_revision=self.revision,
            tagger_revision=self.tagger_revision,
        )

    def reminders(self) -> tuple[ReminderOut, ...]:
        self._maybe_fail()
        return tuple(self.open_reminders)

    def forget(self, request: ForgetRequest) -> ForgetReply:
        self._maybe_fail()
        with self._lock:
            self.forgotten.append(request)
            doomed = [
                key
                for key, activity in self.activities.items()
                if key in request.activities
                or any(_is_named(person.email, request) for person in activity.participants)
            ]
            for key in doomed:
                del self.activities[key]
            return ForgetReply(erased=len(doomed), kept=0)

    def adopt(self, customer: NewCustomer) -> int:
        self._maybe_fail()
        key = max((held.id for held in self.customers), default=0) + 1
        people = tuple(
            DirectoryContact(id=1000 * key + place, name=email, emails=(email,))
            for place, email in enumerate(customer.emails)
        )
        self.add_customer(
            DirectoryCustomer(id=key, name=customer.name, domains=customer.domains, contacts=people)
        )
        return key

    def server_time(self) -> datetime | None:
        self._maybe_fail()
        return None

    def close(self) -> None:
        """Nothing is open."""

    def _maybe_fail(self) -> None:
        if self.down is not None:
            raise self.down
        if self.faults:
            raise self.faults.pop(0)


def _is_named(email: str | None, request: ForgetRequest) -> bool:
    domain = (email or "").rpartition("@")[2]
    return email in request.emails or any(
        domain == name or domain.endswith(f".{name}") for name in request.domains
    )


class DictSecrets:
    def __init__(self, secrets: Mapping[str, str] | None = None) -> None:
        self.secrets = dict(secrets or {})

    def get(self, name: str) -> str | None:
        return self.secrets.get(name)

    def set(self, name: str, value: str) -> str:
        self.secrets[name] = value
        return "keyring"


@dataclass
class MemoryDesktop:
    result: Shown = "shown"
    shown: list[tuple[str, str]] = field(default_factory=list)

    def available(self) -> bool:
        return self.result != "unavailable"

    def show(self, title: str, text: str) -> Shown:
        if self.result == "shown":
            self.shown.append((title, text))
        return self.result


@dataclass(frozen=True)
class Found:
    tags: tuple[Tag, ...] = ()
    commitments: tuple[Commitment, ...] = ()


@dataclass
class WordTagger:
    """Every occurrence of a word is a tag of its category."""

    words: Mapping[str, Category] = field(default_factory=lambda: {"预算": "budget"})
    poison: str = ""
    """A text that holds this raises, as a mistake in the tagger would."""

    def tag(self, text: str, *, kind: Kind, speaker: Speaker, on: date) -> Found:
        del kind, on
        if self.poison and self.poison in text:
            raise ValueError(text)
        return Found(tuple(self._tags(text, speaker, 0)))

    def tag_turns(self, turns: Sequence[Turn], *, on: date) -> Found:
        del on
        _, spans = transcript(turns)
        tags: list[Tag] = []
        for turn, (start, _) in zip(turns, spans, strict=True):
            tags += self._tags(turn.text, turn.speaker, start)
        return Found(tuple(tags))

    def _tags(self, text: str, speaker: Speaker, offset: int) -> Iterator[Tag]:
        for word, category in self.words.items():
            start = text.find(word)
            while start >= 0:
                end = start + len(word)
                yield Tag(
                    category=category,
                    status="asserted",
                    start=offset + start,
                    end=offset + end,
                    text=word,
                    speaker=speaker,
                    score=1.0,
                )
                start = text.find(word, end)


class Hears:
    """What ``ScriptedEars`` answers with; has the shape of ``agent.daemon.listening.Heard``."""

    def __init__(self, turns: Sequence[Turn], duration_s: float = 60.0) -> None:
        self.language = "zh"
        self.duration_s = duration_s
        self.turns = tuple(turns)


@dataclass
class ScriptedEars:
    hears: Callable[[Path], Hears | None] = lambda _path: Hears(())
    missing: SpeechUnavailable | None = None
    listened: list[Path] = field(default_factory=list)

    def ready(self) -> None:
        if self.missing is not None:
            raise self.missing

    def listen(self, path: Path, *, rep_channel: str, stopping: Callable[[], bool]) -> Hears | None:
        del rep_channel, stopping
        self.listened.append(path)
        return self.hears(path)

"""What is asked of an IMAP server once signed in. Used from one thread; raises ``SourceError``."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from agent.capture.imap import connecting, faults, responses
from agent.capture.imap.responses import Fetched
from agent.capture.imap.uidset import UidSet
from agent.errors import SourceUnavailable

_SEARCHED_AT_ONCE = 50_000
"""Mails whose numbers fit into one line of an answer; imaplib takes no longer ones."""
_LISTED_AT_ONCE = 400
"""Ranges of UIDs in one command; servers take lines of 8 KB at least."""
_MAX_REFUSALS = 60
"""In one reading of a page: enough to find several mails that cannot be given."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NO_SUCH_FOLDER = re.compile(
    r"nonexist|doesn't exist|not exist|unknown mailbox|no such", re.IGNORECASE
)
_INTERNALDATE = re.compile(rb" ?(\d{1,2})-([A-Za-z]{3})-(\d{4})")
_ELSEWHERE = timedelta(days=2)
"""A date may be one day off by the server's zone; more than that was not asked for."""


class FolderGone(Exception):
    """It was listed a moment ago."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What the server says of a folder when it is opened; 0 for what it does not say."""

    validity: int
    next_uid: int
    exists: int
    modseq: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened to mails that were there before."""

    gone: UidSet
    deleted: UidSet
    """Marked for deletion, but still there."""
    restored: UidSet
    """Not marked, of those whose marks changed."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    name: str
    """As the server writes it: encoded, with its own delimiter."""
    flags: frozenset[str]
    """Lower case: ``\\sent``, ``\\noselect``."""
    delimiter: str


class Session:
    def __init__(self, client: IMAPClient, *, has_qresync: bool) -> None:
        self._client = client
        self._has_qresync = has_qresync
        self._notes_changes = has_qresync or client.has_capability("CONDSTORE")
        self.selected: str | None = None
        self._filters = True
        """Does the server heed the date that is searched for? Some give all there is."""
        self._dates: dict[int, date] = {}

    @property
    def client(self) -> IMAPClient:
        return self._client

    def end(self) -> None:
        connecting.hang_up(self._client)

    def alive(self) -> bool:
        try:
            self._client.noop()
        except (OSError, IMAPClientError, ValueError):
            return False
        return True

    def folders(self) -> list[Mailbox]:
        with faults.translated():
            listed = self._client.list_folders()
        found: list[Mailbox] = []
        for flags, delimiter, name in listed:
            written = name if isinstance(name, str) else bytes(name).decode("latin-1")
            marks = frozenset(
                flag.decode("latin-1").lower() for flag in flags if isinstance(flag, bytes)
            )
            between = delimiter.decode("latin-1") if isinstance(delimiter, bytes) else ""
            found.append(Mailbox(written, marks, between))
        return found

    def open(self, folder: str) -> Marks:
        """Read only: nothing is marked as seen. Raises ``FolderGone``."""
        self.selected = None
        with faults.translated():
            try:
                said = self._client.select_folder(folder, readonly=True)
            except IMAPClientAbortError:
                raise
            except UnicodeEncodeError:  # a name that the protocol has no way to write
                raise FolderGone from None
            except IMAPClientError as error:
                if _NO_SUCH_FOLDER.search(str(error)):
                    raise FolderGone from None
                raise
        self.selected = folder
        self._dates.clear()
        return Marks(
            validity=_int(said.get(b"UIDVALIDITY")),
            next_uid=_int(said.get(b"UIDNEXT")),
            exists=_int(said.get(b"EXISTS")),
            modseq=_int(said.get(b"HIGHESTMODSEQ")) if self._notes_changes else 0,
        )

    def window(self, exists: int, since: date, *, above: int = 0) -> UidSet:
        """Mails received on or after ``since``, without those marked for deletion; with ``above``
        only those with higher UIDs."""
        if not exists:
            return UidSet()
        found = self._search(exists, f"UNDELETED SINCE {_written(since)}", above)
        # Before the whole folder is taken for the window: is that what was asked for?
        if found and self._filters and (above or len(found) >= exists):
            lowest = UidSet(found.ranges[:1]).ranges[0][0]
            received = self.dates(UidSet.of([lowest])).get(lowest)
            self._filters = received is None or received >= since - _ELSEWHERE
        if self._filters:
            return found
        dates = self.dates(found)
        return UidSet.of(uid for uid in found if dates.get(uid, since) >= since)

    def dates(self, uids: UidSet) -> Mapping[int, date]:
        """The days on which mails of the open folder were received."""
        missing = UidSet.of(uid for uid in uids if uid not in self._dates)
        for part in _pieces(missing):
            for uid, said in self.fetch(part, "(UID INTERNALDATE)").items():
                received = internal_date(said.get(b"INTERNALDATE"))
                if received is not None:
                    self._dates[uid] = received
        return self._dates

    def changes(self, known: UidSet, modseq: int) -> Changes | None:
        """Since ``modseq``; None where the server cannot tell."""
        if not self._has_qresync or not modseq or not known:
            return None
        client, span = self._client, f"1:{known.highest}"
        with faults.translated():
            client._imap.untagged_responses.pop("VANISHED", None)  # noqa: SLF001 - see below
            typ, data = client._imap.uid(  # noqa: SLF001 - the library knows no VANISHED
                "FETCH", span, "(UID FLAGS)", f"(CHANGEDSINCE {modseq} VANISHED)"
            )
            if typ != "OK":
                return None
            vanished = client._imap.untagged_responses.pop("VANISHED", [])  # noqa: SLF001
        gone = UidSet()
        for line in vanished:
            text = bytes(line).decode("ascii", "replace").upper().removeprefix("(EARLIER)")
            gone |= UidSet.parse(text.strip())
        changed, _ = responses.messages(data)
        deleted = UidSet.of(uid for uid, said in changed.items() if "\\deleted" in flags_of(said))
        return Changes(gone, deleted, UidSet.of(changed) - deleted)

    def fetch(self, uids: UidSet, items: str) -> dict[int, dict[bytes, responses.Value]]:
        """What is still there of them. An answer that is unclear is as if it were not there."""
        found: dict[int, dict[bytes, responses.Value]] = {}
        waiting = list(_pieces(uids))
        refusals = 0
        while waiting:
            part = waiting.pop()
            is_done, data = self._fetch(part, items)
            for uid, said in responses.messages(data)[0].items():
                if uid in part:
                    found.setdefault(uid, {}).update(said)
            if is_done:
                continue
            # One mail that the server cannot read itself must not hide those behind it.
            refusals += 1
            if refusals > _MAX_REFUSALS:
                raise SourceUnavailable("mailbox_declined", retry_after=faults.UNREACHABLE_S)
            missing = part - UidSet.of(uid for uid in part if uid in found)
            if len(missing) > 1:
                upper = missing.top(len(missing) // 2)
                waiting += [missing - upper, upper]
        return found

    def _fetch(self, uids: UidSet, items: str) -> tuple[bool, list[responses.Piece]]:
        """Did the server do it, and what it said so far."""
        imap = self._client._imap  # noqa: SLF001 - the library's own parser gives up too early
        imap.untagged_responses.pop("FETCH", None)
        with faults.translated():
            typ, data = imap.uid("FETCH", str(uids), items)
        if typ == "OK":
            return True, data
        return False, imap.untagged_responses.pop("FETCH", [])

    def present(self, uids: UidSet) -> UidSet:
        """Those of the open folder that are there now. Servers go on answering for mails that
        somebody else has just removed, as far as they remember them."""
        with faults.translated():
            self._client.noop()  # the moment at which a server may say what is gone
        found = UidSet()
        for part in _pieces(uids):
            found |= self._plain_search(f"UID {part}")
        return found & uids

    def _search(self, exists: int, criteria: str, above: int) -> UidSet:
        scope = f"UID {above + 1}:* " if above else ""
        if self._client.has_capability("ESEARCH"):
            told = self._esearch(f"{scope}{criteria}")
            if told is not None:
                return _above(told, above)
        found = UidSet()
        if above:
            return _above(self._plain_search(f"{scope}{criteria}"), above)
        for first in range(1, exists + 1, _SEARCHED_AT_ONCE):
            last = min(exists, first + _SEARCHED_AT_ONCE - 1)
            found |= self._plain_search(f"{first}:{last} {criteria}")
        return found

    def _esearch(self, criteria: str) -> UidSet | None:
        """None when nothing was answered: that is not the same as nothing found."""
        with faults.translated():
            imap = self._client._imap  # noqa: SLF001 - the library reads SEARCH, not ESEARCH
            imap.untagged_responses.pop("ESEARCH", None)
            typ, data = imap.uid("SEARCH", "RETURN (ALL)", criteria)
            if typ != "OK":
                raise IMAPClientError(f"SEARCH {data!r}")
            lines = imap.untagged_responses.pop("ESEARCH", [])
        if not lines:
            return None
        found = UidSet()
        for line in lines:
            ranges = re.search(rb"\bALL ([0-9:,]+)", bytes(line))
            if ranges:
                found |= UidSet.parse(ranges[1].decode())
        return found

    def _plain_search(self, criteria: str) -> UidSet:
        with faults.translated():
            typ, data = self._client._imap.uid("SEARCH", criteria)  # noqa: SLF001 - many lines
            if typ != "OK":
                raise IMAPClientError(f"SEARCH {data!r}")
        numbers = b" ".join(line for line in data if isinstance(line, bytes)).split()
        return UidSet.of(int(one) for one in numbers if one.isdigit())


def flags_of(said: Fetched) -> frozenset[str]:
    """Lower case."""
    flags = said.get(b"FLAGS")
    if not isinstance(flags, tuple):
        return frozenset()
    return frozenset(one.decode("latin-1").lower() for one in flags if isinstance(one, bytes))


def internal_date(value: responses.Value) -> date | None:
    """The day, as the server's own zone has it."""
    found = _INTERNALDATE.match(value) if isinstance(value, bytes) else None
    if found is None:
        return None
    try:
        month = _MONTHS.index(found[2].decode().title()) + 1
        return date(int(found[3]), month, int(found[1]))
    except ValueError:
        return None


def _above(found: UidSet, above: int) -> UidSet:
    # ``n:*`` always holds the last mail, however low its UID.
    return found - UidSet([(1, above)]) if above else found


def _written(day: date) -> str:
    return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year:04}"


def _pieces(uids: UidSet) -> Iterator[UidSet]:
    ranges: Sequence[tuple[int, int]] = uids.ranges
    for at in range(0, len(ranges), _LISTED_AT_ONCE):
        yield UidSet(ranges[at : at + _LISTED_AT_ONCE])


def _int(value: object) -> int:
    return value if isinstance(value, int) and value >= 0 else 0

"""A page of mails to captures: header and structure first, then the parts that hold words.

Two requests for most pages, whatever the number of mails; attachments stay on the server.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial

from agent.capture import mime
from agent.capture.base import Capture, Seen
from agent.capture.imap import structure
from agent.capture.imap.responses import Fetched, Unclear, Value, number
from agent.capture.imap.session import Session, flags_of
from agent.capture.imap.structure import Listed
from agent.capture.imap.uidset import UidSet
from agent.capture.mailfiles import wrapped
from agent.capture.mailhead import KEPT, MailHead, parse_date
from agent.capture.mime import MailBody
from agent.errors import BadItem

_FIELDS = " ".join(
    sorted(
        {*KEPT, "to", "cc", "bcc", "subject", "date", "keywords", "x-unsent", "content-type"},
    )
).upper()
_HEAD_ITEM = f"BODY[HEADER.FIELDS ({_FIELDS})]".encode()
_HEADS = f"(UID FLAGS INTERNALDATE RFC822.SIZE BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS ({_FIELDS})])"
_SIZES = (64 * 1024, 1024 * 1024, 12 * 1024 * 1024)
"""How much of a part is asked for: the least that holds it by the server's own count."""
_WHOLE = 16 * 1024 * 1024
"""Of a mail that cannot be read by its parts this much is read as it is."""
_NOTHING: dict[bytes, Value] = {}
_AT_ONCE = 8 * 1024 * 1024
"""Bytes of one answer, unless a single mail has more."""
_NEVER = datetime.fromtimestamp(0, UTC)
_MAX_HEAD = 1024 * 1024
_MAX_SECTIONS = 20
"""A mail of more texts than this is read as a whole."""


@dataclass(frozen=True, slots=True)
class PageRead:
    captures: tuple[Capture, ...]
    broken: tuple[Seen, ...]
    here: UidSet
    """Those that were still there, readable or not."""

    def __add__(self, other: "PageRead") -> "PageRead":
        return PageRead(
            self.captures + other.captures, self.broken + other.broken, self.here | other.here
        )


@dataclass(slots=True)
class _Mail:
    uid: int
    said: Fetched
    head: MailHead
    leaves: list[Listed]
    body: MailBody = field(default_factory=MailBody)
    """As far as it is here."""
    sections: frozenset[str] = frozenset()
    """Wanted and not yet here."""

    @property
    def needed(self) -> list[Listed]:
        return [leaf for leaf in self.leaves if leaf.section in self.sections]

    def look(self) -> None:
        """Read it as far as it is here; what is still needed stands in ``sections`` then."""
        asked = self.leaves[0].asked
        asked.clear()
        self.body = wrapped.body_of(self.head, self.leaves)
        self.sections = frozenset(asked)

    def fill(self, came: Mapping[str, bytes]) -> None:
        self.leaves = [
            replace(leaf, raw=came[leaf.section], end=len(came[leaf.section]), fetched=True)
            if leaf.section in came
            else leaf
            for leaf in self.leaves
        ]
        self.look()
        if not self.sections:
            self.leaves = []  # what was decoded need not be kept encoded besides


class PageReader:
    """Reads from the open folder of ``session``."""

    def __init__(
        self, source: str, session: Session, prefix: str, *, folder: str, drafts: bool
    ) -> None:
        self._source = source
        self._session = session
        self._prefix = prefix
        self._folder = folder
        self._drafts = drafts

    def fetch(self, page: UidSet) -> "Fetching":
        """Everything that has to be asked of the server for ``page``."""
        heads = self._session.fetch(page, _HEADS)
        fetched = Fetching([], heads, UidSet())
        # An answer without the items asked for tells of a flag that changed; so does one that
        # could not be read. Either way the mail is there: it is read as a whole.
        whole = {uid for uid in page if _HEAD_ITEM not in heads.get(uid, _NOTHING)}
        mails: list[_Mail] = []
        for uid in heads.keys() - whole:
            mail = _understood(uid, heads[uid])
            if mail is None:
                whole.add(uid)
            else:
                mails.append(mail)
        self._fetch_parts(mails, whole)
        fetched.mails = [one for one in mails if one.uid not in whole]
        given = self._fetch_whole(whole, heads, fetched)
        unread = UidSet.of(whole) - given
        if unread:
            there = self._session.present(unread)
            fetched.broken += [
                Seen(f"{self._prefix}{uid}", _version(heads.get(uid, _NOTHING)), "item_damaged")
                for uid in there
            ]
            unread -= there
        fetched.here = (UidSet.of(heads) | given | UidSet.of(whole)) - unread
        return fetched

    def given_up(self, uid: int) -> PageRead:
        """A mail at which the server breaks off."""
        seen = Seen(f"{self._prefix}{uid}", _version(_NOTHING), "item_damaged")
        return PageRead((), (seen,), UidSet.of([uid]))

    def read(self, fetched: "Fetching") -> PageRead:
        for mail in fetched.mails:
            self._take(mail.uid, mail.said, fetched, partial(self._by_parts, mail))
        captures = sorted(
            fetched.captures, key=lambda one: int(one.external_id.rpartition("/")[2]), reverse=True
        )
        return PageRead(tuple(captures), tuple(fetched.broken), fetched.here)

    def _take(
        self, uid: int, said: Fetched, fetched: "Fetching", read: Callable[[], Capture]
    ) -> None:
        try:
            capture = read()
        except BadItem as error:
            fetched.broken.append(Seen(f"{self._prefix}{uid}", _version(said), error.code))
            return
        headers = capture.headers
        if self._drafts or "\\draft" in flags_of(said):
            headers = {**headers, mime.DRAFT: "1"}
        fetched.captures.append(replace(capture, folder=self._folder, headers=headers))

    def _by_parts(self, mail: _Mail) -> Capture:
        return mime.compose(
            mail.head,
            mail.body,
            source=self._source,
            external_id=f"{self._prefix}{mail.uid}",
            version=_version(mail.said),
            fallback=_NEVER,  # it says itself when it was written
        )

    def _as_it_is(self, uid: int, said: Fetched, raw: bytes) -> Capture:
        return wrapped.read(
            raw,
            source=self._source,
            external_id=f"{self._prefix}{uid}",
            version=_version(said),
            fallback=_received(said),
        )

    def _fetch_parts(self, mails: list[_Mail], whole: set[int]) -> None:
        """What ``mails`` have to say; those that cannot be read by parts go to ``whole``."""
        for mail in mails:
            mail.look()
        waiting = mails
        for _ in range(4):  # the text, the other alternative when it was blank, and so on
            whole.update(one.uid for one in waiting if len(one.sections) > _MAX_SECTIONS)
            waiting = [one for one in waiting if one.sections and one.uid not in whole]
            self._fetch_sections(waiting, whole)
        whole.update(one.uid for one in waiting if one.sections)

    def _fetch_sections(self, mails: list[_Mail], whole: set[int]) -> None:
        alike: defaultdict[tuple[tuple[str, int], ...], dict[int, _Mail]] = defaultdict(dict)
        for mail in mails:
            size = {leaf.section: _bound(leaf.octets) for leaf in mail.leaves}
            alike[tuple((one, size[one]) for one in sorted(mail.sections))][mail.uid] = mail
        for wanted, group in alike.items():
            items = " ".join(f"BODY.PEEK[{section}]<0.{size}>" for section, size in wanted)
            sizes = {uid: sum(leaf.octets for leaf in mail.needed) for uid, mail in group.items()}
            for part in _by_size(group, sizes):
                answers = self._session.fetch(part, f"(UID {items})")
                for uid in part:
                    came = _came(answers.get(uid, _NOTHING), wanted)
                    if came is None:
                        whole.add(uid)
                    else:
                        group[uid].fill(came)

    def _fetch_whole(
        self, uids: Iterable[int], heads: Mapping[int, Fetched], fetched: "Fetching"
    ) -> UidSet:
        """Read as they come, so that no more than a few are held as they are."""
        items = f"(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[]<0.{_WHOLE}>)"
        given: list[int] = []
        sizes = {uid: _size(heads.get(uid, _NOTHING), _WHOLE) for uid in uids}
        for group in _by_size(sorted(sizes), sizes):
            for uid, said in self._session.fetch(group, items).items():
                raw = said.get(b"BODY[]<0>")
                if isinstance(raw, bytes):
                    given.append(uid)
                    self._take(uid, said, fetched, partial(self._as_it_is, uid, said, raw))
        return UidSet.of(given)


@dataclass(slots=True)
class Fetching:
    mails: list[_Mail]
    """Still to be put together."""
    heads: Mapping[int, Fetched]
    here: UidSet
    captures: list[Capture] = field(default_factory=list)
    broken: list[Seen] = field(default_factory=list)


def _understood(uid: int, said: Fetched) -> _Mail | None:
    """None for what has to be read as it is: a structure that cannot be, a header that is none,
    does not agree with it or does not say when it was written."""
    block = said[_HEAD_ITEM]
    if not isinstance(block, bytes):
        return None
    head = MailHead.parse(block[:_MAX_HEAD])
    try:
        leaves = structure.leaves(said.get(b"BODYSTRUCTURE"))
    except Unclear:
        return None
    nested = bool(leaves[0].within)
    if nested != head.content.is_multipart:
        return None
    if not nested and leaves[0].kind != head.content.type:
        return None
    if "from" not in head.fields or parse_date(head.raw("date")) is None:
        return None
    if nested and not any(leaf.octets for leaf in leaves):  # its boundary does not occur
        return None
    return _Mail(uid, said, head, leaves)


def _came(said: Fetched, wanted: tuple[tuple[str, int], ...]) -> dict[str, bytes] | None:
    came: dict[str, bytes] = {}
    for section, size in wanted:
        content = said.get(f"BODY[{section}]<0>".encode())
        if not isinstance(content, bytes) or (len(content) >= size and size < _SIZES[-1]):
            return None  # not given, or longer than the structure says
        came[section] = content
    return came


def _bound(octets: int) -> int:
    return next((size for size in _SIZES if octets < size), _SIZES[-1])


def _by_size(uids: Iterable[int], sizes: Mapping[int, int]) -> Iterator[UidSet]:
    group: list[int] = []
    room = _AT_ONCE
    for uid in uids:
        if group and sizes[uid] > room:
            yield UidSet.of(group)
            group, room = [], _AT_ONCE
        group.append(uid)
        room -= sizes[uid]
    if group:
        yield UidSet.of(group)


def _size(said: Fetched, unknown: int) -> int:
    try:
        return number(said.get(b"RFC822.SIZE"))
    except Unclear:
        return unknown


def _version(said: Fetched) -> str:
    """A mail on a server never changes; what was a draft may be one no longer."""
    draft = "-draft" if "\\draft" in flags_of(said) else ""
    return f"{_size(said, 0)}{draft}"


def _received(said: Fetched) -> datetime:
    value: Value = said.get(b"INTERNALDATE")
    try:
        moment = (
            parsedate_to_datetime(value.decode("ascii").strip().replace("-", " ", 2))
            if isinstance(value, bytes)
            else None
        )
    except (ValueError, TypeError, IndexError):
        moment = None
    return moment.astimezone(UTC) if moment is not None else _NEVER

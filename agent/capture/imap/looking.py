"""What changed in a folder since it was last looked at."""

from dataclasses import dataclass, field, replace
from datetime import date

from agent.capture.imap.cursor import FolderState
from agent.capture.imap.session import Changes, Marks, Session
from agent.capture.imap.uidset import UidSet


@dataclass(frozen=True, slots=True)
class Look:
    state: FolderState
    """As it is now: the marks, and what is still to be read."""
    removed: UidSet = field(default_factory=UidSet)
    """Were accounted for, and are no longer there."""
    fresh: UidSet = field(default_factory=UidSet)
    """Of what is to be read that which came since the last look."""
    renumbered: bool = False
    """Nothing known of the folder holds any more."""


def look(
    session: Session,
    folder: str,
    before: FolderState | None,
    *,
    since: date,
    days: int,
    compare: bool,
) -> Look:
    """Opens the folder. ``compare``: hold what is known against what is there in any case.

    Raises ``FolderGone``."""
    marks = session.open(folder)
    if before is None or before.validity != marks.validity:
        there = session.window(marks.exists, since)
        state = FolderState(validity=marks.validity, since=since, days=days, todo=there)
        return Look(_marked(state, marks), renumbered=before is not None)
    same_window = since >= before.since and days >= before.days
    if same_window and not compare and marks.next_uid and _marked(before, marks) == before:
        return Look(before)
    if same_window and marks.next_uid:
        changes = session.changes(before.known | before.todo, before.modseq)
        if changes is not None:
            return _followed(session, before, marks, changes)
    return _compared(session, before, marks, since, days)


def _followed(session: Session, before: FolderState, marks: Marks, changes: Changes) -> Look:
    """By what the server noted down."""
    gone = changes.gone | changes.deleted
    came = UidSet()
    if marks.next_uid != before.next_uid:
        came = session.window(marks.exists, before.since, above=max(0, before.next_uid - 1))
    back = changes.restored - before.known - before.todo
    if back:
        received = session.dates(back)
        came |= UidSet.of(uid for uid in back if received.get(uid, before.since) >= before.since)
    came -= before.known
    state = replace(
        before, known=before.known - gone, todo=(before.todo - gone) | came, days=before.days
    )
    return Look(_marked(state, marks), removed=before.known & gone, fresh=came)


def _compared(session: Session, before: FolderState, marks: Marks, since: date, days: int) -> Look:
    """By holding the numbers against each other. The window only ever begins earlier, unless the
    person makes it shorter: what left it by itself is not gone."""
    begin = min(before.since, since)
    there = session.window(marks.exists, begin)
    removed = before.known - there
    if days < before.days:
        begin = since
        there = there & session.window(marks.exists, since)
    todo = there - before.known
    state = replace(before, known=before.known & there, todo=todo, since=begin, days=days)
    fresh = todo - UidSet([(1, before.next_uid - 1)]) if before.next_uid > 1 else UidSet()
    return Look(_marked(state, marks), removed=removed, fresh=fresh)


def _marked(state: FolderState, marks: Marks) -> FolderState:
    return replace(state, next_uid=marks.next_uid, exists=marks.exists, modseq=marks.modseq)

"""The mailboxes and calendars that the story is told of."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from tests.flow.completeness import meetings, trial
from tests.flow.completeness.calendars import CalendarFiles, ExchangeCalendar, GraphCalendar
from tests.flow.completeness.exchange_box import ExchangeBox
from tests.flow.completeness.graph_box import GraphBox
from tests.flow.completeness.imap_box import ImapBox
from tests.flow.completeness.mailfiles_box import MailFilesBox
from tests.flow.completeness.trial import Outcome

ITEMS = 5_000
MEETINGS = 1_500
"""In a calendar beside a mailbox, which has its five thousand mails."""

Trial = Callable[..., Outcome]


def _mail(box: Callable[[Path], object]) -> Trial:
    return partial(_told, trial.run, box, ITEMS)


def _meetings(calendar: Callable[[Path], object], items: int) -> Trial:
    return partial(_told, meetings.run, calendar, items)


def _told(
    run: Callable[..., Outcome],
    place: Callable[[Path], object],
    items: int,
    root: Path,
    *,
    seed: int,
    share: float = 1.0,
) -> Outcome:
    return run(root, place, items=int(items * share), seed=seed)


KINDS: Mapping[str, Trial] = {
    "mailfiles": _mail(MailFilesBox),
    "imap": _mail(ImapBox),
    "exchange": _mail(ExchangeBox),
    "graph": _mail(GraphBox),
    "calendarfiles": _meetings(CalendarFiles, ITEMS),
    "exchange-calendar": _meetings(ExchangeCalendar, MEETINGS),
    "graph-calendar": _meetings(GraphCalendar, MEETINGS),
}

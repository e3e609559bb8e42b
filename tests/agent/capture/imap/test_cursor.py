import json
from datetime import date

import pytest

from agent.capture.imap import cursor as cursors
from agent.capture.imap.cursor import FolderState, escape
from agent.capture.imap.uidset import UidSet
from agent.errors import CursorExpired

STATE = FolderState(
    validity=7,
    next_uid=11,
    exists=9,
    modseq=2**40,
    since=date(2026, 5, 27),
    days=180,
    known=UidSet.of([1, 2, 3, 9]),
    todo=UidSet.of([4, 5]),
)


def test_comes_back_as_it_was() -> None:
    states = {"INBOX": STATE, "&XfJT0ZAB-": FolderState(validity=1, since=date.min, days=1)}
    assert cursors.load(cursors.dump(states)) == states
    assert cursors.load(None) == {}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("imap",), 2),
        (("more",), 1),
        (("folders",), []),
        (("folders", "INBOX"), None),
        (("folders", "INBOX", "validity"), -1),
        (("folders", "INBOX", "validity"), "7"),
        (("folders", "INBOX", "modseq"), 2**70),
        (("folders", "INBOX", "since"), "yesterday"),
        (("folders", "INBOX", "since"), 5),
        (("folders", "INBOX", "known"), "rubbish!"),
        (("folders", "INBOX", "todo"), None),
    ],
)
def test_what_it_did_not_write_is_refused(path: tuple[str, ...], value: object) -> None:
    written = json.loads(cursors.dump({"INBOX": STATE}))
    place = written
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(CursorExpired):
        cursors.load(json.dumps(written))


def test_external_ids_of_one_folder_are_never_below_another() -> None:
    names = ["A", "A/7", "A%2F7", "A%", "A/7/7"]
    assert len({escape(name) for name in names}) == len(names)
    assert not [name for name in names if "/" in escape(name)]

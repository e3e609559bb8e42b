"""The agent's books and the server's, compared with the oracle's."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.flow.completeness.account import Account
from tests.flow.completeness.laptop import SOURCE, Laptop
from tests.flow.completeness.letters import Letter
from tests.flow.completeness.office import Office, Recorded


def explained(account: Account, listing: Mapping[str, int], laptop: Laptop) -> None:
    """Every item of the mailbox has one row in the ledger, and the right one; no other has."""
    held = {thing.key: thing for thing in account.held()}
    assert sorted(listing.values()) == sorted(held), "the oracle has lost count of the mailbox"
    rows = {row["external_id"]: row for row in laptop.ledger() if not row["gone"]}
    assert rows.keys() - listing.keys() == set(), "on the books and not in the mailbox"
    assert listing.keys() - rows.keys() == set(), "in the mailbox and not on the books"
    wrong: Counter[tuple[str, ...]] = Counter()
    for external_id, key in listing.items():
        thing, row = held[key], rows[external_id]
        right = {thing.outcome}
        if thing.key in account.captured and thing.outcome[0] == "excluded":
            right.add(("stored", ""))  # it left before it was moved there
        if (row["state"], row["code"]) not in right:
            wrong[thing.folder, *thing.outcome, row["state"], row["code"]] += 1
    assert not wrong, wrong


def audited(account: Account, report: Mapping[str, Any]) -> None:
    """``genjin agent audit --json``: in the mailbox = stored + excluded + pending + quarantined."""
    found = report["sources"][SOURCE]
    assert report["complete"]
    assert (found["state"], found["unexplained"], found["unproven"]) == ("ok", 0, 0), found
    excluded = sum(found["excluded"].values())
    accounted = found["stored"] + excluded + found["pending"] + found["quarantined"]
    assert found["seen"] == accounted == len(account.held())
    assert found["pending"] == 0


def delivered(account: Account, office: Office) -> int:
    """What had to come is on the server once, with the right customers and the right time; nothing
    else is. Returns how many there are."""
    letters: dict[str, Letter] = {}
    for one in office.recorded():
        named = tokens_in(one.text) & account.letters.keys()
        assert len(named) == 1, "an activity of no letter, or of several"
        letters[one.id] = account.letters[named.pop()]
        _is_right(one, letters[one.id])
    groups = Counter(letter.group for letter in letters.values())
    twice = [group for group, count in groups.items() if count > 1]
    assert not twice, f"{len(twice)} activities are duplicates"
    lost = account.sure - groups.keys()
    assert not lost, f"{len(lost)} activities are missing"
    assert groups.keys() <= account.maybe, "something left that was never where it may leave from"
    _last_contacted(letters, office)
    return len(letters)


def _is_right(one: Recorded, letter: Letter) -> None:
    assert one.occurred_at == letter.at, letter
    assert one.customers == letter.customers, (one.customers, letter)
    assert one.counts == letter.counts, letter


def _last_contacted(letters: Mapping[str, Letter], office: Office) -> None:
    last: dict[str, datetime | None] = dict.fromkeys(office.ids.values())
    for letter in letters.values():
        if letter.counts:
            for domain in letter.customers:
                last[domain] = max(filter(None, (last[domain], letter.at)))
    assert office.last_contacted() == last


def written_once(account: Account, office: Office) -> None:
    """The server took nothing as new or changed that it had, word for word.

    Save two: different mails of one Message-ID tell the same activity in turn; and what a rule kept
    back while it waited, and then no longer, is told under a new number, for the answer to the
    first may have been lost.
    """
    in_turn = Counter(letter.group for letter in account.letters.values())
    group_of = {letter.token: letter.group for letter in account.letters.values()}
    told: dict[str, set[str]] = defaultdict(set)
    groups: dict[str, str] = {}
    for item in office.door.items():
        told[item["id"]].add(json.dumps({**item, "revision": 0}, sort_keys=True))
        for token in tokens_in(item["subject"]):
            groups[item["id"]] = group_of[token]
    again = [
        one
        for one, count in office.door.accepted.items()
        if count > len(told[one])
        and in_turn[groups[one]] == 1
        and groups[one] not in account.readmitted
    ]
    assert not again, f"{len(again)} activities were written more than once"


def tokens_in(text: str) -> set[str]:
    return set(re.findall(r"tk[a-z]{9}", text))


def kept_secret(account: Account, office: Office, log: str) -> None:
    came = office.everything_that_came()
    words = set(re.findall(r"[0-9A-Za-z]+", came))
    leaked = account.secrets() & words
    assert not leaked, f"{len(leaked)} secrets have left the laptop"
    told = tokens_in(log) & account.letters.keys()
    assert not told, "words of mails stand in the log"

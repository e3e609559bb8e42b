"""One mailbox, one story, one proof; and its figures."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from tests.flow.completeness import proof
from tests.flow.completeness.box import Box
from tests.flow.completeness.company import Company
from tests.flow.completeness.laptop import Laptop
from tests.flow.completeness.office import opened
from tests.flow.completeness.story import Story

DAYS = 170
"""The ordinary mail is so old at most: the window is 180 days."""


@dataclass(frozen=True)
class Outcome:
    source: str
    items: int
    operations: int
    passes: int
    mailbox_faults: int
    server_faults: int
    kills: int
    held: int
    activities: int
    unexplained: int
    duplicates: int
    seconds: float

    def line(self) -> str:
        return json.dumps(asdict(self))


def run(root: Path, box_of: Callable[[Path], Box], *, items: int, seed: int) -> Outcome:
    """Raises ``AssertionError`` for whatever is missing, double, wrong or told."""
    began = monotonic()
    (root / "mailbox").mkdir()
    box = box_of(root / "mailbox")
    with opened(root / "server") as office:
        laptop = Laptop(
            root / "laptop",
            url=office.url,
            token=office.token,
            source=box.settings(),
            password=box.password,
        )
        try:
            company = Company(seed, datetime.now(UTC), days=DAYS)
            story = Story(box, laptop, company, items=items, seed=seed)
            story.tell()
            laptop.shut()
            office.door.is_calm = True
            report = laptop.command("audit", "--json")
            listing = box.listing()
            proof.explained(story.account, listing, laptop)
            proof.audited(story.account, report)
            activities = proof.delivered(story.account, office)
            proof.written_once(story.account, office)
            proof.kept_secret(story.account, office, laptop.log())
            return Outcome(
                source=box.type,
                items=story.figures.items,
                operations=story.figures.operations,
                passes=story.figures.passes,
                mailbox_faults=box.faults,
                server_faults=office.door.faults,
                kills=laptop.kills,
                held=len(listing),
                activities=activities,
                unexplained=report["sources"]["it"]["unexplained"],
                duplicates=0,
                seconds=round(monotonic() - began, 1),
            )
        finally:
            laptop.end()
            box.close()

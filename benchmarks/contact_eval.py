"""How well it is told what counts as contact, on labelled mails, calls, meetings and notes.

    python benchmarks/contact_eval.py [--set contact|contact_unseen] [--failures]

Every case goes the way a real item goes: a mail as bytes through the MIME reader, the others as
captures, through the pipeline with a directory of the customers named in the README of
``tests/data/contact_unseen``. What stays on the laptop does not count. Cases on which reasonable
people differ are shown apart. ``--failures`` lists what was decided otherwise than labelled.
"""

import argparse
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import yaml

from agent.capture import mime
from agent.capture.base import Capture
from agent.capture.meetings import Invited, Meeting, compose_meeting
from agent.contract.activity import Direction, Participant, Signals
from agent.contract.directory import DirectoryContact, DirectoryCustomer
from agent.contract.policy import Exclusions, Policy
from agent.errors import BadItem
from agent.outbox.conversations import Conversations
from agent.pipeline import Pipeline
from agent.rules.identity import normalize_phone
from agent.rules.matching.resolver import Resolver
from agent.testing import FrozenClock, WordTagger

DATA = Path(__file__).parents[1] / "tests/data"
BEIJING = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 23, 9, tzinfo=BEIJING)
SOURCE = "eval"


def _customer(number: int, name: str, email: str = "", **keys: Any) -> DirectoryCustomer:
    people = (DirectoryContact(id=number * 10, name=name, emails=(email,)),) if email else ()
    return DirectoryCustomer(id=number, name=name, contacts=people, **keys)


CUSTOMERS = (
    _customer(
        1,
        "苏州精密机械有限公司",
        aliases=("苏州精密",),
        domains=("suzhou-jm.example",),
        phones=("+8651266801234", "+8613800138000"),
    ),
    _customer(2, "Customer Industries Ltd", domains=("customer.example",)),
    _customer(3, "Acme Parts Inc.", aliases=("Acme",), domains=("acme-parts.example",)),
    _customer(4, "王记五金", "wangzong@qq.com"),
    _customer(5, "陈氏贸易行", "chen.buyer@163.com"),
    _customer(6, "Smith Workshop", "joe.smith@gmail.com"),
)
POLICY = Policy(own_domains=("ours.example",))
_RESPONSES = {
    "accepted": "accepted",
    "declined": "declined",
    "tentative": "tentative",
}


@dataclass(frozen=True, slots=True)
class Answer:
    counts: bool
    grade: str
    reason: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Judged:
    case: Mapping[str, Any]
    answer: Answer

    @property
    def right(self) -> bool:
        return self.answer.counts is self.case["counts"]

    @property
    def grade_right(self) -> bool:
        return self.answer.grade == self.case["grade"]


def cases(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for file in sorted((DATA / name).glob("*.yaml")):
        found += yaml.safe_load(file.read_text("utf-8")) or []
    return found


def judge(case: Mapping[str, Any]) -> Answer:
    now = moment(case["now"]) if case.get("now") else NOW
    pipeline = Pipeline(
        resolver=Resolver(CUSTOMERS),
        tagger=WordTagger(),
        policy=POLICY,
        exclude=Exclusions(),
        customer_of_thread=Conversations().customer,
        clock=FrozenClock(now.astimezone(UTC)),
    )
    try:
        entry = pipeline.settle(_capture(case, now))
    except BadItem as error:
        return Answer(counts=False, grade="none", reason=str(error), evidence="")
    if entry.activity is None:
        return Answer(False, "none", entry.code, entry.told.evidence if entry.told else "")
    said = entry.activity.contact
    return Answer(said.counts, said.grade, said.reason, said.evidence)


def moment(value: object) -> datetime:
    """Of a YAML timestamp or text; without a zone it is Beijing time, a date alone its midnight."""
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=BEIJING)
    if not isinstance(value, datetime):
        value = datetime.fromisoformat(str(value))
    return value if value.tzinfo else value.replace(tzinfo=BEIJING)


def _capture(case: Mapping[str, Any], now: datetime) -> Capture:
    key = str(case["id"])
    if case["kind"] == "mail":
        raw = case["raw"].encode("utf-8")
        return mime.read(raw, source=SOURCE, external_id=key, version="1", fallback=now)
    facts = case["facts"]
    if case["kind"] == "meeting":
        return _meeting(key, facts)
    if case["kind"] == "call":
        return _call(key, facts, now)
    return Capture(
        source=SOURCE,
        external_id=key,
        identity=f"note:{key}",
        version="1",
        kind="note",
        occurred_at=(now - timedelta(hours=1)).astimezone(UTC),
        text=facts["text"],
        hints=(CUSTOMERS[0].name,),  # as the customer's folder says it
    )


def _call(key: str, facts: Mapping[str, Any], now: datetime) -> Capture:
    named = facts["direction"]
    direction: Direction = {"in": "inbound", "out": "outbound"}.get(named, named)
    ours = {"inbound": ("callee",), "outbound": ("caller",)}.get(direction, ("caller", "callee"))
    people = tuple(
        Participant(
            role=role,
            name="" if number else str(said),
            phone=number,
            side="us" if role in ours else "other",
        )
        for role, said in (("caller", facts.get("from", "")), ("callee", facts.get("to", "")))
        for number in (normalize_phone(str(said)),)
    )
    return Capture(
        source=SOURCE,
        external_id=key,
        identity=f"call:{key}",
        version="1",
        kind="call",
        direction=direction,
        occurred_at=moment(facts.get("start") or now - timedelta(hours=1)).astimezone(UTC),
        participants=people,
        signals=Signals(
            answered=facts.get("answered"),
            voicemail=bool(facts.get("voicemail")),
            duration_s=facts.get("duration_s"),
        ),
    )


def _meeting(key: str, facts: Mapping[str, Any]) -> Capture:
    def invited(one: object) -> Invited:
        if not isinstance(one, Mapping):
            return Invited("", str(one))
        answer = _RESPONSES.get(str(one.get("response") or "").lower(), "none")
        return Invited(one.get("name") or "", one.get("email") or "", answer)  # type: ignore[arg-type]

    organizer = facts.get("organizer")
    return compose_meeting(
        Meeting(
            uid=key,
            start=moment(facts["start"]),
            end=moment(facts["end"]),
            subject=facts.get("subject") or "",
            text=facts.get("text") or "",
            organizer=invited(organizer) if organizer else None,
            attendees=tuple(invited(one) for one in facts.get("attendees") or ()),
            cancelled=bool(facts.get("cancelled")),
            declined=str(facts.get("our_response") or "").lower() == "declined",
        ),
        source=SOURCE,
        external_id=key,
        version="1",
    )


def wilson(part: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share."""
    if not total:
        return 0.0, 1.0
    z, share = 1.96, part / total
    middle = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    below = 1 + z * z / total
    return max(0.0, (middle - spread) / below), min(1.0, (middle + spread) / below)


def lines(judged: Sequence[Judged]) -> Iterator[str]:
    yield f"{'':16}{'n':>4}  {'precision':22}{'recall':22}{'F1':7}{'grade':22}"
    for title, some in _groups(judged):
        hits = sum(one.answer.counts and one.case["counts"] for one in some)
        claimed = sum(one.answer.counts for one in some)
        wanted = sum(bool(one.case["counts"]) for one in some)
        graded = sum(one.grade_right for one in some)
        f1 = 2 * hits / (claimed + wanted) if claimed + wanted else 1.0
        yield (
            f"{title:16}{len(some):4}  {_share(hits, claimed)}{_share(hits, wanted)}{f1:.3f}  "
            f"{_share(graded, len(some))}"
        )


def _groups(judged: Sequence[Judged]) -> Iterator[tuple[str, Sequence[Judged]]]:
    clear = [one for one in judged if not one.case.get("disputed")]
    yield "all", clear
    for key in ("kind", "lang"):
        for value in dict.fromkeys(one.case[key] for one in clear):
            yield value, [one for one in clear if one.case[key] == value]
    mails = [one for one in clear if one.case["kind"] == "mail"]
    for language in dict.fromkeys(one.case["lang"] for one in mails):
        yield f"mail {language}", [one for one in mails if one.case["lang"] == language]
    disputed = [one for one in judged if one.case.get("disputed")]
    if disputed:
        yield "disputed", disputed


def _share(part: int, total: int) -> str:
    low, high = wilson(part, total)
    shown = f"{part / total:.3f} [{low:.3f}, {high:.3f}]" if total else "–"
    return f"{shown:22}"


def failures(judged: Iterable[Judged]) -> Iterator[str]:
    for one in judged:
        if one.right and one.grade_right:
            continue
        case, answer = one.case, one.answer
        mark = " (disputed)" if case.get("disputed") else ""
        yield (
            f"{case['id']}{mark}: expected {case['counts']}/{case['grade']}, got "
            f"{answer.counts}/{answer.grade}, {answer.reason} [{answer.evidence}]"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", default="contact", choices=("contact", "contact_unseen"))
    parser.add_argument("--failures", action="store_true", help="list what was decided otherwise")
    options = parser.parse_args()
    judged = [Judged(case, judge(case)) for case in cases(options.set)]
    print(f"{options.set}: {len(judged)} cases")
    print("\n".join(lines(judged)))
    if options.failures:
        print("\n".join(failures(judged)))


if __name__ == "__main__":
    main()

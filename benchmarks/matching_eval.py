"""How often the resolver names the right customer, on labelled cases (tests/data/matching*).

    python benchmarks/matching_eval.py [FOLDER …] [--wrong]

* ``certain``: of the answers of 80 % confidence and more, which nobody looks at again, the share
  that is right: what counts most;
* ``found``: of the cases that are one customer's for certain, the share answered so with certainty;
* ``right``: the share of all cases answered rightly. Where the label is ``unsure``, an answer is
  right when it is not certain, and the customers to be offered are among those shown; where it is
  not, when the first customer named (or nobody) is the labelled one.

The intervals are Wilson's at 95 %. ``--wrong`` lists the cases answered wrongly, but never those
of a folder named ``*unseen*``. Participants stand in the cases as sources see them, and are
normalised as the capture layer does.
"""

import json
import math
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.contract.activity import Match, Participant
from agent.contract.directory import DirectoryCustomer
from agent.rules.identity import normalize_email, normalize_phone
from agent.rules.matching.resolver import Resolver

DATA = Path(__file__).parents[1] / "tests" / "data"
SURE = 0.8
REGION = "CN"


@dataclass(frozen=True, slots=True)
class Answer:
    match: Match | None
    also: tuple[int, ...] = ()

    @property
    def named(self) -> int | None:
        return self.match.customer_id if self.match else None

    @property
    def sure(self) -> bool:
        return self.match is not None and self.match.confidence >= SURE

    @property
    def shown(self) -> set[int]:
        """The guess and the alternatives."""
        if self.match is None:
            return set()
        return {self.match.customer_id, *(one.customer_id for one in self.match.alternatives)}


@dataclass(slots=True)
class Share:
    part: int = 0
    whole: int = 0

    def count(self, *, hit: bool) -> None:
        self.part += hit
        self.whole += 1

    def __str__(self) -> str:
        if not self.whole:
            return f"{'–':>30}"
        low, high = wilson(self.part, self.whole)
        shown = f"{self.part / self.whole:.3f} [{low:.3f}, {high:.3f}]"
        return f"{shown} {f'{self.part}/{self.whole}':>8}"


class Count:
    """What is counted of one group of cases."""

    def __init__(self) -> None:
        self.certain, self.found, self.right = Share(), Share(), Share()
        self.also, self.offers, self.unsure = Share(), Share(), Share()

    def add(self, want: dict[str, Any], said: Answer) -> None:
        unsure = bool(want.get("unsure"))
        right = is_right(want, said)
        self.right.count(hit=right)
        if said.sure:
            self.certain.count(hit=right)
        if want["customer"] is not None and not unsure:
            self.found.count(hit=right and said.sure)
        if "also" in want and not unsure:
            self.also.count(hit=set(said.also) == set(want["also"]))
        if want.get("offers"):
            self.offers.count(hit=said.shown >= set(want["offers"]))
        if unsure:
            self.unsure.count(hit=not said.sure)


def wilson(part: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share."""
    z, share = 1.96, part / total
    middle = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    below = 1 + z * z / total
    return max(0.0, (middle - spread) / below), min(1.0, (middle + spread) / below)


def is_right(want: dict[str, Any], said: Answer) -> bool:
    """Whose the item is, as the README of the set says it is to be judged."""
    customer, offers = want["customer"], set(want.get("offers", ()))
    if not want.get("unsure"):
        return bool(said.named == customer)
    if said.sure:
        return False
    if customer is None:
        return said.shown >= offers
    return said.named == customer or (said.named in offers and customer in said.shown)


def resolver_of(customers: list[dict[str, Any]]) -> Resolver:
    return Resolver([DirectoryCustomer.model_validate(one) for one in customers], region=REGION)


def participant(raw: dict[str, Any]) -> Participant:
    """As the sources make them of what stands in a header, a calendar or a file's name.

    A number that is none in this region leaves its writing as the caller's name.
    """
    email, phone = (str(raw.get(key) or "").strip() for key in ("email", "phone"))
    number = normalize_phone(phone, REGION) if phone else None
    name = str(raw.get("name") or "").strip()
    return Participant(
        role=raw["role"],
        name=(name or ("" if number else phone))[:200],
        email=normalize_email(email) if email else None,
        phone=number,
        side=raw.get("side") or "other",
    )


def answer(resolver: Resolver, case: dict[str, Any]) -> Answer:
    people = [participant(one) for one in case.get("participants") or ()]
    known = resolver.taught_thread(case.get("thread"))
    match = resolver.resolve(
        people,
        kind=case["kind"],
        subject=(case.get("subject") or "").strip(),
        text=(case.get("text") or "").strip(),
        hints=tuple(case.get("hints") or ()),
        thread_customer=case.get("thread_customer") if known is None else known,
        thread_taught=known is not None,
    )
    also = resolver.also(people, match) if match is not None else ()
    return Answer(match, tuple(other.customer_id for other in also))


def cases(folder: Path) -> Iterator[tuple[Resolver, dict[str, Any]]]:
    shared = folder / "directory.json"
    common = resolver_of(json.loads(shared.read_text("utf-8")) if shared.exists() else [])
    with (folder / "cases.jsonl").open(encoding="utf-8") as lines:
        for line in filter(str.strip, lines):
            case = json.loads(line)
            own = case.get("customers")
            yield (common if own is None else resolver_of(own)), case


def language(case: dict[str, Any]) -> str:
    return next((part for part in str(case["id"]).split("-") if part in {"zh", "en"}), "?")


def report(folder: Path, *, wrong: bool = False) -> Count:
    groups: dict[str, Count] = defaultdict(Count)
    languages: dict[str, Count] = defaultdict(Count)
    total = Count()
    missed: list[str] = []
    for resolver, case in cases(folder):
        want, said = case["want"], answer(resolver, case)
        for count in (groups[case["group"]], languages[language(case)], total):
            count.add(want, said)
        if not is_right(want, said):
            missed.append(f"{case['id']}: wanted {want}, said {said.match}")
    print(f"{folder.name}: {total.right.whole} cases")
    print(f"  {'':14} {'certain':>30} {'found':>30} {'right':>30}")
    for name, count in (*sorted(groups.items()), *sorted(languages.items()), ("all", total)):
        print(f"  {name:14} {count.certain!s:>30} {count.found!s:>30} {count.right!s:>30}")
    print(f"  also named     {total.also}")
    print(f"  offered        {total.offers}")
    print(f"  rightly unsure {total.unsure}")
    if wrong and "unseen" not in folder.name:
        print("  wrong:", *(missed or ["none"]), sep="\n    ")
    return total


def main(arguments: list[str]) -> None:
    named = [Path(one).resolve() for one in arguments if not one.startswith("-")]
    folders = named or sorted(path.parent for path in DATA.glob("matching*/cases.jsonl"))
    if not folders:
        print("no cases yet: see tests/data/matching/README.md")
    for folder in folders:
        report(folder, wrong="--wrong" in arguments)


if __name__ == "__main__":
    main(sys.argv[1:])

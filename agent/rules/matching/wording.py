"""Whom the words of an item name, how surely, and who writes in whose name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

from agent.contract.directory import DirectoryCustomer
from agent.rules.matching import names, sounds, surroundings
from agent.rules.matching.names import Mention, Names, Strength

_MOST_GUESSED = 300
"""Characters of a text in which misspelt names are looked for."""
_MOST_KIN = 5
_LEAST_LIKE = 0.85
_MIN_SLIPPED = 7
_TELLING, _TELLING_LATIN = 3, 6
_TELLING_HEARD, _TELLING_HEARD_LATIN = 5, 10
"""Characters of a name that was not written as it should be."""


@dataclass(frozen=True, slots=True)
class Named:
    """What the words say of one customer."""

    customer_id: int
    count: int
    start: int
    strength: Strength
    meant: bool
    """The words beside the name speak of a company."""
    claimed: bool
    """The writer says to be of this company, or to act for it."""
    telling: bool
    """So long a name that hardly anything else is called by it."""
    kin: frozenset[int]
    """Others of whose longer names a short name is a part: it may mean them as well."""
    alone: bool
    """Nobody else is called by this name."""


class Words:
    """Finds the customers of one directory in texts."""

    def __init__(self, customers: Sequence[DirectoryCustomer]) -> None:
        self._companies = names.of_companies(customers)
        self._customers = tuple(customers)
        self._slips: dict[str, list[tuple[str, int]]] = {}
        for customer in customers:
            for name in {customer.name.lower(), *(one.lower() for one in customer.aliases)}:
                if name.isascii() and len(name) >= _MIN_SLIPPED:
                    self._slips.setdefault(_letters(name), []).append((name, customer.id))

    # Built when first asked for: most mail is settled by its addresses.
    @cached_property
    def _persons(self) -> Names:
        return names.of_people(self._customers)

    @cached_property
    def _by_ear(self) -> Names:
        return names.by_ear(self._customers)

    @cached_property
    def _pinyin(self) -> Names:
        return names.in_pinyin(self._customers)

    def companies(self, text: str, *, guess: bool = False) -> dict[int, Named]:
        """By customer, the first one named first. ``guess``: also by ear, in pinyin, misspelt."""
        plain = names.flat(text)
        exact = self._companies.mentions(plain)
        found = [one for one in exact if _counts(plain, one)]
        if found:
            persons = self._persons.mentions(plain)
            found = [one for one in found if not any(_is_within(one, them) for them in persons)]
        if guess and not exact:
            beginning = plain[:_MOST_GUESSED]
            heard = self._by_ear.mentions(sounds.by_ear(beginning))
            found = [
                one
                for one in (*heard, *self._pinyin.mentions(beginning), *self._slipped(beginning))
                if _counts(plain, one)
            ]
        return self._gathered(plain, found)

    @cached_property
    def _all_names(self) -> str:
        """A line a customer."""
        return "".join(
            names.flat(" / ".join((one.name, *one.aliases))).lower() + "\n"
            for one in self._customers
        )

    def people(self, text: str) -> dict[int, Strength]:
        """Of whom somebody is named by his or her full name, with how telling that name is."""
        found: dict[int, Strength] = {}
        for mention in self._persons.mentions(names.flat(text)):
            for customer_id in mention.customers:
                found[customer_id] = max(found.get(customer_id, Strength.EAR), mention.strength)
        return found

    def _gathered(self, text: str, found: Iterable[Mention]) -> dict[int, Named]:
        gathered: dict[int, Named] = {}
        for one in found:
            meant = surroundings.is_meant(text, one.start, one.end)
            claimed = surroundings.is_claimed(text, one.start, one.end)
            kin = (
                self._kin(text[one.start : one.end])
                if one.strength < Strength.LONG
                else frozenset()
            )
            for customer_id in sorted(one.customers):
                had = gathered.get(customer_id)
                gathered[customer_id] = Named(
                    customer_id,
                    count=1 + (had.count if had else 0),
                    start=min(one.start, had.start) if had else one.start,
                    strength=max(one.strength, had.strength) if had else one.strength,
                    meant=meant or bool(had and had.meant),
                    claimed=claimed or bool(had and had.claimed),
                    telling=_is_telling(text, one) or bool(had and had.telling),
                    kin=(kin - one.customers) if had is None else had.kin & (kin - one.customers),
                    alone=len(one.customers) == 1 or bool(had and had.alone),
                )
        return gathered

    def _kin(self, name: str) -> frozenset[int]:
        name = name.lower()
        found: set[int] = set()
        at = self._all_names.find(name)
        while at >= 0 and len(found) < _MOST_KIN:
            line = self._all_names.count("\n", 0, at)
            found.add(self._customers[line].id)
            at = self._all_names.find(name, max(self._all_names.find("\n", at), at + 1))
        return frozenset(found)

    def _slipped(self, text: str) -> Iterable[Mention]:
        words = text.split()
        starts, at = [], 0
        for word in words:
            at = text.index(word, at)
            starts.append(at)
            at += len(word)
        for first in range(len(words)):
            for count in (1, 2, 3):
                if first + count > len(words):
                    break
                said = " ".join(words[first : first + count]).strip(".,;:!?()'\"").lower()
                if len(said) < _MIN_SLIPPED or not said.isascii():
                    continue
                near = {
                    whose
                    for name, whose in self._slips.get(_letters(said), ())
                    if said != name and SequenceMatcher(None, said, name).ratio() >= _LEAST_LIKE
                }
                if len(near) == 1:
                    start = starts[first]
                    yield Mention(frozenset(near), start, start + len(said), Strength.EAR)


def _letters(name: str) -> str:
    """The same for names with letters that changed places or were doubled."""
    return name[0] + "".join(sorted(set(name[1:]) - set(" .,-'")))


def _counts(text: str, one: Mention) -> bool:
    if one.strength < Strength.LONG and surroundings.is_namesake(text, one.end):
        return False
    if surroundings.is_reference(text, one.start, one.end):
        return False
    return (
        one.strength != Strength.EVERYDAY
        or (one.start == 0 and one.end == len(text))
        or surroundings.is_proper(text, one.start, one.end)
    )


def _is_telling(text: str, one: Mention) -> bool:
    is_latin = text[one.start : one.end].isascii()
    length = one.end - one.start
    if one.strength == Strength.EAR:
        return length >= (_TELLING_HEARD_LATIN if is_latin else _TELLING_HEARD)
    return one.strength >= Strength.SHORT and length >= (_TELLING_LATIN if is_latin else _TELLING)


def _is_within(one: Mention, other: Mention) -> bool:
    """``Blackwood`` of the contact Hugh Blackwood is no company."""
    longer = other.end - other.start > one.end - one.start
    return longer and other.start <= one.start and one.end <= other.end

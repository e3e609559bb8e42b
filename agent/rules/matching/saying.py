"""Whose an item is when nobody on the other side is known: what its words say, if believable."""

from collections.abc import Sequence

from agent.contract.activity import Kind, MatchReason, Participant
from agent.rules.identity import domain_of, is_public_domain
from agent.rules.matching import surroundings
from agent.rules.matching.candidates import (
    PROMINENCE,
    Candidate,
    best_of_each,
    chosen,
    tied,
    with_others,
)
from agent.rules.matching.keys import Keys, Who
from agent.rules.matching.names import Strength
from agent.rules.matching.wording import Named, Words

TITLE = 0.8
TEXT = 0.6
PERSON = 0.5
"""Of a contact, by his or her full name."""
MEANT = 0.85
"""A name that is the company's beyond doubt: in full, or with a contact's."""
CLAIMED = 0.85
"""Who writes says to be of the company, or to act for it."""
SIBLING = 0.5
LIKENESS = 0.3
PART = 0.7
"""A short name that is a part of another customer's."""
GUESSED = 0.55
"""By a misspelt name."""
_FOOT = 4
"""Lines of a signature."""
_MAX_FOOT = 60
_MAX_INDENT = 12
DOMAIN = 0.9
MENTIONED = 0.4
"""Talked about in a mail to or from somebody else's people: worth offering, no more."""


class Saying:
    """Reads the words of items with the knowledge of one directory."""

    def __init__(self, keys: Keys, words: Words) -> None:
        self._keys = keys
        self._words = words

    def mentioned(self, title: str, text: str) -> list[Candidate]:
        return [
            Candidate(Who(one.customer_id), MENTIONED, why, (-one.count, one.start))
            for words, why in _places(title, text)
            for one in self._words.companies(words).values()
        ]

    def of_words(
        self, participants: Sequence[Participant], *, kind: Kind, title: str, text: str
    ) -> list[Candidate]:
        """Nobody on the other side is known: what the words say, if they are to be believed."""
        outside = [one for one in participants if one.side != "us"]
        if not participants and kind in {"mail", "meeting"}:
            return []
        if kind == "note" or (participants and not outside) or (kind == "call" and not outside):
            return self._of_own_words(title, text)
        if kind == "call":
            return self._of_strangers_words(outside, title, text, spoken=True)
        if kind == "meeting":
            found = self._of_shown_names(outside)
            return best_of_each(found + (self._of_own_words(title, "")))
        return self._of_strangers_words(outside, title, text, spoken=False)

    def _of_own_words(self, title: str, text: str) -> list[Candidate]:
        """Of our own people: in a note, or a mail or meeting among ourselves."""
        everything = f"{title}\n{text}"
        quoted = [whos for whos in self._keys.emails_in(everything) if whos]
        if quoted and len({who.customer_id for who in quoted[0]}) == 1:
            others = [Candidate(who, MENTIONED, "email") for whos in quoted for who in whos]
            return chosen(Candidate(quoted[0][0], DOMAIN, "email"), best_of_each(others))
        numbers = {who.customer_id: who for who in self._keys.phones_in(everything)}
        if len(numbers) == 1:
            (who,) = numbers.values()
            return with_others([Candidate(who, MEANT, "phone")], self.mentioned(title, text))
        people = self._words.people(everything)
        named = [
            (one, why)
            for words, why in _places(title, text)
            for one in self._words.companies(words, guess=True).values()
        ]
        found = [self._named(one, why, people) for one, why in named]
        kin = [
            Candidate(Who(other), MENTIONED, why) for one, why in named for other in sorted(one.kin)
        ]
        best = best_of_each(found)
        if len(best) > 1 and best[0].why == "name_in_text":
            # Two visits in one note: nobody can say from the words alone whose it is.
            best = [one.at_most(TEXT) for one in best]
        if not best:
            best = best_of_each(Candidate(Who(one), PERSON, "name_in_text") for one in people)
        return with_others(_apart(best), kin)

    def _named(self, one: Named, why: MatchReason, people: dict[int, Strength]) -> Candidate:
        is_title = why == "name_in_title"
        sure = TITLE if is_title else TEXT
        if one.strength == Strength.EAR:
            sure = TITLE if one.telling else GUESSED
        elif one.strength == Strength.EVERYDAY:
            sure = TEXT
        elif one.strength == Strength.LONG:
            sure = MEANT
        elif one.meant or one.telling:
            sure = TITLE
        if one.customer_id in people and one.strength >= Strength.EAR:
            sure = max(sure, MEANT)
        elif one.kin and one.strength == Strength.SHORT:
            sure = min(sure, PART)
        # How often decides among names in the text, the first one among equals.
        return Candidate(Who(one.customer_id), sure, why, (-one.count, one.start))

    def _of_shown_names(self, outside: Sequence[Participant]) -> list[Candidate]:
        """By the names that participants without a known address show: ``佟斌（松江电机）``."""
        found = []
        for person in outside:
            if not person.name:
                continue
            people = self._words.people(person.name)
            for one in self._words.companies(person.name, guess=True).values():
                sure = MEANT if _is_own(one) else TEXT
                found.append(Candidate(Who(one.customer_id), sure, "name_in_text"))
            found += [Candidate(Who(one), PERSON, "name_in_text") for one in people]
        return _apart(best_of_each(found))

    def _of_strangers_words(
        self, outside: Sequence[Participant], title: str, text: str, *, spoken: bool
    ) -> list[Candidate]:
        """Strangers are believed when they say where they work or for whom they act."""
        everything = f"{title}\n{text}"
        first = min(outside, key=lambda one: PROMINENCE[one.role], default=None)
        if first is None:
            return []
        named = self._words.companies(everything, guess=spoken)
        public = first.email is None or is_public_domain(domain_of(first.email))
        writes = first.role in {"from", "caller", "callee", "organizer"}
        claimed = [one for one in named.values() if one.claimed and one.strength != Strength.EAR]
        if claimed and not public and not surroundings.has_mandate(everything):
            claimed = []
        found: list[Candidate] = []
        if writes:
            found = [
                Candidate(
                    Who(one.customer_id),
                    CLAIMED if _is_own(one) else TEXT,
                    "name_in_text",
                    (one.start,),
                )
                for one in claimed
            ]
        if found:
            return with_others(_apart(best_of_each(found)), self.mentioned(title, text))
        if surroundings.is_somebody_else(everything):
            return []
        numbers = {who.customer_id: who for who in self._keys.phones_in(everything)}
        if writes and len(numbers) == 1:
            (who,) = numbers.values()
            sure = MEANT if public else TEXT
            return with_others([Candidate(who, sure, "phone")], self.mentioned(title, text))
        if public:
            found = self._of_shown_names([first])
            people = self._words.people(everything) if surroundings.introduces(everything) else {}
            for one in named.values():
                if one.customer_id in people and writes:
                    found.append(Candidate(Who(one.customer_id), CLAIMED, "name_in_text"))
                elif spoken:
                    found.append(self._named(one, "name_in_text", {}).at_most(TEXT))
            if spoken:
                # What a call's recording is called was written by our own people or their phone.
                found += [
                    self._named(one, "name_in_title", {})
                    for one in self._words.companies(title, guess=True).values()
                ]
            return _apart(best_of_each(found))
        return self._of_strange_domain(first, title, text)

    def _signed(self, text: str) -> set[int]:
        """Whose full name stands in a line of its own at the foot."""
        return {
            one.customer_id
            for line in text.splitlines()[-_FOOT:]
            if len(line) <= _MAX_FOOT
            for one in self._words.companies(line).values()
            if one.strength == Strength.LONG and one.start <= _MAX_INDENT
        }

    def _of_strange_domain(self, person: Participant, title: str, text: str) -> list[Candidate]:
        """The same name under another ending is likely the same company; a similar one may be
        somebody who wants to be taken for it."""
        email = person.email or ""
        siblings = [Candidate(who, SIBLING, "domain") for who in self._keys.by_sibling(email)]
        if siblings:
            return _apart(best_of_each(siblings))
        money = surroundings.is_about_money(f"{title}\n{text}")
        alike = self._keys.by_likeness(email, named=money)
        return best_of_each(Candidate(who, LIKENESS, "domain") for who in alike)


def _places(title: str, text: str) -> tuple[tuple[str, MatchReason], tuple[str, MatchReason]]:
    return (title, "name_in_title"), (text, "name_in_text")


def _apart(best: list[Candidate]) -> list[Candidate]:
    """Equally sure ones are tied, whatever their order."""
    equals = [one.customer_id for one in best if best[0].confidence == one.confidence]
    return tied(best, equals) if len(equals) > 1 else best


def _is_own(one: Named) -> bool:
    """A name that is this customer's alone."""
    return one.strength >= Strength.SHORT and one.alone and not one.kin

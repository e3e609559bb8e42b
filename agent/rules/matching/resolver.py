"""Which customer an item belongs to, how sure that is, and who else it could be."""

import re
from collections.abc import Sequence

from agent.contract.activity import Kind, Match, MatchReason, Participant
from agent.contract.directory import DirectoryCustomer
from agent.rules.matching.candidates import (
    PROMINENCE,
    Candidate,
    best_of_each,
    chosen,
    match_of,
    tied,
    with_others,
)
from agent.rules.matching.families import Families
from agent.rules.matching.keys import Keys, Who
from agent.rules.matching.names import Strength
from agent.rules.matching.saying import DOMAIN, MENTIONED, Saying
from agent.rules.matching.wording import Words

EMAIL = 1.0
TAUGHT = 1.0
PHONE = 0.95
THREAD = 0.95
SURE = 0.8
"""From here on nobody looks at it again."""
TOLD_APART = 0.85
"""Equals, of whom only one is named as well."""
ELSEWHERE = 0.85
"""A number as another country writes it."""
ABROAD = 0.7
_ON_EQUAL_TERMS = re.compile(
    r"各位|大家|诸位|你们(?:两|几|三|各)家|贵我|两位|几位|各客户|各公司|\b(?:both|all of you|you all|everybody|everyone|dear all|"
    r"hi all|hello all|dear (?:customers|partners|friends))\b",
    re.IGNORECASE,
)
_LOOKS_LIKE_NUMBER = re.compile(r"[+\d(（][\d\s\-()（）.+转extEXT.#,]{6,}")
_SEVERAL = 2
_MANY = 3


class Resolver:
    def __init__(self, customers: Sequence[DirectoryCustomer], *, region: str = "CN") -> None:
        self._ids = frozenset(customer.id for customer in customers)
        self._keys = Keys(customers, region=region)
        self._words = Words(customers)
        self._saying = Saying(self._keys, self._words)
        self._families = Families(customers)
        self._people = {
            contact.id: contact.name for customer in customers for contact in customer.contacts
        }

    def resolve(
        self,
        participants: Sequence[Participant],
        *,
        kind: Kind,
        subject: str = "",
        text: str = "",
        hints: Sequence[str] = (),
        thread_customer: int | None = None,
        thread_taught: bool = False,
    ) -> Match | None:
        """The best match, or None when no customer takes part.

        ``participants`` with their sides set: ours never tell whose it is. ``thread_customer``:
        whose the conversation was found to be. An address of the customer's own outweighs it, if
        only one customer's is there; anything weaker, or a tie, it decides. ``thread_taught``:
        people said so, which outweighs all that is on file.
        """
        title = "\n".join((subject, *hints))
        best = self._of_participants(participants, kind=kind, title=title, text=text)
        if best:
            best = with_others(best, self._saying.mentioned(title, text))
        else:
            best = self._saying.of_words(participants, kind=kind, title=title, text=text)
        if thread_customer is not None and thread_customer in self._ids:
            best = self._led_by_thread(best, participants, thread_customer, taught=thread_taught)
        return match_of(best)

    def taught_thread(self, thread: str | None) -> int | None:
        """To whom people said that this conversation belongs."""
        whos = self._keys.taught(f"thread:{thread}") if thread else ()
        return whos[0].customer_id if len(whos) == 1 else None

    def also(self, participants: Sequence[Participant], match: Match) -> tuple[Match, ...]:
        """Further customers of whom somebody takes part himself, beyond doubt."""
        found: dict[int, Candidate] = {}
        for person in participants:
            own = best_of_each(self._by_participant(person))
            is_sure = len(own) == 1 and own[0].confidence >= SURE
            if is_sure and own[0].customer_id != match.customer_id:
                found.setdefault(own[0].customer_id, own[0])
        return tuple(
            Match(
                customer_id=other.customer_id,
                contact_id=other.who.contact_id,
                confidence=other.confidence,
                why=other.why,
            )
            for other in found.values()
        )

    def is_of(self, participant: Participant, customer_id: int) -> bool:
        """Does this participant's address or number belong to the customer?"""
        return any(found.customer_id == customer_id for found in self._by_participant(participant))

    def name_of(self, participant: Participant) -> str:
        """The participant's name, from the directory where the item itself has none (a call)."""
        if participant.name:
            return participant.name
        found = best_of_each(self._by_participant(participant))
        contacts = {one.who.contact_id for one in found} - {None}
        return self._people.get(contacts.pop() or 0, "") if len(contacts) == 1 else ""

    def _by_participant(self, person: Participant, turn: int = 0) -> list[Candidate]:
        """By what identifies this person; an address or a number that was taught settles it."""
        if person.side == "us":
            return []
        place = (PROMINENCE[person.role], turn)
        keys = [key for key in (person.email, person.phone) if key]
        taught = [
            Candidate(who, TAUGHT, "taught", place)
            for key in keys
            for who in self._keys.taught(key)
        ]
        if taught:
            return taught
        found: list[Candidate] = []
        if person.email:
            whos = self._keys.by_email(person.email)
            found = [Candidate(who, EMAIL, "email", place) for who in whos]
            if not whos:
                sure = ABROAD if self._keys.is_abroad(person.email) else DOMAIN
                found = [
                    Candidate(who, sure, "domain", place)
                    for who in self._keys.by_domain(person.email)
                ]
        if found:
            return found
        number = person.phone or _number_in(person.name)
        if number:
            whos = self._keys.by_phone(number)
            found = [Candidate(who, PHONE, "phone", place) for who in whos]
            if not whos:
                whos = self._keys.by_national(number)
                found = [Candidate(who, ELSEWHERE, "phone", place) for who in whos]
        return found

    def _of_participants(
        self, participants: Sequence[Participant], *, kind: Kind, title: str, text: str
    ) -> list[Candidate]:
        """Who takes part: the most prominent person's customer, the others behind."""
        each = [
            best_of_each(found)
            for turn, person in enumerate(participants)
            if (found := self._by_participant(person, turn))
        ]
        if not each:
            return []
        each.sort(key=lambda found: found[0].place)
        leading = each[0]
        everybody = best_of_each(one for found in each for one in found)
        if len(leading) > 1:
            alone = [one[0].customer_id for one in each if len(one) == 1]
            return self._told_apart(leading, everybody, alone, title, text)
        first = leading[0]
        if len(everybody) == 1:
            return self._within_family(first, title, text)
        sides = {found[0].customer_id for found in each if len(found) == 1}
        if kind == "meeting":
            named = self._words.companies(title)
            meant = sorted((one for one in named.values()), key=lambda one: one.start)
            for one in meant:
                own = next((c for c in everybody if c.customer_id == one.customer_id), None)
                if own is not None:
                    return chosen(own.at_least(TOLD_APART), everybody)
        outgoing = first.place[0] >= PROMINENCE["to"]
        equals = [
            found[0] for found in each if found[0].place[0] == first.place[0] and len(found) == 1
        ]
        several = {one.customer_id for one in equals}
        if outgoing and len(several) >= _SEVERAL:
            alike = (
                len(several) >= _MANY
                or first.place[0] in {PROMINENCE["bcc"], PROMINENCE["attendee"]}
                or _ON_EQUAL_TERMS.search(f"{title}\n{text}")
            )
            if alike:
                return tied(
                    [first, *(o for o in everybody if o.customer_id != first.customer_id)],
                    several | sides,
                )
        return chosen(first, everybody)

    def _told_apart(
        self,
        equals: list[Candidate],
        everybody: list[Candidate],
        alone: list[int],
        title: str,
        text: str,
    ) -> list[Candidate]:
        """Customers who share a domain, an address or a number: the words, the people named or the
        other participants may say which one it is."""
        ids = {one.customer_id for one in equals}
        why: MatchReason
        tests: tuple[tuple[set[int], MatchReason], ...] = (
            (
                {
                    one
                    for one, said in self._words.companies(title).items()
                    if said.alone and not said.kin & ids
                },
                "name_in_title",
            ),
            (
                {
                    one
                    for one, said in self._words.companies(text).items()
                    if said.alone and not said.kin & ids
                },
                "name_in_text",
            ),
            (set(alone), equals[0].why),
            (set(self._words.people(f"{title}\n{text}")), "name_in_text"),
        )
        for named, why in tests:
            meant = ids & named
            if len(meant) == 1:
                own = next(one for one in equals if one.customer_id in meant)
                return chosen(Candidate(own.who, TOLD_APART, why, own.place), everybody)
        return tied(everybody, ids)

    def _within_family(self, first: Candidate, title: str, text: str) -> list[Candidate]:
        """A daughter on the group's mail system signs with her own full name."""
        if first.why != "domain":
            return [first]
        named = self._words.companies(f"{title}\n{text}")
        kin = [
            one
            for one in named.values()
            if one.strength == Strength.LONG
            and one.alone
            and self._families.are_related(one.customer_id, first.customer_id)
        ]
        if len(kin) != 1 or first.customer_id in named:
            return [first]
        return chosen(Candidate(Who(kin[0].customer_id), TOLD_APART, "name_in_text"), [first])

    def _led_by_thread(
        self,
        best: list[Candidate],
        participants: Sequence[Participant],
        customer_id: int,
        *,
        taught: bool,
    ) -> list[Candidate]:
        if best and best[0].customer_id == customer_id and not taught:
            # Its own reason stands, so that the order in which mails come makes no difference.
            return best
        own = next((found for found in best if found.customer_id == customer_id), None)
        leading = Candidate(
            own.who if own else Who(customer_id),
            max(own.confidence if own else 0.0, THREAD),
            "thread",
        )
        takes_part = taught or any(self.is_of(person, customer_id) for person in participants)
        if best and best[0].customer_id != customer_id and not takes_part:
            first = best[0]
            if first.confidence >= DOMAIN:
                # Nobody of the conversation's customer takes part: it is the sender's.
                return with_others(best, [leading.at_most(MENTIONED)])
        rest = [found for found in best if found.customer_id != customer_id]
        return chosen(leading, rest)


def _number_in(name: str) -> str | None:
    """A caller whose number is none of our country is shown by its writing."""
    return name if _LOOKS_LIKE_NUMBER.fullmatch(name.strip()) else None

from typing import Any

import pytest

from agent.contract.activity import Match, Participant
from agent.contract.directory import DirectoryContact, DirectoryCustomer
from agent.rules.matching.resolver import Resolver
from tests.agent.making import BOLT, HUARUI

SHARED = DirectoryCustomer(
    id=3,
    name="集团三部",
    domains=("huarui.example", "qq.com"),
    contacts=(DirectoryContact(id=31, name="周", emails=("zhou@qq.com", "both@x.example")),),
)
OTHER = DirectoryCustomer(
    id=4,
    name="集团四部",
    contacts=(DirectoryContact(id=41, name="郑", emails=("both@x.example",)),),
)
RESOLVER = Resolver([HUARUI, BOLT])


def person(email: str | None = None, *, role: Any = "from", **fields: Any) -> Participant:
    return Participant(role=role, email=email, **fields)


def resolve(*people: Participant, resolver: Resolver = RESOLVER, **fields: Any) -> Match | None:
    fields.setdefault("kind", "mail")
    return resolver.resolve(people, **fields)


def test_an_address_of_a_contact_is_certain() -> None:
    match = resolve(person("wang@huarui.example"))
    assert match == Match(customer_id=1, contact_id=11, confidence=1.0, why="email")


@pytest.mark.parametrize("email", ["new@huarui.example", "x@mail.huarui.example"])
def test_a_domain_is_nearly_so(email: str) -> None:
    match = resolve(person(email))
    assert match == Match(customer_id=1, confidence=0.9, why="domain")


@pytest.mark.parametrize(
    "email", ["x@nothuarui.example", "x@huarui.example.evil.example", "x@qq.com"]
)
def test_not_a_domain_of_theirs(email: str) -> None:
    assert resolve(person(email), resolver=Resolver([HUARUI, SHARED])) is None


def test_a_plus_address_is_its_owners_unless_it_is_known_itself() -> None:
    tagged = DirectoryCustomer(
        id=5,
        name="五部",
        contacts=(DirectoryContact(id=51, name="钱", emails=("zhou+five@qq.com",)),),
    )
    resolver = Resolver([SHARED, tagged])
    found = {
        email: match.contact_id
        for email in ("zhou+work@qq.com", "zhou+five@qq.com", "+work@qq.com", "x+zhou@qq.com")
        if (match := resolve(person(email), resolver=resolver)) is not None
    }
    assert found == {"zhou+work@qq.com": 31, "zhou+five@qq.com": 51}


def test_a_public_domain_never_matches_but_an_address_there_does() -> None:
    resolver = Resolver([SHARED])
    assert resolve(person("stranger@qq.com"), resolver=resolver) is None
    match = resolve(person("zhou@qq.com"), resolver=resolver)
    assert match is not None
    assert match.why == "email"


@pytest.mark.parametrize("phone", ["+8613800138000", "138 0013 8000", "0086-138-0013-8000"])
def test_a_number_finds_the_contact(phone: str) -> None:
    match = resolve(person(phone=phone, role="caller"), kind="call")
    assert match == Match(customer_id=1, contact_id=11, confidence=0.95, why="phone")


def test_our_own_people_never_tell_whose_it_is() -> None:
    assert resolve(person("wang@huarui.example", side="us")) is None


def test_two_customers_with_one_domain_are_both_named_and_none_is_sure() -> None:
    match = resolve(person("x@huarui.example"), resolver=Resolver([HUARUI, SHARED]))
    assert match is not None
    assert (match.customer_id, match.confidence) == (1, 0.54)
    assert [(other.customer_id, other.confidence) for other in match.alternatives] == [(3, 0.54)]


def test_one_address_at_two_customers() -> None:
    match = resolve(person("both@x.example"), resolver=Resolver([OTHER, SHARED]))
    assert match is not None
    assert (match.customer_id, match.contact_id, match.confidence) == (3, 31, 0.6)
    assert [other.customer_id for other in match.alternatives] == [4]


def test_a_weaker_candidate_is_listed_and_does_not_lower_the_first() -> None:
    match = resolve(person("x@bolt.example", role="cc"), person("wang@huarui.example", role="to"))
    assert match is not None
    assert (match.customer_id, match.confidence) == (1, 1.0)
    assert [(other.customer_id, other.why) for other in match.alternatives] == [(2, "domain")]


def test_among_equals_the_sender_stands_out() -> None:
    people = (person("wang@huarui.example", role="cc"), person("ann@bolt.example", role="from"))
    for order in (people, people[::-1]):
        match = resolve(*order)
        assert match is not None
        assert match.customer_id == 2


@pytest.mark.parametrize("kind", ["mail", "meeting"])
def test_names_in_the_text_do_not_decide_whose_mail_it_is(kind: Any) -> None:
    assert resolve(kind=kind, subject="华锐", text="华锐", hints=("华锐",)) is None


@pytest.mark.parametrize(
    ("fields", "confidence", "why"),
    [
        ({"subject": "华锐拜访"}, 0.8, "name_in_title"),
        ({"hints": ("客户", "华锐")}, 0.8, "name_in_title"),
        ({"text": "和华锐聊了"}, 0.6, "name_in_text"),
        ({"text": "和Bolt聊了", "subject": "华锐"}, 0.8, "name_in_title"),
    ],
)
def test_names_decide_for_notes(fields: dict[str, Any], confidence: float, why: str) -> None:
    match = resolve(kind="note", **fields)
    assert match is not None
    assert (match.customer_id, match.confidence, match.why) == (1, confidence, why)


def test_who_is_named_most_often_comes_first() -> None:
    match = resolve(kind="note", text="Bolt 来了。华锐的人也来了，华锐很满意。")
    assert match is not None
    assert (match.customer_id, match.confidence) == (1, 0.36)
    assert [other.customer_id for other in match.alternatives] == [2]


def test_a_conversation_keeps_its_customer() -> None:
    match = resolve(person("x@private.example"), thread_customer=1)
    assert match == Match(customer_id=1, confidence=0.95, why="thread")
    shared = resolve(
        person("x@huarui.example"), resolver=Resolver([HUARUI, SHARED]), thread_customer=3
    )
    assert shared is not None
    assert (shared.customer_id, shared.confidence, shared.why) == (3, 0.95, "thread")


def test_a_contacts_own_address_outweighs_the_conversation() -> None:
    match = resolve(person("ann@bolt.example"), thread_customer=1)
    assert match is not None
    assert (match.customer_id, match.why) == (2, "email")


def test_a_conversation_of_a_customer_that_is_gone_says_nothing() -> None:
    assert resolve(person("x@private.example"), thread_customer=99) is None


def test_others_who_take_part_themselves() -> None:
    people = (person("wang@huarui.example"), person("x@bolt.example", role="to"))
    match = RESOLVER.resolve(people, kind="mail")
    assert match is not None
    (other,) = RESOLVER.also(people, match)
    assert (other.customer_id, other.why, other.confidence) == (2, "domain", 0.9)


def test_who_is_only_possible_does_not_take_part() -> None:
    resolver = Resolver([HUARUI, SHARED])
    people = (person("x@huarui.example"),)
    match = resolver.resolve(people, kind="mail")
    assert match is not None
    assert resolver.also(people, match) == ()

"""Identity: the golden file shared with the extension, and what only the agent needs."""

import json
from pathlib import Path

import pytest

from agent.rules.identity import (
    activity_id,
    domain_of,
    is_public_domain,
    normalize_company,
    normalize_email,
    normalize_message_id,
    normalize_phone,
    thread_key,
)

GOLDEN = json.loads((Path(__file__).parents[2] / "contract" / "identity.json").read_text("utf-8"))


def each(what):
    return pytest.mark.parametrize(
        "case", GOLDEN[what], ids=lambda case: ascii(next(iter(case.values())))
    )


@each("emails")
def test_email(case):
    assert normalize_email(case["input"]) == case["expected"]


@each("domains")
def test_domain(case):
    assert domain_of(case["email"]) == case["expected"]


@each("public_domains")
def test_public_domain(case):
    assert is_public_domain(case["domain"]) is case["expected"]


@each("phones")
def test_phone(case):
    assert normalize_phone(case["input"], case["region"]) == case["expected"]


@each("companies")
def test_company(case):
    assert normalize_company(case["input"]) == case["expected"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("苏州华锐智能装备有限公司", "苏州华锐智能装备"),
        ("宁波驰联汽车零部件股份有限公司", "宁波驰联汽车零部件"),
        ("Brightline Analytics, Inc.", "brightline  analytics"),
        ("Keller Feinmechanik GmbH", "KELLER FEINMECHANIK"),
        ("Harbourstone Trading Pte. Ltd.", "Harbourstone Trading"),
        ("天禾包装（昆山）有限公司", "天禾包装(昆山)"),
    ],
)
def test_company_names_agree_without_their_legal_form(one, other):
    assert normalize_company(one) == normalize_company(other)


def test_a_name_that_is_only_a_legal_form_stays():
    assert normalize_company("公司") == "公司"


def test_ids_depend_on_the_identity_only():
    assert activity_id("mid:a@x") == activity_id("mid:a@x") != activity_id("mid:b@x")
    assert str(activity_id("mid:a@x")) == "da312aed-0525-588e-bb1f-7825610962f3"


def test_message_ids_and_threads():
    assert normalize_message_id(" <a b@x>\r\n") == "ab@x"
    assert thread_key(()) is None
    assert thread_key(("a", "b")) == thread_key(("a", "c")) != thread_key(("b",))


def test_public_domains():
    assert is_public_domain("QQ.com")
    assert not is_public_domain("huarui.example")
    assert domain_of("a@b.example") == "b.example"

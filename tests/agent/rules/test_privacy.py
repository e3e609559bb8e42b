"""What leaves the laptop, and which rule keeps the rest."""

import pytest

from agent.contract.activity import Participant
from agent.contract.policy import Exclusions, Policy
from agent.rules.exclusion import Verdict
from agent.rules.privacy import admit, side_of

POLICY = Policy(
    own_domains=("yuanshan.example",), staff_emails=("boss@qq.com",), exclude=("*@bank.example",)
)


def people(*emails):
    raw = [Participant(role="to", email=email) for email in emails]
    return [person.model_copy(update={"side": side_of(person, POLICY)}) for person in raw]


def admitted(*emails, **over):
    facts = {
        "sensitivity": "",
        "categories": (),
        "machine": None,
        "policy": POLICY,
        "exclude": Exclusions(exclude=("hr@*",)),
        "matched": True,
    }
    return admit(people(*emails), **{**facts, **over})


@pytest.mark.parametrize(
    ("emails", "over", "rule"),
    [
        (("li@yuanshan.example", "zhao@huarui.example"), {}, None),
        (("li@yuanshan.example", "zhao@huarui.example"), {"matched": False}, "unknown_customer"),
        (("li@yuanshan.example", "wu@yuanshan.example"), {}, "internal"),
        (("li@yuanshan.example", "boss@qq.com"), {}, "internal"),
        (("zhao@huarui.example",), {"sensitivity": "Private"}, "private"),
        (("zhao@huarui.example",), {"sensitivity": "personal"}, "private"),
        (("zhao@huarui.example",), {"categories": ("私人",)}, "private"),
        (("zhao@huarui.example", "x@bank.example"), {}, "excluded_address"),
        (("zhao@huarui.example", "hr@any.example"), {}, "excluded_address"),
        (("zhao@huarui.example",), {"machine": "bulk"}, "newsletter"),
        (("zhao@huarui.example",), {"machine": "draft"}, "draft"),
        (("zhao@huarui.example",), {"machine": "auto_reply"}, None),
        ((), {}, None),
    ],
)
def test_admission(emails, over, rule):
    verdict = admitted(*emails, **over)
    assert (verdict and verdict.rule) == rule


@pytest.mark.parametrize(
    ("over", "rule", "evidence"),
    [
        ({"sensitivity": "Private"}, "private", "Private"),
        ({"categories": ("重要", "私人")}, "private", "私人"),
        ({"machine": "bulk", "machine_evidence": "list-id"}, "newsletter", "list-id"),
        ({"matched": False}, "unknown_customer", "1"),
        (
            {"folder": "Inbox/人事", "exclude": Exclusions(exclude_folders=("人事",))},
            "excluded_folder",
            "人事",
        ),
        (
            {"subject": "体检报告", "exclude": Exclusions(exclude_subjects=("体检",))},
            "excluded_subject",
            "体检",
        ),
    ],
)
def test_every_verdict_has_its_evidence(over, rule, evidence):
    verdict = admitted("li@yuanshan.example", "zhao@huarui.example", **over)
    assert verdict == Verdict(rule, evidence)


def test_the_evidence_names_nobody():
    verdict = admitted("zhao@huarui.example", "x@bank.example")
    assert verdict == Verdict("excluded_address", "*@bank.example")
    assert admitted("li@yuanshan.example").evidence == "1"

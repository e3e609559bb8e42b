"""Patterns of people and companies: what they fit, and what they must not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.contract.policy import Exclusions, Policy
from agent.rules.exclusion import Verdict, excluded


def judged(rules: Exclusions, **facts):
    known = {"addresses": (), "folder": "", "categories": (), "subject": "", **facts}
    verdict = excluded((Exclusions(), rules), **known)
    return verdict and verdict.rule


@pytest.mark.parametrize(
    ("pattern", "address", "rule"),
    [
        ("*@bank.example", "li@bank.example", "excluded_address"),
        ("*@bank.example", "li@mail.bank.example", None),
        ("HR@*", "hr@any.example", "excluded_address"),
        ("li@bank.example", "li@bank.example", "excluded_address"),
        ("li@bank.example", "wu@bank.example", None),
        ("bank.example", "li@bank.example", "excluded_domain"),
        ("bank.example", "li@mail.bank.example", "excluded_domain"),
        ("bank.example", "li@notbank.example", None),
        ("@bank.example", "li@bank.example", "excluded_domain"),
        ("  ", "li@bank.example", None),
    ],
)
def test_addresses(pattern, address, rule):
    assert judged(Exclusions(exclude=(pattern,)), addresses=(address,)) == rule


@pytest.mark.parametrize(
    ("pattern", "address", "fits"),
    [
        ("law.example", "a@law.example", True),
        ("law.example", "a@x.law.example", True),
        ("*.law.example", "a@law.example", True),
        ("law.*", "a@law.example", True),
        ("law.example", "a@claw.example", False),
        ("LAW.example", "a@law.example", True),
        ("银行.example", "a@xn--xkry9k.example", False),
        ("例子.测试", "a@xn--fsqu00a.xn--0zwm56d", True),
    ],
)
def test_domains(pattern, address, fits):
    found = judged(Exclusions(exclude_domains=(pattern,)), addresses=("x@y.example", address))
    assert (found == "excluded_domain") is fits


@pytest.mark.parametrize(
    ("pattern", "folder", "fits"),
    [
        ("私人", "私人", True),
        ("私人", "收件箱/私人", True),
        ("私人", "收件箱/私人/家庭", True),
        ("私人", "收件箱/私人事务", False),
        ("客户/私人", "客户/私人/旧", True),
        ("客户/私人", "归档/客户/私人", False),
        ("Inbox\\Private", "inbox/private/x", True),
        ("Inbox/*", "Inbox/a/b", True),
        ("Archive 20*", "Archive 2024/q1", True),
        ("archive", "ARCHIVE", True),
        ("/Inbox", "Inbox", True),
        ("*人事*", "部门人事档案", True),
        ("a.b", "axb", False),
    ],
)
def test_folders(pattern, folder, fits):
    found = judged(Exclusions(exclude_folders=(pattern,)), folder=folder)
    assert (found == "excluded_folder") is fits


@pytest.mark.parametrize(
    ("pattern", "subject", "fits"),
    [
        ("工资", "Re: 11月工资条", True),
        ("bonus", "Your Bonus 2026", True),
        ("bonus", "bonuses", False),
        ("体检*", "体检报告", True),
        ("体检*", "关于体检报告", False),
        ("*报销*", "Re: 差旅报销单", True),
        ("salary  review", "Salary review", True),
        ("ＯＦＦＥＲ", "offer letter", True),
        ("a.c", "abc", False),
    ],
)
def test_subjects(pattern, subject, fits):
    found = judged(Exclusions(exclude_subjects=(pattern,)), subject=subject)
    assert (found == "excluded_subject") is fits


@pytest.mark.parametrize(
    ("category", "fits"), [("人事", True), ("人事部", False), ("HR 2026", True)]
)
def test_categories(category, fits):
    found = judged(Exclusions(exclude_categories=("人事", "hr*")), categories=("x", category))
    assert (found == "excluded_category") is fits


def test_the_policy_excludes_as_the_laptop_does():
    policy = Policy(exclude_folders=("法务",), exclude_subjects=("仲裁",))
    verdict = excluded(
        (Exclusions(), policy), addresses=(), folder="法务/2026", categories=(), subject="仲裁"
    )
    assert verdict == Verdict("excluded_folder", "法务")


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_pattern_upsets_it(pattern, text):
    rules = Exclusions(**dict.fromkeys(Exclusions.model_fields, (pattern,)))
    excluded((rules,), addresses=(text,), folder=text, categories=(text,), subject=text)


def test_a_pattern_of_many_stars_stays_cheap():
    rules = Exclusions(exclude_subjects=("*a" * 30 + "b",), exclude_folders=("*a" * 30 + "b",))
    assert judged(rules, subject="a" * 2_000, folder="a" * 2_000) is None

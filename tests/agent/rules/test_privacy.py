"""What leaves the laptop, and what is blotted out first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.contract.activity import Participant
from agent.contract.policy import Policy
from agent.rules.privacy import admit, mask, side_of

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
        "exclude": ("hr@*",),
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
    assert admitted(*emails, **over) == rule


@pytest.mark.parametrize(
    ("text", "masked", "count"),
    [
        ("手机 13800138000", "手机 138********", 1),
        ("电话138 0013 8000。", "电话138 **** ****。", 1),
        ("+86 13800138000", "+** ***********", 1),
        ("身份证 11010519491231002X 谢谢", "身份证 ****************** 谢谢", 1),
        ("卡号 6222 0212 3456 7890 128", "卡号 **** **** **** **** ***", 1),
        ("护照 E12345678", "护照 *********", 1),
        ("订单号 202611230001", "订单号 202611230001", 0),
        ("身份证号错一位 110105194912310021", "身份证号错一位 110105194912310021", 0),
        ("型号 GW-2026-118-0042", "型号 GW-2026-118-0042", 0),
        ("座机 0512-55501000", "座机 0512-55501000", 0),
    ],
)
def test_masking(text, masked, count):
    assert mask(text) == (masked, count)


@given(st.text())
def test_masking_keeps_the_length_so_that_offsets_hold(text):
    blotted, _ = mask(text)
    assert len(blotted) == len(text)
    assert mask(blotted)[0] == blotted

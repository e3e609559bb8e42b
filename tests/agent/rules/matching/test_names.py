import pytest

from agent.contract.directory import DirectoryCustomer
from agent.rules.matching.names import of_companies


def customer(number: int, name: str, *aliases: str) -> DirectoryCustomer:
    return DirectoryCustomer(id=number, name=name, aliases=aliases)


NAMES = of_companies(
    [
        customer(1, "苏州华锐智能装备有限公司", "华锐"),
        customer(2, "华锐智能（上海）有限公司", "华锐智能"),
        customer(3, "Rival Systems Inc.", "Rival"),
        customer(4, "Acme Robotics Co., Ltd."),
        customer(5, "B", "X", "AB", "智"),
        customer(6, "智能有限公司"),
    ]
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("今天去了华锐，见了王总", {1: 1}),
        ("华锐智能的报价", {2: 1}),
        ("苏州华锐智能装备的人来了", {1: 1}),
        ("苏州华锐智能装备有限公司", {1: 1}),
        ("华锐和华锐智能，还有华锐", {1: 2, 2: 1}),
        ("on arrival we saw no rivals", {}),
        ("rival: we met RIVAL today", {3: 2}),
        ("拜访Rival后", {3: 1}),
        ("Ｒｉｖａｌ", {3: 1}),
        ("Acme  Robotics\nwants a demo", {4: 1}),
        ("acme robotics co., ltd.", {4: 1}),
        ("acme roboticscorp", {}),
        ("AB X 智 B", {}),
        ("智能制造", {}),
        ("", {}),
    ],
)
def test_found(text: str, found: dict[int, int]) -> None:
    assert dict(NAMES.find(text)) == found


def test_two_customers_of_one_name_are_both_found() -> None:
    names = of_companies([customer(1, "华锐"), customer(2, "另一家", "华锐")])
    assert dict(names.find("华锐来电")) == {1: 1, 2: 1}


def test_nobody_is_known() -> None:
    assert dict(of_companies([]).find("华锐")) == {}


def test_a_longer_name_that_is_no_whole_word_does_not_hide_a_shorter_one() -> None:
    names = of_companies([customer(1, "Bolt"), customer(2, "Bolt Sys")])
    assert dict(names.find("bolt systems")) == {1: 1}

import pytest

from agent.nlp.speech.numerals import to_digits


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("首付百分之三十", "首付30%"),
        ("涨了百分之零点五", "涨了0.5%"),
        ("百分之百放心", "100%放心"),
        ("预算五十万", "预算50万"),
        ("三万五千块", "3.5万块"),
        ("三万五", "3.5万"),
        ("两千五", "2500"),
        ("两百零五", "205"),
        ("一百一", "110"),
        ("一亿两千万", "1.2亿"),
        ("一千零五十", "1050"),
        ("一百万零五", "1000005"),
        ("账期九十天", "账期90天"),
        ("十五天", "15天"),
        ("十万", "10万"),
        ("两点五万", "2.5万"),
        ("三十多个", "30多个"),
        ("二零二六年", "2026年"),
        ("幺三八零零幺三八零零零", "13800138000"),
    ],
)
def test_amounts_become_digits(spoken: str, written: str) -> None:
    assert to_digits(spoken) == written


@pytest.mark.parametrize(
    "text",
    ["等一下", "两周", "下周三", "周三十点", "星期二十点", "下午三点四十", "十分满意", "万一", "千万别",
     "三五百", "四五十", "三十几", "十几万", "几百万", "十一放假", "五一之前", "一个", "上千万", "十二点", "20%"],
)  # fmt: skip
def test_what_may_be_something_else_stays(text: str) -> None:
    assert to_digits(text) == text

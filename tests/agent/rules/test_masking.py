"""What is blotted out, what stays readable, and what it costs."""

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.rules.masking import mask
from benchmarks.masking_eval import FOLDER, score, texts_of

LEAST = {"written.jsonl": (1.0, 1.0), "generated.jsonl": (1.0, 1.0), "unseen.jsonl": (0.94, 0.97)}


@pytest.mark.parametrize(
    ("text", "masked", "count"),
    [
        ("手机 13800138000", "手机 138********", 1),
        ("电话138 0013 8000。", "电话138 **** ****。", 1),
        ("+86 13800138000", "+** ***********", 1),
        ("１３８００１３８０００", "１３８********", 1),
        ("13800138\n000", "138*****\n***", 1),
        ("幺三八零零一三八零零零", "幺三八********", 1),
        ("身份证 11010519491231002X 谢谢", "身份证 ****************** 谢谢", 1),
        ("卡号 6222 0212 3456 7890 128", "卡号 **** **** **** **** ***", 1),
        ("护照 E12345678", "护照 *********", 1),
        ("手机13800138000，卡6222021234567890128", "手机138********，卡*******************", 2),
        ("订单号 202611230001", "订单号 202611230001", 0),
        ("身份证号错一位 110105194912310021", "身份证号错一位 110105194912310021", 0),
        ("型号 GW-2026-118-0042", "型号 GW-2026-118-0042", 0),
        ("座机 0512-55501000", "座机 0512-55501000", 0),
        ("", "", 0),
    ],
)
def test_masking(text, masked, count):
    assert mask(text) == (masked, count)


@pytest.mark.parametrize("name", sorted(LEAST))
def test_the_labelled_texts(name):
    texts = list(texts_of(FOLDER / name))
    found = score(iter(texts))
    precision, recall = LEAST[name]
    assert found.precision >= precision, found.wrong
    assert found.recall >= recall, found.missed


def test_there_are_enough_labelled_texts():
    assert sum(len(list(texts_of(FOLDER / name))) for name in LEAST) >= 300


@given(st.text())
def test_the_length_stays_so_that_offsets_hold(text):
    blotted, _ = mask(text)
    assert len(blotted) == len(text)
    assert mask(blotted) == (blotted, 0)


@given(st.text(alphabet="0123456789１３８ -\n.+EGX一三八零,，、:号证护照卡手机a*", max_size=60))
def test_the_same_for_texts_full_of_numbers(text):
    blotted, _ = mask(text)
    assert len(blotted) == len(text)
    assert mask(blotted) == (blotted, 0)
    # Only letters and digits ever give way.
    for before, after in zip(text, blotted, strict=True):
        assert after in (before, "*")
        assert before == after or before.isalnum()


_DIGITS = st.text(alphabet="0123456789", min_size=8, max_size=8)
_WORDS = st.sampled_from(["你好", "联系 ", "Tel: ", "手机：", "李雷 ", "\n", "（", ""])


@given(
    _WORDS,
    st.sampled_from("3456789"),
    _DIGITS,
    st.sampled_from("09"),
    st.sampled_from(["。", " ok", "\n", "）"]),
)
def test_every_mobile_is_masked(before, second, middle, last, after):
    number = f"1{second}{middle}{last}"
    for written in (
        number,
        f"{number[:3]} {number[3:7]} {number[7:]}",
        f"{number[:3]}-{number[3:7]}-{number[7:]}",
        f"+86{number}",
        f"+86 {number[:3]} {number[3:7]} {number[7:]}",
        f"{number[:7]}\n{number[7:]}",
        "".join(chr(ord(digit) + 0xFEE0) for digit in number),
        " ".join(number),
    ):
        blotted, count = mask(f"{before}{written}{after}")
        assert count == 1, written
        assert re.sub(r"\D", "", unicodedata.normalize("NFKC", blotted))[3:] == "", written


@given(st.text(alphabet="ABCDEFGHJKLMNPQRSTUVWXYZ", min_size=2, max_size=3), _DIGITS, _DIGITS)
def test_codes_that_begin_with_letters_stay(letters, one, two):
    for code in (f"{letters}{one}{two[:3]}", f"{letters}-2026-{one}", f"{letters}_{one}{two}"):
        if letters.lower() in ("no", "id", "wx", "tel", "mob"):
            continue
        assert mask(f"编码 {code} 已发")[1] == 0, code


@given(st.dates(), st.times())
def test_moments_stay(day, time):
    for text in (
        f"{day.isoformat()} {time.isoformat(timespec='seconds')}",
        f"{day:%Y/%m/%d}",
        f"{day:%Y}年{day.month}月{day.day}日",
        f"{day:%Y%m%d}{time:%H%M%S}",
    ):
        assert mask(text)[1] == 0, text


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_amounts_stay(amount):
    for text in (f"¥{amount}", f"{amount:,} 元", f"合计{amount}元", f"USD {amount:,}"):
        assert mask(text)[1] == 0, text


@given(st.uuids())
def test_uuids_stay(key):
    assert mask(f"trace {key} end")[1] == 0
    assert mask(str(key).upper())[1] == 0


@given(
    st.sampled_from(
        ["订单号", "运单号：", "发票号码 ", "order no. ", "tracking number ", "料号", "P/N "]
    ),
    st.text(alphabet="0123456789", min_size=8, max_size=20),
)
def test_numbers_that_are_called_something_else_stay(label, digits):
    assert mask(f"{label}{digits}")[1] == 0


class _Steps:
    """Counts the lines of the module that run: work, not time."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, frame, event, _arg):
        if not frame.f_code.co_filename.endswith("masking.py"):
            return None
        self.count += event == "line"
        return self


def steps(text: str) -> int:
    counter = _Steps()
    before = sys.gettrace()
    sys.settrace(counter)
    try:
        mask(text)
    finally:
        sys.settrace(before)
    return counter.count


@pytest.mark.parametrize(
    "unit",
    [
        "1 ",
        "1",
        "123 ",
        "1380 ",
        "E1234567",
        "12-",
        "证A1234567 ",
        "零",
        "6222 ",
        "0123abcd-",
        "138 0013 ",
    ],
)
def test_work_grows_with_the_text_and_no_faster(unit):
    small, large = steps(unit * 400), steps(unit * 1_600)
    assert large <= 4.6 * small + 2_000


@pytest.mark.parametrize("unit", ["1 ", "123 ", "E1234567", "护照", "12-", "6222 ", "零"])
def test_half_a_million_characters_come_to_an_end(unit):
    text = (unit * 500_000)[:500_000]
    blotted, _ = mask(text)
    assert len(blotted) == len(text)

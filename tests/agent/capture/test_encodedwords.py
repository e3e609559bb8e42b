import base64

import pytest

from agent.capture.encodedwords import base64_bytes, decode_words


def word(raw: bytes, charset: str = "gb2312") -> str:
    return f"=?{charset}?B?{base64.b64encode(raw).decode()}?="


def test_character_cut_in_two_between_words() -> None:
    raw = "关于预算的报价".encode("gbk")
    assert decode_words(f"{word(raw[:5])}\r\n {word(raw[5:])}") == "关于预算的报价"


def test_words_of_two_charsets_and_text_between() -> None:
    both = f"{word('预算'.encode('gbk'))} {word('报价'.encode(), 'utf-8')}"
    assert decode_words(both) == "预算报价"
    assert decode_words(f"Re: {word('预算'.encode('gbk'))} (2)") == "Re: 预算 (2)"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?utf-8?Q?Offer_=E2=82=AC_5?=", "Offer € 5"),
        ("=?utf-8*en?q?a_b?=", "a b"),
        ("=?UTF-8?B?5oql5Lu3?= <a@b.example>", "报价 <a@b.example>"),
        ("=?utf-8?B?5oql5Lu3", "=?utf-8?B?5oql5Lu3"),
        ("=?utf-8?B?5oql5Lu?=", "报\ufffd"),
        ("=?utf-8?B?!!!?=", ""),
        ("plain\r\n folded", "plain folded"),
        ("=?x-nonsense?B?5oql5Lu3?=", "报价"),
    ],
)
def test_words(value: str, text: str) -> None:
    assert decode_words(value) == text


@pytest.mark.parametrize("cut", range(12))
def test_base64_cut_anywhere(cut: int) -> None:
    whole = base64.b64encode(b"123456789")
    assert b"123456789".startswith(base64_bytes(whole[:cut]))

import pytest

from agent.capture.charset import decode, decode_html, guess, storable


@pytest.mark.parametrize("label", ["gb2312", "GBK", '"gb2312"', "cp936", "gb18030", "GB2312*zh"])
def test_gb_labels_mean_the_whole_of_gb18030(label: str) -> None:
    assert decode("报价㐂九万𠮷".encode("gb18030"), label) == "报价㐂九万𠮷"


@pytest.mark.parametrize("label", ["gb2312", "us-ascii", "iso-8859-1", None, "x-unknown-9", "hex"])
def test_utf8_under_a_wrong_label(label: str | None) -> None:
    assert decode("这是一封中文邮件，报价九万元".encode(), label) == "这是一封中文邮件，报价九万元"


@pytest.mark.parametrize("label", ["utf-8", "us-ascii", "iso-8859-1", None, "x-unknown-9"])
def test_gb_under_a_wrong_label(label: str | None) -> None:
    assert decode("您好，请看报价".encode("gb18030"), label) == "您好，请看报价"


def test_western_letters_are_not_taken_for_chinese() -> None:
    text = "Müller grüßt aus Köln, déjà vu à la façade"
    assert guess(text.encode("cp1252")) == text
    assert decode(text.encode("latin-1"), "iso-8859-1") == text


def test_a_cut_last_character_is_no_wrong_label() -> None:
    assert decode("报价".encode()[:-1], "utf-8").startswith("报")
    assert guess("预算紧张，下周再谈".encode()[:-1]).startswith("预算紧张，下周再")


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_win(charset: str) -> None:
    assert decode("预算".encode(charset), "gb2312") == "预算"


@pytest.mark.parametrize("label", ["punycode", "idna", "unicode_escape", "zlib", "\x00", "a" * 999])
def test_python_codecs_that_are_no_charsets(label: str) -> None:
    assert decode(rb"plain \ud800 text", label) == r"plain \ud800 text"


def test_nothing_unstorable_comes_out() -> None:
    assert storable("a\x00b\ud800c") == "abc"
    assert "\ud800" not in decode(b"+2AA-", "utf-7")


def test_page_names_its_own_charset() -> None:
    page = '<html><head><meta charset="gbk"></head>少'.encode("gbk")
    assert decode_html(page).endswith("少")
    assert decode_html(page, "gb18030").endswith("少")

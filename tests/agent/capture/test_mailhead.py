from datetime import UTC, datetime
from email.parser import HeaderParser
from email.utils import getaddresses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.capture.mailhead import (
    _PLAIN_ADDRESS,
    KEPT,
    MailHead,
    _split_addresses,
    addresses,
    parse_date,
    parse_fields,
    split_head,
)


def head(text: str | bytes) -> MailHead:
    return MailHead.parse(text if isinstance(text, bytes) else text.encode())


def people(text: str) -> list[tuple[str, str, str | None]]:
    return [(one.role, one.name, one.email) for one in head(text).participants()]


def test_people_in_every_field_and_groups() -> None:
    assert people(
        'From: "张, 伟" <Zhang@Customer.example>\n'
        "To: 采购组: a@x.example, =?utf-8?B?546L56OK?= <b@x.example>;\n"
        "Cc: c@x.example\nBcc: undisclosed-recipients:;\n"
    ) == [
        ("from", "张, 伟", "zhang@customer.example"),
        ("to", "", "a@x.example"),
        ("to", "王磊", "b@x.example"),
        ("cc", "", "c@x.example"),
    ]


def test_chinese_separators_and_wholly_encoded_field() -> None:
    assert [one[2] for one in people("To: a@x.example；b@x.example，c@x.example")] == [
        "a@x.example",
        "b@x.example",
        "c@x.example",
    ]
    encoded = "=?utf-8?Q?Zhang_=3Cz=40x.example=3E?="
    assert list(addresses(encoded)) == [("Zhang", "z@x.example")]


@pytest.mark.parametrize("value", ["(" * 50_000, "<" * 50_000, '"' * 50_000, "a@b," * 20_000])
def test_hostile_address_fields_end(value: str) -> None:
    assert len(head(f"To: {value}").participants()) <= 500


def test_raw_eight_bit_header() -> None:
    for charset in ("gb18030", "utf-8"):
        found = head("Subject: 关于预算的报价\nFrom: 张伟 <z@x.example>\n".encode(charset))
        assert found.text("subject") == "关于预算的报价"
        assert found.participants()[0].name == "张伟"


@pytest.mark.parametrize(
    "value",
    [
        "Fri, 20 Nov 2026 10:00:00 +0800",
        "20 Nov 2026 02:00:00 GMT",
        "Fri, 20 Nov 2026 02:00:00 -0000 (UTC)",
        "2026-11-20 02:00:00",
        "2026-11-20T10:00:00+08:00",
    ],
)
def test_dates(value: str) -> None:
    assert parse_date(value) == datetime(2026, 11, 20, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "value", ["", "soon", "Fri, 99 Nov 2026", "1 Jan 1970 00:00:00 +0000", "0001-01-01T00:00+09:00"]
)
def test_broken_dates(value: str) -> None:
    assert parse_date(value) is None


def test_broken_date_falls_back_to_received() -> None:
    found = head(
        "Date: yesterday\nReceived: from a by b; nonsense\n"
        "Received: from a by b (x; y); Fri, 20 Nov 2026 10:00:00 +0800\n"
    )
    assert found.date() == datetime(2026, 11, 20, 2, tzinfo=UTC)
    assert head("Date: yesterday\n").date() is None


def test_future_date_is_kept_as_it_is() -> None:
    found = head("Date: Fri, 20 Nov 2099 10:00:00 +0800\n").date()
    assert found == datetime(2099, 11, 20, 2, tzinfo=UTC)


def test_conversation_oldest_first_own_id_last() -> None:
    found = head(
        "Message-ID: <c\r\n @x>\nIn-Reply-To: Your mail of Friday <b@x>\nReferences: <a@x>\n <b@x>\n"
    )
    assert found.message_id == "c@x"
    assert found.references == ("a@x", "b@x", "c@x")


def test_endless_conversation_keeps_its_first_mail() -> None:
    ids = " ".join(f"<{n}@x>" for n in range(5000))
    found = head(f"References: {ids}\nMessage-ID: <me@x>\n").references
    assert found[0] == "0@x"
    assert found[-2:] == ("4999@x", "me@x")
    assert len(found) <= 102


def test_only_listed_fields_are_kept() -> None:
    found = head(
        "Subject: s\nX-Genjin-Draft: 1\nList-Id: =?utf-8?B?5paw6Ze7?=\nReceived: x\n"
    ).kept()
    assert found == {"list-id": "新闻"}
    assert "subject" not in KEPT


@pytest.mark.parametrize(
    ("raw", "block", "body"),
    [
        (b"A: 1\r\n\r\nbody", b"A: 1\r\n", b"body"),
        (b"A: 1\n\nbody", b"A: 1\n", b"body"),
        (b"A: 1\n\r\nbody", b"A: 1\n", b"body"),
        (b"A: 1", b"A: 1", b""),
        (b"\nbody", b"", b"body"),
        (b"\r\nbody", b"", b"body"),
        (b"", b"", b""),
    ],
)
def test_header_ends_at_the_blank_line(raw: bytes, block: bytes, body: bytes) -> None:
    found, start = split_head(raw)
    assert found == block
    assert raw[start:] == body


_PIECES = st.sampled_from(
    [
        *(
            "From: a@x.example",
            "Subject: =?gb2312?B?sai82w=",
            " folded",
            "\tfolded",
            "To:b",
            "X-Y :z",
        ),
        *(
            "no colon",
            ":no name",
            "",
            " ",
            "Date:  two",
            "主题: 报价",
            "A: b\x0bc\x85d\u2028e",
            "From x",
        ),
    ]
)


@given(st.lists(_PIECES, max_size=9))
def test_fields_are_as_the_standard_library_reads_them(lines: list[str]) -> None:
    block = "\n".join(lines)
    assert parse_fields(block.encode()).items() == HeaderParser().parsestr(block).items()


_WORDS = st.sampled_from(
    [
        "a",
        "Zhang",
        "张伟",
        "=?utf-8?q?x?=",
        " ",
        "  ",
        "<",
        ">",
        "a@b.c",
        "li.n@x.y",
        '"',
        ".",
        "(",
        "，",
    ]
)


@given(st.lists(_WORDS, max_size=6).map("".join))
def test_plain_addresses_are_as_the_standard_library_reads_them(value: str) -> None:
    plain = _PLAIN_ADDRESS.fullmatch(value)
    if plain is not None:
        assert _split_addresses(value) == getaddresses([value])

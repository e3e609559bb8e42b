"""The short way to read a parameter gives what the standard library gives."""

from email.message import Message
from email.utils import collapse_rfc2231_value

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.capture.charset import storable
from agent.capture.contentfields import ContentFields, parameters
from agent.capture.encodedwords import decode_words
from agent.capture.mailhead import parse_fields

_NAMES = ("charset", "name", "boundary", "x")


def by_the_library(value: str, name: str) -> str:
    fields: Message[str, str] = Message()
    fields.set_raw("content-type", value)
    try:
        found = fields.get_param(name, header="content-type")
    except (ValueError, TypeError, IndexError):
        return ""
    return "" if found is None else decode_words(storable(collapse_rfc2231_value(found)))


_PIECES = st.sampled_from(
    [
        *("text/plain", "multipart/mixed", "charset", "Name", "boundary", "x", "*", "*0", "*1*"),
        *("=", ";", "; ", " ;", '"', "\\", "<", ">", "'", " ", "\t", "\n ", "utf-8", "gb2312"),
        *("=?utf-8?q?a?=", "报价", "utf-8''%E6%8A%A5", "a b", ",", "/", "(c)", "\x00"),
    ]
)


@given(st.lists(_PIECES, max_size=12).map("".join))
def test_parameters_are_as_the_standard_library_reads_them(value: str) -> None:
    found = parameters(value)
    if found:  # one parameter beyond all sense costs all of them
        assert {name: found.get(name, "") for name in _NAMES} == {
            name: by_the_library(value, name) for name in _NAMES
        }


@given(
    st.lists(
        st.tuples(
            st.sampled_from(_NAMES),
            st.sampled_from(["=a", '="a b"', '="a;b"', "=a-b_c.d", '=""', "*=utf-8''%E6%8A%A5"]),
        ),
        max_size=4,
    )
)
def test_nothing_is_lost_of_well_formed_ones(pairs: list[tuple[str, str]]) -> None:
    value = "text/plain" + "".join(f"; {name}{said}" for name, said in pairs)
    for name in _NAMES:
        assert parameters(value).get(name, "") == by_the_library(value, name)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("Text/HTML; charset=utf-8", "text/html"),
        ("multipart/mixed ;boundary=b", "multipart/mixed"),
        ("text", "text/plain"),
        ("a/b/c", "text/plain"),
        ("", "text/plain"),
        (None, "text/plain"),
    ],
)
def test_the_type(value: str | None, kind: str) -> None:
    block = b"" if value is None else f"Content-Type: {value}".encode()
    assert ContentFields(parse_fields(block)).type == kind


def test_the_first_of_two_fields_counts() -> None:
    said = ContentFields(parse_fields(b"Content-Type: text/html\nContent-type: text/plain"))
    assert said.type == "text/html"

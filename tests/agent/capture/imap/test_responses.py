import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.capture.imap import responses
from agent.capture.imap.responses import MAX_DEPTH, Piece


def one(*data: Piece) -> dict[bytes, responses.Value]:
    found, unclear = responses.messages(data)
    assert unclear == 0
    (said,) = found.values()
    return said


def test_every_kind_of_value() -> None:
    said = one(
        (
            b'7 (UID 12 FLAGS (\\Seen $x) X NIL Y "a \\"b\\" \\\\" BODY[HEADER.FIELDS (FROM TO)] {9}',
            b"From: a\r\n",
        ),
        (b" BODY[1.1]<0> {4}", b"NIL)"),
        b' BODY[2]<0> "")',
    )
    assert said == {
        b"UID": b"12",
        b"FLAGS": (b"\\Seen", b"$x"),
        b"X": None,
        b"Y": b'a "b" \\',
        b"BODY[HEADER.FIELDS (FROM TO)]": b"From: a\r\n",
        b"BODY[1.1]<0>": b"NIL)",
        b"BODY[2]<0>": b"",
    }


def test_what_comes_twice_is_put_together_and_what_names_no_mail_left_out() -> None:
    found, unclear = responses.messages(
        [b"1 (UID 5 FLAGS (\\Seen))", b"9 (FLAGS ())", b"1 (body[1] NIL UID 5)", None]
    )
    assert (found, unclear) == ({5: {b"UID": b"5", b"FLAGS": (b"\\Seen",), b"BODY[1]": None}}, 0)


@pytest.mark.parametrize(
    "line",
    [
        b"2 (UID 6",
        b"2 (UID 6))",
        b"2 UID 6",
        b"2 (UID x)",
        b"2 (UID)",
        b'2 (UID 6 X "open)',
        b"(UID 6)",
        b"",
        b"2 ((UID) 6)",
        b"2 " + b"(" * (MAX_DEPTH + 5) + b")" * (MAX_DEPTH + 5),
    ],
)
def test_one_unclear_answer_hides_no_other(line: bytes) -> None:
    found, unclear = responses.messages([b"1 (UID 5 A B)", line, b"3 (UID 7 A B)"])
    assert sorted(found) == [5, 7]
    assert unclear == 1


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(st.binary(max_size=40), st.tuples(st.binary(max_size=30), st.binary(max_size=9)))
    )
)
def test_any_answer_is_read_or_left_out(data: list[Piece]) -> None:
    responses.messages(data)

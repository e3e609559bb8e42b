import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.capture import mime
from agent.capture.imap import responses, structure
from agent.capture.imap.responses import Unclear, Value
from agent.capture.mailhead import MailHead

TEXT = b'("TEXT" "PLAIN" ("CHARSET" "gb2312") NIL NIL "8bit" 90 3 NIL NIL NIL NIL)'
HTML = b'("text" "html" NIL NIL NIL "base64" 156 2 NIL NIL NIL NIL)'
HEAD = MailHead.parse(b"From: a@x.example\r\nContent-Type: multipart/mixed; boundary=b\r\n")


def parsed(text: bytes) -> Value:
    found, _ = responses.messages([b"1 (UID 1 BODYSTRUCTURE " + text + b")"])
    return found[1][b"BODYSTRUCTURE"]


def sections(text: bytes) -> list[tuple[str, str]]:
    return [(one.section, one.content_type) for one in structure.leaves(parsed(text))]


def test_sections_are_numbered_as_the_server_does() -> None:
    alternative = b"(" + TEXT + HTML + b' "ALTERNATIVE" ("BOUNDARY" "x") NIL NIL)'
    mail = b'("MESSAGE" "RFC822" NIL NIL NIL "7bit" 99 (NIL) (NIL) 4 NIL NIL NIL)'
    assert sections(TEXT) == [("1", "text/plain")]
    assert sections(b"(" + alternative + mail + b' "MIXED")') == [
        ("1.1", "text/plain"),
        ("1.2", "text/html"),
        ("2", "message/rfc822"),
    ]


def asked(text: bytes) -> set[str]:
    leaves = structure.leaves(parsed(text))
    mime.body_of(HEAD, leaves)
    return set(leaves[0].asked)


def test_only_words_are_asked_for() -> None:
    alternative = b"(" + HTML + TEXT + b' "ALTERNATIVE" NIL NIL NIL)'
    pdf = b'("application" "pdf" ("name" "a.pdf") NIL NIL "base64" 4000 NIL NIL NIL)'
    attached = b'("text" "plain" NIL NIL NIL "7bit" 9 1 NIL ("attachment" ("filename" "x")) NIL)'
    assert asked(b"(" + alternative + pdf + attached + b' "MIXED")') == {"1.2"}
    calendar = b'("text" "calendar" ("method" "REQUEST") NIL NIL "7bit" 9 1 NIL NIL NIL)'
    assert asked(b"(" + TEXT + calendar + b' "ALTERNATIVE")') == {"1"}
    report = b'("message" "delivery-status" NIL NIL NIL "7bit" 90 NIL NIL NIL)'
    assert asked(b"(" + TEXT + report + b' "REPORT")') == {"1", "2"}


def test_names_and_sizes_of_attachments() -> None:
    text = (
        b"("
        + TEXT
        + b'("application" "zip" ("name*0*" "utf-8\'\'%E6%8A%A5" "name*1*" "%E4%BB%B7.zip")'
        b' NIL NIL "BASE64" 156 NIL NIL NIL)'
        b'("image" "png" NIL NIL NIL "base64" 78 NIL ("attachment" ("filename" "=?gbk?B?sai82w==?=.png"))'
        b' NIL NIL)("image" "gif" ("name" "\xb1\xa8\xbc\xdb.gif") NIL NIL "7bit" 5 NIL NIL NIL) "MIXED")'
    )
    body = mime.body_of(HEAD, structure.leaves(parsed(text)))
    assert [(one.name, one.size) for one in body.attachments] == [
        ("报价.zip", 114),
        ("报价.png", 57),
        ("报价.gif", 5),
    ]


@pytest.mark.parametrize(
    "text",
    [
        b"NIL",
        b'"text"',
        b"()",
        b'("text" "plain")',
        b'("text" "plain" NIL NIL NIL "7bit" many 1)',
        b'("text" NIL NIL NIL NIL "7bit" 5 1)',
        b'("text" "plain" ("charset") NIL NIL "7bit" 5 1)',
        b'("text" "plain" NIL NIL NIL "7bit" 5 1 NIL "attachment")',
        b"(" + TEXT + b")",
        b"(" * 40 + TEXT + b' "MIXED")' * 40,
        b"(" + TEXT * 600 + b' "MIXED")',
        b"(" + TEXT + b' "DIGEST")',
    ],
)
def test_what_no_server_should_send_is_unclear(text: bytes) -> None:
    with pytest.raises(Unclear):
        structure.leaves(parsed(text))


VALUES = st.recursive(
    st.one_of(st.none(), st.sampled_from([b"text", b"plain", b"mixed", b"7", b"\xb1\xa8", b""])),
    lambda inner: st.lists(inner, max_size=9).map(tuple),
    max_leaves=40,
)


@settings(max_examples=400, deadline=None)
@given(VALUES)
def test_any_structure_is_read_or_unclear(value: Value) -> None:
    try:
        leaves = structure.leaves(value)
    except Unclear:
        return
    mime.body_of(HEAD, leaves)

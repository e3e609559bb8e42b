from datetime import UTC, datetime

import pytest

from agent.capture.exchange.wire import joined, seconds

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("", None),
        ("0", None),
        ("30", 30),
        (" 120 ", 120),
        ("-5", None),
        ("99999999999999999999", None),
        ("soon", None),
        ("Mon, 23 Nov 2026 09:01:30 GMT", 90),
        ("Mon, 23 Nov 2026 08:00:00 GMT", None),
    ],
)
def test_retry_after(field: str, expected: float | None) -> None:
    assert seconds(field, NOW) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (b"&#xD83D;&#xDE00;", b"&#128512;"),
        (b"&#55357;&#56832;", b"&#128512;"),
        (b"&#xD83D; &#xDE00;", b" "),
        (b"&#xD83D;", b""),
        (b"&#xDE00;&#xD83D;", b""),
        (b"&#57344;&#55000;", b"&#57344;&#55000;"),
        (b"&#65;&amp;&#x4e2d;", b"&#65;&amp;&#x4e2d;"),
    ],
)
def test_halves_of_characters(given: bytes, expected: bytes) -> None:
    assert joined(given) == expected

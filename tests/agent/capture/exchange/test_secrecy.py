"""Nothing private is logged, whatever level somebody turns on."""

import logging

import pytest

from agent.errors import SourceError
from tests.agent.capture.exchange.box import PASSWORD, Box, mail

PRIVATE = ("customer.example", "li@example.com", PASSWORD, "机密", "Authorization")


@pytest.mark.parametrize("fault", [None, "busy", "cut", "error_page", "unauthorized", "reset"])
@pytest.mark.parametrize("auth", ["basic", "ntlm"])
def test_logs_and_errors_hold_nothing_private(
    box: Box, caplog: pytest.LogCaptureFixture, fault: str | None, auth: str
) -> None:
    box.server.schemes = frozenset({auth})  # type: ignore[arg-type]
    box.put(mail(1, "机密", Subject="机密"))
    caplog.set_level(logging.DEBUG)
    if fault is not None:
        box.server.script.fail(8, fault)
    try:
        assert len(box.read(auth=auth).mails) == 1
        assert fault is None
    except SourceError as error:
        told = f"{error!r} {error} {error.__cause__!r}"
        assert [one for one in PRIVATE if one in told] == []
    assert [one for one in PRIVATE if one in caplog.text] == []

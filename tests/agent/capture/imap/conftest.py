"""Mailboxes on a real server: one that offers everything, and one that offers hardly anything."""

from collections.abc import Iterator

import pytest

from tests.agent.capture.imap.box import Box
from tests.servers import dovecot

BARE = "IMAP4rev1 IDLE ID UIDPLUS LITERAL+ NAMESPACE UNSELECT"


@pytest.fixture
def box() -> Iterator[Box]:
    box = Box(dovecot.shared())
    yield box
    box.close()


@pytest.fixture(params=["", BARE], ids=["with QRESYNC", "with nothing"])
def any_box(request: pytest.FixtureRequest) -> Iterator[Box]:
    box = Box(dovecot.shared(request.param))
    yield box
    box.close()

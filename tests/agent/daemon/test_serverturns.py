"""Losing the server and finding it again."""

import logging
from pathlib import Path

import pytest

from agent.contract.policy import Exclusions
from agent.daemon.contact import Contact
from agent.daemon.knowledge import Knowledge
from agent.daemon.serverturns import BEAT_EVERY_S, ContactTurn, SendTurn
from agent.errors import DeliveryError, DeliveryRetryable, DeliveryUnauthorized
from agent.outbox.sender import Sender
from agent.outbox.store import Store
from agent.testing import FrozenClock, MemoryDesktop, WordTagger
from tests.agent.daemon.test_agent import reminder
from tests.agent.making import server
from tests.agent.outbox.test_store import page, stored


class Line:
    """Both turns over one store and one server."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.server, self.desktop = FrozenClock(), server(), MemoryDesktop()
        self.store = Store.open(folder, clock=self.clock)
        contact = Contact(
            store=self.store,
            knowledge=Knowledge(
                self.store, tagger=WordTagger(), exclude=Exclusions(), clock=self.clock
            ),
            remote=self.server,
            desktop=self.desktop,
            sources=(),
            clock=self.clock,
            version="1",
            on_news=lambda _names: None,
        )
        sender = Sender(self.store.queue, self.server, self.clock)
        self.send = SendTurn(sender, is_stopping=lambda: False)
        self.reached = 0
        self.contact = ContactTurn(contact, self.clock, on_reached=self._on_reached)

    def _on_reached(self) -> None:
        self.reached += 1
        self.send.resume()


@pytest.mark.parametrize(
    "fault", [DeliveryRetryable("server_unreachable"), DeliveryUnauthorized("http_401")]
)
def test_what_waited_goes_as_soon_as_a_heartbeat_succeeds(
    tmp_path: Path, fault: DeliveryError
) -> None:
    line = Line(tmp_path)
    line.contact(True)
    line.send(False)
    line.store.put(page(stored("a")), now=line.clock.now())
    line.server.down = fault
    line.contact(True)
    line.send(False)
    line.server.down = None
    assert line.send(False)  # it holds still: nobody has heard of the server yet
    assert line.server.recorded == []
    line.contact(True)
    line.send(False)
    assert len(line.server.recorded) == 1
    assert line.reached == 1
    line.contact(True)
    assert line.reached == 1
    line.store.close()


def test_a_lost_server_is_asked_as_often_as_one_that_answers(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.server.down = DeliveryRetryable("server_unreachable")
    waits = [line.contact(True) or 0.0 for _ in range(20)]
    assert max(waits) <= BEAT_EVERY_S
    assert waits[0] < waits[-1]
    line.store.close()


def test_a_desktop_that_stays_away_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    line = Line(tmp_path)
    line.desktop.result = "unavailable"
    line.server.open_reminders = [reminder(5)]
    for _ in range(3):
        line.contact(True)
    assert caplog.text.count("desktop notice: unavailable") == 1
    line.desktop.result = "shown"
    line.contact(True)
    assert caplog.text.count("desktop notice: shown") == 1
    line.store.close()

import threading
from collections.abc import Callable

import pytest

from agent.capture.base import Rings
from agent.errors import SourceAuthFailed, SourceError, SourceUnavailable
from tests.agent.capture.imap.box import Box
from tests.conformance.imap_place import tls_side
from tests.servers import dovecot
from tests.servers.wire import Wire

DEADLINE_S = 30.0


class Waiting:
    def __init__(self, wait: Callable[[], bool]) -> None:
        self.heard: list[bool | SourceError] = []
        self._thread = threading.Thread(target=self._wait, args=(wait,))
        self._thread.start()

    def _wait(self, wait: Callable[[], bool]) -> None:
        try:
            self.heard.append(wait())
        except SourceError as error:
            self.heard.append(error)

    def end(self) -> bool | SourceError:
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive()
        (heard,) = self.heard
        return heard


def idling(wire: Wire) -> None:
    """Until the server was told to say what comes."""
    waited = threading.Event()
    for _ in range(int(DEADLINE_S * 50)):
        if b"IDLE" in wire.commands:
            return
        waited.wait(0.02)
    pytest.fail("nobody listens")


@pytest.fixture
def wired(box: Box):
    with Wire(box.server.port, tls=tls_side(box.server)) as wire:
        box.options |= {"port": wire.port, "tls": "ssl", "ca_file": str(box.server.ca_file)}
        yield wire


def test_rings_when_a_mail_comes_and_when_one_goes(box: Box, wired: Wire) -> None:
    source = box.source()
    assert isinstance(source, Rings)
    for change in (lambda: box.add("一"), lambda: box.expunge("1")):
        waiting = Waiting(lambda: source.wait_for_news(DEADLINE_S))
        idling(wired)  # and it stays so from one wait to the next
        change()
        assert waiting.end() is True


def test_rings_for_what_came_while_nobody_waited(box: Box, wired: Wire) -> None:
    source = box.source()
    assert source.wait_for_news(0.2) is False
    idling(wired)
    box.add("一")
    assert source.wait_for_news(DEADLINE_S) is True


def test_reading_goes_on_while_it_listens(box: Box, wired: Wire) -> None:
    source = box.source()
    box.add("一")
    waiting = Waiting(lambda: source.wait_for_news(DEADLINE_S))
    idling(wired)
    assert box.take(source=source).subjects == ["一"]
    assert waiting.heard == []
    source.close()
    assert waiting.end() is False


def test_a_connection_that_breaks_off_is_told_and_made_up_for(box: Box, wired: Wire) -> None:
    source = box.source()
    waiting = Waiting(lambda: source.wait_for_news(DEADLINE_S))
    idling(wired)
    wired.refuse()
    heard = waiting.end()
    assert isinstance(heard, SourceUnavailable)
    assert heard.retry_after
    box.add("一")
    wired.accept_again()
    assert source.wait_for_news(DEADLINE_S) is True, "it came while nobody could listen"


def test_close_ends_a_wait_that_hangs(box: Box, wired: Wire) -> None:
    source = box.source()
    wired.stall()
    waiting = Waiting(lambda: source.wait_for_news(DEADLINE_S))
    source.close()
    assert waiting.end() is False
    wired.recover()
    assert source.wait_for_news(DEADLINE_S) is False, "and it stays closed"


def test_a_wrong_password_is_tried_once_by_reader_and_bell_together(box: Box, wired: Wire) -> None:
    box.secrets.set("password@it", "wrong")
    source = box.source()
    waiting = Waiting(lambda: source.wait_for_news(DEADLINE_S))
    with pytest.raises(SourceAuthFailed):
        list(source.poll(None))
    assert isinstance(waiting.end(), SourceAuthFailed)
    assert wired.sign_ins == 1


def test_a_server_that_cannot_ring_is_waited_for() -> None:
    box = Box(dovecot.shared("IMAP4rev1"))
    source = box.source()
    assert source.wait_for_news(0.3) is False
    waiting = Waiting(lambda: source.wait_for_news(DEADLINE_S))
    source.close()
    assert waiting.end() is False
    box.close()

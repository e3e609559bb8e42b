"""Starts, asks and stops the agent's loops."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import monotonic

from agent.capture.base import Source
from agent.capture.folders.doorbell import Doorbell
from agent.clock import Clock
from agent.daemon.contact import Contact
from agent.daemon.knowledge import Knowledge
from agent.daemon.listening import Ears, Listener
from agent.daemon.loop import Loop
from agent.daemon.reading import Reader
from agent.daemon.serverturns import ContactTurn, SendTurn
from agent.daemon.sourceturn import News, SourceTurn
from agent.errors import StoreBroken
from agent.notify.desktop import Desktop
from agent.outbox.sender import Sender
from agent.outbox.store import Store
from agent.pipeline import Tagger
from agent.remote.base import Remote
from agent.settings import Settings

log = logging.getLogger(__name__)

REQUESTS_EVERY_S = 0.3
STOP_WITHIN_S = 0.8
_TICK_S = 0.1

OnProgress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything an agent is made of; ``agent.bootstrap`` makes the real ones."""

    settings: Settings
    store: Store
    remote: Remote
    sources: Mapping[str, Source]
    """By the name they have in the configuration."""
    tagger: Tagger
    ears: Ears
    desktop: Desktop
    clock: Clock
    version: str
    on_progress: OnProgress = lambda _name, _done, _total: None
    at: Callable[[str], None] = lambda _step: None
    """Called between any two steps of capture and delivery; tests die there."""


class Agent:
    """``run`` until told to stop, or ``start``, ``full_pass`` and ``stop`` for a single pass.

    The caller holds the store's lock and closes nothing: ``stop`` closes store and remote.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._stop = threading.Event()
        self._bell: Doorbell | None = None
        self.store_is_broken = False
        """The store was found damaged while it was in use: build the agent anew."""
        self.last_fault = ""
        """Code of the store's last fault; the loops go on and try again."""
        loop = partial(Loop, on_broken_store=self._on_broken_store)
        knowledge = Knowledge(
            parts.store,
            tagger=parts.tagger,
            exclude=parts.settings.exclude,
            clock=parts.clock,
            version=parts.version,
        )
        contact = Contact(
            store=parts.store,
            knowledge=knowledge,
            remote=parts.remote,
            desktop=parts.desktop,
            sources=parts.settings.sources,
            clock=parts.clock,
            version=parts.version,
            on_news=self._ring_sources,
        )
        sender = Sender(parts.store.queue, parts.remote, parts.clock, at=parts.at)
        listener = Listener(
            store=parts.store,
            knowledge=knowledge,
            ears=parts.ears,
            clock=parts.clock,
            enabled=parts.settings.speech.enabled,
            on_done=self._on_heard,
            at=parts.at,
        )
        self._send_turn = SendTurn(sender, is_stopping=self._stop.is_set)
        self._sending = loop("sender", self._send_turn)
        self._contact = loop(
            "contact", ContactTurn(contact, parts.clock, on_reached=self._on_reached)
        )
        self._listening = loop(
            "listener", lambda asked: listener.run(self._stop.is_set, all_due=asked)
        )
        self._sources = {
            name: loop(name, self._source_turn(name, source, knowledge))
            for name, source in parts.sources.items()
        }
        self._requests = loop("requests", self._serve_requests)
        self._warming = loop("warming", lambda _asked: knowledge.warm())

    @property
    def store(self) -> Store:
        return self._parts.store

    def run(self, stopped: threading.Event) -> None:
        """Work until ``stopped`` is set or the store breaks beyond use."""
        self.start()
        watched = {
            name: source.watched
            for name, source in self._parts.sources.items()
            if source.watched is not None
        }
        self._bell = Doorbell(self.ring)
        for name, folder in watched.items():
            self._bell.watch(name, folder)
        self._requests.start()
        for loop in (self._contact, self._sending, self._listening, self._requests):
            loop.ring()
        self._ring_sources(list(self._sources))
        while not stopped.wait(_TICK_S) and not self._stop.is_set():
            pass
        self.stop()

    def start(self) -> None:
        """Start the loops that ``full_pass`` asks; nothing runs before it is asked or rung."""
        self._parts.store.queue.release()
        self._parts.store.statuses.keep_only(tuple(self._sources))
        for loop in self._loops():
            if loop is not self._requests:
                loop.start()
        self._warming.ring()

    def full_pass(self) -> None:
        """Everything once: news from the server, every source, every recording, the outbox."""
        self._await(self._contact.ask())
        self._await(*(loop.ask() for loop in self._sources.values()))
        # Last contacted must not wait for speech: what is there goes first.
        self._await(self._sending.ask())
        self._await(self._listening.ask())
        self._await(self._sending.ask())
        self._await(self._contact.ask())

    def stop(self) -> None:
        """Stop within a second. What is cut short begins again from the last safe point."""
        deadline = monotonic() + STOP_WITHIN_S
        self._stop.set()
        loops = self._loops()
        for loop in loops:
            loop.stop()
        for source in self._parts.sources.values():
            source.close()
        if self._bell is not None:
            # It joins its watchers, which may hang on a dead network drive.
            threading.Thread(target=self._bell.close, daemon=True).start()
        late = [loop.name for loop in loops if not loop.join(max(0.0, deadline - monotonic()))]
        if late:
            log.info("stopped without waiting for: %s", ", ".join(late))
        self._parts.remote.close()
        self._parts.store.close()

    def _source_turn(self, name: str, source: Source, knowledge: Knowledge) -> SourceTurn:
        reader = Reader(
            name,
            source,
            store=self._parts.store,
            knowledge=knowledge,
            clock=self._parts.clock,
            at=self._parts.at,
        )
        turn = SourceTurn(
            reader,
            store=self._parts.store,
            news=News(
                on_stored=self._on_stored,
                on_unknown=self._contact.ring,
                on_progress=self._on_progress,
            ),
            is_stopping=self._stop.is_set,
            pause=self._pause,
        )
        reader.on_batch = turn.on_batch
        return turn

    def _serve_requests(self, _asked: bool) -> float | None:
        """Somebody ran ``genjin agent once`` while we are at work."""
        passes = self._parts.store.passes
        number = passes.newest_open()
        if number is not None:
            self.full_pass()
            if not self._stop.is_set():
                passes.answer(number, now=self._parts.clock.now())
        return REQUESTS_EVERY_S

    def _await(self, *events: threading.Event) -> None:
        for event in events:
            while not event.wait(_TICK_S):
                if self._stop.is_set():
                    return

    def _pause(self, seconds: float) -> None:
        self._stop.wait(seconds)

    def _loops(self) -> Sequence[Loop]:
        return (
            self._warming,
            self._requests,
            self._contact,
            self._sending,
            self._listening,
            *self._sources.values(),
        )

    def ring(self, name: str) -> None:
        """Something changed in this source."""
        self._sources[name].ring()

    def _ring_sources(self, names: Sequence[str]) -> None:
        for name in names:
            if name in self._sources:
                self._sources[name].ring()

    def _on_stored(self) -> None:
        self._sending.ring()
        self._listening.ring()

    def _on_reached(self) -> None:
        self._send_turn.resume()
        self._sending.ring()

    def _on_heard(self, done: int, waiting: int) -> None:
        self._sending.ring()
        self._on_progress("transcription", done, done + waiting)

    def _on_progress(self, name: str, done: int, total: int) -> None:
        self._contact.ring()
        self._parts.on_progress(name, done, total)

    def _on_broken_store(self, error: StoreBroken) -> None:
        self.last_fault = error.code
        if error.code == "store_corrupt":
            log.critical("the store is damaged; starting anew")
            self.store_is_broken = True
            self._stop.set()

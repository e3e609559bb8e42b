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
from agent.daemon.attention import SignInNotice
from agent.daemon.contact import Contact
from agent.daemon.knowledge import Knowledge, addresses_of
from agent.daemon.listening import Ears, Listener
from agent.daemon.loop import Loop, Turn
from agent.daemon.reading import Reader
from agent.daemon.requests import Requests
from agent.daemon.serverturns import ContactTurn, SendTurn
from agent.daemon.sourceloops import SourceLoops
from agent.daemon.sourceturn import News
from agent.daemon.taught import FILE_NAME, Taught
from agent.errors import StoreBroken
from agent.notify.desktop import Desktop
from agent.outbox.pleading import plead
from agent.outbox.sender import Sender
from agent.outbox.store import Store
from agent.pipeline import Tagger
from agent.remote.base import Remote
from agent.settings import Settings

log = logging.getLogger(__name__)

STOP_WITHIN_S = 0.8
REST_S = 0.5
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
    anew: Callable[[str], Source] | None = None
    """Builds one of the sources once more, after a sign-in."""
    on_stop: Callable[[], None] = lambda: None
    """Ends what one of the parts keeps running."""
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
        knowledge = Knowledge(
            parts.store,
            tagger=parts.tagger,
            exclude=parts.settings.privacy,
            clock=parts.clock,
            version=parts.version,
            own_addresses=addresses_of(parts.settings.sources),
        )
        self._warming = self._loop("warming", lambda _asked: knowledge.warm())
        self._contact = self._loop("contact", self._contact_turn(knowledge))
        self._send_turn = self._sender_turn()
        self._sending = self._loop("sender", self._send_turn)
        listener = self._listener(knowledge)
        self._listening = self._loop(
            "listener", lambda asked: listener.run(self._stop.is_set, all_due=asked)
        )
        self._sources = self._source_loops(knowledge)
        requests = Requests(
            parts.store.passes,
            parts.clock,
            full_pass=self.full_pass,
            audit=self.audit,
            signed_in=self._sources.signed_in,
            is_stopping=self._stop.is_set,
            on_long=self._on_long_request,
        )
        self._requests = self._loop("requests", requests.look)
        self._serving = self._loop("serving", requests.serve)

    def _loop(self, name: str, turn: Turn) -> Loop:
        return Loop(name, turn, on_broken_store=self._on_broken_store)

    def _contact_turn(self, knowledge: Knowledge) -> ContactTurn:
        parts = self._parts
        contact = Contact(
            store=parts.store,
            knowledge=knowledge,
            remote=parts.remote,
            desktop=parts.desktop,
            sources=parts.settings.sources,
            clock=parts.clock,
            version=parts.version,
            on_news=self._on_news,
            taught=Taught(parts.store.held, parts.settings.state_dir / FILE_NAME),
        )
        return ContactTurn(contact, parts.clock, on_reached=self._on_reached)

    def _sender_turn(self) -> SendTurn:
        parts = self._parts
        return SendTurn(
            Sender(parts.store.queue, parts.remote, parts.clock, at=parts.at),
            is_stopping=self._stop.is_set,
            plead=lambda asked: plead(
                parts.store.forgetting, parts.remote, parts.clock, all_due=asked
            ),
        )

    def _listener(self, knowledge: Knowledge) -> Listener:
        parts = self._parts
        return Listener(
            store=parts.store,
            knowledge=knowledge,
            ears=parts.ears,
            clock=parts.clock,
            enabled=parts.settings.speech.enabled,
            on_done=self._on_heard,
            at=parts.at,
        )

    def _source_loops(self, knowledge: Knowledge) -> SourceLoops:
        parts = self._parts
        return SourceLoops(
            parts.sources,
            store=parts.store,
            reader=partial(
                Reader, store=parts.store, knowledge=knowledge, clock=parts.clock, at=parts.at
            ),
            loop=self._loop,
            clock=parts.clock,
            notice=SignInNotice(parts.store, parts.desktop),
            news=News(
                on_stored=self._on_stored,
                on_unknown=self._contact.ring,
                on_progress=self._on_progress,
            ),
            stop=self._stop,
            anew=parts.anew,
        )

    @property
    def store(self) -> Store:
        return self._parts.store

    def run(self, stopped: threading.Event) -> None:
        """Work until ``stopped`` is set or the store breaks beyond use."""
        self.start()
        self._bell = Doorbell(self.ring)
        for name, source in self._sources.watched().items():
            if source.watched is not None:
                self._bell.watch(name, source.watched)
        for loop in (self._requests, *self._sources.ringing):
            loop.start()
        for loop in (self._contact, self._sending, self._listening, self._requests):
            loop.ring()
        self._sources.ring(self._sources.names)
        while not stopped.wait(REST_S) and not self._stop.is_set():
            pass
        self.stop()

    def start(self) -> None:
        """Start the loops that ``full_pass`` asks; nothing runs before it is asked or rung."""
        self._parts.store.queue.release()
        self._parts.store.statuses.keep_only(self._sources.names)
        for loop in self._loops():
            if loop is not self._requests and loop not in self._sources.ringing:
                loop.start()
        self._warming.ring()

    def full_pass(self) -> None:
        """Everything once: news from the server, every source, every recording, the outbox."""
        self._await(self._contact.ask())
        self._await(*self._sources.ask())
        # Last contacted must not wait for speech: what is there goes first.
        self._await(self._sending.ask())
        self._await(self._listening.ask())
        self._await(self._sending.ask())
        self._await(self._contact.ask())

    def audit(self, names: Sequence[str] = ()) -> None:
        """Prove of these sources (none named: of all) that nothing is missing; read and send what
        was."""
        self._await(self._contact.ask())
        self._await(*self._sources.ask(names))
        self._await(self._sending.ask())
        self._await(self._contact.ask())

    def stop(self) -> None:
        """Stop within a second. What is cut short begins again from the last safe point."""
        deadline = monotonic() + STOP_WITHIN_S
        self._stop.set()
        loops = self._loops()
        for loop in loops:
            loop.stop()
        self._sources.close()
        self._parts.on_stop()
        if self._bell is not None:
            # It joins its watchers, which may hang on a dead network drive.
            threading.Thread(target=self._bell.close, daemon=True).start()
        late = [loop.name for loop in loops if not loop.join(max(0.0, deadline - monotonic()))]
        if late:
            log.info("stopped without waiting for: %s", ", ".join(late))
        self._parts.remote.close()
        self._parts.store.close()

    def _await(self, *events: threading.Event) -> None:
        for event in events:
            while not event.wait(_TICK_S):
                if self._stop.is_set():
                    return

    def _loops(self) -> Sequence[Loop]:
        return (
            self._warming,
            self._requests,
            self._serving,
            self._contact,
            self._sending,
            self._listening,
            *self._sources.reading,
            *self._sources.ringing,
        )

    def ring(self, name: str) -> None:
        """Something changed in this source."""
        self._sources.ring([name])

    def _on_news(self, names: Sequence[str]) -> None:
        self._sources.ring(names)

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

    def _on_long_request(self) -> None:
        self._serving.ring()

    def _on_broken_store(self, error: StoreBroken) -> None:
        self.last_fault = error.code
        if error.code == "store_corrupt":
            log.critical("the store is damaged; starting anew")
            self.store_is_broken = True
            self._stop.set()

"""A loop for each source, and one more for each whose server tells of news."""

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from agent.capture.base import Rings, Source
from agent.clock import Clock
from agent.contract.device import SourceState
from agent.daemon.attention import SignInNotice
from agent.daemon.loop import Loop, Turn
from agent.daemon.reading import Reader
from agent.daemon.ringing import RingTurn
from agent.daemon.sourceturn import News, SourceTurn
from agent.outbox.store import Store

MakeLoop = Callable[[str, Turn], Loop]
MakeReader = Callable[[str, Source], Reader]


class SourceLoops:
    def __init__(
        self,
        sources: Mapping[str, Source],
        *,
        store: Store,
        reader: MakeReader,
        loop: MakeLoop,
        clock: Clock,
        notice: SignInNotice,
        news: News,
        stop: threading.Event,
        anew: Callable[[str], Source] | None,
    ) -> None:
        """``stop`` is set when everything is to end; ``anew`` builds a source once more."""
        self._notice = notice
        self._stop = stop
        self._turns = {
            name: SourceTurn(
                reader(name, source),
                store=store,
                news=News(
                    on_stored=news.on_stored,
                    on_unknown=news.on_unknown,
                    on_progress=news.on_progress,
                    on_state=self._on_state,
                ),
                is_stopping=stop.is_set,
                pause=self._pause,
                anew=partial(anew, name) if anew is not None else None,
            )
            for name, source in sources.items()
        }
        self._loops = {name: loop(name, turn) for name, turn in self._turns.items()}
        self._bells = {
            name: RingTurn(
                name,
                partial(_source_of, self._turns[name]),
                self._loops[name].ring,
                clock=clock,
                is_stopping=stop.is_set,
            )
            for name, source in sources.items()
            if isinstance(source, Rings)
        }
        self._ringing = {name: loop(f"bell of {name}", turn) for name, turn in self._bells.items()}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._loops)

    @property
    def reading(self) -> Sequence[Loop]:
        return tuple(self._loops.values())

    @property
    def ringing(self) -> Sequence[Loop]:
        return tuple(self._ringing.values())

    def watched(self) -> dict[str, Source]:
        """Those over a folder."""
        found = {name: turn.source for name, turn in self._turns.items()}
        return {name: source for name, source in found.items() if source.watched is not None}

    def ask(self, names: Sequence[str] = ()) -> list[threading.Event]:
        """A turn of each of them (none named: of all); set once each has ended."""
        return [loop.ask() for name, loop in self._loops.items() if not names or name in names]

    def ring(self, names: Sequence[str]) -> None:
        """Something changed in these. Those that are not ours are nobody's."""
        for name in names:
            if name in self._loops:
                self._loops[name].ring()

    def signed_in(self, names: Sequence[str]) -> None:
        """The person has signed in to these sources: they go on at once."""
        for name in names:
            if name in self._turns:
                self._turns[name].signed_in()
        self.ring(names)

    def close(self) -> None:
        """What the sources have under way ends within a second."""
        for turn in self._turns.values():
            turn.close()

    def _pause(self, seconds: float) -> None:
        self._stop.wait(seconds)

    def _on_state(self, name: str, state: SourceState) -> None:
        if state == "auth":
            self._notice.needed(name)
        elif state == "ok":
            self._notice.settled(name)
        if name in self._bells and self._bells[name].on_state(state):
            self._ringing[name].ring()


def _source_of(turn: SourceTurn) -> Source:
    return turn.source

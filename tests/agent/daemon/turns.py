"""A source's turn by itself, without threads: store and knowledge are real, time is told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agent.capture.base import Source
from agent.contract.device import SourceState, SourceStatus
from agent.daemon.knowledge import Knowledge
from agent.daemon.reading import Reader
from agent.daemon.reporting import Books
from agent.daemon.sourceturn import News, SourceTurn
from agent.outbox.store import Store
from agent.settings.model import Settings
from agent.testing import FrozenClock, MemoryServer, WordTagger
from tests.agent.making import server, settings

NAME = "mail"


@dataclass
class Bench:
    """``turn(asked=…)`` takes one; what it told stands in ``states`` and ``progress``."""

    store: Store
    clock: FrozenClock
    turn: SourceTurn
    settings: Settings
    states: list[SourceState] = field(default_factory=list)
    progress: list[tuple[int, int]] = field(default_factory=list)
    stopping: bool = False

    def status(self) -> SourceStatus:
        return Books(self.store).status(NAME, "list")


@contextmanager
def bench(
    folder: Path,
    source: Source,
    *,
    clock: FrozenClock | None = None,
    remote: MemoryServer | None = None,
    ticks: Callable[[], float] = lambda: 0.0,
    anew: Callable[[], Source] | None = None,
    informed: bool = True,
) -> Iterator[Bench]:
    clock = clock or FrozenClock()
    made = settings(folder, NAME)
    store = Store.open(made.state_dir, clock=clock)
    knowledge = Knowledge(store, tagger=WordTagger(), exclude=made.privacy, clock=clock)
    if informed:  # else the directory has not come yet
        knowledge.refresh(remote or server())
    reader = Reader(NAME, source, store=store, knowledge=knowledge, clock=clock)
    states: list[SourceState] = []
    progress: list[tuple[int, int]] = []
    news = News(
        on_stored=lambda: None,
        on_unknown=lambda: None,
        on_progress=lambda _name, done, total: progress.append((done, total)),
        on_state=lambda _name, state: states.append(state),
    )
    held: list[Bench] = []
    turn = SourceTurn(
        reader,
        store=store,
        news=news,
        is_stopping=lambda: bool(held) and held[0].stopping,
        pause=lambda _seconds: None,
        anew=anew,
        ticks=ticks,
    )
    held.append(Bench(store, clock, turn, made, states, progress))
    try:
        yield held[0]
    finally:
        store.close()

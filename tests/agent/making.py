"""Captures, customers and agents for tests, with everything that does not matter filled in."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.bootstrap import build_agent
from agent.capture.base import Capture, Source
from agent.clock import Clock
from agent.contract.activity import Activity, Decision, Match, Participant
from agent.contract.directory import DirectoryContact, DirectoryCustomer
from agent.contract.policy import Exclusions, Policy
from agent.daemon import Agent
from agent.daemon.reporting import once_report
from agent.outbox.lock import Lock
from agent.remote.base import Remote
from agent.rules.identity import activity_id
from agent.settings import Settings, SourceSettings, SpeechSettings
from agent.testing import (
    FrozenClock,
    ListSource,
    MemoryDesktop,
    MemoryServer,
    ScriptedEars,
    WordTagger,
)

ME = "lilei@us.example"
WANG = "wang@huarui.example"
HUARUI = DirectoryCustomer(
    id=1,
    name="苏州华锐智能装备有限公司",
    aliases=("华锐",),
    domains=("huarui.example",),
    phones=("+865126680123",),
    contacts=(DirectoryContact(id=11, name="王芳", emails=(WANG,), phones=("+8613800138000",)),),
)
BOLT = DirectoryCustomer(
    id=2,
    name="Bolt Robotics Inc.",
    aliases=("Bolt",),
    domains=("bolt.example",),
    contacts=(DirectoryContact(id=21, name="Ann Lee", emails=("ann@bolt.example",)),),
)
POLICY = Policy(own_domains=("us.example",), recording_basis="announced")


def mail(
    key: str,
    *,
    sender: str = WANG,
    to: tuple[str, ...] = (ME,),
    text: str = "我们今年预算有点紧张。",
    version: str = "1",
    day: int = 20,
    **fields: Any,
) -> Capture:
    fields.setdefault("references", (f"{key}@mail",))
    return Capture(
        source="list",
        external_id=fields.pop("external_id", f"item-{key}"),
        identity=fields.pop("identity", f"mid:{key}@mail"),
        version=version,
        kind="mail",
        occurred_at=datetime(2026, 11, day, 9, tzinfo=UTC),
        participants=(
            Participant(role="from", email=sender),
            *(Participant(role="to", email=address) for address in to),
        ),
        subject=fields.pop("subject", "报价"),
        text=text,
        **fields,
    )


def note(key: str, text: str, **fields: Any) -> Capture:
    return Capture(
        source="list",
        external_id=fields.pop("external_id", f"note-{key}"),
        identity=f"note:{key}",
        version=fields.pop("version", "1"),
        kind="note",
        occurred_at=datetime(2026, 11, 20, 9, tzinfo=UTC),
        text=text,
        **fields,
    )


def call(key: str, media: Path, **fields: Any) -> Capture:
    return Capture(
        source="list",
        external_id=f"call-{key}",
        identity=f"sha256:{key}",
        version=fields.pop("version", "1"),
        kind="call",
        direction="inbound",
        occurred_at=datetime(2026, 11, 20, 9, tzinfo=UTC),
        participants=(
            Participant(role="caller", phone="+8613800138000"),
            Participant(role="callee", name="801", side="us"),
        ),
        media=media,
        **fields,
    )


def activity(key: str, *, text: str = "好的", customer_id: int = 1, **fields: Any) -> Activity:
    return Activity(
        id=activity_id(f"mid:{key}@mail"),
        kind=fields.pop("kind", "mail"),
        source=fields.pop("source", "list"),
        direction="inbound",
        occurred_at=datetime(2026, 11, 20, 9, tzinfo=UTC),
        text=text,
        match=Match(customer_id=customer_id, confidence=1.0, why="email"),
        contact=Decision(counts=True, grade="two_way", reason="customer_wrote"),
        **fields,
    )


def settings(folder: Path, *sources: str, **fields: Any) -> Settings:
    return Settings(
        file=folder / "agent.toml",
        state_dir=folder / "state",
        server_url="http://127.0.0.1:9",
        sources=tuple(SourceSettings(name=name, type="list") for name in sources),
        speech=fields.pop("speech", SpeechSettings()),
        **fields,
    )


def server(*customers: DirectoryCustomer) -> MemoryServer:
    made = MemoryServer()
    made.customers = list(customers or (HUARUI, BOLT))
    made.current_policy = POLICY
    return made


@dataclass
class Laptop:
    """An agent's parts, for as many runs on the same data as a test likes."""

    folder: Path
    sources: Mapping[str, ListSource]
    server: MemoryServer = field(default_factory=server)
    tagger: WordTagger = field(default_factory=WordTagger)
    ears: ScriptedEars = field(default_factory=ScriptedEars)
    desktop: MemoryDesktop = field(default_factory=MemoryDesktop)
    clock: FrozenClock = field(default_factory=FrozenClock)
    exclude: tuple[str, ...] = ()
    speech: SpeechSettings = field(default_factory=SpeechSettings)

    @property
    def settings(self) -> Settings:
        made = settings(self.folder, *self.sources, speech=self.speech)
        return replace(made, privacy=Exclusions(exclude=self.exclude))

    @contextmanager
    def working(self, **parts: Any) -> Iterator[Agent]:
        with Lock(self.settings.state_dir):
            agent = build(
                self.settings,
                sources=self.sources,
                remote=parts.pop("remote", self.server),
                clock=self.clock,
                tagger=self.tagger,
                ears=self.ears,
                desktop=self.desktop,
                **parts,
            )
            try:
                agent.start()
                yield agent
            finally:
                agent.stop()

    def once(self, **parts: Any) -> dict[str, Any]:
        with self.working(**parts) as agent:
            agent.full_pass()
            return once_report(agent.store, self.settings.sources)


def build(
    made: Settings,
    *,
    sources: Mapping[str, Source],
    remote: Remote,
    clock: Clock,
    at: Callable[[str], None] = lambda _step: None,
    **parts: Any,
) -> Agent:
    return build_agent(
        made, environ={}, sources=sources, remote=remote, clock=clock, at=at, **parts
    )

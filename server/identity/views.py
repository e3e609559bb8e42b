"""People's devices as the pages show them: counts only, and whether they add up."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from agent.contract.device import Heartbeat, SourceStatus
from server.identity.models import Device, Person
from server.identity.service import live_devices, people_led_by, seen_within, status_of
from server.identity.worktime import worked
from server.kernel.auth import Principal

QUIET_AFTER = timedelta(minutes=5)
"""A device that has not been heard of for longer is shown as away."""
SILENT_AFTER = timedelta(hours=9)
"""An agent that has not been heard of for so much of its person's working time captures nothing:
somebody should look."""


@dataclass(frozen=True, slots=True)
class SourceView:
    name: str
    status: SourceStatus

    @property
    def excluded(self) -> int:
        return sum(self.status.excluded.values())

    @property
    def rules(self) -> list[tuple[str, int]]:
        """Which rule excluded how many, the most first."""
        return sorted(self.status.excluded.items(), key=lambda rule: (-rule[1], rule[0]))

    @property
    def unproven(self) -> int:
        """What the books cannot account for, in either direction."""
        return self.status.unexplained + self.status.unproven

    @property
    def wrong(self) -> bool:
        """Needs a person."""
        return self.unproven > 0 or self.status.state in ("auth", "misconfigured")

    @property
    def complete(self) -> bool:
        return not self.wrong and self.status.complete_to is not None

    @property
    def waits_for_speech(self) -> bool:
        return self.status.type == "recordings" and self.status.pending > 0


@dataclass(frozen=True, slots=True)
class DeviceView:
    id: int
    kind: str
    name: str
    paired_at: datetime
    seen_at: datetime | None
    here: bool
    """Heard of within the last five minutes."""
    beat: Heartbeat | None
    silent: bool = False
    """Nothing was heard of it for so long that capture must be taken to stand still."""

    @property
    def sources(self) -> list[SourceView]:
        found = self.beat.sources if self.beat else {}
        return [SourceView(name, status) for name, status in sorted(found.items())]


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether everything of one person is captured."""

    person_id: int
    name: str
    agents: tuple[DeviceView, ...]

    @property
    def silent(self) -> bool:
        return bool(self.agents) and all(agent.silent for agent in self.agents)

    @property
    def wrong(self) -> bool:
        return self.silent or any(source.wrong for agent in self.agents for source in agent.sources)

    @property
    def complete(self) -> bool:
        """Every source of every agent is accounted for, and was not too long ago."""
        sources = [source for agent in self.agents for source in agent.sources]
        return not self.silent and bool(sources) and all(source.complete for source in sources)

    @property
    def complete_to(self) -> datetime | None:
        """The earliest moment up to which a source is complete."""
        moments = [source.status.complete_to for agent in self.agents for source in agent.sources]
        return min((at for at in moments if at is not None), default=None)


def proofs(session: Session, who: Principal, now: datetime) -> list[Proof]:
    """Of oneself, and of everybody whose work one answers for; who needs somebody comes first."""
    people = people_led_by(session, who)
    agents: dict[int, list[DeviceView]] = {person.id: [] for person in people}
    zones = {person.id: person.timezone for person in people}
    for device in live_devices(session, agents):
        if device.kind == "agent":
            agents[device.person_id].append(_view(device, now, zones[device.person_id]))
    found = [
        Proof(person.id, person.name, tuple(agents[person.id]))
        for person in people
        if agents[person.id] or _should_capture(person, who)
    ]
    return sorted(found, key=lambda proof: (not proof.wrong, bool(proof.agents), proof.name))


def _should_capture(person: Person, who: Principal) -> bool:
    return person.role == "rep" or person.id == who.user_id


def my_devices(session: Session, person_id: int, now: datetime) -> list[DeviceView]:
    person = session.get_one(Person, person_id)
    return [_view(device, now, person.timezone) for device in live_devices(session, [person_id])]


def _view(device: Device, now: datetime, zone: str) -> DeviceView:
    heard_at = device.seen_at
    return DeviceView(
        id=device.id,
        kind=device.kind,
        name=device.name,
        paired_at=device.paired_at,
        seen_at=device.seen_at,
        here=seen_within(device, now, QUIET_AFTER),
        beat=status_of(device),
        silent=heard_at is None or worked(heard_at, now, zone) >= SILENT_AFTER,
    )

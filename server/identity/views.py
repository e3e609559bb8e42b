"""A person's devices as the pages show them: counts only, and whether they add up."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from agent.contract.device import Heartbeat, SourceStatus
from server.identity.models import Device
from server.identity.service import live_devices, seen_within, status_of

QUIET_AFTER = timedelta(minutes=5)
"""A device that has not been heard of for longer is shown as away."""


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

    @property
    def sources(self) -> list[SourceView]:
        found = self.beat.sources if self.beat else {}
        return [SourceView(name, status) for name, status in sorted(found.items())]


def my_devices(session: Session, person_id: int, now: datetime) -> list[DeviceView]:
    return [_view(device, now) for device in live_devices(session, [person_id])]


def _view(device: Device, now: datetime) -> DeviceView:
    return DeviceView(
        id=device.id,
        kind=device.kind,
        name=device.name,
        paired_at=device.paired_at,
        seen_at=device.seen_at,
        here=seen_within(device, now, QUIET_AFTER),
        beat=status_of(device),
    )

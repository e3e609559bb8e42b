"""The computer a source finds itself on in tests."""

from pathlib import Path
from tempfile import mkdtemp

from agent.capture.base import Surroundings
from agent.clock import Clock
from agent.testing import DictSecrets
from tests.conformance.place import Place


def around(place: Place, clock: Clock) -> Surroundings:
    return alone(clock, DictSecrets(place.secrets()))


def alone(
    clock: Clock, secrets: DictSecrets | None = None, state_dir: Path | None = None
) -> Surroundings:
    return Surroundings(
        clock=clock,
        secrets=secrets or DictSecrets(),
        state_dir=state_dir or Path(mkdtemp(prefix="genjin-test-")),
    )

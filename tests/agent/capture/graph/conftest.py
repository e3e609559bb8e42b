from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.capture.graph.desk import Desk
from tests.agent.capture.graph.desk import desk as make_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = make_desk(tmp_path / "state")
    yield made
    made.server.close()

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.capture.exchange.box import Box


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    box = Box(tmp_path)
    yield box
    box.server.close()

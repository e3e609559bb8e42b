from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from demo.company import Company, load
from demo.sample_files import Laid, lay

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def company() -> Company:
    return load()


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def laid(company: Company, tmp_path_factory: pytest.TempPathFactory) -> Laid:
    folder = tmp_path_factory.mktemp("laid")
    return lay(folder, company, rep="chen", now=NOW, zone=company.zone)


@pytest.fixture
def lay_at(company: Company, tmp_path: Path) -> Callable[[datetime], Laid]:
    """Lays the files as of a moment, each time into a folder of its own."""

    def at(moment: datetime) -> Laid:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        return lay(folder, company, rep="chen", now=moment, zone=company.zone)

    return at

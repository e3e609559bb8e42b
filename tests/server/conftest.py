"""A small company on a real database, reached through the real application."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from flask_openapi3.openapi import OpenAPI
from sqlalchemy import make_url

from server.app import create_app
from server.customers import service as customers
from server.identity import browsers
from server.identity import service as identity
from server.identity.models import Person
from server.kernel.auth import Principal
from server.kernel.context import Kernel
from server.kernel.settings import Settings
from server.migrate import upgrade
from tests.servers.postgres import Postgres

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@dataclass
class MovableClock:
    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment

    def advance(self, **span: float) -> None:
        self.moment += timedelta(**span)


def csrf_of(client: FlaskClient, path: str = "/sign-in") -> str:
    """What a page of this browser's gives its forms to send along."""
    page = client.get(path, follow_redirects=True).get_data(as_text=True)
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found is not None
    return found.group(1)


@dataclass
class World:
    app: OpenAPI
    kernel: Kernel
    clock: MovableClock
    people: dict[str, Person] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    customers: dict[str, int] = field(default_factory=dict)

    def client(self) -> FlaskClient:
        return self.app.test_client()

    csrf = staticmethod(csrf_of)

    def signed_in(self, who: str) -> FlaskClient:
        """A browser in which this person has signed in."""
        client = self.client()
        with self.kernel.db.unit_of_work() as uow:
            person = uow.session.get_one(Person, self.people[who].id)
            secret = browsers.begin(uow, person, method="password", user_agent="")
        with client.session_transaction() as cookie:
            cookie["session"] = secret
        return client

    def call(self, who: str | None, method: str, path: str, **kwargs: Any) -> Any:
        """One API call; returns the response."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
        return self.client().open(f"/api/v1{path}", method=method, headers=headers, **kwargs)

    def get(self, who: str, path: str) -> Any:
        response = self.call(who, "GET", path)
        assert response.status_code == 200, response.get_data(as_text=True)
        return response.get_json()

    def send(self, who: str, *items: dict[str, Any]) -> list[dict[str, Any]]:
        response = self.call(who, "POST", "/activities", json={"activities": list(items)})
        assert response.status_code == 200, response.get_data(as_text=True)
        results: list[dict[str, Any]] = response.get_json()["results"]
        return results

    def principal(self, who: str) -> Principal:
        with self.kernel.db.reading() as session:
            return identity.principal_of(session, self.people[who], "api")

    def mail(
        self,
        customer: str,
        *,
        days_ago: float = 1,
        direction: str = "inbound",
        key: UUID | None = None,
        **over: Any,
    ) -> dict[str, Any]:
        """A mail of a customer as the agent sends it."""
        return {
            "id": str(key or uuid4()),
            "kind": "mail",
            "source": "mailfiles",
            "direction": direction,
            "occurred_at": (self.clock.now() - timedelta(days=days_ago)).isoformat(),
            "subject": "方案",
            "text": "今年预算紧张。",
            "participants": [
                {"role": "from", "email": "zhao@huarui.example", "side": "customer"},
                {"role": "to", "email": "chen@yuanshan.example", "side": "us"},
            ],
            "match": {"customer_id": self.customers[customer], "confidence": 1, "why": "email"},
            "contact": {"counts": True, "grade": "two_way", "reason": "customer_wrote"},
            **over,
        }

    def last_contacted(self, customer: str) -> datetime | None:
        card = self.get("boss", f"/customers/{self.customers[customer]}")
        moment = card["last_contacted_at"]
        return datetime.fromisoformat(moment) if moment else None


PEOPLE = (
    ("xu", "许文静", "manager", "east"),
    ("chen", "陈晨", "rep", "east"),
    ("lin", "林晓雨", "rep", "south"),
    ("gu", "顾言", "reviewer", None),
    ("boss", "丁一", "admin", None),
)
CUSTOMERS = (
    ("huarui", "苏州华锐智能装备有限公司", "chen"),
    ("chilian", "宁波驰联汽车零部件股份有限公司", "chen"),
    ("lingnan", "岭南中学", "lin"),
)


DATABASES = ("sqlite", "postgresql")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "one_database: what it looks at is the same on every database; SQLite is enough"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Whatever touches the database runs on both, unless it says ``one_database``."""
    if "database" in metafunc.fixturenames:
        is_alike = metafunc.definition.get_closest_marker("one_database")
        names = DATABASES[:1] if is_alike else DATABASES
        metafunc.parametrize("database", names, indirect=True, scope="session")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    running = Postgres()
    yield running
    running.stop()


FreshDatabase = Callable[[Path], AbstractContextManager[str]]


@pytest.fixture(scope="session")
def database(request: pytest.FixtureRequest) -> str:
    """Which database: ``sqlite`` or ``postgresql``."""
    return str(request.param)


@pytest.fixture(scope="session")
def fresh_database(request: pytest.FixtureRequest, database: str) -> FreshDatabase:
    """``with fresh_database(folder) as url``: an empty database of the kind under test."""

    @contextmanager
    def make(folder: Path) -> Iterator[str]:
        if database == "sqlite":
            yield f"sqlite:///{folder / 'fresh.db'}"
            return
        cluster: Postgres = request.getfixturevalue("postgres")
        url = cluster.create()
        yield url
        cluster.drop(url)

    return make


def opened(folder: Path, url: str | None = None) -> World:
    clock = MovableClock()
    settings = Settings(
        data_dir=folder,
        database_url=url or f"sqlite:///{folder / 'genjin.db'}",
        secret_key="test" * 8,
        jobs=False,
    )
    app = create_app(settings, clock=clock)
    return World(app, app.extensions["genjin"], clock)


@dataclass(frozen=True)
class Founded:
    """The database every test starts from."""

    world: World
    url: str

    @contextmanager
    def copied(self, folder: Path, cluster: Postgres | None) -> Iterator[str]:
        """A copy of it for one test."""
        there = make_url(self.url).database or ""
        if cluster is None:
            shutil.copy(there, folder / "genjin.db")
            yield f"sqlite:///{folder / 'genjin.db'}"
            return
        url = cluster.create(there)
        yield url
        cluster.drop(url)


@pytest.fixture(scope="session")
def founded(
    tmp_path_factory: pytest.TempPathFactory, database: str, request: pytest.FixtureRequest
) -> Founded:
    """Made once for each kind of database: hashing passwords is slow on purpose."""
    folder = tmp_path_factory.mktemp("founded")
    url = f"sqlite:///{folder / 'genjin.db'}"
    if database == "postgresql":
        url = request.getfixturevalue("postgres").create()
    made = opened(folder, url)
    upgrade(made.kernel.db.engine)
    with made.kernel.db.unit_of_work() as uow:
        for key, name, role, team in PEOPLE:
            person = identity.add_person(
                uow,
                name=name,
                email=f"{key}@yuanshan.example",
                role=role,  # type: ignore[arg-type]
                password=f"password-{key}",
            )
            if team:
                identity.join_team(uow, person, team)
            made.people[key] = person
            made.tokens[key] = identity.issue_token(uow, person.id)
        for key, name, owner in CUSTOMERS:
            made.customers[key] = customers.create_customer(
                uow,
                customers.NewCustomer(
                    name=name,
                    aliases=[name[2:4]],
                    domains=[f"{key}.example"],
                    contacts=[
                        customers.NewContact(
                            name="赵工", emails=[f"zhao@{key}.example"], phones=["13800138000"]
                        )
                    ],
                    created_at=NOW - timedelta(days=3),
                ),
                owner_id=made.people[owner].id,
            ).id
    if database == "sqlite":
        with made.kernel.db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    made.kernel.db.dispose()
    return Founded(made, url)


@pytest.fixture
def world(
    tmp_path: Path, founded: Founded, database: str, request: pytest.FixtureRequest
) -> Iterator[World]:
    """Reps chen (east) and lin (south), manager xu of the east, a reviewer, admin boss."""
    cluster = request.getfixturevalue("postgres") if database == "postgresql" else None
    with founded.copied(tmp_path, cluster) as url:
        made = opened(tmp_path, url)
        made.people = founded.world.people
        made.tokens = dict(founded.world.tokens)
        made.customers = dict(founded.world.customers)
        yield made
        made.kernel.db.dispose()

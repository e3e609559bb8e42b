"""The whole house on loopback: the real server, the real agent as a person runs it, a real browser."""

import json
import os
import shutil
import subprocess
import sys
import threading
import wave
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from server.app import create_app
from server.cli import serve
from server.customers import models
from server.customers import service as customers
from server.identity import service as identity
from server.kernel.context import Kernel
from server.kernel.policy import Policy, change_policy
from server.kernel.settings import load
from server.migrate import upgrade

PASSWORD = "genjin-flow"
ROOT = Path(__file__).parents[2]


@dataclass
class Office:
    """A server that runs, its rep, and its customers."""

    url: str
    kernel: Kernel
    token: str = ""
    customers: dict[str, int] = field(default_factory=dict)

    def code(self) -> str:
        with self.kernel.db.unit_of_work() as uow:
            person = identity.find_person(uow.session, "chen@yuanshan.example")
            assert person is not None
            return identity.new_pairing_code(
                uow, identity.principal_of(uow.session, person, "session")
            )

    def get(self, path: str) -> Any:
        answer = httpx.get(
            f"{self.url}/api/v1{path}", headers={"Authorization": f"Bearer {self.token}"}
        )
        answer.raise_for_status()
        return answer.json()

    def store(self) -> dict[str, Any]:
        """All that was recorded, free of row numbers and of the time of recording."""
        with self.kernel.db.reading() as session:
            activities = {
                str(row.id): (row.kind, row.occurred_at, row.counts, row.reason, row.text)
                for row in session.scalars(select(models.Activity))
            }
            links = sorted(
                (str(row.activity_id), row.customer_id, row.counts, row.why)
                for row in session.scalars(select(models.ActivityCustomer))
            )
            tags = sorted(
                (str(row.activity_id), row.category, row.status, row.start, row.end)
                for row in session.scalars(select(models.ActivityTag))
            )
            last = {
                row.name: (row.last_contacted_at, str(row.last_activity_id))
                for row in session.scalars(select(models.Customer))
            }
        return {"activities": activities, "links": links, "tags": tags, "last": last}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    settings = load(data_dir=tmp_path / "server", environ={}, host="127.0.0.1", port=0)
    app = create_app(settings)
    kernel: Kernel = app.extensions["genjin"]
    upgrade(kernel.db.engine)
    made = Office("", kernel)
    with kernel.db.unit_of_work() as uow:
        rep = identity.add_person(
            uow, name="陈晨", email="chen@yuanshan.example", role="rep", password=PASSWORD
        )
        made.token = identity.issue_token(uow, rep.id)
        change_policy(uow, Policy(own_domains=("yuanshan.example",)), by=None)
        for key, name, person in (
            ("huarui", "苏州华锐智能装备有限公司", "赵刚"),
            ("brightline", "Brightline Analytics, Inc.", "Dana Whitfield"),
        ):
            made.customers[key] = customers.create_customer(
                uow,
                customers.NewCustomer(
                    name=name,
                    aliases=["华锐"] if key == "huarui" else ["Brightline"],
                    domains=[f"{key}.example"],
                    contacts=[
                        customers.NewContact(
                            name=person,
                            emails=[f"contact@{key}.example"],
                            phones=["13800138000" if key == "huarui" else "+1 617 555 0142"],
                        )
                    ],
                    created_at=datetime.now(UTC) - timedelta(days=30),
                ),
                owner_id=rep.id,
            ).id
    stop, ready = threading.Event(), threading.Event()

    def started(url: str) -> None:
        made.url = url
        ready.set()

    thread = threading.Thread(
        target=serve, args=(settings, app), kwargs={"ready": started, "stop": stop}
    )
    thread.start()
    assert ready.wait(30)
    yield made
    stop.set()
    thread.join(30)


@dataclass
class Laptop:
    """A rep's computer: folders, a configuration, and the agent's commands."""

    home: Path

    @property
    def config(self) -> Path:
        return self.home / "agent.toml"

    def set_up(self, office: Office, *, mail: str = "Mail") -> "Laptop":
        for name in (mail, "Recordings", "Notes"):
            (self.home / name).mkdir(parents=True, exist_ok=True)
        self.config.write_text(
            f"""state_dir = {json.dumps(str(self.home / "state"))}
[server]
url = "{office.url}"
[sources.mail]
type = "mailfiles"
path = {json.dumps(str(self.home / mail))}
[sources.calls]
type = "recordings"
path = {json.dumps(str(self.home / "Recordings"))}
pattern = "freepbx"
timezone = "Asia/Shanghai"
[sources.notes]
type = "notes"
path = {json.dumps(str(self.home / "Notes"))}
timezone = "Asia/Shanghai"
""",
            "utf-8",
        )
        self.genjin("pair", office.url, office.code())
        return self

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "GENJIN_LANG": "en",
        }

    def command(self, *arguments: str) -> list[str]:
        return [
            *(sys.executable, "-m", "genjin", "agent"),
            *(*arguments, "--config", str(self.config)),
        ]

    def genjin(self, *arguments: str) -> str:
        done = subprocess.run(
            self.command(*arguments),
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env=self.environment(),
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def once(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self.genjin("once", "--json"))
        return report

    def forget(self) -> None:
        """Lose everything the agent knew but its token."""
        for path in (self.home / "state").iterdir():
            if path.name != "secrets.json":
                shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.fixture
def laptop(tmp_path: Path, office: Office) -> Laptop:
    return Laptop(tmp_path / "laptop").set_up(office)


def ago(**span: float) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(**span)


def mail(
    *,
    key: str,
    sender: str,
    to: str,
    subject: str,
    text: str,
    at: datetime,
    answers: str | None = None,
    **headers: str,
) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"], message["Message-ID"] = format_datetime(at), f"<{key}@flow.example>"
    if answers:
        message["In-Reply-To"] = message["References"] = f"<{answers}@flow.example>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


def put(path: Path, content: bytes, at: datetime | None = None) -> None:
    """A file as a program leaves it: whole at once, with the time of what it holds."""
    fresh = path.with_name(f".{path.name}.part")
    fresh.write_bytes(content)
    moment = (at or ago(minutes=5)).timestamp()
    os.utime(fresh, (moment, moment))
    fresh.replace(path)


def recording(path: Path, *, seconds: int, at: datetime) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(seconds * 8000 * 4))
    os.utime(path, (at.timestamp(), at.timestamp()))

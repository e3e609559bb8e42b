"""A small sales office behind the real server, for looking at its pages."""

import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from werkzeug.serving import make_server

from agent.contract.activity import Activity, Alternative, Decision, Match, Participant, Signals
from agent.contract.device import Heartbeat
from agent.contract.tag import Commitment, Tag, Turn, transcript
from server.app import create_app
from server.customers import service as customers
from server.customers.models import Customer, IdentityKey
from server.customers.recording import record_activities
from server.followups.service import sweep
from server.identity import service as identity
from server.identity.models import Device, Person
from server.kernel.auth import Principal
from server.kernel.settings import Settings
from server.migrate import upgrade

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""Ten o'clock on a Monday in Shanghai."""
PASSWORD = "right horse"

EVIL = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>{{7*7}}"
LONG = "Unbreakable" * 20


class Clock:
    moment = NOW

    def now(self) -> datetime:
        return self.moment


class Office:
    """Rep chen and the manager xu of one team, rep lin of another."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        settings = Settings(
            data_dir=folder,
            database_url=f"sqlite:///{folder / 'genjin.db'}",
            secret_key="office" * 6,
            live_seconds=0.5,
            jobs=False,
        )
        self.app = create_app(settings, clock=self.clock)
        self.kernel = self.app.extensions["genjin"]
        upgrade(self.kernel.db.engine)
        self.people: dict[str, Person] = {}
        self.customers: dict[str, int] = {}
        with self.kernel.db.unit_of_work() as uow:
            for key, name, role, team in (
                ("chen", "陈晨", "rep", "east"),
                ("lin", "林晓雨", "rep", "south"),
                ("xu", "许文静", "manager", "east"),
            ):
                person = identity.add_person(
                    uow, name=name, email=f"{key}@ys.example", role=role, password=PASSWORD
                )
                identity.join_team(uow, person, team)
                self.people[key] = person
        self.add("huarui", "苏州华锐智能装备有限公司", days_old=3)
        self._server = make_server("127.0.0.1", 0, self.app, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join(timeout=10)
        self._server.server_close()
        self.kernel.db.dispose()

    def add(self, key: str, name: str, *, owner: str = "chen", days_old: float = 30) -> int:
        with self.kernel.db.unit_of_work() as uow:
            made = customers.create_customer(
                uow,
                customers.NewCustomer(
                    name=name,
                    aliases=[key],
                    domains=[f"{key}.example"],
                    contacts=[
                        customers.NewContact(
                            name=f"赵工{key}",
                            emails=[f"zhao@{key}.example"],
                            phones=["13800138000"],
                        )
                    ],
                    created_at=NOW - timedelta(days=days_old),
                ),
                owner_id=self.people[owner].id,
            )
            self.customers[key] = made.id
        return self.customers[key]

    def principal(self, who: str) -> Principal:
        with self.kernel.db.reading() as session:
            return identity.principal_of(session, self.people[who], "session")

    def speaks(self, who: str, language: str) -> None:
        with self.kernel.db.unit_of_work() as uow:
            uow.session.get_one(Person, self.people[who].id).locale = language

    def sign_out_everywhere(self, who: str) -> None:
        with self.kernel.db.unit_of_work() as uow:
            uow.session.get_one(Person, self.people[who].id).session_epoch += 1

    def remind(self) -> None:
        with self.kernel.db.unit_of_work() as uow:
            sweep(uow)

    def record(
        self, customer: str, text: str = "", *, days_ago: float = 1, **over: Any
    ) -> Activity:
        """A mail of the customer, unless told otherwise, as it would arrive from an agent."""
        why = over.pop("match", {})
        item = Activity(
            **{
                "id": uuid4(),
                "kind": "mail",
                "source": "mailfiles",
                "direction": "inbound",
                "occurred_at": self.clock.now() - timedelta(days=days_ago),
                "subject": "方案与报价",
                "text": text,
                "participants": (
                    Participant(role="from", name="赵工", email="zhao@x.example", side="customer"),
                    Participant(role="to", name="陈晨", email="chen@ys.example", side="us"),
                ),
                "signals": Signals(is_reply=True),
                "match": Match(
                    customer_id=self.customers[customer],
                    **{"confidence": 0.98, "why": "email", **why},
                ),
                "contact": Decision(counts=False, grade="none", reason="internal"),
                **over,
            }
        )
        with self.kernel.db.unit_of_work() as uow:
            record_activities(uow, [item], by_id=self.people["chen"].id)
        return item

    def pair(self, who: str, beat: Heartbeat) -> None:
        with self.kernel.db.unit_of_work() as uow:
            device = Device(
                person_id=self.people[who].id,
                kind="agent",
                name="ThinkPad",
                paired_at=NOW,
                seen_at=NOW,
                status=beat.model_dump_json(),
            )
            uow.session.add(device)
            uow.session.flush()
            identity.issue_token(uow, self.people[who].id, device_id=device.id)
            uow.bump("feed")

    def poison(self) -> int:
        """A customer whose every text tries to be markup, or to widen the page."""
        key = self.add("evil", EVIL)
        with self.kernel.db.unit_of_work() as uow:
            uow.session.add(
                IdentityKey(customer_id=key, kind="alias", value=LONG),
            )
            uow.session.get_one(Customer, key).region = EVIL
        self.record(
            "evil",
            f"{EVIL}\n{LONG}",
            days_ago=9,
            subject=EVIL,
            tags=(tag(EVIL, "onerror=alert(1)", "budget"),),
            commitments=(promise(EVIL, "{{7*7}}", NOW.date()),),
            participants=(
                Participant(role="from", name=EVIL, email="a@b.example", side="customer"),
            ),
            attachments=({"name": EVIL, "size": 1},),
        )
        return key


def tag(text: str, words: str, category: str, status: str = "asserted", **over: Any) -> Tag:
    start = text.index(words)
    said = {"speaker": "customer", "score": 0.9, **over}
    return Tag(
        category=category, status=status, start=start, end=start + len(words), text=words, **said
    )


def promise(text: str, words: str, due: date | None, owner: str = "rep") -> Commitment:
    start = text.index(words)
    return Commitment(start=start, end=start + len(words), text=words, due=due, owner=owner)


def call(*said: tuple[str, float, str]) -> tuple[str, tuple[Turn, ...]]:
    """Turns of (speaker, second, words), and the text they make."""
    turns = tuple(
        Turn(speaker=who, start_s=at, end_s=at + 3, text=words, raw_text=words, confidence=0.9)
        for who, at, words in said
    )
    return transcript(turns)[0], turns


def other(customer_id: int, confidence: float) -> Alternative:
    return Alternative(customer_id=customer_id, confidence=confidence, why="phone")

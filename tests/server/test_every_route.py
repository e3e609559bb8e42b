"""Every route, for every role and token, on one's own, the team's and others' objects.

The table stands in ``routes.py``: a route that is not in it fails the first test.
"""

import re
import sqlite3
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from server.customers import service as customers
from server.customers.models import Absence, CustomField
from server.followups.service import sweep
from server.identity import browsers
from server.identity import service as identity
from server.identity.credentials import LinkedAccount
from server.identity.models import Device, Person, Token
from server.tagging.models import Retagging, TagLabel, TagSuggestion
from tests.server.routes import ROUTES, Row

pytestmark = pytest.mark.one_database

SOUND = {"data": b"RIFF0000WAVE", "content_type": "audio/wav"}
MORE = (
    ("zhou", "周杰", "rep", "east"),
    ("wu", "吴敏", "manager", "south"),
    ("qian", "钱程", "decider", None),
)


def api_of(world):
    return {
        (method, rule.rule)
        for rule in world.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_every_route_stands_in_the_table(world):
    assert api_of(world) == ROUTES.keys()


def test_what_a_page_changes_is_asked_for_by_a_form(world):
    """A link, an image or a prefetch must change nothing."""
    changing = re.compile(r"revoke|remove|close|erase|export|retire|/end|unlink|sign-out")
    assert not [path for method, path in api_of(world) if method == "GET" and changing.search(path)]


@dataclass
class Caller:
    name: str
    person: str | None
    """Who stands behind it."""
    scopes: frozenset[str] | None = None
    """None: a browser, or nobody."""
    cookie: str = ""
    token: str = ""


@dataclass
class Yard:
    world: Any
    callers: list[Caller] = field(default_factory=list)
    of: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What each of chen, xu and lin owns: the values that addresses are made of."""
    kept: sqlite3.Connection = field(default_factory=lambda: sqlite3.connect(":memory:"))

    def keep(self):
        with sqlite3.connect(self.path) as there:
            there.backup(self.kept)

    def restore(self):
        """As it was before somebody was let in and changed something."""
        with sqlite3.connect(self.path) as there:
            self.kept.backup(there)

    @property
    def path(self):
        return self.world.kernel.settings.data_dir / "genjin.db"


def owned(world, uow, who, customer):
    person = uow.session.get_one(Person, world.people[who].id)
    device = Device(person_id=person.id, kind="agent", name="d", paired_at=world.clock.now())
    absence = Absence(
        person_id=person.id, first_day=world.clock.now().date(), last_day=world.clock.now().date()
    )
    account = LinkedAccount(
        person_id=person.id, issuer="i", subject=who, linked_at=world.clock.now()
    )
    uow.session.add_all((device, absence, account))
    uow.session.flush()
    world.tokens[f"{who}'s device"] = identity.issue_token(uow, person.id, device_id=device.id)
    secret = browsers.begin(uow, person, method="password", user_agent="")
    row = browsers.standing(uow.session, secret, world.clock.now())
    identity.issue_token(uow, person.id, label="to revoke")
    uow.session.flush()
    [token_id] = uow.session.scalars(
        Token.__table__.select()
        .with_only_columns(Token.id)
        .where(Token.person_id == person.id, Token.label == "to revoke")
    )
    return {
        "person_id": person.id,
        "device_id": device.id,
        "absence_id": absence.id,
        "account_id": account.id,
        "session_id": row.session_id,
        "token_id": token_id,
        "customer_id": world.customers[customer],
    }


def taught(world, activity_id):
    said = {"category": "budget", "status": "asserted", "start": 0, "end": 2, "text": "今年"}
    said |= {"speaker": "customer", "activity_id": UUID(activity_id)}
    label = TagLabel(**said, verdict="missed", at=world.clock.now())
    suggestion = TagSuggestion(**said, score=0.5)
    with world.kernel.db.unit_of_work() as uow:
        uow.session.add_all((label, suggestion))
        uow.session.flush()
        return {"label_id": label.id, "suggestion_id": suggestion.id}


def cookie_of(world, who):
    cookie = world.signed_in(who).get_cookie("session")
    assert cookie is not None
    return cookie.value


@pytest.fixture
def yard(world):
    world.app.config["WTF_CSRF_ENABLED"] = False
    world.people = dict(world.people)
    with world.kernel.db.unit_of_work() as uow:
        for key, name, role, team in MORE:
            person = identity.add_person(uow, name=name, email=f"{key}@yuanshan.example", role=role)
            if team:
                identity.join_team(uow, person, team)
            world.people[key] = person
            world.tokens[key] = identity.issue_token(uow, person.id)
        uow.session.add(CustomField(id=1, name="f", kind="text", choices=[]))
        began = {"at": world.clock.now(), "total": 0, "version": "0.0"}
        uow.session.add(Retagging(id=1, state="done", **began))
        made = customers.create_customer(
            uow,
            customers.NewCustomer(
                name="主管客户",
                domains=["xus.example"],
                contacts=[customers.NewContact(name="何工", emails=["he@xus.example"])],
                created_at=world.clock.now(),
            ),
            owner_id=world.people["xu"].id,
        )
        world.customers = {**world.customers, "xus": made.id}
    tag = {"category": "budget", "status": "asserted", "start": 0, "end": 2, "text": "今年"}
    tag |= {"speaker": "customer", "score": 1}
    yard = Yard(world)
    for who, customer in (("chen", "huarui"), ("xu", "xus"), ("lin", "lingnan")):
        mail = world.mail(customer, days_ago=20, tags=[tag])
        assert world.send(who, mail)[0]["result"] == "accepted"
        with world.kernel.db.unit_of_work() as uow:
            yard.of[who] = owned(world, uow, who, customer) | {"activity_id": mail["id"]}
        here = world.customers[customer]
        [item] = world.get("boss", f"/customers/{here}/timeline")["items"]
        yard.of[who]["tag_id"] = item["tags"][0]["id"]
        yard.of[who]["contact_id"] = world.get("boss", f"/customers/{here}/contacts")["items"][0][
            "id"
        ]
        yard.of[who]["deal_id"] = world.get("boss", f"/customers/{here}/deals")["items"][0]["id"]
        second = {"name": f"{who}的第二家", "domains": [f"{who}2.example"]}
        there = world.call(who, "POST", "/customers", json=second).get_json()["id"]
        moving = world.mail(customer, days_ago=21)
        world.send(who, moving)
        path = f"/activities/{moving['id']}/relink"
        assert world.call(who, "POST", path, json={"customer_id": there}).status_code == 200
        yard.of[who]["second_id"] = there
        call = world.mail(customer, days_ago=22) | {"kind": "call"}
        assert world.send(who, call)[0]["result"] == "accepted"
        kept = world.call(who, "PUT", f"/activities/{call['id']}/recording", **SOUND)
        assert kept.status_code == 200, kept.get_data(as_text=True)
        yard.of[who]["call_id"] = call["id"]
        yard.of[who] |= taught(world, mail["id"])
        yard.of[who]["correction_id"] = world.get("boss", f"/customers/{here}/corrections")[
            "items"
        ][0]["id"]
    with world.kernel.db.unit_of_work() as uow:
        sweep(uow)
        for who in ("chen", "boss"):
            for scopes in (("read",), ("write",), ("ingest",), ("admin",)):
                world.tokens[f"{who} {scopes[0]}"] = identity.issue_token(
                    uow, world.people[who].id, scopes=scopes
                )
    for who in ("chen", "xu", "lin"):
        for item in world.get(who, "/reminders")["items"]:
            if item["customer_id"] == yard.of[who]["customer_id"] and item["level"] == "owner":
                yard.of[who]["reminder_id"] = item["id"]
    for item in world.get("boss", "/reminders")["items"]:
        for held in yard.of.values():
            if item["customer_id"] == held["customer_id"] and item["level"] == "manager":
                held["managers_reminder_id"] = item["id"]
    people = ("chen", "zhou", "lin", "xu", "wu", "gu", "qian", "boss")
    ordinary = frozenset(("ingest", "read", "write"))
    yard.callers = [
        Caller("nobody", None),
        *(Caller(f"{who}'s browser", who, cookie=cookie_of(world, who)) for who in people),
        *(Caller(f"{who}'s token", who, ordinary, token=world.tokens[who]) for who in people),
        Caller("chen's device", "chen", ordinary, token=world.tokens["chen's device"]),
        Caller("a wrong token", None, ordinary, token="gj_wrong"),
        *(
            Caller(f"{who} {scope}", who, frozenset((scope,)), token=world.tokens[f"{who} {scope}"])
            for who in ("chen", "boss")
            for scope in ("read", "write", "ingest", "admin")
        ),
    ]
    yard.keep()
    return yard


def sees(yard, row: Row, caller: Caller, owner: str) -> bool:
    world, who = yard.world, caller.person
    role = world.people[who].role
    if row.object is None or who == owner:
        return row.object != "customer" or role in ("rep", "manager", "admin")
    if row.object == "mine":
        return False
    if role == "admin":
        return True
    leads = (who, owner) in (("xu", "chen"), ("wu", "lin"))
    return leads and row.object in ("customer", "absence")


def expected(yard, method: str, rule: str, row: Row, caller: Caller, owner: str) -> str:
    is_api = rule.startswith("/api/")
    if row.role == "public":
        return "in"
    if is_api != (caller.scopes is not None) or caller.person is None:
        # An API takes no cookie, a page no token.
        return "401" if is_api or method != "GET" else "sign-in"
    if is_api and not caller.scopes & set(row.scope.split()):
        return "403"
    role = yard.world.people[caller.person].role
    if row.role == "admin" and role != "admin":
        return "403"
    if row.role == "leader" and role not in ("manager", "admin"):
        return "403"
    if row.role == "seller" and role not in ("rep", "manager", "admin"):
        return "403"
    return "in" if sees(yard, row, caller, owner) else "hidden"


def outcome(response) -> str:
    code = response.status_code
    if code == 302 and response.headers["Location"].startswith("/sign-in?"):
        return "sign-in"
    return {401: "401", 403: "403", 404: "hidden"}.get(code, "in" if code < 500 else f"{code}!")


def openly(response) -> str:
    """What is open to all may still say that something is wrong, to whoever asks."""
    return "in" if response.status_code < 500 else f"{response.status_code}!"


def values(yard, caller, owner):
    held = dict(yard.of[owner]) | {
        "field_id": 1,
        "verdict": "confirm",
        "door": "close",
        "filename": "icon.svg",
        "answer": "accept",
        "place": 0,
        "retagging_id": 1,
    }
    if caller.person != owner:
        # A reminder is its owner's; above them stands another, for who leads.
        held["reminder_id"] = held["managers_reminder_id"]
    return held


def filled(text, held):
    text = re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda found: str(held[found.group(1)]), text)
    return re.sub(r"@(\w+)", lambda found: str(held[found.group(1)]), text)


def sent(body, held):
    if not isinstance(body, dict):
        return body
    return {
        key: [meant(item, held) for item in value]
        if isinstance(value, list)
        else meant(value, held)
        for key, value in body.items()
    }


def meant(value, held):
    is_name = isinstance(value, str) and value.startswith("@") and value[1:] in held
    return int(held[value[1:]]) if is_name else value


def ask(yard, method, rule, row, caller, held):
    if rule.endswith(("/recording", "/sound")):
        held["activity_id"] = held["call_id"]
    world, path = yard.world, filled(rule, held)
    if "/tags/" in rule and not rule.startswith("/api/"):
        path = path.replace("/confirm", "/confirmed")
    client = world.client()
    if caller.cookie:
        client.set_cookie("session", caller.cookie)
    headers = {"Authorization": f"Bearer {caller.token}"} if caller.token else {}
    if method == "PUT" and rule.endswith("/recording"):
        return client.open(path, method=method, headers=headers, **SOUND)
    if rule.startswith("/api/"):
        json = sent(row.body, held) if method in ("POST", "PATCH", "PUT") else None
        return client.open(path, method=method, headers=headers, json=json)
    data = {key: str(value) for key, value in sent(row.body or {}, held).items()}
    return client.open(
        path, method=method, headers=headers, data=data if method == "POST" else None
    )


SAID_OTHERWISE = {
    # What a route says to who is let in, but may not do this.
    ("POST", "/api/v1/forget"): {"403": "devices_only"},
    ("POST", "/api/v1/devices/heartbeat"): {"403": "devices_only"},
    ("POST", "/api/v1/absences"): {"403": "managers_only", "422": "unknown_person"},
    ("POST", "/absences"): {"403": "managers_only", "422": "unknown_person"},
}


def test_every_route_lets_in_whom_the_table_says(yard):
    wrong = []
    for (method, rule), row in ROUTES.items():
        for owner in ("chen", "xu", "lin") if row.object else ("chen",):
            for caller in yard.callers:
                held = values(yard, caller, owner)
                response = ask(yard, method, rule, row, caller, held)
                got = outcome(response) if row.role != "public" else openly(response)
                want = expected(yard, method, rule, row, caller, owner)
                if got != want and not accounted_for(method, rule, row, response, want):
                    wrong.append(
                        f"{method} {rule} of {owner} for {caller.name}: "
                        f"{got} ({response.status_code}), not {want}"
                    )
                response.close()
                if got == "in" and method != "GET":
                    yard.restore()
    assert not wrong, "\n".join([f"{len(wrong)} wrong:", *wrong[:60]])


def accounted_for(method, rule, row, response, want):
    del row
    said = SAID_OTHERWISE.get((method, rule), {})
    return str(response.status_code) in said and want in ("in", "hidden")

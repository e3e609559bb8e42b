"""Doors, cookies, forms and traces: what an attacker or a careless log would use."""

import logging
import re
import sqlite3
import threading
import urllib.request

import pytest
from sqlalchemy import select

from server.cli import serve
from server.followups.service import sweep
from server.identity import service as identity
from server.identity.credentials import BrowserSession
from server.kernel.i18n import t
from server.kernel.pages import safe_next
from server.kernel.settings import Settings


def sign_in(world, who="chen", **form):
    client = world.client()
    form = {
        "email": f"{who}@yuanshan.example",
        "password": f"password-{who}",
        "csrf_token": world.csrf(client),
        **form,
    }
    return client, client.post("/sign-in", data=form)


@pytest.mark.parametrize(
    ("asked", "goes"),
    [
        ("/customers?q=%2F%2Fx", "/customers?q=%2F%2Fx"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("///evil.example", "/"),
        ("/\\evil.example", "/"),
        ("//[", "/"),
        ("https://[", "/"),
        ("\t//evil.example", "/"),
        ("/\r\nSet-Cookie: a=b", "/"),
        ("javascript:alert(1)", "/"),
        ("customers", "/"),
        ("", "/"),
        (None, "/"),
    ],
)
def test_next_leads_nowhere_else(asked, goes):
    assert safe_next(asked) == goes


def test_signing_in_with_an_odd_next_still_signs_in(world):
    _, response = sign_in(world, next="//[")
    assert (response.status_code, response.headers["Location"]) == (303, "/")


def test_the_session_is_new_and_its_cookie_guarded(world):
    client = world.client()
    with client.session_transaction() as cookie:
        cookie["planted"] = "x"
    client.post(
        "/sign-in",
        data={
            "email": "chen@yuanshan.example",
            "password": "password-chen",
            "csrf_token": world.csrf(client),
        },
    )
    with client.session_transaction() as cookie:
        assert "planted" not in cookie
        secret = cookie["session"]
    with world.kernel.db.reading() as session:
        [row] = session.scalars(select(BrowserSession).order_by(BrowserSession.id.desc()).limit(1))
        assert row.person_id == world.people["chen"].id
        assert row.digest == identity.digest(secret), "the database holds no key to the door"
    _, response = sign_in(world)
    [kept] = [c for c in response.headers.getlist("Set-Cookie") if c.startswith("session=")]
    assert "HttpOnly" in kept
    assert "SameSite=Lax" in kept


def test_signed_out_everywhere_is_signed_out(world):
    client, _ = sign_in(world)
    assert client.get("/").status_code == 200
    with world.kernel.db.unit_of_work() as uow:
        uow.session.get_one(identity.Person, world.people["chen"].id).session_epoch += 1
    assert client.get("/").status_code == 302


def form_routes(world):
    return sorted(
        rule.rule
        for rule in world.app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and not rule.rule.startswith("/api/")
    )


def filled(rule):
    rule = rule.replace("<uuid:activity_id>", "00000000-0000-0000-0000-000000000001")
    rule = re.sub(r"<any\('(\w+)'[^>]*>", r"\1", rule)
    return re.sub(r"<[^>]+>", "1", rule)


def test_no_form_works_without_its_token(world):
    client, _ = sign_in(world)
    rules = form_routes(world)
    assert len(rules) >= 10
    for rule in rules:
        response = client.post(filled(rule), data={"csrf_token": "forged"})
        assert response.status_code == 400, rule
        assert "重新载入" in response.get_data(as_text=True) or "刷新" in response.get_data(
            as_text=True
        ), rule


def test_no_form_but_signing_in_and_language_works_for_strangers(world):
    client = world.client()
    token = world.csrf(client)
    open_doors = {"/sign-in", "/language", "/sign-out", "/sign-in/code", "/new-password"}
    for rule in set(form_routes(world)) - open_doors:
        response = client.post(filled(rule), data={"csrf_token": token})
        assert response.status_code == 401, rule


def test_the_api_takes_no_cookie(world):
    client, _ = sign_in(world)
    assert client.get("/api/v1/customers").status_code == 401
    assert client.post("/api/v1/activities", json={"activities": []}).status_code == 401


HOSTILE = "\"><script>alert(1)</script>'{{7*7}}{0}"


def test_texts_of_others_are_shown_and_not_run(world):
    tag = {"category": "budget", "status": "asserted", "start": 0, "end": len(HOSTILE)}
    tag |= {"text": HOSTILE, "speaker": "customer", "score": 1}
    promise = {"start": 0, "end": 2, "text": HOSTILE, "due": "2026-11-25", "owner": "rep"}
    people = [{"role": "from", "name": HOSTILE, "email": HOSTILE, "side": "customer"}]
    body = {"name": HOSTILE, "grade": "<b>A", "region": HOSTILE, "aliases": [HOSTILE]}
    body["contacts"] = [{"name": HOSTILE, "title": HOSTILE}]
    made = world.call("chen", "POST", "/customers", json=body).get_json()["id"]
    world.customers["hostile"] = made
    world.send(
        "chen",
        world.mail(
            "hostile",
            days_ago=8,
            text=HOSTILE,
            subject=HOSTILE,
            tags=[tag],
            commitments=[promise],
            participants=people,
            attachments=[{"name": HOSTILE, "size": 1}],
            signals={"machine": None, "machine_evidence": HOSTILE},
        ),
    )
    with world.kernel.db.unit_of_work() as uow:
        sweep(uow)
        code = identity.new_pairing_code(uow, world.principal("chen"))
    body = {"code": code, "kind": "agent", "name": HOSTILE}
    world.tokens["device"] = world.call(None, "POST", "/devices/pair", json=body).get_json()[
        "token"
    ]
    source = {"type": HOSTILE, "state": "down", "message": HOSTILE, "excluded": {HOSTILE: 1}}
    beat = {"version": HOSTILE, "sources": {HOSTILE: source}}
    assert world.call("device", "POST", "/devices/heartbeat", json=beat).status_code == 200
    client, _ = sign_in(world)
    pages = ("/", "/customers", f"/customers/{made}", "/devices", f"/customers/{made}/others?q=%22")
    for path in (*pages, f"/customers?q={HOSTILE}", f"/nowhere/{HOSTILE}"):
        response = client.get(path)
        assert response.status_code in (200, 404), path
        page = response.get_data(as_text=True)
        assert "<script>alert" not in page, path
        assert ">49{" not in page, path


def test_a_name_breaks_no_header(world):
    name = "客户\r\nSet-Cookie: a=b"
    made = world.call("chen", "POST", "/customers", json={"name": name}).get_json()["id"]
    mail = world.mail("huarui")
    world.send("chen", mail)
    client, _ = sign_in(world)
    response = client.post(
        f"/customers/{world.customers['huarui']}/activities/{mail['id']}/move",
        data={"csrf_token": world.csrf(client, "/"), "to": str(made)},
        headers={"HX-Request": "true"},
    )
    assert response.status_code == 204
    assert "Set-Cookie: a=b" not in {f"{k}: {v}" for k, v in response.headers}
    assert "\n" not in response.headers["HX-Trigger"]


def test_a_code_from_outside_is_no_format(world):
    with world.app.test_request_context("/"):
        assert t("source_type.{0.__class__}{x}") == "source_type.{0.__class__}{x}"


def test_failures_are_logged_without_what_people_wrote(world, caplog):
    subject, address = "秘" + "密", "li@x.example"

    def broken(*_):
        raise RuntimeError(subject) from sqlite3.IntegrityError(address)

    world.app.view_functions["customers.customers"] = broken
    client, _ = sign_in(world)
    with caplog.at_level(logging.ERROR):
        assert client.get("/customers").status_code == 500
    logged = "".join(logging.Formatter().format(record) for record in caplog.records)
    assert "RuntimeError" in logged
    assert "IntegrityError" in logged
    assert "test_security.py" in logged, "where it failed"
    assert subject not in logged
    assert address not in logged


def test_secrets_are_never_logged(world, caplog):
    with caplog.at_level(logging.DEBUG):
        client, _ = sign_in(world)
        world.call("chen", "GET", "/customers")
        client.post("/devices/code", data={"csrf_token": world.csrf(client, "/devices")})
        sign_in(world, password="wrong-password")
    logged = caplog.text
    assert world.tokens["chen"] not in logged
    assert "password-chen" not in logged
    assert "wrong-password" not in logged


def test_wrong_passwords_close_the_door_of_one_address_only(world):
    def attempt(address, password="wrong"):  # noqa: S107 - of a test person
        client = world.client()
        client.environ_base["REMOTE_ADDR"] = address
        form = {"email": "chen@yuanshan.example", "password": password}
        return client.post("/sign-in", data={**form, "csrf_token": world.csrf(client)}).status_code

    answers = [attempt("192.0.2.1") for _ in range(12)]
    assert answers == [401] * 10 + [429] * 2
    assert attempt("192.0.2.1", "password-chen") == 429
    assert attempt("192.0.2.2", "password-chen") == 303


@pytest.mark.parametrize(("trusted", "seen"), [(None, "127.0.0.1"), ("127.0.0.1", "192.0.2.7")])
def test_a_proxy_is_believed_only_when_it_is_trusted(world, trusted, seen):
    """Behind a proxy every caller would else share one address, and the limits of sign-in."""
    found = {}
    world.app.add_url_rule(
        "/healthz/who",
        view_func=lambda: found.update(_seen()) or "ok",
    )
    settings = Settings(
        data_dir=world.kernel.settings.data_dir,
        database_url=world.kernel.settings.database_url,
        secret_key="x" * 40,
        port=0,
        jobs=False,
        trusted_proxy=trusted,
    )
    stop = threading.Event()

    def visit(url):
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{url}/healthz/who",
            headers={"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"},
        )
        urllib.request.urlopen(request).read()  # noqa: S310
        stop.set()

    serve(settings, world.app, ready=visit, stop=stop)
    assert found == {"address": seen, "https": trusted is not None}


def _seen():
    from flask import request  # noqa: PLC0415

    return {"address": request.remote_addr, "https": request.is_secure}

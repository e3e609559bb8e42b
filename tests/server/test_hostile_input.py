"""What no laptop of ours sends: every answer is a clear refusal, nothing breaks, nothing is stuck."""

import base64
import gzip
import json

import pytest

from server.kernel.paging import encode_cursor
from server.kernel.settings import load


def post(world, data, *, path="/activities", who="chen", **headers):
    headers = {"Authorization": f"Bearer {world.tokens[who]}", **headers}
    return world.client().post(
        f"/api/v1{path}", headers=headers, data=data, content_type="application/json"
    )


def timeline(world, customer="huarui"):
    return world.get("chen", f"/customers/{world.customers[customer]}/timeline")["items"]


@pytest.mark.parametrize(
    "over",
    [
        {"revision": 2**40},
        {"revision": 2**70},
        {"masked": 2**70},
        {"masked": -1},
        {"occurred_at": "0001-01-01T00:00:00+14:00"},
        {"occurred_at": "9999-12-31T23:00:00Z"},
        {"ended_at": "9999-12-31T23:59:59-12:00"},
        {"source": "x" * 41},
        {"subject": "x" * 2_001},
        {"match": {"customer_id": 2**70, "confidence": 1, "why": "email"}},
        {"match": {"customer_id": 0, "confidence": 1, "why": "email"}},
        {"participants": [{"role": "from", "email": "a" * 321, "side": "us"}]},
        {"participants": [{"role": "from", "phone": "1" * 21, "side": "us"}]},
        {"commitments": [{"start": 2**40, "end": 2**40, "text": "", "due": None, "owner": "rep"}]},
    ],
)
def test_an_item_beyond_what_is_kept_refuses_itself_only(world, over):
    good, bad = world.mail("huarui"), {**world.mail("huarui"), **over}
    results = world.send("chen", bad, good)
    assert [r["result"] for r in results] == ["refused", "accepted"]
    assert results[0]["code"] == "invalid"


def test_numbers_of_an_alternative_or_a_contact_are_bounded_too(world):
    for over in (
        {"contact_id": 2**70},
        {"alternatives": [{"customer_id": 2**70, "confidence": 1, "why": "email"}]},
    ):
        mail = world.mail("huarui")
        mail["match"] |= over
        assert world.send("chen", mail)[0]["code"] == "invalid"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none(world, number):
    mail = world.mail("huarui")
    mail["match"]["confidence"] = "@"
    body = json.dumps({"activities": [mail]}).replace('"@"', number)
    response = post(world, body)
    if response.status_code == 200:
        assert response.get_json()["results"][0]["code"] == "invalid"
    else:
        assert response.status_code == 422


def test_nul_and_lone_surrogates_are_replaced_one_for_one(world):
    tag = {"category": "budget", "status": "asserted", "start": 2, "end": 4, "text": "预算"}
    tag |= {"speaker": "customer", "score": 1}
    mail = world.mail(
        "huarui",
        subject="a\x00b",
        text="\x00\ud800预算",
        tags=[tag],
        attachments=[{"name": "\udcff.pdf", "size": 1}],
        signals={"machine": "bulk", "machine_evidence": "\x00"},
    )
    sent = post(world, json.dumps({"activities": [mail]})).get_json()
    assert sent["results"][0]["result"] == "accepted"
    [item] = timeline(world)
    assert (item["subject"], item["text"]) == ("a\ufffdb", "\ufffd\ufffd预算")
    assert item["text"][2:4] == item["tags"][0]["text"]
    beat = {"version": "\ud800", "sources": {"\x00": {"type": "\udfff", "state": "ok"}}}
    assert post(world, json.dumps(beat), path="/devices/heartbeat").status_code == 403


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 200_000,
        b'{"activities":' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"activities":["\xff\xfe"]}',
        json.dumps({"activities": []}).encode("utf-16"),
        json.dumps(json.dumps({"activities": [{"id": "\x00"}]})).encode(),
        gzip.compress(b'{"activities":[' + b" " * 10_000_000 + b"]}"),
        b'{"activities": [NaN]}',
        b"null",
    ],
    ids=["deep", "deep list", "bytes", "utf-16", "json in json", "gzip", "nan", "null"],
)
def test_bodies_that_are_none(world, data):
    response = post(world, data, **{"Content-Encoding": "gzip" if data[:1] == b"\x1f" else ""})
    assert response.status_code in (400, 422)
    assert response.get_json()["error"]["code"] in ("invalid", "bad_request")


def test_an_activity_nested_deeply_refuses_itself(world):
    deep = json.loads("[" * 400 + "]" * 400)
    results = world.send("chen", {**world.mail("huarui"), "turns": deep}, world.mail("huarui"))
    assert [r["result"] for r in results] == ["refused", "accepted"]


def test_a_body_beyond_the_limit_is_a_413(world):
    response = post(world, b" " * (32 * 1024 * 1024 + 1))
    assert response.status_code == 413
    assert response.get_json()["error"]["code"] == "too_large"


def cursor(*key):
    return encode_cursor(*key)


NAMES = (cursor("2026-01-01T00:00:00", 1), cursor("0001-01-01T00:00:00+14:00", 1))
"""Odd, but a customer may be called that."""
BAD_CURSORS = [
    "nonsense",
    "语",
    cursor(),
    cursor("x"),
    cursor("x", "y"),
    cursor(1, 2),
    cursor(None, None),
    cursor("2026-01-01T00:00:00", 1),
    cursor("2026-01-01T00:00:00", "00000000-0000-0000-0000-000000000001"),
    cursor("0001-01-01T00:00:00+14:00", 1),
    cursor("2026-01-01T00:00:00+00:00", 2**70),
    cursor("2026-01-01T00:00:00+00:00", "x"),
    cursor(0, "2026-01-01T00:00:00+00:00", -(2**70)),
    base64.urlsafe_b64encode(b"[" * 400).decode(),
    base64.urlsafe_b64encode(b"{}").decode(),
    base64.urlsafe_b64encode(b"NaN").decode(),
]


@pytest.mark.parametrize("bad", BAD_CURSORS)
@pytest.mark.parametrize("path", ["/customers", "/reminders", "/customers/{}/timeline"])
def test_cursors_that_are_none_of_ours(world, bad, path):
    path = path.format(world.customers["huarui"])
    response = world.call("chen", "GET", path, query_string={"cursor": bad})
    is_name = path == "/customers" and bad in NAMES
    assert response.status_code == (200 if is_name else 422), response.data


@pytest.mark.parametrize("bad", [*BAD_CURSORS, base64.urlsafe_b64encode(b"[" * 50_000).decode()])
@pytest.mark.parametrize("where", ["before", "floor"])
def test_cursors_of_pages_that_are_none_of_ours(world, bad, where):
    client = world.signed_in("chen")
    one = f"/customers/{world.customers['huarui']}"
    for path, sort in (("/customers", "quiet"), ("/customers", "recent"), (one, "")):
        response = client.get(path, query_string={where: bad, "sort": sort})
        assert response.status_code == 422, (path, bad)


@pytest.mark.parametrize(
    "query",
    ["q=%00", "email=%00", "domain=%00", "phone=%00", "stage=%00", "owner=99999999999999999999"],
)
def test_a_nul_in_a_query_is_refused(world, query):
    response = world.call("chen", "GET", f"/customers?{query}")
    assert response.status_code == 422
    assert response.get_json()["error"]["fields"]


def test_a_nul_in_a_page_or_form_is_refused(world):
    world.app.config["WTF_CSRF_ENABLED"] = False
    client = world.signed_in("chen")
    assert client.get("/customers?q=%00").status_code == 422
    form = {"note": "通了电话\x00", "reason": "\x00\x00\x00", "email": "\x00", "password": "\x00"}
    for path in ("/reminders/1/complete", "/reminders/1/dismiss", "/sign-in"):
        assert client.post(path, data=form).status_code == 422


def test_a_customer_with_keys_that_identify_nobody(world):
    body = {
        "name": "新客户",
        "domains": ["not a domain"],
        "phones": ["12"],
        "aliases": ["x"],
        "contacts": [{"name": "a", "emails": ["x"], "phones": ["y"]}],
    }
    response = world.call("chen", "POST", "/customers", json=body)
    assert response.get_json()["error"]["fields"] == {
        "domains": "bad_domain",
        "phones": "bad_phone",
        "contacts.emails": "bad_email",
        "contacts.phones": "bad_phone",
    }
    long = world.call("chen", "POST", "/customers", json={"name": "a", "aliases": ["x" * 321]})
    assert long.status_code == 422


def test_a_name_longer_than_its_column_is_cut(world):
    people = [{"role": "from", "name": "名" * 900, "email": "a@b.example", "side": "customer"}]
    assert world.send("chen", world.mail("huarui", participants=people))[0]["result"] == "accepted"
    assert timeline(world)[0]["participants"][0]["name"] == "名" * 200


def test_a_secret_key_left_empty_is_made_anew(tmp_path):
    (tmp_path / "secret.key").touch()
    made = load(data_dir=tmp_path, environ={})
    assert len(made.secret_key) > 40
    assert load(data_dir=tmp_path, environ={}).secret_key == made.secret_key

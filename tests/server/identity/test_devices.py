"""Pairing, tokens and heartbeats."""

import pytest

from agent.contract.device import Heartbeat
from server.identity import service
from server.kernel.policy import change_policy, current_policy


def code_for(world, who="chen"):
    with world.kernel.db.unit_of_work() as uow:
        return service.new_pairing_code(uow, world.principal(who))


def pair(world, code, kind="agent"):
    return world.call(None, "POST", "/devices/pair", json={"code": code, "kind": kind})


def test_a_code_works_once_and_however_it_is_typed(world):
    code = code_for(world)
    reply = pair(world, f" {code.lower().replace('-', ' ')} ")
    assert reply.status_code == 200
    assert reply.get_json()["email"] == "chen@yuanshan.example"
    world.tokens["device"] = reply.get_json()["token"]
    assert world.get("device", "/customers")["items"]
    again = pair(world, code)
    assert again.status_code == 401
    assert again.get_json()["error"]["code"] == "bad_code"


def test_a_code_expires(world):
    code = code_for(world)
    world.clock.advance(minutes=10, seconds=1)
    assert pair(world, code).status_code == 401


def test_guessing_codes_is_slowed_down(world):
    answers = [pair(world, f"WRONG{n:03}").status_code for n in range(22)]
    assert answers[:20] == [401] * 20
    assert answers[20:] == [429, 429]


def test_a_revoked_device_is_told_to_pair_again(world):
    world.tokens["device"] = pair(world, code_for(world)).get_json()["token"]
    with world.kernel.db.unit_of_work() as uow:
        [device] = service.live_devices(uow.session, [world.people["chen"].id])
        service.revoke_device(uow, world.principal("chen"), device.id)
    answer = world.call("device", "GET", "/directory")
    assert answer.status_code == 401
    assert answer.get_json()["error"]["code"] == "bad_token"
    assert "WWW-Authenticate" in answer.headers


def test_only_the_own_device_can_be_revoked(world):
    world.tokens["device"] = pair(world, code_for(world)).get_json()["token"]
    with world.kernel.db.reading() as session:
        [device] = service.live_devices(session, [world.people["chen"].id])
    try:
        with world.kernel.db.unit_of_work() as uow:
            service.revoke_device(uow, world.principal("lin"), device.id)
    except service.NotFound:
        pass
    assert world.get("device", "/directory") is not None


def test_a_heartbeat_is_kept_and_answers_with_what_is_new(world):
    world.tokens["device"] = pair(world, code_for(world)).get_json()["token"]
    beat = Heartbeat(version="0.1.0", outbox={"pending": 2, "delivered": 5, "quarantined": 0})
    reply = world.call("device", "POST", "/devices/heartbeat", json=beat.model_dump(mode="json"))
    assert reply.status_code == 200
    assert reply.get_json()["directory_revision"] >= 3
    with world.kernel.db.reading() as session:
        [device] = service.live_devices(session, [world.people["chen"].id])
        assert service.status_of(device) == beat
    assert (
        world.call("chen", "POST", "/devices/heartbeat", json={"version": "1"}).status_code == 403
    )


def test_the_policy_names_our_people_and_is_not_sent_twice(world):
    first = world.call("chen", "GET", "/policy")
    assert "lin@yuanshan.example" in first.get_json()["staff_emails"]
    headers = {
        "Authorization": f"Bearer {world.tokens['chen']}",
        "If-None-Match": first.headers["ETag"],
    }
    assert world.client().get("/api/v1/policy", headers=headers).status_code == 304
    with world.kernel.db.unit_of_work() as uow:
        service.add_person(uow, name="新人", email="new@yuanshan.example", role="rep")
    assert world.client().get("/api/v1/policy", headers=headers).status_code == 200


def test_our_domains_are_those_people_sign_in_with_until_somebody_names_them(world):
    assert world.call("chen", "GET", "/policy").get_json()["own_domains"] == ["yuanshan.example"]
    with world.kernel.db.unit_of_work() as uow:
        service.add_person(uow, name="新人", email="new@qq.com", role="rep")
        service.add_person(uow, name="海外", email="far@yuanshan-global.example", role="rep")
    both = ["yuanshan-global.example", "yuanshan.example"]
    assert world.call("chen", "GET", "/policy").get_json()["own_domains"] == both
    with world.kernel.db.unit_of_work() as uow:
        named = current_policy(uow.session).model_copy(update={"own_domains": ("ours.example",)})
        change_policy(uow, named, None)
    assert world.call("chen", "GET", "/policy").get_json()["own_domains"] == ["ours.example"]


@pytest.mark.one_database
def test_secrets_are_kept_as_digests_only(world):
    code = code_for(world)
    token = pair(world, code).get_json()["token"]
    stored = (world.kernel.settings.data_dir / "genjin.db").read_bytes()
    wal = world.kernel.settings.data_dir / "genjin.db-wal"
    stored += wal.read_bytes() if wal.exists() else b""
    for secret in (token, code.replace("-", ""), "password-chen"):
        assert secret.encode() not in stored

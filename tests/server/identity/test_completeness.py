"""Is everything captured? Counts as the heartbeats tell them, to whom they concern."""

import json
from datetime import timedelta

import pytest

from server.identity import service as identity

MAIL = {
    "type": "imap", "state": "ok", "seen": 268, "stored": 221,
    "excluded": {"internal": 30, "newsletter": 12, "private": 5},
}  # fmt: skip


def paired(world, who, sources, **beat):
    with world.kernel.db.unit_of_work() as uow:
        code = identity.new_pairing_code(uow, world.principal(who))
    body = {"code": code, "kind": "agent", "name": f"{who}-laptop"}
    token = world.call(None, "POST", "/devices/pair", json=body).get_json()["token"]
    world.tokens[f"{who}@"] = token
    if sources is not None:
        said = {"version": "1", "sources": sources, **beat}
        assert world.call(f"{who}@", "POST", "/devices/heartbeat", json=said).status_code == 200


def page(world, who, language="en"):
    client = world.signed_in(who)
    client.set_cookie("lang", language)
    with world.kernel.db.unit_of_work() as uow:
        person = uow.session.get(type(world.people[who]), world.people[who].id)
        person.locale = language
    return " ".join(client.get("/completeness").get_data(as_text=True).split())


def mail(world, **over):
    complete_to = (world.clock.now() - timedelta(minutes=5)).isoformat()
    return {"mail": {**MAIL, "complete_to": complete_to, **over}}


def test_the_sentence_in_both_languages(world):
    paired(world, "chen", mail(world))
    told = page(world, "chen")
    assert (
        "complete to 09:55; 268 seen, 221 stored, 47 excluded: 30 internal, 12 newsletter, 5 private"
        in told
    )
    assert "verdict-line good" in told
    assert "verdict-line bad" not in told
    assert "完整至 09:55；见到 268，入库 221，排除 47：内部 30、群发 12、私人 5" in page(
        world, "chen", "zh-CN"
    )


@pytest.mark.parametrize("field", ["unexplained", "unproven"])
def test_what_is_unexplained_is_red(world, field):
    paired(world, "chen", mail(world, **{field: 2}))
    told = page(world, "chen")
    assert "2 items unexplained" in told
    assert "verdict-line bad" in told


@pytest.mark.parametrize("state", ["auth", "misconfigured"])
def test_a_source_that_needs_a_person_is_flagged(world, state):
    paired(world, "chen", mail(world, state=state))
    assert "needs attention" in page(world, "chen")


def test_a_silent_agent_is_flagged_whatever_it_said_last(world):
    paired(world, "chen", mail(world))
    # Heard of on Monday at 10: the ninth working hour after that ends on Tuesday at 10.
    world.clock.advance(seconds=24 * 3600 - 60)
    assert "verdict-line bad" not in page(world, "chen")
    world.clock.advance(seconds=120)
    told = page(world, "chen")
    assert "the agent is silent" in told
    assert "verdict-line good" not in told


def test_a_weekend_is_no_silence(world):
    world.clock.advance(seconds=(4 * 24 + 7) * 3600)  # Friday, 17:00
    paired(world, "chen", mail(world))
    world.clock.advance(seconds=(2 * 24 + 23) * 3600)  # Monday, 16:00: eight hours were worked
    assert "verdict-line bad" not in page(world, "chen")
    world.clock.advance(seconds=3600)
    assert "the agent is silent" in page(world, "chen")


def test_a_source_that_waits_for_a_sign_in_names_the_command(world):
    paired(world, "chen", mail(world, state="auth", message="password_refused"))
    assert "genjin agent sign-in mail" in page(world, "chen")
    assert "doctor" not in page(world, "chen", "zh-CN")


def test_an_agent_of_an_earlier_version_tells_less_and_is_shown(world):
    paired(world, "chen", {"old": {"type": "notes", "state": "ok", "seen": 3}})
    told = page(world, "chen")
    assert "not proved complete yet; 3 seen, 0 stored, 0 excluded" in told
    assert "verdict-line good" not in told


def test_one_that_never_beat_and_one_that_is_not_there(world):
    assert "no agent" in page(world, "chen")
    paired(world, "chen", None)
    assert "the agent is silent" in page(world, "chen")


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("chen", {"chen"}),
        ("lin", {"lin"}),
        ("xu", {"xu", "chen"}),
        ("gu", {"gu"}),
        ("boss", {"boss", "chen", "lin", "xu"}),
    ],
)
def test_everybody_sees_whose_work_he_answers_for(world, who, seen):
    for rep in ("chen", "lin", "xu", "boss", "gu"):
        paired(world, rep, mail(world))
    told = page(world, who)
    shown = {rep for rep in ("chen", "lin", "xu", "boss", "gu") if f"{rep}-laptop" in told}
    assert shown == (seen | ({"gu"} if who == "boss" else set()))


def test_who_needs_somebody_comes_first(world):
    paired(world, "chen", mail(world, unexplained=1))
    paired(world, "xu", mail(world))
    told = page(world, "xu")
    assert told.index("chen-laptop") < told.index("xu-laptop")


def test_a_revoked_agent_proves_nothing(world):
    paired(world, "chen", mail(world))
    with world.kernel.db.unit_of_work() as uow:
        identity.revoke_device(uow, world.principal("chen"), 1)
    assert "chen-laptop" not in page(world, "chen")


def test_names_from_a_laptop_are_text(world):
    evil = "<img src=x onerror=alert(1)>"
    paired(world, "chen", {evil: {**MAIL, "message": evil, "excluded": {evil: 1}}})
    told = page(world, "chen")
    assert evil not in told
    assert json.dumps(MAIL)


def test_the_page_asks_for_news_and_gets_nothing_when_there_is_none(world):
    client = world.signed_in("chen")
    first = client.get("/completeness", headers={"HX-Request": "true"}).get_data(as_text=True)
    revision = first.partition('data-rev="')[2].partition('"')[0]
    assert client.get(f"/completeness?rev={revision}").status_code == 204

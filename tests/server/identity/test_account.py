"""Passwords, the second step, browsers, tokens, and an administrator's help."""

import re
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select

from server.identity import passwords, people, twostep
from server.identity.models import AuditEntry, Person, Token
from server.kernel.errors import ServerError

pytestmark = pytest.mark.one_database


def post(client, world, path, page="/account", **data):
    return client.post(path, data={**data, "csrf_token": world.csrf(client, page)})


def sign_in(world, who="chen", password=None, **more):
    client = world.client()
    form = {"email": f"{who}@yuanshan.example", "password": password or f"password-{who}", **more}
    return client, post(client, world, "/sign-in", "/sign-in", **form)


def is_in(client):
    return client.get("/account").status_code == 200


def done(world):
    with world.kernel.db.reading() as session:
        return [row.action for row in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("short12", "password_too_short"),
        ("x" * 201, "password_too_long"),
        ("Password1!", "password_too_common"),
        ("12345678", "password_too_common"),
        ("87654321", "password_too_common"),
        ("aaaaaaaaaa", "password_too_common"),
        ("abababab", "password_too_common"),
        ("woaini1314", "password_too_common"),
        ("P@ssw0rd2026", "password_too_common"),
        ("qwertyuiop", "password_too_common"),
        ("chenchen2026", "password_too_common"),
        ("chenchen@yuanshan.example", "password_too_common"),
        ("correct horse battery", None),
        ("密码要长一点才安全", None),
    ],
)
def test_length_and_a_short_list_make_the_rules(password, fault):
    assert passwords.fault_of(password, "chenchen@yuanshan.example", "陈晨") == fault


def test_a_new_password_ends_every_other_browser(world):
    here, _ = sign_in(world)
    there, _ = sign_in(world)
    wrong = post(
        here,
        world,
        "/account/password",
        current="no",
        password="n3w passphrase",
        again="n3w passphrase",
    )
    assert (wrong.status_code, "当前密码不正确" in wrong.get_data(as_text=True)) == (422, True)
    differ = post(
        here,
        world,
        "/account/password",
        current="password-chen",
        password="n3w passphrase",
        again="x",
    )
    assert "不一致" in differ.get_data(as_text=True)
    good = post(
        here,
        world,
        "/account/password",
        current="password-chen",
        password="n3w passphrase",
        again="n3w passphrase",
    )
    assert good.status_code == 303
    assert is_in(here)
    assert not is_in(there)
    assert sign_in(world)[1].status_code == 401
    assert sign_in(world, password="n3w passphrase")[1].status_code == 303


def test_browsers_are_listed_and_ended(world):
    here, _ = sign_in(world)
    others = [sign_in(world)[0] for _ in range(3)]
    page = here.get("/account").get_data(as_text=True)
    ids = re.findall(r"/account/sessions/(\d+)/end", page)
    assert len(ids) == 4
    stranger, _ = sign_in(world, "lin")
    assert post(stranger, world, f"/account/sessions/{ids[0]}/end").status_code == 404
    assert post(here, world, f"/account/sessions/{ids[0]}/end").status_code == 303
    assert sum(map(is_in, others)) == 2
    post(here, world, "/account/sessions/end-others")
    assert sum(map(is_in, others)) == 0
    assert is_in(here)
    assert is_in(stranger)
    world.clock.advance(days=14, seconds=1)
    assert not is_in(here)


def test_a_cookie_signed_out_stays_out_even_if_somebody_kept_it(world):
    client, _ = sign_in(world)
    kept = client.get_cookie("session").value
    post(client, world, "/sign-out")
    thief = world.client()
    thief.set_cookie("session", kept)
    assert not is_in(thief)


def turned_on(world, client):
    page = client.get("/account/two-step").get_data(as_text=True)
    secret = re.search(r"<code>([A-Z2-7 ]{32,})</code>", page)[1].replace(" ", "")
    assert "data:image/svg+xml;base64," in page
    assert secret in client.get("/account/two-step").get_data(as_text=True).replace(" ", "")
    totp = pyotp.TOTP(secret)
    shown = post(client, world, "/account/two-step", "/account", code=totp.at(world.clock.now()))
    codes = re.findall(
        r"<code>([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})</code>", shown.get_data(as_text=True)
    )
    assert len(codes) == twostep.RECOVERY_CODES
    return totp, codes


def test_the_second_step_is_asked_for_and_no_code_works_twice(world):
    client, _ = sign_in(world)
    totp, codes = turned_on(world, client)
    world.clock.advance(seconds=60)
    half, answer = sign_in(world, next="/customers")
    assert answer.headers["Location"] == "/sign-in/code"
    assert not is_in(half)
    assert post(half, world, "/sign-in/code", "/sign-in/code", code="000000").status_code == 401
    code = totp.at(world.clock.now())
    came = post(half, world, "/sign-in/code", "/sign-in/code", code=f"{code[:3]} {code[3:]}")
    assert (came.status_code, came.headers["Location"]) == (303, "/customers")
    assert is_in(half)
    again, _ = sign_in(world)
    assert post(again, world, "/sign-in/code", "/sign-in/code", code=code).status_code == 401
    assert not is_in(again)
    assert (
        post(again, world, "/sign-in/code", "/sign-in/code", code=codes[0].lower()).status_code
        == 303
    )
    third, _ = sign_in(world)
    assert post(third, world, "/sign-in/code", "/sign-in/code", code=codes[0]).status_code == 401
    raw = (world.kernel.settings.data_dir / "genjin.db").read_bytes()
    raw += (world.kernel.settings.data_dir / "genjin.db-wal").read_bytes()
    for secret in (totp.secret, *codes, codes[1].replace("-", "")):
        assert secret.encode() not in raw


def test_guessing_codes_ends_after_five_however_many_browsers(world):
    client, _ = sign_in(world)
    totp, codes = turned_on(world, client)
    answers = []
    for _ in range(7):
        half, _ = sign_in(world)
        answers.append(
            post(half, world, "/sign-in/code", "/sign-in/code", code="000000").status_code
        )
    assert answers == [401] * 5 + [429] * 2
    half, _ = sign_in(world)
    assert post(half, world, "/sign-in/code", "/sign-in/code", code=codes[0]).status_code == 429
    world.clock.advance(minutes=5, seconds=1)
    half, _ = sign_in(world)
    code = totp.at(world.clock.now())
    assert post(half, world, "/sign-in/code", "/sign-in/code", code=code).status_code == 303


def test_half_a_sign_in_is_forgotten_and_ends_with_a_new_password(world):
    client, _ = sign_in(world)
    totp, _ = turned_on(world, client)
    half, _ = sign_in(world)
    with world.kernel.db.unit_of_work() as uow:
        person = uow.session.get_one(Person, world.people["chen"].id)
        people.sign_out_everywhere(uow, person, by=None)
    world.clock.advance(seconds=60)
    answer = post(half, world, "/sign-in/code", "/sign-in/code", code=totp.at(world.clock.now()))
    assert answer.headers["Location"] == "/sign-in"
    late, _ = sign_in(world)
    world.clock.advance(minutes=11)
    assert late.get("/sign-in/code").headers["Location"] == "/sign-in"


def test_turning_the_second_step_off_takes_the_password(world):
    client, _ = sign_in(world)
    turned_on(world, client)
    assert post(client, world, "/account/two-step/off", current="no").status_code == 422
    assert "two_step.off" not in done(world)
    assert post(client, world, "/account/two-step/off", current="password-chen").status_code == 303
    assert sign_in(world)[1].headers["Location"] == "/"
    assert {"two_step.on", "two_step.recovery_codes", "two_step.off"} <= set(done(world))


def test_an_administrators_link_works_once(world):
    boss = world.signed_in("boss")
    chen = world.people["chen"].id
    there, _ = sign_in(world)
    page = post(boss, world, f"/admin/people/{chen}/link", why="忘记密码").get_data(as_text=True)
    secret = re.search(r"/new-password#([\w-]+)", page)[1]
    with world.kernel.db.reading() as session:
        written = [
            f"{row.before}{row.after}{row.why}" for row in session.scalars(select(AuditEntry))
        ]
    assert not [text for text in written if secret in text]
    client = world.client()
    form = {"code": secret, "password": "brand new words", "again": "brand new words"}
    poor = post(
        client,
        world,
        "/new-password",
        "/new-password",
        **form | {"password": "12345678", "again": "12345678"},
    )
    assert poor.status_code == 422, "and the link still works"
    assert post(client, world, "/new-password", "/new-password", **form).status_code == 303
    assert is_in(client)
    assert not is_in(there)
    other = world.client()
    assert post(other, world, "/new-password", "/new-password", **form).status_code == 401
    old = re.search(
        r"#([\w-]+)</code>", post(boss, world, f"/admin/people/{chen}/link").get_data(as_text=True)
    )[1]
    post(boss, world, f"/admin/people/{chen}/link")
    assert (
        post(other, world, "/new-password", "/new-password", **form | {"code": old}).status_code
        == 401
    )
    late = re.search(
        r"#([\w-]+)</code>", post(boss, world, f"/admin/people/{chen}/link").get_data(as_text=True)
    )[1]
    world.clock.advance(hours=24, seconds=1)
    assert (
        post(other, world, "/new-password", "/new-password", **form | {"code": late}).status_code
        == 401
    )


def test_until_a_new_password_is_chosen_nothing_else_opens(world):
    client, _ = sign_in(world)
    boss = world.signed_in("boss")
    post(boss, world, f"/admin/people/{world.people['chen'].id}/must-change")
    assert client.get("/customers").headers["Location"] == "/account/password"
    token = world.csrf(client, "/account/password")
    assert client.post("/devices/code", data={"csrf_token": token}).status_code == 403
    form = {"current": "password-chen", "password": "brand new words", "again": "brand new words"}
    assert client.post("/account/password", data={**form, "csrf_token": token}).status_code == 303
    assert client.get("/customers").status_code == 200


def test_closing_an_account_stops_everything_at_once(world):
    client, _ = sign_in(world)
    boss = world.signed_in("boss")
    chen = world.people["chen"].id
    assert post(boss, world, f"/admin/people/{chen}/close", why="离职").status_code == 303
    assert not is_in(client)
    assert world.call("chen", "GET", "/customers").status_code == 401
    assert sign_in(world)[1].status_code == 401
    post(boss, world, f"/admin/people/{chen}/open")
    assert sign_in(world)[1].status_code == 303
    assert world.call("chen", "GET", "/customers").status_code == 401, "tokens stay revoked"
    itself = post(boss, world, f"/admin/people/{world.people['boss'].id}/close")
    assert itself.status_code == 403
    demoted = post(boss, world, f"/admin/people/{world.people['boss'].id}/role", role="rep")
    assert demoted.status_code == 403
    with world.kernel.db.unit_of_work() as uow:
        person = uow.session.get_one(Person, world.people["boss"].id)
        with pytest.raises(ServerError, match="last_admin"):
            people.set_active(uow, person, False, by=None)


def test_tokens_do_what_they_are_for_and_nothing_else(world):
    client = world.signed_in("chen")
    made = post(client, world, "/account/tokens", label="报表", scope="read", days="30")
    world.tokens["report"] = re.search(r"gj_[\w-]+", made.get_data(as_text=True))[0]
    assert world.get("report", "/customers")["items"]
    answer = world.call("report", "POST", "/customers", json={"name": "x"})
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (403, "scope_missing")
    assert world.call("report", "POST", "/activities", json={"activities": []}).status_code == 403
    beyond = post(client, world, "/account/tokens", label="x", scope="admin", days="30")
    assert beyond.status_code == 422
    for bad in ({"label": ""}, {"scope": ""}, {"days": "7"}, {"days": "x"}):
        form = {"label": "x", "scope": "read", "days": "30", **bad}
        assert post(client, world, "/account/tokens", **form).status_code == 422, bad
    assert "从未使用" in client.get("/account").get_data(as_text=True)
    world.clock.advance(days=30, seconds=1)
    assert world.call("report", "GET", "/customers").status_code == 401


def test_the_last_use_of_a_token_is_shown_and_not_written_every_time(world):
    def used():
        with world.kernel.db.reading() as session:
            rows = session.scalars(select(Token).where(Token.person_id == world.people["chen"].id))
            return [row.last_used_at for row in rows]

    world.call("chen", "GET", "/customers").close()
    first = world.clock.now()
    assert used() == [first]
    world.clock.advance(minutes=4)
    world.call("chen", "GET", "/customers").close()
    assert used() == [first]
    world.clock.advance(minutes=2)
    world.call("chen", "GET", "/customers").close()
    assert used() == [world.clock.now()]


def test_one_account_is_guarded_from_many_addresses(world):
    answers = []
    for number in range(32):
        client = world.client()
        client.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
        form = {"email": "Chen@Yuanshan.example", "password": "wrong"}
        answers.append(post(client, world, "/sign-in", "/sign-in", **form))
    assert [one.status_code for one in answers] == [401] * 30 + [429] * 2
    page = answers[-1].get_data(as_text=True)
    assert "15 分钟后再试" in page
    assert sign_in(world, "lin")[1].status_code == 303
    world.clock.advance(minutes=15, seconds=1)
    assert sign_in(world)[1].status_code == 303


def test_who_is_added_chooses_the_first_password(world):
    boss = world.signed_in("boss")
    form = {"name": "新人", "email": "Neu@yuanshan.example", "role": "manager", "team": "西区"}
    page = post(boss, world, "/admin/people", **form).get_data(as_text=True)
    secret = re.search(r"#([\w-]+)</code>", page)[1]
    assert sign_in(world, "neu", "anything at all")[1].status_code == 401
    client = world.client()
    words = {"password": "brand new words", "again": "brand new words"}
    post(client, world, "/new-password", "/new-password", code=secret, **words)
    assert is_in(client)
    assert post(boss, world, "/admin/people", **form).status_code == 422
    with world.kernel.db.unit_of_work() as uow:
        assert (
            world.clock.now() - timedelta(1)
            < uow.session.scalars(
                select(Person.password_changed_at).where(Person.email == "neu@yuanshan.example")
            ).one()
        )

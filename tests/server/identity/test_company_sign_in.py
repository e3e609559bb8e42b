"""Signing in at a real OpenID provider that runs beside us."""

import base64
import hashlib
import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from server.app import create_app
from server.identity import twostep
from server.identity.credentials import LinkedAccount
from server.identity.models import AuditEntry, Person
from server.kernel.settings import OidcSettings, load
from tests.servers.openid import openid_provider

pytestmark = [
    pytest.mark.one_database,
    # The provider beside us uses what Authlib is about to drop.
    pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning"),
]

USERS = {
    "chen-at-company": {"email": "Chen@yuanshan.example", "email_verified": True, "name": "陈晨"},
    "lin-at-company": {"email": "lin@yuanshan.example", "email_verified": False},
    "text-at-company": {"email": "xu@yuanshan.example", "email_verified": "true"},
    "other-chen": {"email": "chen@yuanshan.example", "email_verified": True},
    "stranger": {"email": "nobody@yuanshan.example", "email_verified": True},
    "no-mail": {},
}


@contextmanager
def company_of(world, **told):
    with openid_provider(USERS, **told) as found:
        settings = replace(
            world.kernel.settings,
            oidc=OidcSettings(
                issuer=found.url, client_id="genjin", client_secret="hush", label="元山统一登录"
            ),
        )
        world.app = create_app(settings, clock=world.clock)
        yield found
        world.app.extensions["genjin"].db.dispose()


@pytest.fixture
def company(world):
    with company_of(world) as found:
        yield found


def begin(client, **query):
    response = client.get("/sign-in/company", query_string=query)
    assert response.status_code == 302, response.get_data(as_text=True)
    return response.headers["Location"]


def at_provider(url, sub, **form):
    """What the person does there; the address the browser is sent back to."""
    assert httpx.get(url).status_code == 200
    return httpx.post(url, data={"sub": sub, **form}).headers["location"]


def back(client, url):
    parts = urlsplit(url)
    return client.get(f"{parts.path}?{parts.query}")


def sign_in(world, sub, client=None, **query):
    client = client or world.client()
    return client, back(client, at_provider(begin(client, **query), sub))


def problem(response):
    page = response.get_data(as_text=True)
    return page.partition('id="problem">')[2].partition("<")[0]


def links(world):
    with world.kernel.db.reading() as session:
        return {row.subject: row.person_id for row in session.query(LinkedAccount)}


def test_a_verified_address_is_linked_once_and_the_subject_counts_from_then_on(world, company):
    client, answer = sign_in(world, "chen-at-company", next="/customers")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/customers")
    assert "陈晨" in client.get("/account").get_data(as_text=True)
    assert links(world) == {"chen-at-company": world.people["chen"].id}
    with world.kernel.db.unit_of_work() as uow:
        uow.session.get_one(Person, world.people["chen"].id).email = "renamed@yuanshan.example"
    _, again = sign_in(world, "chen-at-company")
    assert again.status_code == 303
    with world.kernel.db.reading() as session:
        done = [row.action for row in session.query(AuditEntry)]
    assert done.count("account.link") == 1
    assert done.count("session.begin") == 2


def test_code_challenge_state_and_nonce_are_sent_and_fit(world, company):
    sign_in(world, "chen-at-company")
    [asked], [traded] = company.asked, company.traded
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    digest = hashlib.sha256(traded["code_verifier"][0].encode()).digest()
    assert asked["code_challenge"] == [base64.urlsafe_b64encode(digest).decode().rstrip("=")]
    assert len(asked["state"][0]) >= 32
    assert len(asked["nonce"][0]) >= 32
    _, _ = sign_in(world, "chen-at-company")
    assert company.asked[1]["state"] != asked["state"]
    assert company.asked[1]["nonce"] != asked["nonce"]


@pytest.mark.parametrize(
    ("sub", "words"),
    [
        ("lin-at-company", "未经验证"),
        ("text-at-company", "未经验证"),
        ("stranger", "没有对应人员"),
        ("no-mail", "没有对应人员"),
    ],
)
def test_who_cannot_be_known_by_the_account_is_told_what_to_do(world, company, sub, words):
    client, answer = sign_in(world, sub)
    assert answer.status_code == 401
    assert words in problem(answer)
    assert client.get("/account").status_code == 302
    assert links(world) == {}


def test_a_second_account_with_the_same_address_is_not_let_in(world, company):
    sign_in(world, "chen-at-company")
    _, answer = sign_in(world, "other-chen")
    assert answer.status_code == 401
    assert "另一个公司账号" in problem(answer)


def test_a_closed_account_is_not_let_in(world, company):
    sign_in(world, "chen-at-company")
    with world.kernel.db.unit_of_work() as uow:
        uow.session.get_one(Person, world.people["chen"].id).active = False
    assert sign_in(world, "chen-at-company")[1].status_code == 401


def test_an_answer_nobody_here_asked_for_signs_nobody_in(world, company):
    victim, attacker = world.client(), world.client()
    answer = at_provider(begin(attacker), "chen-at-company")
    assert back(victim, answer).status_code == 401
    assert "重新登录" in problem(back(victim, answer))
    begin(victim)
    assert back(victim, answer).status_code == 401, "another browser's state"
    assert back(victim, answer).status_code == 401
    mine = at_provider(begin(victim), "chen-at-company")
    assert back(victim, mine.replace("state=", "state=x")).status_code == 401
    assert victim.get("/account").status_code == 302


def test_an_answer_works_once_and_not_for_ever(world, company):
    client = world.client()
    answer = at_provider(begin(client), "chen-at-company")
    assert back(client, answer).status_code == 303
    client.post("/sign-out", data={"csrf_token": world.csrf(client, "/account")})
    assert back(client, answer).status_code == 401
    late = at_provider(begin(client), "chen-at-company")
    world.clock.advance(minutes=10, seconds=1)
    assert back(client, late).status_code == 401


def test_refusing_there_is_told_here(world, company):
    client = world.client()
    query = parse_qs(urlsplit(begin(client)).query)
    answer = client.get(
        "/sign-in/company/back",
        query_string={"error": "access_denied", "state": query["state"][0]},
    )
    assert "取消了登录" in problem(answer)


def b64(part):
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def changed(token, header=None, **claims):
    head, body, sign = token.split(".")
    told = json.loads(base64.urlsafe_b64decode(body + "=="))
    head = json.loads(base64.urlsafe_b64decode(head + "=="))
    return ".".join((b64({**head, **(header or {})}), b64({**told, **claims}), sign))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: changed(token, sub="lin-at-company"),
        lambda token: changed(token, header={"alg": "none"}).rpartition(".")[0] + ".",
        lambda token: changed(token, header={"alg": "HS256"}),
        lambda token: token[:-4] + "AAAA",
        lambda _: "",
        lambda _: "no.token.atall",
        lambda _: 7,
    ],
)
def test_an_answer_that_was_tampered_with_signs_nobody_in(world, company, spoil):
    def between(path, body):
        if path != "/oauth2/token":
            return body
        told = json.loads(body)
        return json.dumps({**told, "id_token": spoil(told["id_token"])}).encode()

    client = world.client()
    url = begin(client)
    answer = at_provider(url, "chen-at-company")
    company.spoil = between
    response = back(client, answer)
    assert response.status_code == 401
    assert "无法通过校验" in problem(response)
    assert client.get("/account").status_code == 302


@pytest.mark.parametrize("what", ["nonce", "aud", "iss"])
def test_a_true_answer_to_somebody_elses_question_signs_nobody_in(world, company, what):
    """Signed by the provider, but meant for another nonce or client, or of another issuer."""
    client = world.client()
    url = begin(client)
    if what == "nonce":
        nonce = parse_qs(urlsplit(url).query)["nonce"][0]
        answer = at_provider(url.replace(nonce, "x" * len(nonce)), "chen-at-company")
    elif what == "aud":
        answer = at_provider(url.replace("client_id=genjin", "client_id=other"), "chen-at-company")
    else:
        answer = at_provider(url, "chen-at-company")

    def between(path, body):
        if path == "/.well-known/openid-configuration" and what == "iss":
            told = json.loads(body)
            return json.dumps({**told, "issuer": "https://other.example"}).encode()
        return body

    company.spoil = between
    if what == "iss":
        # A provider that calls itself by another name is not the one that was named.
        from server.identity.oidc import provider  # noqa: PLC0415

        provider(world.app.extensions["genjin"].settings.oidc)._metadata = None
    response = back(client, answer)
    assert response.status_code in (401, 503)
    assert client.get("/account").status_code == 302


def test_an_answer_that_has_expired_signs_nobody_in(world):
    with company_of(world, lasts=timedelta(hours=-2)):
        _, answer = sign_in(world, "chen-at-company")
        assert answer.status_code == 401
        assert "无法通过校验" in problem(answer)


def test_a_provider_that_is_away_is_told_in_words(world):
    settings = replace(
        world.kernel.settings,
        oidc=OidcSettings(issuer="http://localhost:9", client_id="genjin"),
    )
    world.app = create_app(settings, clock=world.clock)
    response = world.client().get("/sign-in/company")
    assert response.status_code == 503
    assert "联系不上" in problem(response)
    assert 'name="password"' in response.get_data(as_text=True), "the password still works"
    world.app.extensions["genjin"].db.dispose()


def test_a_provider_in_the_clear_elsewhere_is_not_called(world):
    settings = replace(
        world.kernel.settings,
        oidc=OidcSettings(issuer="http://login.example", client_id="genjin"),
    )
    world.app = create_app(settings, clock=world.clock)
    assert world.client().get("/sign-in/company").status_code == 503
    world.app.extensions["genjin"].db.dispose()


def test_without_a_provider_there_is_no_such_door(world):
    assert world.client().get("/sign-in/company").status_code == 404
    assert "company" not in world.client().get("/sign-in").get_data(as_text=True)


def test_who_is_signed_in_links_an_account_whose_address_is_not_verified(world, company):
    client = world.signed_in("lin")
    _, answer = sign_in(world, "lin-at-company", client)
    assert answer.headers["Location"] == "/account"
    assert links(world) == {"lin-at-company": world.people["lin"].id}
    assert sign_in(world, "lin-at-company")[1].status_code == 303
    _, taken = sign_in(world, "lin-at-company", world.signed_in("xu"))
    assert taken.status_code == 409
    with world.kernel.db.reading() as session:
        [row] = session.query(LinkedAccount)
    token = world.csrf(client, "/account")
    other = world.signed_in("chen")
    form = {"csrf_token": world.csrf(other, "/account")}
    assert other.post(f"/account/company/{row.id}/unlink", data=form).status_code == 404
    client.post(f"/account/company/{row.id}/unlink", data={"csrf_token": token})
    assert links(world) == {}


def test_the_second_step_is_asked_for_here_unless_it_was_there(world, company):
    sign_in(world, "chen-at-company")
    seal = world.kernel.seal
    with world.kernel.db.unit_of_work() as uow:
        person = uow.session.get_one(Person, world.people["chen"].id)
        secret = twostep.enrol(uow, seal, person).secret
        code = twostep.pyotp.TOTP(secret).at(world.clock.now())
        twostep.confirm(uow, seal, person, code)
    client, answer = sign_in(world, "chen-at-company")
    assert answer.headers["Location"] == "/sign-in/code"
    assert client.get("/account").status_code == 302


def test_settings_come_from_the_environment(tmp_path):
    told = load(data_dir=tmp_path, environ={"GENJIN_OIDC_ISSUER": "https://login.example"})
    assert told.oidc is None
    told = load(
        data_dir=tmp_path,
        environ={
            "GENJIN_OIDC_ISSUER": "https://login.example",
            "GENJIN_OIDC_CLIENT_ID": "genjin",
            "GENJIN_OIDC_LINK_BY_EMAIL": "0",
        },
    )
    assert told.oidc == OidcSettings(
        issuer="https://login.example", client_id="genjin", link_by_email=False
    )

"""Signing in for real: msal, TLS, a browser that follows redirects, and a device code."""

import stat
import threading
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from agent import messages
from agent.capture import registry
from agent.capture.graph.redirect import Redirect
from agent.capture.graph.signing import sign_in
from agent.errors import SourceAuthFailed, SourceError, SourceMisconfigured, SourceUnavailable
from tests.agent.capture.graph.browser import Browser, fetch, query_of
from tests.agent.capture.graph.desk import NOW, Desk
from tests.servers.graph import server as graph
from tests.servers.graph.authority import CLIENT, Refused


@pytest.fixture
def person():
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture
def stranger(desk: Desk) -> Desk:
    """A laptop on which nobody has signed in."""
    desk.around.secrets.set("password@it", "")
    desk.server.mailbox.deliver(at=NOW - timedelta(days=1))
    return desk


def enter(desk: Desk, person: Browser, **more) -> None:
    sign_in("it", desk.settings(**more), desk.around, person, browser_wait_s=20)


def refusal_of(desk: Desk, person: Browser, **more) -> SourceError:
    with pytest.raises(SourceError) as caught:
        enter(desk, person, **more)
    for language in messages.LANGUAGES:
        assert messages.text(caught.value.code, language, **caught.value.params)
    return caught.value


def test_nobody_has_signed_in_yet(stranger: Desk) -> None:
    with pytest.raises(SourceAuthFailed) as caught:
        stranger.poll()
    assert caught.value.code == "graph_sign_in_needed"
    assert "genjin agent sign-in it" in messages.text(
        caught.value.code, "en", **caught.value.params
    )
    assert stranger.server.requests == 0


def test_in_the_browser_with_pkce(stranger: Desk, person: Browser) -> None:
    enter(stranger, person)
    asked = query_of(person.pages[0])
    assert asked["code_challenge_method"] == "S256"
    assert asked["client_id"] == CLIENT
    assert {"Mail.Read", "Calendars.Read", "User.Read", "offline_access"} <= set(
        asked["scope"].split()
    )
    redirect = urlsplit(asked["redirect_uri"])
    assert (redirect.scheme, redirect.hostname, redirect.path) == ("http", "localhost", "")
    assert [code for code, _ in person.said] == ["graph_sign_in_browser"]
    person.close()
    assert person.answers[0][0] == 200
    assert "关闭" in person.answers[0][1]
    before = stranger.server.authority.sign_ins
    assert len(stranger.poll()) == 1
    assert stranger.server.authority.sign_ins == before, "the token is kept"


def test_what_is_kept_is_encrypted_and_ours_alone(stranger: Desk, person: Browser) -> None:
    enter(stranger, person)
    files = [file for file in stranger.around.state_dir.rglob("*") if file.is_file()]
    assert files
    for file in files:
        assert not stat.S_IMODE(file.stat().st_mode) & 0o077, file.name
        for secret in (b"refresh", b"0.ARwA", b"eyJ0", b"li@ours", b"secret"):
            assert secret not in file.read_bytes(), file.name


def test_renewed_tokens_are_kept_and_the_old_one_is_not_needed(
    stranger: Desk, person: Browser
) -> None:
    enter(stranger, person)
    authority = stranger.server.authority
    for _ in range(3):
        authority.expire_access()
        newest = list(authority.refresh)[-1]
        authority.refresh = {newest: authority.refresh[newest]}
        stranger.poll()
    assert len(stranger.held) == 1


def test_a_refused_refresh_token_is_tried_once_until_somebody_signs_in(
    stranger: Desk, person: Browser
) -> None:
    enter(stranger, person)
    authority = stranger.server.authority
    authority.revoke_all()
    before = authority.sign_ins
    for _ in range(4):
        with pytest.raises(SourceAuthFailed) as caught:
            stranger.poll()
        assert caught.value.code == "graph_sign_in_expired"
        assert caught.value.params["reason"] == "AADSTS700082"
    assert authority.sign_ins == before + 1
    enter(stranger, person)
    assert len(stranger.poll()) == 1


def test_two_refused_refresh_tokens_are_not_tried_in_turn(desk: Desk) -> None:
    """The one in the vault, and the one that was given by the environment."""
    desk.deliver(1)
    desk.poll()
    authority = desk.server.authority
    authority.revoke_all()
    before = authority.sign_ins
    for _ in range(6):
        with pytest.raises(SourceAuthFailed) as caught:
            desk.poll()
        assert caught.value.code == "graph_sign_in_expired"
    assert authority.sign_ins == before + 2


def test_a_running_source_notices_that_somebody_signed_in(stranger: Desk, person: Browser) -> None:
    with stranger.source() as source:
        with pytest.raises(SourceAuthFailed):
            list(source.poll(None))
        enter(stranger, person)
        for batch in source.poll(None):
            stranger.take(batch)
        stranger.server.authority.revoke_all()
        with pytest.raises(SourceAuthFailed):
            list(source.poll(None))
        enter(stranger, person)
        list(source.poll(None))
    assert len(stranger.held) == 1


def test_one_renewal_for_many_who_wait(stranger: Desk, person: Browser) -> None:
    enter(stranger, person)
    stranger.server.authority.expire_access()
    before = stranger.server.authority.sign_ins
    failed: list[BaseException] = []

    def read() -> None:
        try:
            with stranger.source() as source:
                list(source.poll(None))
        except BaseException as error:  # noqa: BLE001 - told below
            failed.append(error)

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    # Each process may find the old token refused; whoever comes later finds the new one.
    assert stranger.server.authority.sign_ins == before + 1


@pytest.mark.parametrize("chosen", [True, False])
def test_by_device_code(stranger: Desk, person: Browser, *, chosen: bool) -> None:
    """Chosen, or because there is no browser."""
    person.has_browser = chosen
    person.on_code = stranger.server.authority.approve
    enter(stranger, person, **({"sign_in_by": "device"} if chosen else {}))
    assert person.pages == []
    code, params = person.said[0]
    assert code == "graph_sign_in_device"
    assert params["url"] == f"{stranger.server.url}/devicelogin"
    assert len(stranger.poll()) == 1


def test_a_device_code_that_is_declined(stranger: Desk, person: Browser) -> None:
    approve = stranger.server.authority.approve
    person.on_code = lambda code: approve(code, declined=True)
    error = refusal_of(stranger, person, sign_in_by="device")
    assert error.code == "graph_sign_in_declined"


def test_a_device_code_is_asked_for_again_while_nobody_has_typed_it(
    stranger: Desk, person: Browser
) -> None:
    authority = stranger.server.authority

    class Later(dict):
        """Approved at the second question."""

    def approve_later(user_code: str) -> None:
        device = authority.devices[authority.user_codes[user_code]]
        original = authority.token

        def token(form):
            if device.polls >= 1:
                device.is_approved = True
            return original(form)

        authority.token = token

    person.on_code = approve_later
    enter(stranger, person, sign_in_by="device")
    assert next(iter(authority.devices.values())).polls == 2


@pytest.mark.parametrize(
    ("number", "error", "code", "kind", "says"),
    [
        (65001, "invalid_grant", "graph_consent_needed", SourceAuthFailed, "admin consent"),
        (90094, "invalid_grant", "graph_consent_needed", SourceAuthFailed, "admin consent"),
        (50105, "invalid_grant", "graph_not_assigned", SourceAuthFailed, "Users and groups"),
        (53003, "invalid_grant", "graph_conditional_access", SourceAuthFailed, "Sign-in logs"),
        (53000, "interaction_required", "graph_conditional_access", SourceAuthFailed, "Sign-in"),
        (530003, "invalid_grant", "graph_conditional_access", SourceAuthFailed, "administrator"),
        (50057, "invalid_grant", "graph_account_unusable", SourceAuthFailed, "administrator"),
        (50076, "interaction_required", "graph_sign_in_expired", SourceAuthFailed, "sign in again"),
        (700016, "unauthorized_client", "graph_client_unknown", SourceMisconfigured, "client_id"),
        (7000218, "invalid_client", "graph_public_flows_off", SourceMisconfigured, "public client"),
        (90033, "temporarily_unavailable", "graph_busy", SourceUnavailable, "wait"),
    ],
)
def test_refusals_say_what_the_administrator_must_do(
    stranger: Desk, person: Browser, number, error, code, kind, says
) -> None:
    enter(stranger, person)
    stranger.server.authority.expire_access()
    stranger.server.authority.refusal = Refused(error, number)
    before = stranger.server.authority.sign_ins
    for _ in range(3):
        with pytest.raises(kind) as caught:
            stranger.poll()
        assert caught.value.code == code
        said = [messages.text(code, one, **caught.value.params) for one in messages.LANGUAGES]
        assert says in messages.text(code, "en", **caught.value.params)
        if kind is not SourceUnavailable:
            assert all(f"AADSTS{number}" in one for one in said)
    tried = stranger.server.authority.sign_ins - before
    assert tried == (3 if kind is SourceUnavailable else 1)


def test_refusals_while_signing_in(stranger: Desk, person: Browser) -> None:
    stranger.server.authority.refusal = Refused("access_denied", 65004)
    assert refusal_of(stranger, person).code == "graph_consent_needed"
    stranger.server.authority.refusal = Refused("access_denied", 0)
    assert refusal_of(stranger, person).code == "graph_sign_in_declined"
    stranger.server.authority.refusal = Refused("invalid_grant", 530033)
    assert refusal_of(stranger, person, sign_in_by="device").code == "graph_conditional_access"


def test_a_permission_left_out_is_noticed_before_anything_is_kept(
    stranger: Desk, person: Browser
) -> None:
    stranger.server.authority.granted = {"user.read", "calendars.read"}
    error = refusal_of(stranger, person)
    assert (error.code, error.params["reason"]) == ("graph_consent_needed", "Mail.Read")
    assert list(stranger.around.state_dir.glob("*.tokens")) == []


def test_an_earlier_sign_in_outlives_one_that_fails(stranger: Desk, person: Browser) -> None:
    enter(stranger, person)
    stranger.server.authority.refusal = Refused("access_denied", 65004)
    refusal_of(stranger, person)
    stranger.server.authority.refusal = None
    assert len(stranger.poll()) == 1


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"tenant": "nobody.example"}, "graph_tenant_unknown"),
        ({"client_id": "x"}, "graph_client_unknown"),
    ],
)
def test_wrong_settings(stranger: Desk, person: Browser, more, code) -> None:
    error = refusal_of(stranger, person, sign_in_by="device", **more)
    assert isinstance(error, SourceMisconfigured)
    assert error.code == code


def test_a_nonce_that_is_not_ours(stranger: Desk, person: Browser) -> None:
    stranger.server.authority.tells_other_nonce = True
    assert refusal_of(stranger, person).code == "graph_sign_in_mixed_up"


def test_visits_that_belong_to_no_sign_in_are_sent_away(stranger: Desk, person: Browser) -> None:
    """Other pages on this computer may try their luck while we wait."""
    answers = []

    def visit(url: str) -> None:
        back = query_of(url)["redirect_uri"]
        odd = ("/", "/?code=stolen", "/?code=stolen&state=guessed", "/?state=guessed")
        answers.extend(fetch(back + one)[0] for one in odd)
        answers.append(fetch(back, b"code=stolen&state=guessed")[0])
        person.sign_in(url)

    person.visit = visit
    enter(stranger, person)
    assert answers == [400] * 5
    person.close()
    assert person.answers[0][0] == 200


def test_the_answer_may_come_in_the_address(stranger: Desk, person: Browser) -> None:
    """A sign-in service in between may know no forms."""
    stranger.server.authority.ignores_response_mode = True
    person.visit = lambda url: person.answers.append(fetch(url))
    enter(stranger, person)
    person.close()
    assert person.answers[0][0] == 200


def test_nobody_comes_back(desk: Desk, person: Browser) -> None:
    person.visit = lambda _url: None
    with pytest.raises(SourceAuthFailed) as caught:
        sign_in("it", desk.settings(), desk.around, person, browser_wait_s=0.05)
    assert caught.value.code == "graph_sign_in_too_slow"


def test_the_page_listens_on_loopback_only() -> None:
    with Redirect() as redirect:
        assert redirect._server.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize("fault", [graph.cut_body, graph.portal, graph.reset, graph.status(503)])
@pytest.mark.parametrize("request_number", [1, 2, 3])
def test_faults_on_the_way_are_told_as_such(
    stranger: Desk, person: Browser, fault, request_number: int
) -> None:
    person.on_code = stranger.server.authority.approve
    stranger.server.fail(request_number, fault)
    error = refusal_of(stranger, person, sign_in_by="device")
    assert isinstance(error, SourceUnavailable)
    stranger.server.recover()
    enter(stranger, person, sign_in_by="device")


def test_a_certificate_nobody_vouches_for(stranger: Desk, person: Browser) -> None:
    error = refusal_of(stranger, person, ca_file=None)
    assert error.code == "graph_untrusted"
    assert stranger.server.requests == 0


def test_a_file_of_certificates_that_is_none(stranger: Desk, person: Browser, tmp_path) -> None:
    other = tmp_path / "ca.pem"
    assert refusal_of(stranger, person, ca_file=str(other)).code == "graph_ca_unreadable"
    other.write_text("nothing")
    assert refusal_of(stranger, person, ca_file=str(other)).code == "graph_ca_unreadable"


def test_the_sign_in_service_may_not_send_tokens_elsewhere(stranger: Desk, person: Browser) -> None:
    stranger.server.authority.base = "https://evil.example"
    assert refusal_of(stranger, person, sign_in_by="device").code == "graph_authority_foreign"


def test_through_the_registry(stranger: Desk, person: Browser) -> None:
    settings = stranger.settings().model_dump(mode="json")
    assert registry.sign_in("it", settings, stranger.around, person)
    assert len(stranger.poll()) == 1

"""Signing in: in the browser by authorisation code with PKCE, else by a code typed in elsewhere."""

import threading
from collections.abc import Mapping
from typing import Any

import msal

from agent.capture.base import Surroundings
from agent.capture.graph import faults
from agent.capture.graph.faults import Missing, StateLost, Unsupported
from agent.capture.graph.redirect import Redirect
from agent.capture.graph.settings import GraphSettings, origin
from agent.capture.graph.tokens import application
from agent.capture.graph.vault import Vault
from agent.capture.graph.wire import RETRY_S, Wire
from agent.capture.registry import Person
from agent.errors import SourceAuthFailed, SourceMisconfigured, SourceUnavailable

BROWSER_WAIT_S = 300.0
_DEVICE_WAIT_S = 900.0
_READS_MAIL = ("mail.read", "mail.read.shared", "mail.readwrite", "mail.readwrite.shared")


def sign_in(
    name: str,
    settings: GraphSettings,
    around: Surroundings,
    person: Person,
    *,
    browser_wait_s: float = BROWSER_WAIT_S,
) -> None:
    """Raises ``SourceError``; what was kept before stays then."""
    ca_file = str(settings.ca_file.expanduser()) if settings.ca_file else None
    wire = Wire(origin(settings.api_url)[1], ca_file)
    try:
        cache = msal.SerializableTokenCache()
        app = application(settings, wire, name, cache)
        result: Mapping[str, Any] | None = None
        if settings.sign_in_by == "browser":
            result = _by_browser(app, settings, name, person, browser_wait_s)
        if result is None:
            result = _by_device(app, settings, name, person)
        if "access_token" not in result:
            raise faults.of_sign_in(result, name)
        _prove(wire, settings, name, around, result)
        vault = Vault(name, around)
        with vault.alone():
            vault.save(cache.serialize())
        around.secrets.set(f"refused@{name}", "")
    finally:
        wire.close()


def _by_browser(
    app: msal.PublicClientApplication,
    settings: GraphSettings,
    name: str,
    person: Person,
    wait_s: float,
) -> Mapping[str, Any] | None:
    """None when there is no browser."""
    with Redirect() as redirect:
        flow = app.initiate_auth_code_flow(
            settings.scopes,
            redirect_uri=redirect.url,
            prompt="select_account",
            # As a form the code stays out of the browser's history.
            response_mode="form_post",
        )
        redirect.expect(str(flow["state"]))
        if not person.open_page(str(flow["auth_uri"])):
            return None
        person.say("graph_sign_in_browser", url=str(flow["auth_uri"]))
        response = redirect.wait(wait_s)
    if response is None:
        raise SourceAuthFailed("graph_sign_in_too_slow", source=name, reason="")
    try:
        return dict(app.acquire_token_by_auth_code_flow(flow, response))
    except (ValueError, RuntimeError):
        # The state or the nonce is not ours. Not chained: the original quotes them.
        raise SourceAuthFailed("graph_sign_in_mixed_up", source=name, reason="") from None


def _by_device(
    app: msal.PublicClientApplication, settings: GraphSettings, name: str, person: Person
) -> Mapping[str, Any]:
    try:
        flow = dict(app.initiate_device_flow(settings.scopes))
    except (ValueError, TypeError, KeyError):
        raise SourceMisconfigured("graph_public_flows_off", source=name, reason="") from None
    if "user_code" not in flow:
        raise faults.of_sign_in(flow, name)
    person.say(
        "graph_sign_in_device", url=str(flow.get("verification_uri", "")), code=flow["user_code"]
    )
    pause = threading.Event()
    waited_s = 0.0
    while True:
        result = dict(app.acquire_token_by_device_flow(flow, exit_condition=lambda _flow: True))
        if result.get("error") not in ("authorization_pending", "slow_down"):
            return result
        wait_s = max(1.0, float(flow["interval"]))
        waited_s += wait_s
        if waited_s > min(_DEVICE_WAIT_S, float(flow["expires_in"])):
            raise SourceAuthFailed("graph_sign_in_too_slow", source=name, reason="")
        pause.wait(wait_s)


def _prove(
    wire: Wire,
    settings: GraphSettings,
    name: str,
    around: Surroundings,
    result: Mapping[str, Any],
) -> None:
    """The token opens this very mailbox."""
    granted = {one.rpartition("/")[2].lower() for one in str(result.get("scope", "")).split()}
    if granted and not granted.intersection(_READS_MAIL):
        raise SourceAuthFailed("graph_consent_needed", source=name, reason="Mail.Read")
    answer = wire.send(
        "GET",
        f"{settings.api_url}/{settings.owner_path}/mailFolders/inbox",
        params={"$select": "id"},
        headers={"authorization": f"Bearer {result['access_token']}"},
    )
    if answer.status == 401:
        raise SourceAuthFailed("graph_sign_in_expired", source=name, reason="")
    error = answer.json().get("error") if answer.status != 429 else None
    try:
        faults.raise_for(
            answer.status,
            error if isinstance(error, dict) else {},
            retry_after=answer.headers.get("retry-after"),
            now=around.clock.now(),
            source=name,
        )
    except Missing:
        raise SourceMisconfigured("graph_no_mailbox", source=name) from None
    except (StateLost, Unsupported):
        raise SourceUnavailable("graph_server_error", retry_after=RETRY_S) from None

"""Signing in with the account at the company's OpenID provider, and linking it."""

from flask import g, redirect, request, url_for

from server.identity import accounts
from server.identity.oidc import Account, Begun, provider
from server.identity.pages.blueprint import Answer, pages
from server.identity.pages.signing_in import go_on, is_signed_in, sign_in_again
from server.identity.session import company_begun, remember_company
from server.kernel.auth import principal
from server.kernel.context import kernel
from server.kernel.errors import NotFound, ServerError, Unauthorized
from server.kernel.pages import safe_next
from server.kernel.settings import OidcSettings


@pages.get("/sign-in/company")
def company_sign_in() -> Answer:
    """Off to the provider; who is signed in already comes back with the account linked."""
    told, now = _settings(), kernel().clock.now()
    try:
        begun = provider(told).begin(_back_url())
    except ServerError as error:
        return _refused(error)
    remember_company(
        {
            "state": begun.state,
            "nonce": begun.nonce,
            "verifier": begun.verifier,
            "next": safe_next(request.args.get("next")),
            "link": principal().user_id if is_signed_in() else None,
        },
        now,
    )
    return redirect(begun.url)


@pages.get("/sign-in/company/back")
def company_back() -> Answer:
    """Back from the provider, in the browser that went there."""
    told, shared = _settings(), kernel()
    begun = company_begun(shared.clock.now())
    try:
        account = _account(told, begun)
        assert begun is not None  # noqa: S101 - _account refuses it; said for the type checker
        with shared.db.unit_of_work() as uow:
            if is_signed_in():
                if begun["link"] != principal().user_id:
                    raise Unauthorized("oidc_expired")
                accounts.link(uow, principal(), account)
                return redirect(url_for("identity.account"), 303)
            person = accounts.person_for(uow, account, link_by_email=told.link_by_email)
            return go_on(
                uow,
                person,
                "company",
                safe_next(begun["next"]),
                second_step_done=account.second_step,
            )
    except ServerError as error:
        return _refused(error)


def _account(told: OidcSettings, begun: dict[str, str] | None) -> Account:
    state = request.args.get("state", "")
    if begun is None or not state or state != begun["state"]:
        # An answer to a question this browser did not ask, or asked too long ago.
        raise Unauthorized("oidc_expired")
    if "error" in request.args:
        denied = request.args["error"] == "access_denied"
        raise Unauthorized("oidc_denied" if denied else "oidc_bad_answer")
    issuer = request.args.get("iss")
    if issuer is not None and issuer.rstrip("/") != told.issuer.rstrip("/"):
        raise Unauthorized("oidc_bad_answer")
    return provider(told).finish(
        Begun("", state, begun["nonce"], begun["verifier"]),
        code=request.args.get("code", ""),
        redirect_uri=_back_url(),
    )


def _settings() -> OidcSettings:
    told = kernel().settings.oidc
    if told is None:
        raise NotFound
    return told


def _back_url() -> str:
    base = kernel().settings.public_url or request.url_root.rstrip("/")
    return f"{base}{url_for('identity.company_back')}"


def _refused(error: ServerError) -> Answer:
    if g.get("principal") is not None:
        raise error
    return sign_in_again(error)

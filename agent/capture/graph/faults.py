"""What a refusal of Microsoft 365 demands. Pure: statuses and codes in, errors out.

The sign-in service names its reasons by numbers (AADSTS…), documented under "Microsoft Entra
authentication and authorization error codes"; Graph names them by words in ``error.code``.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from agent.capture.graph.wire import RETRY_S
from agent.errors import SourceAuthFailed, SourceError, SourceMisconfigured, SourceUnavailable
from agent.remote.outcome import parse_retry_after

_LONGEST_S = 3600.0
_AADSTS = re.compile(r"AADSTS(\d{4,8})")
_LATER = frozenset({408, 425, 429, 500, 502, 503, 504, 509})

_CONSENT = (65001, 65004, 65005, 90094, 90095, 900941)
_CONDITIONAL_ACCESS = (53000, 53001, 53002, 53003, 53004, 53009, 53011, 530001, 530002, 530003)
_CONDITIONAL_ACCESS_DEVICE_FLOW = (530032, 530033, 530034, 530035, 530036)
_NOT_ASSIGNED = (50105, 50177)
_ACCOUNT = (50034, 50053, 50057, 90072, 50020)
_TENANT = (90002, 900023, 50001, 90013, 900021)
_CLIENT = (700016, 700038)
_PUBLIC_FLOWS = (7000218, 7000215)
_REDIRECT = (50011, 500113)
_BUSY = (90033, 50196, 90024, 90012, 90006, 90020)

_SIGN_IN: Mapping[int, str] = {
    **dict.fromkeys(_CONSENT, "graph_consent_needed"),
    **dict.fromkeys(_CONDITIONAL_ACCESS, "graph_conditional_access"),
    **dict.fromkeys(_CONDITIONAL_ACCESS_DEVICE_FLOW, "graph_conditional_access"),
    **dict.fromkeys(_NOT_ASSIGNED, "graph_not_assigned"),
    **dict.fromkeys(_ACCOUNT, "graph_account_unusable"),
}
_SETTINGS: Mapping[int, str] = {
    **dict.fromkeys(_TENANT, "graph_tenant_unknown"),
    **dict.fromkeys(_CLIENT, "graph_client_unknown"),
    **dict.fromkeys(_PUBLIC_FLOWS, "graph_public_flows_off"),
    **dict.fromkeys(_REDIRECT, "graph_redirect_missing"),
}
_SETTINGS_WORDS = {
    "unauthorized_client": "graph_client_unknown",
    "invalid_client": "graph_public_flows_off",
    "invalid_resource": "graph_tenant_unknown",
}
_SIGN_IN_WORDS = {
    "access_denied": "graph_sign_in_declined",
    "authorization_declined": "graph_sign_in_declined",
    "consent_required": "graph_consent_needed",
    "expired_token": "graph_sign_in_too_slow",
}
_WORDS = frozenset(
    {
        *_SIGN_IN_WORDS,
        *_SETTINGS_WORDS,
        "bad_verification_code",
        "interaction_required",
        "invalid_grant",
        "invalid_request",
        "invalid_scope",
        "login_required",
        "server_error",
        "temporarily_unavailable",
        "unsupported_grant_type",
    }
)
"""RFC 6749, RFC 8628 and OpenID Connect."""
_RESYNC = frozenset(
    {"syncstatenotfound", "resyncrequired", "syncstateinvalid", "errorinvalidsyncstatedata"}
)
_NO_MAILBOX = frozenset(
    {"mailboxnotenabledforrestapi", "mailboxnotsupportedforrestapi", "errornonexistentmailbox"}
)


class StateLost(Exception):
    """The server no longer knows the place a link stands for: begin that round anew."""


class Missing(Exception):
    """404: what was asked for is not there."""


class Unsupported(Exception):
    """The server does not offer this question."""


def of_sign_in(result: Mapping[str, Any], source: str) -> SourceError:
    """The error behind a refusal of the sign-in service, as msal hands it on."""
    number = _number(result)
    named = result.get("error")
    word = named if isinstance(named, str) else ""
    if not number and word not in _WORDS:
        # No refusal as the sign-in service words it: something on the way answered.
        return SourceUnavailable("graph_answer_foreign", retry_after=RETRY_S)
    reason = f"AADSTS{number}" if number else _safe(word)
    if number in _BUSY or word in ("temporarily_unavailable", "server_error"):
        return SourceUnavailable("graph_busy", retry_after=RETRY_S)
    if number in _SETTINGS or word in _SETTINGS_WORDS:
        code = _SETTINGS.get(number) or _SETTINGS_WORDS[word]
        return SourceMisconfigured(code, source=source, reason=reason)
    code = _SIGN_IN.get(number) or _SIGN_IN_WORDS.get(word) or "graph_sign_in_expired"
    return SourceAuthFailed(code, source=source, reason=reason)


def _number(result: Mapping[str, Any]) -> int:
    named = result.get("error_codes")
    if isinstance(named, list) and named and isinstance(named[0], int):
        return named[0]
    found = _AADSTS.search(str(result.get("error_description", "")))
    return int(found[1]) if found else 0


def raise_for(
    status: int,
    error: Mapping[str, Any],
    *,
    retry_after: str | None,
    now: datetime,
    source: str,
) -> None:
    """Raise what ``status`` demands; nothing for a success. 401 is the caller's business.

    ``error``: the object ``error`` of the answer's body, or nothing.
    """
    if 200 <= status < 300:
        return
    words = _words(error)
    if status == 410 or words & _RESYNC:
        raise StateLost
    if words & _NO_MAILBOX:
        raise SourceMisconfigured("graph_no_mailbox", source=source)
    if status == 404:
        raise Missing
    if status == 403:
        raise SourceMisconfigured("graph_forbidden", source=source, reason=_safe(error.get("code")))
    if status in _LATER:
        wait = parse_retry_after(retry_after, now=now)
        code = "graph_busy" if status in (429, 503) else "graph_server_error"
        raise SourceUnavailable(code, retry_after=min(wait or RETRY_S, _LONGEST_S), status=status)
    if status in (400, 405, 501):
        raise Unsupported
    # Redirects and the like: no answer of Graph, a proxy's.
    raise SourceUnavailable("graph_answer_foreign", retry_after=RETRY_S)


def _words(error: Mapping[str, Any]) -> set[str]:
    """The codes of an error and of those within it."""
    found: set[str] = set()
    inner: object = error
    for _ in range(5):
        if not isinstance(inner, Mapping):
            break
        found.add(str(inner.get("code", "")).lower())
        inner = inner.get("innerError") or inner.get("innererror")
    return found


def _safe(code: object) -> str:
    """A code of a server, fit for a log: a word or nothing."""
    text = str(code or "")
    return text if re.fullmatch(r"[A-Za-z0-9_.]{1,60}", text) else ""

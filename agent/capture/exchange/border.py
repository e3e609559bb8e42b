"""Where the library's 400 kinds of errors end and ours begin."""

from collections.abc import Iterator
from contextlib import contextmanager

import oauthlib.oauth2
import requests
from exchangelib import errors

from agent.capture.exchange.wire import Trouble
from agent.errors import SourceAuthFailed, SourceError, SourceMisconfigured, SourceUnavailable

SOON_S = 60.0
LATER_S = 300.0
_LONGEST_S = 3600.0

SYNC_STATE_LOST: tuple[type[Exception], ...] = (
    errors.ErrorInvalidSyncStateData,
    errors.ErrorSyncFolderNotFound,
)
GONE: tuple[type[Exception], ...] = (errors.ErrorItemNotFound,)
FOLDER_GONE: tuple[type[Exception], ...] = (errors.ErrorFolderNotFound, errors.ErrorItemNotFound)
TOO_MANY_FOUND: tuple[type[Exception], ...] = (
    errors.ErrorExceededFindCountLimit,
    errors.ErrorCalendarViewRangeTooBig,
)

TRANSIENT: tuple[type[Exception], ...] = (
    errors.ErrorServerBusy,
    errors.ErrorTimeoutExpired,
    errors.ErrorInternalServerTransientError,
    errors.ErrorTooManyObjectsOpened,
    errors.ErrorExceededConnectionCount,
    errors.ErrorMailboxMoveInProgress,
    errors.ErrorMailboxStoreUnavailable,
    errors.ErrorConnectionFailed,
    errors.ErrorNotEnoughMemory,
    errors.ErrorInsufficientResources,
    errors.ErrorBatchProcessingStopped,
)
"""The server's own trouble: the item that was asked for is not to blame."""

_NO_ACCESS = (
    errors.ErrorAccessDenied,
    errors.ErrorImpersonateUserDenied,
    errors.ErrorImpersonationDenied,
    errors.ErrorImpersonationFailed,
)
_NO_MAILBOX = (
    errors.ErrorNonExistentMailbox,
    errors.ErrorMissingInformationEmailAddress,
    errors.ErrorInvalidSmtpAddress,
    errors.ErrorNonPrimarySmtpAddress,
)
_ODD = (AttributeError, LookupError, TypeError, ValueError, RecursionError, Warning)
"""What the library raises over an answer it did not expect."""
_SECRET_REFUSED = (
    oauthlib.oauth2.InvalidClientError,
    oauthlib.oauth2.InvalidGrantError,
    oauthlib.oauth2.UnauthorizedClientError,
)


class SignInRefused(Exception):
    """The server, or who issues tokens for it, did not accept the secret."""


@contextmanager
def translated(
    trouble: Trouble, source: str, expecting: tuple[type[Exception], ...] = ()
) -> Iterator[None]:
    """Lets through what is ours, ``SignInRefused``, and what the caller is ``expecting``."""
    passing: tuple[type[Exception], ...] = (SourceError, SignInRefused, *expecting)
    try:
        yield
    except passing:
        raise
    except (errors.UnauthorizedError, *_SECRET_REFUSED):
        raise SignInRefused from None
    except errors.EWSError as error:
        raise _told(error, trouble, source) from None
    except oauthlib.oauth2.InsecureTransportError:
        raise SourceMisconfigured("mailbox_needs_https", source=source) from None
    except oauthlib.oauth2.OAuth2Error as error:
        if trouble.code or error.status_code >= requests.codes.server_error:
            raise _wired(trouble, SOON_S) from None
        raise SourceAuthFailed("mailbox_token_refused", source=source) from None
    except requests.exceptions.RequestException:
        raise _wired(trouble, SOON_S) from None
    except PermissionError:  # of the NTLM handshake
        raise SourceMisconfigured("mailbox_auth_not_offered", source=source) from None
    except _ODD as error:
        if trouble.code:
            raise _wired(trouble, SOON_S) from None
        raise SourceUnavailable(
            "mailbox_answer_odd", retry_after=LATER_S, error=type(error).__name__
        ) from None


def _told(error: errors.EWSError, trouble: Trouble, source: str) -> SourceError:
    if isinstance(error, errors.ErrorServerBusy) and not trouble.code:
        return _busy(trouble.retry_after or error.back_off)
    if isinstance(error, _NO_ACCESS):
        return SourceMisconfigured("mailbox_no_access", source=source)
    if isinstance(error, _NO_MAILBOX):
        return SourceMisconfigured("mailbox_unknown", source=source)
    if trouble.code:
        return _wired(trouble, SOON_S)
    if isinstance(error, TRANSIENT):
        return SourceUnavailable("mailbox_busy", retry_after=SOON_S)
    if trouble.status >= requests.codes.server_error and isinstance(error, errors.TransportError):
        return SourceUnavailable("mailbox_server_error", retry_after=SOON_S, status=trouble.status)
    return SourceUnavailable("mailbox_answer_odd", retry_after=LATER_S, error=type(error).__name__)


def _busy(back_off: float | None) -> SourceUnavailable:
    return SourceUnavailable("mailbox_busy", retry_after=min(back_off or SOON_S, _LONGEST_S))


def _wired(trouble: Trouble, retry_after: float) -> SourceError:
    wait = min(trouble.retry_after or retry_after, _LONGEST_S)
    match trouble.code:
        case "mailbox_forbidden":
            return SourceMisconfigured("mailbox_forbidden")
        case "mailbox_server_error":
            return SourceUnavailable(
                "mailbox_server_error", retry_after=wait, status=trouble.status
            )
        case "":
            return SourceUnavailable("mailbox_connection_lost", retry_after=wait)
        case code:
            return SourceUnavailable(code, retry_after=wait)

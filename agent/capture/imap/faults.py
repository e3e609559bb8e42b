"""What the library and the network raise to the errors of the agent, at this one border."""

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, ProtocolError

from agent.errors import SourceError, SourceMisconfigured, SourceUnavailable

UNREACHABLE_S = 60.0
CUT_S = 15.0
BUSY_S = 120.0

_NOT_THE_PASSWORD = re.compile(
    r"\[(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG|CONTACTADMIN|OVERQUOTA|PRIVACYREQUIRED)\b"
    r"|too many (?:simultaneous )?(?:connections|logins)"
    r"|temporar(?:y|ily)|try again later|internal (?:server )?error"
    r"|command error: BAD",
    re.IGNORECASE,
)
"""A sign-in refused with these words says nothing about the password (RFC 5530 and practice)."""
_ABOUT_THE_PASSWORD = re.compile(
    r"\[(?:AUTHENTICATIONFAILED|AUTHORIZATIONFAILED|EXPIRED)\b|password|authori[sz]ation code|授权码|密码",
    re.IGNORECASE,
)
_ABOUT_THE_SIGN_IN = re.compile(
    r"(?:authenticat|auth|log-?in|sign-?in)\w*\W+(?:\w+\W+)?(?:fail|error|invalid|denied|reject|refus)"
    r"|(?:invalid|bad|wrong|incorrect) (?:\w+ )?(?:log-?in|user|credential)",
    re.IGNORECASE,
)
_UNSAFE = re.compile(r"unsafe login", re.IGNORECASE)
_BUSY = re.compile(
    r"\[(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG|THROTTLED)\b|too many|throttl|\bbusy\b", re.IGNORECASE
)


def means_wrong_password(text: str) -> bool:
    """Some servers name every possible reason in one sentence, the password among them. Trying
    such a one again every minute could lock the account, so it counts as the password."""
    if _UNSAFE.search(text):
        return False
    return bool(_ABOUT_THE_PASSWORD.search(text)) or not _NOT_THE_PASSWORD.search(text)


def hung_up_over_password(text: str) -> bool:
    """Some servers end the connection over a wrong password. What they say then counts, as long
    as it names the sign-in: a connection that simply broke says nothing."""
    said = text.partition(" => ")[2] or text  # the library names its own command first
    if _NOT_THE_PASSWORD.search(said) and not _ABOUT_THE_PASSWORD.search(said):
        return False
    return bool(_ABOUT_THE_PASSWORD.search(said) or _ABOUT_THE_SIGN_IN.search(said))


@contextmanager
def translated() -> Iterator[None]:
    """Within it nothing is raised but ``SourceError`` and what is no fault of the mailbox."""
    try:
        yield
    except SourceError:
        raise
    except ssl.SSLCertVerificationError:
        # What the certificate says may be private; that it is not trusted is enough.
        raise SourceMisconfigured("mailbox_certificate") from None
    except ssl.SSLError as error:
        if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            raise SourceUnavailable("mailbox_connection_lost", retry_after=CUT_S) from None
        raise SourceUnavailable("mailbox_no_tls", retry_after=UNREACHABLE_S) from None
    except ConnectionRefusedError:
        raise SourceUnavailable("mailbox_unreachable", retry_after=UNREACHABLE_S) from None
    except TimeoutError:
        raise SourceUnavailable("mailbox_silent", retry_after=UNREACHABLE_S) from None
    except ConnectionError:
        raise SourceUnavailable("mailbox_connection_lost", retry_after=CUT_S) from None
    except OSError:
        raise SourceUnavailable("mailbox_unreachable", retry_after=UNREACHABLE_S) from None
    except IMAPClientError as error:
        raise _said(error) from None
    except (ValueError, TypeError, LookupError, AssertionError, AttributeError) as error:
        # The library's parsers promise nothing about answers that no server should give.
        raise odd(error) from None


def odd(error: Exception) -> SourceUnavailable:
    name = type(error).__name__
    return SourceUnavailable("mailbox_answer_odd", retry_after=UNREACHABLE_S, error=name)


def _said(error: IMAPClientError) -> SourceError:
    text = str(error)
    if _UNSAFE.search(text):
        return SourceMisconfigured("mailbox_unsafe_login")
    if _BUSY.search(text):
        return SourceUnavailable("mailbox_busy", retry_after=BUSY_S)
    if isinstance(error, ProtocolError):
        return odd(error)
    if isinstance(error, IMAPClientAbortError):
        return SourceUnavailable("mailbox_connection_lost", retry_after=CUT_S)
    return SourceUnavailable("mailbox_declined", retry_after=UNREACHABLE_S)

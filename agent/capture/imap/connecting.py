"""To the server and through its door: TCP, TLS, sign-in, introduction."""

import logging
import ssl
from pathlib import Path

import certifi
from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, IMAPClientAbortError, IMAPClientError

from agent.capture.imap import faults
from agent.capture.imap.ears import Ears
from agent.capture.imap.settings import Settings
from agent.errors import SourceMisconfigured

CONNECT_S = 20.0
READ_S = 60.0
_INTRODUCTION = {"name": "Genjin", "version": "1.0", "vendor": "Genjin"}
"""NetEase opens no folder for a program that has not said its name."""

# At level DEBUG the library writes whatever is sent and received: contents, names, addresses.
for _name in ("imapclient", "imapclient.imapclient", "imapclient.imaplib"):
    logging.getLogger(_name).setLevel(logging.ERROR)


class PasswordRefused(Exception):
    """The server said no to this password, and meant the password."""


def connect(settings: Settings) -> IMAPClient:
    """A connection that nobody has signed in to yet. Raises ``SourceError``."""
    context = trusted(settings.ca_file) if settings.tls != "none" else None
    with faults.translated():
        client = IMAPClient(
            settings.host.strip("[]"),
            port=settings.port_number,
            ssl=settings.tls == "ssl",
            ssl_context=context,
            timeout=SocketTimeout(CONNECT_S, READ_S),
        )
    try:
        # It would put every line into words for its log, and that takes longer than reading it.
        client._imap.debug = 0  # noqa: SLF001 - the library offers no way to say so
        Ears(client).put_on()
        client.folder_encode = False  # one folder with a broken name must not hide the others
        with faults.translated():
            if settings.tls == "starttls":
                _start_tls(client, context)
    except BaseException:
        hang_up(client)
        raise
    return client


def sign_in(client: IMAPClient, username: str, password: str) -> None:
    """Once. Raises ``PasswordRefused`` or ``SourceError``."""
    plain = not (username + password).isascii() or client.has_capability("LOGINDISABLED")
    with faults.translated():
        try:
            if plain and client.has_capability("AUTH=PLAIN"):
                client.plain_login(username, password)
            else:
                client.login(_quoted(username), password)
        except IMAPClientError as error:
            # The library makes a log-in error even of a connection that broke.
            broke = error if isinstance(error, IMAPClientAbortError) else error.__context__
            if isinstance(broke, IMAPClientAbortError):
                if faults.hung_up_over_password(str(broke)):
                    raise PasswordRefused from None
                raise broke from None
            if faults.means_wrong_password(str(error)):
                raise PasswordRefused from None
            raise
        except UnicodeError:
            raise SourceMisconfigured("mailbox_password_letters") from None


def introduce(client: IMAPClient) -> bool:
    """After the sign-in: say who we are, switch QRESYNC on. Is it on?"""
    with faults.translated():
        if client.has_capability("ID"):
            try:
                client.id_(_INTRODUCTION)
            except IMAPClientAbortError:
                raise
            except IMAPClientError:  # a courtesy; some answer it in a way that cannot be read
                pass
        if not (client.has_capability("QRESYNC") and client.has_capability("ENABLE")):
            return False
        try:
            return b"QRESYNC" in (one.upper() for one in client.enable("QRESYNC"))
        except IMAPClientAbortError:
            raise
        except IMAPClientError:
            return False


def hang_up(client: IMAPClient) -> None:
    """Without a word; whatever state the connection is in."""
    try:
        client.shutdown()
    except (OSError, ValueError, IMAPClientError):
        client.socket().close()


def _start_tls(client: IMAPClient, context: ssl.SSLContext | None) -> None:
    try:
        client.starttls(context)
    except CapabilityError:
        raise SourceMisconfigured("mailbox_no_starttls") from None
    except IMAPClientAbortError:
        raise
    except IMAPClientError:
        # Refused, or already signed in by somebody between us: never go on in plain text.
        raise SourceMisconfigured("mailbox_no_starttls") from None


def trusted(authority: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:  # a Python that came without the system's
        context.load_verify_locations(cafile=certifi.where())
    if authority is not None:
        try:
            context.load_verify_locations(cafile=authority)
        except (OSError, ssl.SSLError) as error:
            raise SourceMisconfigured("mailbox_certificate") from error
    return context


def _quoted(text: str) -> str:
    """The library quotes the password, but not the name."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

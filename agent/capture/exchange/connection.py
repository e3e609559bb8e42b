"""One signed-in line to the server: opened when it is first used, dropped when anything fails."""

import logging
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from exchangelib import DELEGATE, IMPERSONATION, UTC, Account, Configuration, Credentials, FailFast
from exchangelib.account import Identity
from exchangelib.credentials import OAuth2Credentials
from exchangelib.protocol import Protocol
from exchangelib.transport import AUTH_TYPE_MAP, BASIC, GSSAPI, NTLM, OAUTH2, SSPI
from exchangelib.version import Build, Version

from agent.capture.calls import Calls
from agent.capture.exchange.border import SignInRefused, translated
from agent.capture.exchange.discovery import basic, discover
from agent.capture.exchange.settings import Settings
from agent.capture.exchange.wire import ANSWER_TIMEOUT_S, Trouble, Wire
from agent.clock import Clock
from agent.errors import SourceAuthFailed, SourceError, SourceMisconfigured

T = TypeVar("T")

_SPOKEN = Version(build=Build(15, 0))
"""What every server since 2013 understands. With an older one the library goes on trying."""
_OPENING = threading.Lock()

# They log whole requests and answers, with whatever private matters stand in them.
for _name in ("exchangelib", "requests_oauthlib", "oauthlib", "requests_ntlm", "spnego"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)


def refuse_online(source: str, settings: Settings) -> None:
    """Raises ``SourceMisconfigured`` where the web services have ended: nothing is sent there."""
    if settings.is_online:
        raise SourceMisconfigured("mailbox_exchange_online", source=source)


class Line(Protocol):  # type: ignore[misc]
    """The library's side of it, with our wire below."""

    TIMEOUT = ANSWER_TIMEOUT_S
    USERAGENT = "Genjin"
    make_wire: Callable[[], Wire]

    def create_session(self) -> Any:
        session = super().create_session()
        if self.auth_type == BASIC:
            credentials = self.credentials
            session.auth = basic(credentials.username, credentials.password)
        return session

    def raw_session(self, prefix: str, *args: Any, **kwargs: Any) -> Any:
        session = super().raw_session(prefix, *args, **kwargs)
        wire = self.make_wire()
        for scheme in ("https://", "http://", *session.adapters):
            session.mount(scheme, wire)
        return session


class _Application(OAuth2Credentials):  # type: ignore[misc]
    """Credentials of an application, from whoever issues tokens for the server."""

    def __init__(self, settings: Settings, secret: str, identity: Identity) -> None:
        self._tokens = settings.tokens()
        self._asked_for = settings.scope
        super().__init__(
            client_id=settings.client_id,
            client_secret=secret,
            tenant_id=settings.tenant or None,
            identity=identity,
        )

    @property
    def token_url(self) -> str:
        return self._tokens

    @property
    def scope(self) -> list[str]:
        return [self._asked_for]


class Connection:
    """Everything that is asked of the server goes through ``ask``, one after the other."""

    def __init__(
        self, name: str, settings: Settings, clock: Clock, refused: Callable[[str], SourceError]
    ) -> None:
        """``refused``: what a refused secret means; gives the error to raise."""
        self.trouble = Trouble()
        self._name = name
        self._given = self._settings = settings
        self._refused = refused
        self._clock = clock
        self._calls = Calls(f"exchange {name}")
        self._secret = ""
        self._account: Account | None = None
        self._is_proved = False
        """The server has answered somebody with this secret."""

    def begin(self, secret: str) -> None:
        """Sign in with ``secret`` from now on. Raises ``SourceMisconfigured``."""
        refuse_online(self._name, self._settings)
        if secret != self._secret:
            self._drop()
            self._secret, self._is_proved = secret, False

    def ask(
        self, question: Callable[[Account], T], expecting: tuple[type[Exception], ...] = ()
    ) -> T:
        """What ``question`` finds out. Raises ``SourceError`` and what it is ``expecting``.

        ``question`` runs in a thread of its own and must be done with the library when it
        returns."""
        try:
            return self._answer(question, expecting)
        except SignInRefused:
            self._drop()
            if self._settings.auth != "oauth2" or not self._is_proved:
                raise self._refusal() from None
        except SourceError:
            # The library's pool of sessions may be short of one now, and the endpoint that was
            # discovered may have moved.
            self._drop()
            self._settings = self._given
            raise
        # A token may be called back before its time; the secret may still be right.
        self._is_proved = False
        return self.ask(question, expecting)

    def _answer(
        self, question: Callable[[Account], T], expecting: tuple[type[Exception], ...]
    ) -> T:
        def answer() -> T:
            with translated(self.trouble, self._name, expecting):
                if self._account is None:
                    self._account = self._open()
                return question(self._account)

        found = self._calls.run(answer)
        self._is_proved = True
        return found

    def close(self) -> None:
        self._calls.close()
        self._drop()

    def _refusal(self) -> SourceError:
        if self._settings.auth == "kerberos":
            return SourceAuthFailed("mailbox_ticket_refused", source=self._name)
        return self._refused(self._secret)

    def _drop(self) -> None:
        account, self._account = self._account, None
        if account is not None:
            account.protocol.close()

    def _wire(self) -> Wire:
        return Wire(self.trouble, self._settings.ca_file, self._clock)

    def _open(self) -> Account:
        settings = self._settings
        if settings.endpoint is None:
            found = discover(settings, self._secret, self._wire, source=self._name)
            settings = settings.at(found)
            refuse_online(self._name, settings)
            self._settings = settings
        config = Configuration(
            service_endpoint=settings.endpoint,
            credentials=self._credentials(),
            auth_type=_auth_type(settings),
            version=_SPOKEN,
            retry_policy=FailFast(),
            max_connections=1,
        )
        with _OPENING:  # the library keeps lines by endpoint and password; ours are our own
            Protocol.clear_cache()
            line = Line(config=config)
            line.make_wire = self._wire
            account = Account(
                primary_smtp_address=settings.address,
                config=config,
                autodiscover=False,
                access_type=IMPERSONATION if settings.auth == "oauth2" else DELEGATE,
                default_timezone=UTC,
            )
            del Protocol[config]
        return account

    def _credentials(self) -> Any:
        settings = self._settings
        if settings.auth == "kerberos":
            return None
        if settings.auth == "oauth2":
            identity = Identity(primary_smtp_address=settings.address)
            return _Application(settings, self._secret, identity)
        return Credentials(settings.username, self._secret)


def _auth_type(settings: Settings) -> str:
    match settings.auth:
        case "ntlm":
            return str(NTLM)
        case "basic":
            return str(BASIC)
        case "oauth2":
            return str(OAUTH2)
        case "kerberos":
            return str(SSPI if SSPI in AUTH_TYPE_MAP else GSSAPI)

"""One person's access to one server: the password, and one sign-in at a time."""

import threading
from collections.abc import Callable

from imapclient import IMAPClient

from agent.capture.base import Surroundings
from agent.capture.imap import connecting, providers
from agent.capture.imap.session import Session
from agent.capture.imap.settings import Settings
from agent.capture.signin import Password
from agent.errors import SourceAuthFailed


class Account:
    def __init__(self, name: str, settings: Settings, around: Surroundings) -> None:
        self.settings = settings
        self._name = name
        whose = f"{settings.username}@{settings.host}"
        self._password = Password(name, around.secrets, account=whose)
        self._signing_in = threading.Lock()
        """The doorbell must not try a password that the reader is just being refused."""

    def open(self, taken: Callable[[IMAPClient], None]) -> Session:
        """A session, signed in. ``taken`` hears of the connection before anything is awaited on
        it, and can break it. Raises ``SourceError``."""
        self._get()  # before anybody is called
        client = connecting.connect(self.settings)
        try:
            taken(client)
            with self._signing_in:
                self.prove(client, self._get())
            return Session(client, has_qresync=connecting.introduce(client))
        except BaseException:
            connecting.hang_up(client)
            raise

    def prove(self, client: IMAPClient, password: str) -> None:
        try:
            connecting.sign_in(client, self.settings.username, password)
        except connecting.PasswordRefused:
            self._password.refuse(password)
            raise self.auth_failed("password_refused") from None

    def keep(self, password: str) -> str:
        return self._password.keep(password)

    def _get(self) -> str:
        try:
            return self._password.get()
        except SourceAuthFailed as error:
            raise self.auth_failed(error.code) from None

    def auth_failed(self, code: str) -> SourceAuthFailed:
        if providers.wants_code(self.settings.host):
            code = {
                "password_missing": "password_missing_code",
                "password_refused": "password_refused_code",
            }.get(code, code)
        return SourceAuthFailed(code, source=self._name)

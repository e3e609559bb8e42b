"""A mailbox behind IMAP: any mail server, and the providers that offer nothing else."""

from agent.capture.base import Source, Surroundings
from agent.capture.imap import connecting, providers
from agent.capture.imap.account import Account
from agent.capture.imap.settings import Settings
from agent.capture.imap.source import ImapSource
from agent.capture.registry import Person

__all__ = ["Settings", "build", "sign_in"]


def build(name: str, settings: Settings, around: Surroundings) -> Source:
    return ImapSource(name, settings, around)


def sign_in(name: str, settings: Settings, around: Surroundings, person: Person) -> None:
    account = Account(name, settings, around)
    ask = "password_ask"
    if providers.wants_code(settings.host):
        person.say("password_code_wanted")
        ask = "password_ask_code"
    secret = person.ask_secret(ask, source=name)
    if not secret:
        raise account.auth_failed("password_missing")
    client = connecting.connect(settings)
    try:
        connecting.sign_in(client, settings.username, secret)
    except connecting.PasswordRefused:
        raise account.auth_failed("password_refused") from None
    finally:
        connecting.hang_up(client)
    account.keep(secret)

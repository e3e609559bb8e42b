"""``genjin agent sign-in``: a password or a permission for a mailbox, given at the terminal."""

import getpass
import os
import sys
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import click

from agent.bootstrap import secrets_of, signs_in
from agent.bootstrap import sign_in as signed_in
from agent.cli.configured import BAD_CONFIGURATION, CLOCK, fail, settings_of, with_config
from agent.cli.wording import of_problems, sentence
from agent.cli.working import is_running
from agent.daemon.reporting import Books
from agent.errors import GenjinError, Misconfigured, SourceError
from agent.outbox.store import Store
from agent.settings import Settings, SourceSettings
from agent.settings.secrets import environment_name, password_name


class TerminalPerson:
    """The person at this terminal, as ``agent.capture.registry.Person``."""

    def __init__(
        self, source: str, environ: Mapping[str, str] = os.environ, platform: str = sys.platform
    ) -> None:
        self._source = source
        self._environ = environ
        self._platform = platform

    def say(self, code: str, /, **params: object) -> None:
        click.echo(sentence(code, **{"source": self._source, **params}), err=True)

    def ask_secret(self, code: str, /, **params: object) -> str:
        question = sentence(code, **{"source": self._source, **params}) + " "
        if not sys.stdin.isatty():
            # Handed in by another program, or typed where nothing can be hidden.
            click.echo(question, err=True)
            return sys.stdin.readline().rstrip("\r\n")
        try:
            return getpass.getpass(question)
        except EOFError:
            return ""

    def open_page(self, url: str) -> bool:
        if urlsplit(url).scheme not in ("http", "https") or not self._has_screen():
            return False
        try:
            return webbrowser.open(url)
        except webbrowser.Error:
            return False

    def _has_screen(self) -> bool:
        """Without one, a browser for text would take the terminal over."""
        if self._environ.get("GENJIN_NO_BROWSER"):
            return False
        if self._platform in ("win32", "darwin"):
            return True
        return bool(self._environ.get("DISPLAY") or self._environ.get("WAYLAND_DISPLAY"))


@click.command("sign-in")
@with_config
@click.argument("name", required=False)
def sign_in(config: Path | None, name: str | None) -> None:
    """登录邮箱 / Sign in to the mailbox NAME."""
    settings = settings_of(config)
    source = _chosen(settings, name)
    secrets = secrets_of(settings)
    try:
        needed = signed_in(settings, secrets, source, TerminalPerson(source.name), clock=CLOCK)
    except Misconfigured as error:
        fail(*of_problems(error.problems), status=BAD_CONFIGURATION)
    except SourceError as error:
        fail(sentence(error.code, **{"source": source.name, **error.params}))
    if not needed:
        click.echo(sentence("sign_in_not_needed", source=source.name))
        return
    if secrets.where(password_name(source.name)) == "environment":
        variable = environment_name(password_name(source.name))
        click.echo(sentence("pair_overridden", name=variable), err=True)
    try:
        resumes = _resume(settings, source)
    except GenjinError as error:
        fail(sentence(error.code, **error.params))
    code = "sign_in_done_running" if resumes else "sign_in_done"
    click.echo(sentence(code, source=source.name))


def _chosen(settings: Settings, name: str | None) -> SourceSettings:
    """The source that is meant; where that is not plain, the choice is shown."""
    named = [source for source in settings.sources if source.name == name]
    mailboxes = [source for source in settings.sources if signs_in(source)]
    meant = named if name is not None else mailboxes
    if len(meant) != 1:
        known = ", ".join(source.name for source in mailboxes)
        code = "sign_in_which" if name is None else "sign_in_unknown"
        if not known:
            code = "sign_in_nothing"
        told = {"source": name or "", "known": known, "file": settings.file}
        fail(sentence(code, **told), status=BAD_CONFIGURATION)
    return meant[0]


def _resume(settings: Settings, source: SourceSettings) -> bool:
    """Tell the running agent; without one (False), the state of the source is not known yet."""
    store = Store.open(settings.state_dir, clock=CLOCK)
    try:
        if is_running(settings):
            store.passes.ask("signed_in", now=CLOCK.now(), sources=[source.name])
            return True
        if Books(store).status(source.name, source.type).state == "auth":
            Books(store).note(source.name, source.type, "waiting")
        return False
    finally:
        store.close()

"""``genjin agent pair``."""

import platform
from dataclasses import replace
from pathlib import Path

import click

from agent.bootstrap import remote_of, secrets_of
from agent.cli.configured import BAD_CONFIGURATION, CLOCK, fail, with_config
from agent.cli.wording import of_error, sentence
from agent.cli.working import is_running
from agent.daemon.knowledge import ME
from agent.errors import DeliveryError, DeliveryRefused, DeliveryUnauthorized, StoreBroken
from agent.outbox.store import Store
from agent.settings import Settings, config_file, read
from agent.settings.reading import url_fault
from agent.settings.secrets import environment_name, token_name
from agent.settings.template import new_config


@click.command()
@with_config
@click.argument("url")
@click.argument("code")
def pair(config: Path | None, url: str, code: str) -> None:
    """与服务器配对 / Pair this computer with the server at URL, with the CODE it shows."""
    url = url.strip().rstrip("/")
    file = (config or config_file()).expanduser().absolute()
    fault = url_fault(url)
    if fault is not None:
        fail(sentence(fault, file=file, key="URL"), status=BAD_CONFIGURATION)
    is_new = not file.exists()
    settings = read(file).settings
    if is_new:
        settings = replace(settings, server_url=url)
    if settings.server_url != url:
        fail(
            sentence("pair_other_server", file=file, url=settings.server_url or "-"),
            status=BAD_CONFIGURATION,
        )
    secrets = secrets_of(settings)
    remote = remote_of(settings, secrets, clock=CLOCK)
    try:
        reply = remote.pair(code.strip(), platform.node())
    except DeliveryUnauthorized:
        fail(sentence("pair_code_wrong"))
    except DeliveryRefused as error:
        fail(sentence("pair_refused", url=url, why=sentence(error.code)))
    except DeliveryError as error:
        fail(sentence("pair_no_answer", url=url, why=sentence(error.code)))
    finally:
        remote.close()
    if is_new:
        new_config(file, url)
        click.echo(sentence("pair_config_made", file=file))
    where = secrets.set(token_name(url), reply.token)
    try:
        _begin_anew(settings, reply.email)
    except StoreBroken as error:
        fail(of_error(error))
    code = "pair_done" if settings.sources else "pair_done_bare"
    kept = sentence(f"kept_in_{where}")
    click.echo(sentence(code, user=reply.user, where=kept, file=file))
    if secrets.where(token_name(url)) == "environment":
        click.echo(sentence("pair_overridden", name=environment_name(token_name(url))), err=True)


def _begin_anew(settings: Settings, email: str) -> None:
    """What an earlier pairing left behind holds no more; a running agent is told at once."""
    store = Store.open(settings.state_dir, clock=CLOCK)
    try:
        store.held.forget_server()
        store.held.put({ME: email})
        store.queue.requeue_refused()
        if is_running(settings):
            store.passes.ask(now=CLOCK.now())
    finally:
        store.close()

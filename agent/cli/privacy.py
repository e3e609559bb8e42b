"""``genjin agent show``, ``forget`` and ``suggestions``: one's own say over what is captured."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID

import click

from agent.bootstrap import remote_of, secrets_of
from agent.cli.configured import CLOCK, as_json, fail, settings_of, with_config
from agent.cli.traceview import lines_of
from agent.cli.wording import clock_time, of_error, printable, sentence
from agent.cli.working import is_running
from agent.contract.directory import NewCustomer
from agent.daemon.knowledge import ME
from agent.daemon.tracing import trace_report
from agent.errors import AlreadyRunning, DeliveryError, GenjinError
from agent.outbox.database import FILE_NAME, moved_aside
from agent.outbox.forgetting import Target
from agent.outbox.lock import Lock
from agent.outbox.pleading import plead
from agent.outbox.store import Store
from agent.remote.base import Remote
from agent.rules.identity import (
    activity_id,
    domain_of,
    is_public_domain,
    normalize_email,
    normalize_message_id,
)
from agent.settings import Settings

NOT_FOUND = 1


@contextmanager
def _store_of(settings: Settings) -> Iterator[Store]:
    try:
        store = Store.open(settings.state_dir, clock=CLOCK)
        try:
            yield store
        finally:
            store.close()
    except GenjinError as error:
        fail(of_error(error))


@contextmanager
def _remote_of(settings: Settings) -> Iterator[Remote]:
    remote = remote_of(settings, secrets_of(settings), clock=CLOCK)
    try:
        yield remote
    finally:
        remote.close()


@click.command()
@with_config
@as_json
@click.argument("item", metavar="MESSAGE-ID|ACTIVITY-ID|FILE")
def show(config: Path | None, as_json: bool, item: str) -> None:
    """这封邮件怎么了，为什么 / What happened to this item, and why. Never shows what it says.

    退出码 1：没有找到 / Exit code 1: it was not found.
    """
    settings = settings_of(config)
    with _store_of(settings) as store:
        report = trace_report(store, settings.sources, item)
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        for line in lines_of(report, now=CLOCK.now()):
            click.echo(line)
    if not report["found"]:
        sys.exit(NOT_FOUND)


@click.command()
@with_config
@as_json
@click.option("--yes", is_flag=True, help="不再询问 / do not ask")
@click.option("--undo", is_flag=True, help="以后重新采集 / capture it again from now on")
@click.argument("what", metavar="[ADDRESS|DOMAIN|MESSAGE-ID]", required=False)
def forget(config: Path | None, as_json: bool, yes: bool, undo: bool, what: str | None) -> None:
    """忘记一个地址、域名或一封邮件 / Erase it here, ask the server to, never capture it again.

    不带参数：说明进展 / Without an argument: how earlier requests stand.
    """
    settings = settings_of(config)
    with _store_of(settings) as store:
        if what is None:
            _tell({}, store, as_json=as_json)
            return
        target = _target(store, what)
        if undo:
            known = store.forgetting.take_back(target)
            click.echo(sentence("forget_undone" if known else "forget_not_known"))
            sys.exit(0 if known else NOT_FOUND)
        if not yes:
            click.confirm(sentence(f"forget_sure_{target.kind}", what=printable(what)), abort=True)
        erased = store.forgetting.forget(target, now=CLOCK.now())
        _ask_server(settings, store)
        told = {"kind": target.kind, "items": erased.items, "unsent": erased.unsent}
        _tell(told, store, as_json=as_json)


def _target(store: Store, what: str) -> Target:
    """What is meant; a Message-ID may look like an address: the one that is known wins."""
    bare = what.strip().removeprefix("*")
    if "*" in bare or "?" in bare:
        fail(sentence("forget_what", what=printable(what)), status=2)
    message = normalize_message_id(bare)
    item = str(activity_id(f"mid:<{message}>"))
    try:
        return Target("item", str(UUID(bare)))
    except ValueError:
        pass
    if bare.startswith("<") or store.ledger.knows(item):
        return Target("item", item)
    policy = store.held.policy()
    own_domains = policy.own_domains if policy is not None else ()
    staff = {*(policy.staff_emails if policy is not None else ()), store.held.get(ME) or ""}
    address = normalize_email(bare) if "@" in bare.lstrip("@") else None
    if address is not None:
        if address in staff or domain_of(address) in own_domains:
            fail(sentence("forget_ours", what=printable(bare)), status=2)
        return Target("address", address)
    domain = domain_of(normalize_email(f"x@{bare.lstrip('@')}") or "")
    if not domain:
        fail(sentence("forget_what", what=printable(bare)), status=2)
    if domain in own_domains:
        fail(sentence("forget_ours", what=printable(bare)), status=2)
    if is_public_domain(domain):
        fail(sentence("forget_public", what=printable(bare)), status=2)
    return Target("domain", domain)


def _ask_server(settings: Settings, store: Store) -> None:
    """At once, unless an agent is at work: it asks when nothing of ours is on its way."""
    try:
        with Lock(settings.state_dir, wait_s=0.0), _remote_of(settings) as remote:
            plead(store.forgetting, remote, CLOCK, all_due=True)
    except AlreadyRunning:
        store.passes.ask(now=CLOCK.now())


def _tell(told: dict[str, Any], store: Store, *, as_json: bool) -> None:
    standing = store.forgetting.standing()
    aside = [str(file) for file in moved_aside(store.database.file.parent / FILE_NAME)]
    if as_json:
        server = {
            "pending": standing.pending,
            "refused": standing.refused,
            "erased": standing.erased,
            "kept": standing.kept,
            "last_error": standing.last_error,
        }
        report = {**told, "server": server, "kept_away": store.forgetting.count(), "aside": aside}
        click.echo(json.dumps(report, ensure_ascii=False))
        return
    if told:
        code = "forget_here_unsent" if told["unsent"] else "forget_here"
        click.echo(sentence(code, items=told["items"], unsent=told["unsent"]))
    click.echo(sentence("forget_kept_away", count=store.forgetting.count()))
    if standing.erased:
        click.echo(sentence("forget_server_done", erased=standing.erased))
    if standing.kept:
        click.echo(sentence("forget_server_kept", kept=standing.kept))
    if standing.pending:
        why = sentence(standing.last_error) if standing.last_error else ""
        click.echo(sentence("forget_server_pending", count=standing.pending, why=why).rstrip())
    if standing.refused:
        why = sentence(standing.last_error)
        click.echo(sentence("forget_server_refused", count=standing.refused, why=why))
    for file in aside:
        click.echo(sentence("forget_aside", file=file))


@click.group(invoke_without_command=True)
@with_config
@as_json
@click.pass_context
def suggestions(context: click.Context, config: Path | None, as_json: bool) -> None:
    """可能的新客户 / People and companies you write with that no customer is known for.

    只在本机，不上传 / They stay on this computer.
    """
    context.obj = config
    if context.invoked_subcommand is not None:
        return
    settings = settings_of(config)
    now = CLOCK.now()
    with _store_of(settings) as store:
        found = store.strangers.suggestions(now=now)
    if as_json:
        rows = [
            {
                "name": one.name,
                "received": one.received,
                "sent": one.sent,
                "last_at": one.last_at.isoformat(),
            }
            for one in found
        ]
        click.echo(json.dumps({"suggestions": rows}, ensure_ascii=False))
        return
    for one in found:
        at = clock_time(one.last_at.isoformat(), now)
        line = sentence("suggestion_line", received=one.received, sent=one.sent, at=at)
        click.echo(f"{printable(one.name)}  {line}")
    click.echo(sentence("suggestions_what_now" if found else "suggestions_none"))


@suggestions.command()
@with_config
@click.option("--customer", metavar="NAME", help="客户名称 / name of the customer, old or new")
@click.argument("name", metavar="ADDRESS|DOMAIN")
@click.pass_context
def accept(context: click.Context, config: Path | None, customer: str | None, name: str) -> None:
    """设为客户 / Make it a customer of yours; its mail is then captured."""
    settings = settings_of(config or context.obj)
    party = _party(name)
    if is_public_domain(party):
        fail(sentence("suggestion_public", what=party), status=2)
    is_address = "@" in party
    opened = NewCustomer(
        name=(customer or party).strip()[:200] or party,
        domains=() if is_address else (party,),
        emails=(party,) if is_address else (),
    )
    with _store_of(settings) as store:
        try:
            with _remote_of(settings) as remote:
                remote.adopt(opened)
        except DeliveryError as error:
            _not_accepted(error)
        store.strangers.accepted(party)
        running = is_running(settings)
        if running:
            store.passes.ask(now=CLOCK.now())
    click.echo(sentence("suggestion_accepted", name=printable(opened.name)))
    if not running:
        click.echo(sentence("suggestion_next_run"))


def _not_accepted(error: DeliveryError) -> NoReturn:
    fail(sentence("suggestion_not_accepted", why=of_error(error)))


@suggestions.command()
@with_config
@click.argument("name", metavar="ADDRESS|DOMAIN")
@click.pass_context
def dismiss(context: click.Context, config: Path | None, name: str) -> None:
    """不再建议 / Never suggest it again."""
    settings = settings_of(config or context.obj)
    party = _party(name)
    with _store_of(settings) as store:
        store.strangers.dismiss(party, now=CLOCK.now())
    click.echo(sentence("suggestion_dismissed", name=printable(party)))


def _party(name: str) -> str:
    """An address or a domain as the store knows it."""
    bare = name.strip()
    is_address = "@" in bare.lstrip("@")
    address = normalize_email(bare if is_address else f"x@{bare.lstrip('@')}")
    if address is None:
        fail(sentence("forget_what", what=printable(bare)), status=2)
    return address if is_address else domain_of(address)

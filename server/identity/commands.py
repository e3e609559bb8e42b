"""``genjin server user|token|person``: accounts, tokens and personal data from the command line.

The database is opened by the command line itself, which hands its way of doing so along.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

data_dir_option = click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where database and secrets are kept (default: the platform's data folder).",
)
email_option = click.option("--email", required=True, help="Whose account it is.")
why_option = click.option("--why", default="", help="Goes into the audit log.")


@dataclass(frozen=True, slots=True)
class Desk:
    """What the command line gives to its commands."""

    open: Callable[[Path | None], Any]
    """The kernel of the server in this folder."""
    say: Callable[..., str]
    """A text of the catalogue."""


def _unit(desk: Desk, data_dir: Path | None) -> AbstractContextManager[Any]:
    unit: AbstractContextManager[Any] = desk.open(data_dir).db.unit_of_work()
    return unit


def _person(desk: Desk, session: Any, email: str) -> Any:
    from server.identity.service import find_person  # noqa: PLC0415 -- `--help` need not load it

    person = find_person(session, email)
    if person is None:
        raise click.ClickException(desk.say("cli.unknown_person", value=email))
    return person


def _refusal(desk: Desk, error: Any) -> click.ClickException:
    codes = list(error.fields.values()) or [error.code]
    return click.ClickException(
        " ".join(desk.say(f"error.{code}", **error.params) for code in codes)
    )


@click.command("list")
@data_dir_option
@click.pass_obj
def user_list(desk: Desk, data_dir: Path | None) -> None:
    """Everybody: id, address, role, team, and whether the account is open."""
    from server.identity import people  # noqa: PLC0415

    with _unit(desk, data_dir) as uow:
        for person, team in people.everybody(uow.session):
            state = "open" if person.active else "closed"
            click.echo("\t".join((str(person.id), person.email, person.role, team, state)))


@click.command("link")
@data_dir_option
@email_option
@why_option
@click.pass_obj
def user_link(desk: Desk, data_dir: Path | None, email: str, why: str) -> None:
    """Print a one-time link for somebody who forgot the password."""
    from server.identity import people  # noqa: PLC0415

    kernel = desk.open(data_dir)
    with kernel.db.unit_of_work() as uow:
        person = _person(desk, uow.session, email)
        secret = people.make_link(uow, person, by=None, why=why)
    settings = kernel.settings
    base = settings.public_url or f"http://{settings.host}:{settings.port}"
    click.echo(desk.say("cli.link_made", hours=people.LINK_HOURS), err=True)
    click.echo(f"{base}/new-password#{secret}")


def _set_active(desk: Desk, data_dir: Path | None, email: str, why: str, *, active: bool) -> None:
    from server.identity import people  # noqa: PLC0415
    from server.kernel.errors import ServerError  # noqa: PLC0415

    try:
        with _unit(desk, data_dir) as uow:
            person = _person(desk, uow.session, email)
            people.set_active(uow, person, active, by=None, why=why)
    except ServerError as error:
        raise _refusal(desk, error) from error


@click.command("close")
@data_dir_option
@email_option
@why_option
@click.pass_obj
def user_close(desk: Desk, data_dir: Path | None, email: str, why: str) -> None:
    """Close an account: browsers, devices and tokens stop at once."""
    _set_active(desk, data_dir, email, why, active=False)


@click.command("open")
@data_dir_option
@email_option
@why_option
@click.pass_obj
def user_open(desk: Desk, data_dir: Path | None, email: str, why: str) -> None:
    """Open a closed account again."""
    _set_active(desk, data_dir, email, why, active=True)


@click.command("two-step-off")
@data_dir_option
@email_option
@why_option
@click.pass_obj
def user_two_step_off(desk: Desk, data_dir: Path | None, email: str, why: str) -> None:
    """Turn two-step sign-in off for who lost phone and recovery codes."""
    from server.identity import people  # noqa: PLC0415

    with _unit(desk, data_dir) as uow:
        people.turn_off_two_step(uow, _person(desk, uow.session, email), by=None, why=why)


@click.command("sign-out")
@data_dir_option
@email_option
@why_option
@click.pass_obj
def user_sign_out(desk: Desk, data_dir: Path | None, email: str, why: str) -> None:
    """Sign somebody out of every browser."""
    from server.identity import people  # noqa: PLC0415

    with _unit(desk, data_dir) as uow:
        people.sign_out_everywhere(uow, _person(desk, uow.session, email), by=None, why=why)


@click.command("list")
@data_dir_option
@click.pass_obj
def token_list(desk: Desk, data_dir: Path | None) -> None:
    """Valid tokens: id, whose, what for, scopes, last used."""
    from server.identity import tokens  # noqa: PLC0415

    with _unit(desk, data_dir) as uow:
        for one in tokens.listed(uow.session, uow.clock.now()):
            used = one.last_used_at.isoformat(timespec="minutes") if one.last_used_at else "-"
            told = (str(one.id), one.person, one.label, ",".join(one.scopes), used)
            click.echo("\t".join(told))


@click.command("revoke")
@data_dir_option
@click.argument("token_id", type=int)
@click.pass_obj
def token_revoke(desk: Desk, data_dir: Path | None, token_id: int) -> None:
    """Revoke a token by the id that `token list` shows."""
    from server.identity import tokens  # noqa: PLC0415

    with _unit(desk, data_dir) as uow:
        if not tokens.revoke_by_command(uow, token_id):
            raise click.ClickException(desk.say("cli.unknown_token", value=token_id))


@click.group()
def person() -> None:
    """One person's data: export it, or erase it everywhere."""


def _chosen(desk: Desk, kernel: Any, session: Any, query: str, key: str | None) -> Any:
    from server.kernel import privacy  # noqa: PLC0415

    found = privacy.find(kernel.privacy_parts, session, query)
    if key is not None:
        found = [one for one in found if one.key == key]
    if not found:
        raise click.ClickException(desk.say("cli.nobody_found", query=query))
    if len(found) > 1:
        told = "; ".join(f"{one.key} {' / '.join(one.names)} {one.where}".strip() for one in found)
        raise click.ClickException(desk.say("cli.several_found", query=query, found=told))
    return found[0]


id_option = click.option("--id", "key", help="Which of several, e.g. contact/17.")


@person.command("export")
@data_dir_option
@click.argument("query")
@id_option
@click.option("--why", required=True, help="On what ground; goes into the receipt.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True)
@click.pass_obj
def person_export(
    desk: Desk, data_dir: Path | None, query: str, key: str | None, why: str, out: Path
) -> None:
    """Write all that is kept of the person with this address, number or name into a ZIP file."""
    from server.identity.service import audit  # noqa: PLC0415
    from server.kernel import privacy  # noqa: PLC0415

    kernel = desk.open(data_dir)
    with kernel.db.unit_of_work() as uow:
        who = _chosen(desk, kernel, uow.session, query, key)
        receipt = privacy.export(kernel.privacy_parts, uow, who, by=None, why=why)
        told = {"receipt": str(receipt.id), **receipt.counts}
        audit(uow, None, "privacy.export", who.key, after=told, why=why)
        _write(out, receipt.archive)
    click.echo(desk.say("cli.receipt", id=receipt.id, path=out))


@person.command("erase")
@data_dir_option
@click.argument("query")
@id_option
@click.option("--why", required=True, help="On what ground; goes into the receipt.")
@click.option("--receipt", "out", type=click.Path(path_type=Path, dir_okay=False), required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def person_erase(
    desk: Desk,
    data_dir: Path | None,
    query: str,
    key: str | None,
    why: str,
    out: Path,
    yes: bool,
) -> None:
    """Erase the person with this address, number or name everywhere. There is no way back."""
    from server.identity.service import audit  # noqa: PLC0415
    from server.kernel import privacy  # noqa: PLC0415
    from server.kernel.errors import ServerError  # noqa: PLC0415

    kernel = desk.open(data_dir)
    with kernel.db.reading() as session:
        who = _chosen(desk, kernel, session, query, key)
    if not yes:
        told = f"{who.key} {' / '.join((*who.names, *who.emails, *who.phones))}"
        click.confirm(desk.say("cli.erase_sure", who=told), abort=True)
    try:
        with kernel.db.unit_of_work() as uow:
            receipt = privacy.erase(
                kernel.privacy_parts, uow, who, by=None, why=why, seal=kernel.seal
            )
            counts = {"receipt": str(receipt.id), **receipt.counts}
            audit(uow, None, "privacy.erase", who.key, after=counts, why=why)
            _write(out, receipt.archive)
    except ServerError as error:
        raise _refusal(desk, error) from error
    click.echo(desk.say("cli.receipt", id=receipt.id, path=out))


def _write(path: Path, content: bytes) -> None:
    """Before the commit: no receipt, nothing erased. For its owner's eyes only."""
    try:
        path.touch(mode=0o600)
        path.write_bytes(content)
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from error


USER = (user_list, user_link, user_close, user_open, user_two_step_off, user_sign_out)
TOKEN = (token_list, token_revoke)

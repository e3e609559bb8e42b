"""``genjin server``: run it, prepare its database, add people and tokens."""

import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from server.identity import commands
from server.kernel.errors import Invalid
from server.kernel.i18n import catalogue
from server.kernel.settings import Settings, load

data_dir_option = click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where database and secrets are kept (default: the platform's data folder).",
)


@click.group()
@click.pass_context
def server(context: click.Context) -> None:
    """The team server."""
    context.obj = commands.Desk(
        open=lambda data_dir: _opened(data_dir)[1].extensions["genjin"], say=said
    )


def _opened(data_dir: Path | None, **override: Any) -> tuple[Settings, Any]:
    from server.app import create_app  # noqa: PLC0415 -- `--help` need not load the server
    from server.migrate import upgrade  # noqa: PLC0415

    with in_words():
        settings = load(data_dir=data_dir, **override)
        app = create_app(settings)
        upgrade(app.extensions["genjin"].db.engine)
    return settings, app


@contextmanager
def in_words() -> Iterator[None]:
    """A folder or database that cannot be used ends the command with a sentence, not a traceback."""
    from sqlalchemy.exc import DatabaseError  # noqa: PLC0415

    try:
        yield
    except DatabaseError as error:
        raise click.ClickException(said("cli.database_unusable", reason=error.orig)) from error
    except OSError as error:
        where, why = error.filename or "", error.strerror or type(error).__name__
        raise click.ClickException(said("cli.folder_unusable", where=where, why=why)) from error


def said(code: str, **params: object) -> str:
    """A message of the catalogue in the language of the person at this computer."""
    from agent.messages import person_language  # noqa: PLC0415

    return catalogue(person_language())[code].format_map(params)


@server.command()
@data_dir_option
def init(data_dir: Path | None) -> None:
    """Make the database, ready for `genjin server user add`."""
    settings, _ = _opened(data_dir)
    click.echo(f"{settings.data_dir}")


@server.command()
@data_dir_option
def upgrade(data_dir: Path | None) -> None:
    """Bring the database to the shape this version needs."""
    _opened(data_dir)
    click.echo("ok")


@server.command()
@data_dir_option
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8765, show_default=True, type=click.IntRange(0, 65535))
def run(data_dir: Path | None, host: str, port: int) -> None:
    """Serve until Ctrl-C."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # It lists its own parts at every start, which tells an administrator nothing.
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)
    settings, app = _opened(data_dir, host=host, port=port)
    serve(settings, app, ready=lambda url: click.echo(f"Genjin: {url}"))


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, or a ClickException that says what to do when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise click.ClickException(said("cli.port_taken", host=host, port=port)) from error
    return sock


def serve(
    settings: Settings,
    app: Any,
    *,
    ready: Callable[[str], object],
    stop: threading.Event | None = None,
    threads: int = 8,
) -> None:
    """Serve and run the periodic jobs until ``stop`` is set, or until SIGINT or SIGTERM."""
    from waitress.server import create_server  # noqa: PLC0415

    from server.app import MAX_REQUEST_BYTES, scheduler  # noqa: PLC0415

    # A short queue is normal with many open pages and says nothing a person could act on.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    stop = stop or _stop_on_signals()
    sock = listen(settings.host, settings.port)
    connections: dict[int, Any] = {}
    waitress = create_server(
        app,
        map=connections,
        sockets=[sock],
        threads=threads,
        ident=None,
        # Refused before it fills the disk; a little above what the application refuses in words.
        max_request_body_size=2 * MAX_REQUEST_BYTES,
        clear_untrusted_proxy_headers=True,
        **_behind(settings.trusted_proxy),
    )
    jobs = scheduler(app) if settings.jobs else None
    serving = threading.Thread(target=waitress.run, name="http", daemon=True)
    serving.start()
    if jobs is not None:
        jobs.start()
    host = settings.host if settings.host not in ("0.0.0.0", "::") else "localhost"  # noqa: S104
    ready(f"http://{f'[{host}]' if ':' in host else host}:{sock.getsockname()[1]}")
    try:
        stop.wait()
    finally:
        if jobs is not None:
            jobs.stop()
        waitress.task_dispatcher.shutdown()
        # In the thread that works with them: it would else find them closed under its hands.
        waitress.trigger.pull_trigger(lambda: waitress.asyncore.close_all(connections))
        serving.join(timeout=5)
        app.extensions["genjin"].db.dispose()


def _behind(proxy: str | None) -> dict[str, Any]:
    if proxy is None:
        return {}
    return {
        "trusted_proxy": proxy,
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"},
    }


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


@server.group()
def user() -> None:
    """People who sign in."""


server.add_command(commands.person)
for _command in commands.USER:
    user.add_command(_command)


@user.command("add")
@data_dir_option
@click.option("--name", required=True)
@click.option("--email", required=True)
@click.option(
    "--role",
    required=True,
    type=click.Choice(["rep", "manager", "reviewer", "decider", "admin"]),
)
@click.option("--team", help="Name of the team; it is made when it is not there yet.")
@click.option("--locale", type=click.Choice(["zh-CN", "en"]), default="zh-CN", show_default=True)
@click.password_option(envvar="GENJIN_NEW_PASSWORD")
def user_add(
    data_dir: Path | None,
    name: str,
    email: str,
    role: str,
    team: str | None,
    locale: str,
    password: str,
) -> None:
    """Add a person. A manager leads the named team."""
    from server.identity import service  # noqa: PLC0415

    _, app = _opened(data_dir)
    with app.extensions["genjin"].db.unit_of_work() as uow:
        try:
            person = service.add_person(
                uow,
                name=name,
                email=email,
                role=role,  # type: ignore[arg-type]
                password=password,
                locale=locale,
            )
        except Invalid as error:
            faults = " ".join(said(f"cli.{code}", value=email) for code in error.fields.values())
            raise click.ClickException(faults) from error
        if team:
            service.join_team(uow, person, team)
        service.audit(uow, None, "person.add", f"person/{person.id}", after=[role, team])
    click.echo(f"{person.id}")


@server.group()
def token() -> None:
    """API tokens."""


for _command in commands.TOKEN:
    token.add_command(_command)


@token.command("add")
@data_dir_option
@click.option("--email", required=True, help="Whose token it is.")
@click.option("--label", default="api", show_default=True)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(["ingest", "read", "write", "admin"]),
    default=("ingest", "read", "write"),
    show_default=True,
    help="What it may do; several times for several. admin: read the audit log.",
)
def token_add(data_dir: Path | None, email: str, label: str, scopes: tuple[str, ...]) -> None:
    """Print a new bearer token; it is shown this once."""
    from server.identity import service  # noqa: PLC0415

    _, app = _opened(data_dir)
    with app.extensions["genjin"].db.unit_of_work() as uow:
        person = service.find_person(uow.session, email)
        if person is None:
            raise click.ClickException(said("cli.unknown_person", value=email))
        told = {"label": label, "scopes": sorted(scopes)}
        service.audit(uow, None, "token.issue", f"person/{person.id}", after=told)
        click.echo(
            service.issue_token(
                uow,
                person.id,
                label=label,
                scopes=scopes,  # type: ignore[arg-type] # click has checked them
            )
        )


@server.group()
def policy() -> None:
    """The company's rules, which every agent obeys."""


@policy.command("show")
@data_dir_option
def policy_show(data_dir: Path | None) -> None:
    """Print the policy in force as JSON."""
    from server.kernel.policy import current_policy  # noqa: PLC0415

    _, app = _opened(data_dir)
    with app.extensions["genjin"].db.reading() as session:
        click.echo(current_policy(session).model_dump_json(indent=2))


@policy.command("set")
@data_dir_option
@click.argument("key")
@click.argument("values", nargs=-1)
def policy_set(data_dir: Path | None, key: str, values: tuple[str, ...]) -> None:
    """Put a new policy in force: KEY is VALUES from now on (several for a list, none empties it)."""
    from server.kernel.policy import change_policy, current_policy  # noqa: PLC0415

    _, app = _opened(data_dir)
    with app.extensions["genjin"].db.unit_of_work() as uow:
        before = current_policy(uow.session)
        after = _changed(before, key, values)
        change_policy(uow, after, by=None)
        _audit_policy(uow, "policy.change", {key: getattr(before, key)}, {key: getattr(after, key)})


@policy.command("shorten")
@data_dir_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def policy_shorten(data_dir: Path | None, yes: bool) -> None:
    """Shorten what is stored already to what the policy keeps (its `body`). There is no way back."""
    from server.customers.lowering import lower_some  # noqa: PLC0415

    _, app = _opened(data_dir)
    if not yes:
        click.confirm(said("cli.policy_shorten_sure"), abort=True)
    total = 0
    while True:
        with app.extensions["genjin"].db.unit_of_work() as uow:
            number = lower_some(uow)
            if not number:
                _audit_policy(uow, "policy.shorten", None, {"activities": total})
                break
        total += number
    click.echo(said("cli.policy_shortened", count=total))


def _audit_policy(uow: Any, action: str, before: object, after: object) -> None:
    from server.identity.service import audit  # noqa: PLC0415
    from server.kernel.policy import current_policy  # noqa: PLC0415

    version = current_policy(uow.session).version
    audit(uow, None, action, f"policy/{version}", before=before, after=after)


def _changed(before: Any, key: str, values: tuple[str, ...]) -> Any:
    """The policy with one key changed; a ClickException says what is wrong, in words."""
    from difflib import get_close_matches  # noqa: PLC0415

    from pydantic import ValidationError  # noqa: PLC0415

    from agent.contract.patterns import fault_of  # noqa: PLC0415

    known = [name for name in type(before).model_fields if name != "version"]
    if key not in known:
        near = get_close_matches(key, known, n=1) or known[:1]
        raise click.ClickException(
            said("cli.policy_key_unknown", key=key, nearest=near[0], known=", ".join(known))
        )
    is_list = isinstance(getattr(before, key), tuple)
    bad = [value for value in values if key.startswith("exclude") and fault_of(key, value)]
    value: object = list(values) if is_list else "".join(values[:1])
    if not bad and (is_list or len(values) == 1):
        try:
            changed = type(before).model_validate({**before.model_dump(), key: value})
        except ValidationError:
            bad = list(values)
        else:
            return changed
    shown = " ".join(bad or values)
    raise click.ClickException(said("cli.policy_value_bad", key=key, value=shown))

"""Each source as it answers now: a light look, with a limit to its patience."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from datetime import timedelta
from threading import Thread

from agent.bootstrap import signs_in, source_of
from agent.capture.base import Mailbox, Source
from agent.capture.exchange.online import is_exchange_online
from agent.cli.finding import Finding, found
from agent.clock import Clock
from agent.contract.device import SourceStatus
from agent.errors import Misconfigured, SourceError
from agent.outbox import retry
from agent.settings import Settings, SourceSettings
from agent.settings.secrets import SystemSecrets, environment_name, password_name

PATIENCE_S = 20.0
"""A mailbox that has not named its first item by then would not be read in good time either."""
_GRAPH = """\
    [sources.{name}]
    type = "graph"
    tenant = "{tenant}"
    client_id = "{client_id}"{cloud}
"""

Build = Callable[[SourceSettings], Source]


def findings(
    settings: Settings,
    secrets: SystemSecrets,
    statuses: Mapping[str, SourceStatus],
    *,
    clock: Clock,
    patience_s: float = PATIENCE_S,
    build: Build | None = None,
) -> Iterator[Finding]:
    """``statuses``: what the last turn of each source left behind. ``build`` makes a source of
    its settings."""
    if not settings.sources:
        yield found("wrong", "doctor_no_sources", file=settings.file)

    def build_it(source: SourceSettings) -> Source:
        return source_of(settings, secrets, source, clock=clock)

    for source in settings.sources:
        if is_online(source):
            yield _ews_ended(settings, source)
            continue
        status = statuses.get(source.name)
        if status is not None and _asked_to_wait(status, clock):
            yield found("note", "doctor_asked_to_wait", source=source.name, at=status.retry_at)
            continue
        yield from _looked_at(source, build or build_it, patience_s)
        yield from _password(source, secrets)


def is_online(source: SourceSettings) -> bool:
    """Where Exchange Web Services have ended."""
    endpoint = source.options.get("endpoint")
    return source.type == "exchange" and isinstance(endpoint, str) and is_exchange_online(endpoint)


def _ews_ended(settings: Settings, source: SourceSettings) -> Finding:
    endpoint = str(source.options.get("endpoint"))
    username = str(source.options.get("username", ""))
    _, _, domain = username.rpartition("@")
    table = _GRAPH.format(
        name=source.name,
        tenant=source.options.get("tenant") or (domain if "@" in username else "example.com"),
        client_id=source.options.get("client_id") or "00000000-0000-0000-0000-000000000000",
        cloud='\n    cloud = "china"' if ".cn" in endpoint else "",
    )
    return found("wrong", "doctor_ews_ended", source=source.name, file=settings.file, beneath=table)


def _asked_to_wait(status: SourceStatus, clock: Clock) -> bool:
    if status.retry_at is None:
        return False
    left = status.retry_at - clock.now()
    return timedelta() < left <= timedelta(seconds=retry.LONGEST_ASKED_S)


def _looked_at(source: SourceSettings, build: Build, patience_s: float) -> Iterator[Finding]:
    name = source.name
    try:
        built = build(source)
    except Misconfigured as error:
        for code, params in error.problems:
            yield Finding("wrong", code, dict(params))
        return
    try:
        has_items = _within(patience_s, lambda: _holds_something(built))
    except TooLate:
        yield found("wrong", "doctor_source_slow", source=name, seconds=round(patience_s))
    except SourceError as error:
        told = {**error.params, "source": name, "why": error.code}
        yield Finding("wrong", "doctor_source_wrong", told)
    else:
        code = "doctor_source_ok" if has_items else "doctor_source_empty"
        yield found("ok" if has_items else "note", code, source=name)
    finally:
        built.close()


def _holds_something(source: Source) -> bool:
    """Raises ``SourceError``: its own, or for a folder of the settings that is not there."""
    lacks = source.lacks() if isinstance(source, Mailbox) else None
    if lacks is not None:
        raise lacks
    return next(source.inventory(), None) is not None


def _within(seconds: float, look: Callable[[], bool]) -> bool:
    """In a thread that dies with us: who hangs in a network call cannot be woken."""
    answer: Future[bool] = Future()

    def work() -> None:
        try:
            answer.set_result(look())
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits
            answer.set_exception(error)

    Thread(target=work, name="doctor", daemon=True).start()
    return answer.result(seconds)


def _password(source: SourceSettings, secrets: SystemSecrets) -> Iterator[Finding]:
    if not signs_in(source):
        return
    entry = password_name(source.name)
    where = secrets.where(entry)
    if where is not None:
        yield found(
            "note" if where == "file" else "ok",
            f"doctor_password_{where}",
            source=source.name,
            variable=environment_name(entry),
        )

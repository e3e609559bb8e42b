"""Look at everything the agent depends on, and say what to do about what is wrong."""

import shutil
from collections.abc import Iterator

from agent.bootstrap import LazyTagger, ears_of, remote_of, secrets_of
from agent.cli import doctor_files, doctor_sources
from agent.cli.finding import Finding, found
from agent.clock import Clock
from agent.contract.device import SourceStatus
from agent.contract.policy import Policy
from agent.errors import (
    AlreadyRunning,
    DeliveryError,
    DeliveryUnauthorized,
    GenjinError,
    SpeechUnavailable,
    StoreBroken,
)
from agent.notify.desktop import SystemDesktop
from agent.outbox.lock import Lock
from agent.outbox.store import Store
from agent.remote.base import Remote
from agent.settings import Settings
from agent.settings.secrets import token_name

LOW_DISK = 500 * 1024 * 1024
SKEW_S = 120.0
"""More than this and calls land on the wrong day, and "in the future" is misjudged."""


def findings(settings: Settings, *, clock: Clock) -> Iterator[Finding]:
    """One after the other, as each becomes known; the configuration itself is known to be good."""
    yield found("ok", "doctor_config_ok", file=settings.file)
    statuses: dict[str, SourceStatus] = {}
    yield from _store(settings, clock, statuses)
    if settings.state_dir.exists():
        yield from doctor_files.findings(settings)
    secrets = secrets_of(settings)
    remote = remote_of(settings, secrets, clock=clock)
    try:
        yield from _server(settings, remote, clock)
    finally:
        remote.close()
    yield from doctor_sources.findings(settings, secrets, statuses, clock=clock)
    yield _tagger(clock)
    yield _speech(settings)
    shows = SystemDesktop().available()
    yield found("ok" if shows else "note", f"doctor_desktop_{'ok' if shows else 'missing'}")


def _store(
    settings: Settings, clock: Clock, statuses: dict[str, SourceStatus]
) -> Iterator[Finding]:
    """What is held of each source goes into ``statuses``."""
    running = False
    try:
        with Lock(settings.state_dir):
            store = Store.open(settings.state_dir, clock=clock)
    except AlreadyRunning:
        running = True
        store = Store.open(settings.state_dir, clock=clock)
    except StoreBroken as error:
        yield found("wrong", f"doctor_{error.code}", file=settings.state_dir)
        return
    if running:
        yield found("ok", "doctor_running")
    elif settings.sources:  # else it would have nothing to read
        yield found("note", "doctor_not_running")
    if store.generation:
        yield found("note", "doctor_was_damaged", folder=settings.state_dir)
    for source in settings.sources:
        held = store.statuses.get(source.name)
        if held is not None and held.type == source.type:
            statuses[source.name] = held
    store.close()
    free = shutil.disk_usage(settings.state_dir).free
    code = "doctor_disk_ok" if free >= LOW_DISK else "doctor_disk_low"
    yield found(
        "ok" if free >= LOW_DISK else "wrong",
        code,
        folder=settings.state_dir,
        free=free // 1024 // 1024,
    )


def _server(settings: Settings, remote: Remote, clock: Clock) -> Iterator[Finding]:
    url = settings.server_url
    try:
        before = clock.now()
        theirs = remote.server_time()
    except DeliveryError as error:
        yield found("wrong", "doctor_server_unreachable", url=url, why=error.code)
        return
    yield found("ok", "doctor_server_ok", url=url)
    if theirs is not None:
        skew = (before - theirs).total_seconds()
        fine = abs(skew) <= SKEW_S
        yield found(
            "ok" if fine else "wrong",
            "doctor_clock_ok" if fine else "doctor_clock_wrong",
            seconds=round(skew),
        )
    secrets = secrets_of(settings)
    where = secrets.where(token_name(url))
    if where is None:
        yield found("wrong", "doctor_not_paired", url=url)
        return
    try:
        policy = remote.policy(None)
    except DeliveryUnauthorized:
        yield found("wrong", "doctor_token_refused", url=url)
        return
    except DeliveryError as error:
        yield found("wrong", "doctor_server_unreachable", url=url, why=error.code)
        return
    yield found("note" if where == "file" else "ok", f"doctor_token_{where}")
    yield _basis(policy[0] if policy is not None else Policy())


def _basis(policy: Policy) -> Finding:
    if policy.recording_basis == "none":
        return found("note", "doctor_no_basis")
    return found("ok", "doctor_basis", basis=policy.recording_basis)


def _tagger(clock: Clock) -> Finding:
    try:
        LazyTagger().tag("预算紧张", kind="note", speaker="customer", on=clock.now().date())
    except (GenjinError, ImportError, OSError) as error:
        return found(
            "wrong", "doctor_tagger_wrong", why=getattr(error, "code", type(error).__name__)
        )
    return found("ok", "doctor_tagger_ok")


def _speech(settings: Settings) -> Finding:
    if not settings.speech.enabled:
        return found("note", "speech_disabled")
    try:
        ears_of(settings).ready()
    except SpeechUnavailable as error:
        return Finding("note", error.code, dict(error.params))
    return found("ok", "doctor_speech_ok")

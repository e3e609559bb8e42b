"""Show a notice on this computer's desktop, or say honestly that there is none."""

import logging
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from typing import Literal, Protocol

log = logging.getLogger(__name__)

Shown = Literal["shown", "unavailable", "failed"]

_TIMEOUT_S = 5.0
_MAX_TEXT = 240
"""Windows cuts a balloon at 255 characters."""


class Desktop(Protocol):
    def show(self, title: str, text: str) -> Shown: ...

    def available(self) -> bool:
        """Is there a desktop that could show a notice now? Asked without showing one."""
        ...


class SystemDesktop:
    def __init__(
        self, environ: Mapping[str, str] = os.environ, *, platform: str = sys.platform
    ) -> None:
        self._environ = environ
        self._linux = platform == "linux"

    def available(self) -> bool:
        if not self._linux:
            return True
        return _session_bus_answers(self._environ) and _notify_send(self._environ) is not None

    def show(self, title: str, text: str) -> Shown:
        """Best effort: never raises, and never says ``shown`` when the desktop refused."""
        if not self.available():
            return "unavailable"
        if self._linux:
            return _by_notify_send(_notify_send(self._environ), title, text, self._environ)
        return _by_plyer(title, text)


def _by_plyer(title: str, text: str) -> Shown:
    from plyer import notification  # noqa: PLC0415 - it looks for the platform when imported

    try:
        notification.notify(title=title, message=text[:_MAX_TEXT], app_name="Genjin", timeout=10)
    except NotImplementedError:
        return "unavailable"
    except (OSError, RuntimeError, ImportError, AttributeError) as error:
        # What plyer lets through when a part of the platform is missing.
        log.warning("desktop notice failed: %s", type(error).__name__)
        return "failed"
    return "shown"


def _by_notify_send(
    program: str | None, title: str, text: str, environ: Mapping[str, str]
) -> Shown:
    """Like plyer, which calls the same program but drops its exit status,
    which is all there is to know."""
    if program is None:
        return "unavailable"
    command = [program, "--app-name=Genjin", "--category=im", "--", title, text]
    try:
        done = subprocess.run(  # noqa: S603 - fixed program, texts behind "--"
            command, env=dict(environ), capture_output=True, timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        log.warning("desktop notice failed: %s", type(error).__name__)
        return "failed"
    return "shown" if done.returncode == 0 else "failed"


def _notify_send(environ: Mapping[str, str]) -> str | None:
    return shutil.which("notify-send", path=environ.get("PATH"))


def _session_bus_answers(environ: Mapping[str, str]) -> bool:
    """Does anybody listen at ``DBUS_SESSION_BUS_ADDRESS``? A service, ssh or container has none."""
    for address in environ.get("DBUS_SESSION_BUS_ADDRESS", "").split(";"):
        kind, _, rest = address.partition(":")
        parts = dict(part.split("=", 1) for part in rest.split(",") if "=" in part)
        path = parts.get("path") or (f"\0{parts['abstract']}" if "abstract" in parts else None)
        if kind != "unix" or path is None:
            continue
        with socket.socket(socket.AF_UNIX) as bus:
            bus.settimeout(1.0)
            try:
                bus.connect(path)
            except OSError:
                continue
            return True
    return False

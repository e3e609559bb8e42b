"""Who can read what the agent keeps: its owner, and nobody else."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from agent.cli.finding import Finding, found
from agent.settings import Settings

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def findings(settings: Settings, *, has_modes: bool = os.name == "posix") -> Iterator[Finding]:
    """Windows keeps a person's folders apart by itself; ``has_modes`` is False there."""
    if not has_modes:
        return
    exposed = list(_exposed(settings.state_dir))
    for path, mode in exposed:
        yield found("wrong", "doctor_not_private", file=path, mode=mode)
    if not exposed:
        yield found("ok", "doctor_private_ok", folder=settings.state_dir)
    if settings.file.exists() and settings.file.stat().st_mode & _OTHERS_WRITE:
        # It names the server: who changes it receives the mail.
        yield found("wrong", "doctor_config_writable", file=settings.file)


def _exposed(folder: Path) -> Iterator[tuple[Path, str]]:
    """Paths that others may open, with the mode they should have."""
    closed = not folder.stat().st_mode & _OTHERS
    if not closed:
        yield folder, "700"
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            continue
        if path.is_file() and path.stat().st_mode & _OTHERS:
            # Beneath a closed folder nobody gets at it, until somebody opens the folder.
            yield path, "600"

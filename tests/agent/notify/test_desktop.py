import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.notify.desktop import SystemDesktop


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[str]:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "bus"))
        listening.listen()
        yield f"unix:path={tmp_path / 'bus'},guid=1"


def notify_send(folder: Path, status: int) -> str:
    """A notify-send that notes what it was called with."""
    folder.mkdir()
    program = folder / "notify-send"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > "{folder}/seen"\nexit {status}\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return f"{folder}{os.pathsep}/bin{os.pathsep}/usr/bin"


def desktop(**environ: str) -> SystemDesktop:
    return SystemDesktop(environ, platform="linux")


def test_shown(tmp_path: Path, bus: str) -> None:
    here = desktop(
        DBUS_SESSION_BUS_ADDRESS=f"unix:path=/nowhere;{bus}", PATH=notify_send(tmp_path / "b", 0)
    )
    assert here.available()
    assert here.show("--请跟进", "已 7 天没有联系") == "shown"
    seen = (tmp_path / "b" / "seen").read_text("utf-8").splitlines()
    assert seen[-3:] == ["--", "--请跟进", "已 7 天没有联系"]


def test_refused_by_the_desktop(tmp_path: Path, bus: str) -> None:
    here = desktop(DBUS_SESSION_BUS_ADDRESS=bus, PATH=notify_send(tmp_path / "b", 1))
    assert here.show("a", "b") == "failed"


def test_no_session_bus(tmp_path: Path) -> None:
    path = notify_send(tmp_path / "b", 0)
    for address in ("", "unix:path=/nowhere", "tcp:host=x", "nonsense", "unix:abstract=/none"):
        here = desktop(DBUS_SESSION_BUS_ADDRESS=address, PATH=path)
        assert not here.available()
        assert here.show("a", "b") == "unavailable"
    assert desktop(PATH=path).show("a", "b") == "unavailable"
    assert not (tmp_path / "b" / "seen").exists()


def test_no_notify_send(tmp_path: Path, bus: str) -> None:
    here = desktop(DBUS_SESSION_BUS_ADDRESS=bus, PATH=str(tmp_path))
    assert here.show("a", "b") == "unavailable"

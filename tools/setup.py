#!/usr/bin/env python3
"""Set Genjin up in its own folder: ``.venv``, pinned and hashed packages, speech, test tools.

Needs nothing but Python 3.11 or newer. Run it again at any time: what is there is left alone.

    python3 tools/setup.py            to run Genjin         (SPEECH=0 leaves speech recognition out)
    python3 tools/setup.py --dev      to test and change it (adds linters, a browser, Node packages)
"""

import argparse
import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / "genjin-setup.json"
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
)


class SetupFailed(Exception):
    """Shown without a traceback: what is missing and what to do."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dev", action="store_true", help="also what tests and linters need")
    wanted = parser.parse_args()
    speech = os.environ.get("SPEECH", "1") != "0"
    try:
        _python_is_new_enough()
        _virtual_environment()
        _packages("dev" if wanted.dev else "speech" if speech else "base")
        if speech or wanted.dev:
            _speech_model(needed=wanted.dev)
        if wanted.dev:
            _node_packages()
            _browser()
            _mail_server()
    except SetupFailed as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    return 0


def step(text: str) -> None:
    print(f"· {text}", flush=True)


def run(*command: str | Path, quiet: bool = False, env: dict[str, str] | None = None) -> None:
    """Run a command, its output on show; SetupFailed when it fails."""
    out = subprocess.DEVNULL if quiet else None
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        stdout=out,
        stderr=out,
        check=False,
    )
    if done.returncode != 0:
        shown = " ".join(str(part) for part in command)
        raise SetupFailed(f"failed ({done.returncode}): {shown}")


def _python_is_new_enough() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 -- this file also runs where Genjin cannot
        raise SetupFailed(
            f"Genjin needs Python 3.11 or newer; this is {sys.version.split()[0]}. "
            "需要 Python 3.11 或更高版本。\nhttps://www.python.org/downloads/"
        )


def _virtual_environment() -> None:
    if PYTHON.exists():
        return
    step("making .venv")
    try:
        run(sys.executable, "-m", "venv", VENV, quiet=True)
    except SetupFailed:
        # Debian keeps the venv module in a package of its own.
        shutil.rmtree(VENV, ignore_errors=True)
        if not _may_use_apt():
            raise SetupFailed(
                "Python's venv module is missing. On Debian or Ubuntu: "
                "sudo apt-get install python3-venv, then run this again."
            ) from None
        _apt("python3-venv")
        run(sys.executable, "-m", "venv", VENV)


def _packages(flavour: str) -> None:
    lock = ROOT / "requirements" / f"{flavour}.txt"
    wanted = {
        "flavour": flavour,
        "lock": hashlib.sha256(lock.read_bytes()).hexdigest(),
        "project": hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest(),
        "python": sys.version,
    }
    if STAMP.exists() and _satisfies(json.loads(STAMP.read_text("utf-8")), wanted):
        return
    started = time.monotonic()
    step(f"installing packages ({lock.relative_to(ROOT)}, pinned and hashed)")
    pip: list[str | Path] = [PYTHON, "-m", "pip", "--disable-pip-version-check"]
    run(*pip, "install", "-q", "--require-hashes", "-r", ROOT / "requirements" / "setup.txt")
    install: list[str | Path] = [PYTHON, "-m", "uv", "pip", "install", "--python", PYTHON]
    run(*install, "--require-hashes", "-r", lock, env=_index())
    run(*install, "-q", "--no-deps", "--no-build-isolation", "-e", ROOT, env=_index())
    STAMP.write_text(json.dumps(wanted), "utf-8")
    step(f"packages ready after {time.monotonic() - started:.0f} s")


def _satisfies(have: dict[str, str], wanted: dict[str, str]) -> bool:
    # The development set contains the speech set, which contains the base.
    order = ("base", "speech", "dev")
    larger = order.index(have["flavour"]) >= order.index(wanted["flavour"])
    same_project = all(have[key] == wanted[key] for key in ("project", "python"))
    return (
        larger
        and same_project
        and (have["flavour"] != wanted["flavour"] or have["lock"] == wanted["lock"])
    )


def _index() -> dict[str, str]:
    """Let uv use the package index and the certificates that pip is configured for."""
    settings = {"UV_DEFAULT_INDEX": "index-url", "SSL_CERT_FILE": "cert"}
    settings["UV_INSECURE_HOST"] = "trusted-host"
    found = {
        variable: value
        for variable, option in settings.items()
        if variable not in os.environ and (value := _pip_option(option))
    }
    # Company certificates stand in the system's store; uv would look at its own list only.
    return {"UV_SYSTEM_CERTS": "1", **found}


def _pip_option(name: str) -> str:
    named = os.environ.get("PIP_" + name.upper().replace("-", "_"))
    if named:
        return named
    asked = subprocess.run(
        [str(PYTHON), "-m", "pip", "config", "get", f"global.{name}"],
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip()


def _speech_model(*, needed: bool) -> None:
    step("speech model (about 140 MB the first time)")
    try:
        run(PYTHON, "-m", "agent.nlp.speech.models", "get", "base")
    except SetupFailed:
        if needed and os.environ.get("CI"):
            raise
        # Everything else works without it; recordings wait, and `genjin agent status` says so.
        step("the speech model could not be fetched now; recordings will wait for it")


def _node_packages() -> None:
    folder = ROOT / "extension"
    lock = folder / "package-lock.json"
    stamp = folder / "node_modules" / ".genjin-setup"
    fingerprint = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text("ascii") == fingerprint:
        return
    npm = shutil.which("npm")
    if npm is None:
        if os.environ.get("CI"):
            raise SetupFailed("Node.js 20 or newer with npm is needed for the extension's tests.")
        step("Node.js is missing: the extension's unit tests will be skipped")
        return
    step("installing the extension's type checker (npm ci)")
    run(npm, "ci", "--prefix", folder, "--no-audit", "--no-fund", "--silent")
    stamp.write_text(fingerprint, "ascii")


def _browser() -> None:
    named = os.environ.get("GENJIN_BROWSER")
    if named or any(shutil.which(name) for name in BROWSERS) or _desktop_browser():
        if shutil.which("fc-list") and _may_use_apt() and not _has_chinese_font():
            _apt("fonts-noto-cjk")
        return
    if not _may_use_apt():
        step("no Chrome, Chromium or Edge found: browser tests will be skipped")
        return
    step("installing Chromium for the browser tests (apt-get)")
    _apt("chromium", "fonts-noto-cjk")


def _mail_server() -> None:
    # A real IMAP server for the tests; they start it themselves, with a configuration of their own.
    places = (
        "dovecot",
        "/usr/sbin/dovecot",
        "/usr/local/sbin/dovecot",
        "/opt/homebrew/sbin/dovecot",
    )
    if any(shutil.which(name) for name in places):
        return
    if not _may_use_apt():
        step("no Dovecot found (dovecot-imapd): tests of IMAP mailboxes will be skipped")
        return
    step("installing Dovecot for the tests of IMAP mailboxes (apt-get)")
    # In a container nothing would start its service; where something would, it is not wanted.
    with _no_services():
        _apt("dovecot-imapd")


@contextlib.contextmanager
def _no_services() -> Iterator[None]:
    """What is installed meanwhile does not begin to run (policy-rc.d, as Debian provides)."""
    policy = Path("/usr/sbin/policy-rc.d")
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n", "ascii")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()


def _desktop_browser() -> bool:
    places = (
        "/Applications/Google Chrome.app",
        "/Applications/Microsoft Edge.app",
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
        r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
    )
    return any(Path(place).exists() for place in places)


def _has_chinese_font() -> bool:
    found = subprocess.run(
        ["fc-list", ":lang=zh", "family"], capture_output=True, text=True, check=False
    )
    return bool(found.stdout.strip())


def _may_use_apt() -> bool:
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return root and shutil.which("apt-get") is not None


def _apt(*packages: str) -> None:
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run("apt-get", "update", "-qq", env=quiet)
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages, env=quiet)


if __name__ == "__main__":
    sys.exit(main())

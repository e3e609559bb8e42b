"""Run the sample company: server in this process, agent in its own, as on a rep's laptop."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import webbrowser
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
from filelock import FileLock, Timeout
from platformdirs import user_data_path
from sqlalchemy import select

from agent.contract.device import Heartbeat
from agent.messages import text
from demo.company import load as load_company
from demo.seed import seed
from server.app import create_app
from server.cli import in_words, listen, serve
from server.identity import service as identity
from server.identity.models import Person
from server.kernel.auth import Principal
from server.kernel.settings import load as load_settings
from server.migrate import upgrade

AGENT_OF = "chen"
"""The rep whose laptop the agent plays."""


def default_folder() -> Path:
    home = os.environ.get("GENJIN_HOME")
    base = Path(home) if home else user_data_path("genjin", appauthor=False)
    return base / "demo"


@dataclass(slots=True)
class Demo:
    folder: Path
    port: int
    browser: bool

    @property
    def manifest(self) -> Path:
        """Written last: while it is missing, the folder is not a finished sample company."""
        return self.folder / "demo.json"

    @property
    def agent_config(self) -> Path:
        return self.folder / "agent" / "agent.toml"

    def run(self, *, reset: bool = False) -> None:
        """Lay the data at need, serve, and let the agent read; returns after Ctrl-C."""
        # A taken port must be told before a minute of work, not after it.
        listen("127.0.0.1", self.port).close()
        try:
            with in_words():
                self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                with FileLock(self.folder / "demo.lock", timeout=0):
                    self._run(reset=reset)
        except Timeout as taken:
            raise click.ClickException(text("demo.in_use", folder=self.folder)) from taken

    def _run(self, *, reset: bool) -> None:
        settings = load_settings(
            data_dir=self._emptied(reset) / "server",
            host="127.0.0.1",
            port=self.port,
        )
        app = create_app(settings)
        kernel = app.extensions["genjin"]
        upgrade(kernel.db.engine)
        if not self.manifest.exists():
            self._lay(kernel)
        stop = threading.Event()
        agent = _Agent(self.agent_config, kernel)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        try:
            serve(settings, app, ready=lambda url: self._ready(url, kernel, agent), stop=stop)
        finally:
            agent.stop()
            click.echo(text("demo.stopped"))

    def _emptied(self, reset: bool) -> Path:
        if reset or not self.manifest.exists():
            for part in ("server", "agent", "files"):
                shutil.rmtree(self.folder / part, ignore_errors=True)
            self.manifest.unlink(missing_ok=True)
        return self.folder

    def _lay(self, kernel: Any) -> None:
        from demo.sample_files import lay  # noqa: PLC0415 -- only the first start writes files

        company = load_company()
        click.echo(text("demo.laying"))
        with kernel.db.unit_of_work() as uow:
            sign_ins = seed(uow, company)
        lay(
            self.folder / "files",
            company,
            rep=AGENT_OF,
            now=kernel.clock.now(),
            zone=company.zone,
        )
        self._write_manifest({"users": [asdict(sign_in) for sign_in in sign_ins]})

    def _ready(self, url: str, kernel: Any, agent: "_Agent") -> None:
        manifest = json.loads(self.manifest.read_text("utf-8"))
        paired_with = manifest.get("url")
        manifest |= {"url": url, "agent_config": str(self.agent_config)}
        self._write_config(url)
        if paired_with != url:
            with kernel.db.unit_of_work() as uow:
                code = identity.new_pairing_code(uow, _principal(uow, manifest["users"]))
            agent.pair(url, code)
        self._write_manifest(manifest)
        agent.start()
        _introduce(url, manifest["users"], self.folder)
        if self.browser:
            webbrowser.open(url)

    def _write_manifest(self, manifest: dict[str, Any]) -> None:
        fresh = self.manifest.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(manifest, ensure_ascii=False, indent=2), "utf-8")
        fresh.replace(self.manifest)

    def _write_config(self, url: str) -> None:
        files = self.folder / "files"
        self.agent_config.parent.mkdir(parents=True, exist_ok=True, mode=0o700)

        def quoted(path: Path | str) -> str:
            return json.dumps(str(path), ensure_ascii=False)

        self.agent_config.write_text(
            f"""# The laptop of 陈晨 at the sample company.
state_dir = {quoted(self.agent_config.parent / "state")}

[server]
url = {quoted(url)}

[sources.mail]
type = "mailfiles"
path = {quoted(files / "Mail")}

[sources.calls]
type = "recordings"
path = {quoted(files / "Recordings")}
pattern = "freepbx"
timezone = "Asia/Shanghai"

[sources.notes]
type = "notes"
path = {quoted(files / "Notes")}
timezone = "Asia/Shanghai"
""",
            "utf-8",
        )


def _principal(uow: Any, users: list[dict[str, str]]) -> Principal:
    email = next(user["name"] for user in users if user["key"] == AGENT_OF)
    person = identity.find_person(uow.session, email)
    if not isinstance(person, Person):
        raise click.ClickException(text("demo.incomplete"))
    return identity.principal_of(uow.session, person, "session")


def _introduce(url: str, users: list[dict[str, str]], folder: Path) -> None:
    click.echo(f"\n  {text('demo.address')}  {click.style(url, bold=True)}\n")
    width = max(len(user["name"]) for user in users)
    for user in users:
        role = text(f"role.{user['role']}")
        click.echo(f"  {user['name']:<{width}}  {user['password']}  {user['person']} · {role}")
    click.echo(f"\n  {text('demo.drop', folder=folder / 'files')}")
    click.echo(f"  {text('demo.stop')}\n")


class _Agent:
    """The agent's process, and its progress in this terminal."""

    def __init__(self, config: Path, kernel: Any) -> None:
        self._config, self._kernel = config, kernel
        self._process: subprocess.Popen[bytes] | None = None
        self._done = threading.Event()
        self._watch = threading.Thread(target=self._show_progress, name="progress", daemon=True)

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "genjin", "agent", *arguments, "--config", str(self._config)]

    def pair(self, url: str, code: str) -> None:
        done = subprocess.run(
            self._command("pair", url, code),
            capture_output=True,
            text=True,
            check=False,
            # The sample company's token has no business in a person's own keyring.
            env={**os.environ, "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"},
        )
        if done.returncode != 0:
            raise click.ClickException(done.stderr.strip() or text("demo.incomplete"))

    def start(self) -> None:
        with (self._config.parent / "agent.log").open("ab") as log:
            self._process = subprocess.Popen(
                # It ends with us, even if we are killed and can no longer tell it to.
                self._command("run", "--until-stdin-closes"),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        self._watch.start()

    def stop(self) -> None:
        self._done.set()
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _show_progress(self) -> None:
        shown = ""
        while not self._done.wait(0.5):
            if self._process is not None and self._process.poll() is not None:
                click.echo(text("demo.agent_ended", log=self._config.parent / "agent.log"))
                return
            beat = _heartbeat(self._kernel)
            line = _progress(beat) if beat is not None else ""
            if line and line != shown:
                click.echo(f"  {line}")
                shown = line


def _heartbeat(kernel: Any) -> Heartbeat | None:
    with kernel.db.reading() as session:
        people = list(session.scalars(select(Person.id)))
        devices = identity.live_devices(session, people)
        return next(
            (identity.status_of(d) for d in devices if d.kind == "agent" and d.status), None
        )


def _progress(beat: Heartbeat) -> str:
    return " · ".join(
        text(
            "demo.source",
            name=name,
            seen=source.seen,
            stored=source.stored,
            excluded=sum(source.excluded.values()),
            pending=source.pending,
        )
        for name, source in sorted(beat.sources.items())
    )

"""The model hub's client against a hub of our own on loopback."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

pytest.importorskip("faster_whisper", reason="the extra speech is not installed")

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {
    "model.bin": b"weights" * 1_000,
    "config.json": b"{}",
    "tokenizer.json": b"{}",
    "vocabulary.txt": b"a\nb\n",
    "README.md": b"not wanted",
}


class _Hub(BaseHTTPRequestHandler):
    """One repository, Systran/faster-whisper-tiny, at one commit."""

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        path = self.path.split("?")[0]
        name = path.rsplit("/", 1)[-1]
        headers = {"X-Repo-Commit": COMMIT, "Content-Type": "application/json"}
        if path.startswith("/api/models/Systran/faster-whisper-tiny/tree/"):
            entries = [
                {"type": "file", "path": name, "size": len(body), "oid": "0" * 40}
                for name, body in FILES.items()
            ]
            body = json.dumps(entries).encode()
        elif path.startswith("/api/models/Systran/faster-whisper-tiny"):
            siblings = [{"rfilename": name} for name in FILES]
            body = json.dumps(
                {"id": "Systran/faster-whisper-tiny", "sha": COMMIT, "siblings": siblings}
            ).encode()
        elif path.startswith("/Systran/faster-whisper-tiny/resolve/") and name in FILES:
            body = FILES[name]
            headers["ETag"] = f'"{hashlib.sha256(body).hexdigest()}"'
        else:
            self.send_error(404)
            return
        self.send_response(200)
        for header, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(header, value)
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        pass


@pytest.fixture
def hub() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def _get(model: str, hub: str, root: Path) -> "subprocess.CompletedProcess[str]":
    # The client reads its address when it is imported.
    environ = {**os.environ, "HF_ENDPOINT": hub, "GENJIN_MODELS": str(root), "GENJIN_LANG": "en"}
    environ.update(HF_HOME=str(root.with_name("home")), HF_HUB_DISABLE_XET="1", NO_PROXY="*")
    return subprocess.run(
        [sys.executable, "-m", "agent.nlp.speech.models", "get", model],
        capture_output=True,
        text=True,
        check=False,
        env=environ,
    )


def test_a_model_comes_from_the_hub(hub: str, tmp_path: Path) -> None:
    root = tmp_path / "models"
    done = _get("tiny", hub, root)
    assert (done.returncode, done.stdout) == (0, f"tiny: {root / 'tiny'}\n"), done.stderr
    found = {path.name: path.read_bytes() for path in (root / "tiny").iterdir()}
    assert found == {name: body for name, body in FILES.items() if name != "README.md"}
    assert not any(path.is_symlink() for path in (root / "tiny").iterdir())
    assert {path.name for path in root.iterdir()} == {".lock", "tiny"}


def test_a_model_the_hub_does_not_hold_is_told(hub: str, tmp_path: Path) -> None:
    done = _get("small", hub, tmp_path / "models")
    assert done.returncode == 1
    assert "could not be downloaded" in done.stderr
    assert "Traceback" not in done.stderr

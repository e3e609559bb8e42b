"""A real Dovecot for the tests: its own configuration and ports, users made and ended at will.

Debian: ``apt-get install dovecot-imapd``. The system's own service is neither needed nor touched.
"""

import atexit
import contextlib
import grp
import imaplib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import Self

import pytest
import trustme

HOST = "127.0.0.1"
NAME = "localhost"
"""What the certificate says, besides the address."""
NO_DOVECOT = "no Dovecot: Debian and Ubuntu have it as dovecot-imapd (tools/setup.py --dev)"
_PLACES = ("/usr/sbin/dovecot", "/usr/local/sbin/dovecot", "/opt/homebrew/sbin/dovecot")
_STARTS_WITHIN_S = 20.0
_ENDS_WITHIN_S = 10.0

_CONFIGURATION = """
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/dovecot.log
protocols = imap
listen = {host}
instance_name = genjin-test-{pid}
ssl = yes
ssl_cert = <{root}/tls/cert.pem
ssl_key = <{root}/tls/key.pem
disable_plaintext_auth = no
auth_failure_delay = 0
auth_mechanisms = plain login
default_login_user = {login_user}
default_internal_user = {internal_user}
default_internal_group = {internal_group}
mail_max_userip_connections = 100
mail_fsync = never
mail_location = maildir:~/Maildir:LAYOUT=fs
first_valid_uid = 1
{capability}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {root}/users/%u
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={root}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Drafts {{
    special_use = \\Drafts
    auto = create
  }}
  mailbox 已发送 {{
    special_use = \\Sent
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap {{
  process_limit = 200
}}
service stats {{
  chroot =
}}
"""


@cache
def shared(capability: str = "") -> "Dovecot":
    """The one server of this test process for that capability. Without Dovecot the test is
    skipped, or fails where ``CI`` is set."""
    if installed() is None:
        if os.environ.get("CI"):
            pytest.fail(NO_DOVECOT)
        pytest.skip(NO_DOVECOT)
    server = Dovecot(capability=capability).start()
    atexit.register(server.stop)
    return server


def installed() -> str | None:
    return next(filter(None, map(shutil.which, ("dovecot", *_PLACES))), None)


class Dovecot:
    def __init__(self, *, capability: str = "") -> None:
        """``capability``: what to claim instead of everything it can, e.g. ``IMAP4rev1 IDLE``."""
        self._program = installed() or "dovecot"
        self.root = Path(mkdtemp(prefix="genjin-dovecot-", dir="/tmp"))
        self._capability = capability
        self._process: subprocess.Popen[bytes] | None = None
        self._users = 0
        self.ca = trustme.CA()
        self.ca_file = self.root / "ca.pem"
        self.port, self.tls_port = _free_ports()

    def start(self) -> Self:
        self.root.chmod(0o755)
        for name in ("run", "state", "tls", "users", "mail"):
            (self.root / name).mkdir()
        self.ca.cert_pem.write_to_path(self.ca_file)
        issued = self.ca.issue_cert(NAME, HOST)
        issued.private_key_pem.write_to_path(self.root / "tls" / "key.pem")
        with (self.root / "tls" / "cert.pem").open("wb") as chain:
            chain.writelines(one.bytes() for one in issued.cert_chain_pems)
        configuration = self.root / "dovecot.conf"
        configuration.write_text(_CONFIGURATION.format(**self._values()), "utf-8")
        os.chown(self.root / "mail", *self.mail_owner())
        self._process = subprocess.Popen(
            [self._program, "-F", "-c", str(configuration)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self._wait_until_it_listens()
        return self

    def stop(self) -> None:
        process = self._process
        if process is not None:
            process.send_signal(signal.SIGTERM)
            try:
                process.communicate(timeout=_ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
            self._process = None
        shutil.rmtree(self.root, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def new_user(self) -> "User":
        self._users += 1
        return User(self, f"li{self._users}@ours.example")

    def _values(self) -> Mapping[str, object]:
        uid, gid = self.mail_owner()
        me = pwd.getpwuid(os.getuid()).pw_name
        root = os.geteuid() == 0
        return {
            "root": self.root,
            "host": HOST,
            "pid": os.getpid(),
            "plain": self.port,
            "tls": self.tls_port,
            "uid": uid,
            "gid": gid,
            "login_user": "dovenull" if root else me,
            "internal_user": "dovecot" if root else me,
            "internal_group": "dovecot" if root else _group_of_mine(),
            "capability": f"imap_capability = {self._capability}" if self._capability else "",
        }

    @staticmethod
    def mail_owner() -> tuple[int, int]:
        """Dovecot gives no mail to root."""
        if os.geteuid() != 0:
            return os.getuid(), os.getgid()
        nobody = pwd.getpwnam("nobody")
        return nobody.pw_uid, nobody.pw_gid

    def _wait_until_it_listens(self) -> None:
        process = self._process
        assert process is not None
        end = time.monotonic() + _STARTS_WITHIN_S
        for port in (self.port, self.tls_port):
            while True:
                with contextlib.suppress(OSError), socket.create_connection((HOST, port), 1):
                    break
                if process.poll() is not None or time.monotonic() > end:
                    said = (
                        process.stderr.read()
                        if process.poll() is not None and process.stderr
                        else b""
                    )
                    log = self.root / "dovecot.log"
                    noted = log.read_text("utf-8", "replace") if log.exists() else ""
                    self.stop()
                    raise RuntimeError(f"Dovecot did not start: {said!r} {noted[-2000:]}")
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(0.05)


class User:
    """A mailbox of its own; its password can change."""

    def __init__(self, server: Dovecot, name: str) -> None:
        self.server = server
        self.name = name
        self.password = ""
        self.set_password('geheim-1 ü\\"')

    def set_password(self, password: str) -> None:
        """In force when this returns: Dovecot looks at the file once a second at most."""
        self.password = password
        path = self.server.root / "users" / self.name
        fresh = path.with_suffix(".new")
        fresh.write_text(f"{self.name}:{{PLAIN}}{password}\n", "utf-8")
        fresh.chmod(0o644)
        fresh.replace(path)
        end = time.monotonic() + _STARTS_WITHIN_S
        while not self._accepted():
            assert time.monotonic() < end, "the password does not become valid"

    def _accepted(self) -> bool:
        client = imaplib.IMAP4(HOST, self.server.port, timeout=10)
        try:
            client.authenticate("PLAIN", lambda _: f"\0{self.name}\0{self.password}".encode())
        except imaplib.IMAP4.error:
            return False
        finally:
            client.shutdown()
        return True

    def client(self) -> imaplib.IMAP4:
        """Signed in, for the test to change the mailbox; whoever takes it logs out."""
        client = imaplib.IMAP4(HOST, self.server.port, timeout=20)
        client.authenticate("PLAIN", lambda _: f"\0{self.name}\0{self.password}".encode())
        return client


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind((HOST, 0))
        other.bind((HOST, 0))
        return one.getsockname()[1], other.getsockname()[1]


def _group_of_mine() -> str:
    return grp.getgrgid(os.getgid()).gr_name

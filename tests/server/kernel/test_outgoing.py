"""Calls to addresses the server is told: not into the company, and nowhere else than looked at."""

import contextlib
import http.server
import socket
import ssl
import threading

import pytest
import trustme

from server.kernel.outgoing import OutgoingPolicy, Refused, Unreachable, call, check

OPEN = OutgoingPolicy()
HERE = OutgoingPolicy(allow=("127.0.0.0/8",))


def told(*addresses):
    return lambda _host, _port: addresses


def refusal(url, policy=OPEN, *addresses):
    with pytest.raises(Refused) as caught:
        check(url, policy, resolve=told(*(addresses or ("93.184.216.34",))))
    return caught.value.code


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.100.100.200",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:80ff:fffe",
    ],
)
def test_what_lies_inside_is_not_called_by_name_or_by_number(address):
    assert refusal("https://hook.example/x", OPEN, address) == "url_inside"
    number = f"[{address}]" if ":" in address else address
    assert refusal(f"http://{number}/x") == "url_inside"


def test_one_inside_among_many_is_enough():
    assert refusal("https://x.example", OPEN, "93.184.216.34", "10.0.0.1") == "url_inside"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x.example/",
        "file:///etc/passwd",
        "gopher://x.example",
        "https://",
        "https:///x",
        "x.example",
        "",
        "https://user:secret@x.example/",
        "https://x.example\\@127.0.0.1/",
        "https://x.example/\r\nHost: y",
        "https://x.example/ y",
        "https://[::1",
        "https://x.example:99999/",
        "https://x.example:0/",
        "https://" + "x" * 300 + ".example/",
    ],
)
def test_odd_addresses_are_refused(url):
    assert refusal(url) == "url_bad"


def test_numbers_in_disguise_are_looked_up_as_names_and_refused():
    for host in ("2130706433", "0x7f000001", "127.1", "0177.0.0.1"):
        with pytest.raises(Refused) as caught:
            check(f"http://{host}/", OPEN)
        assert caught.value.code in ("url_inside", "url_unknown_host"), host


def test_a_name_that_nobody_knows():
    def nobody(_host, _port):
        raise socket.gaierror

    with pytest.raises(Refused) as caught:
        check("https://x.example", OPEN, resolve=nobody)
    assert caught.value.code == "url_unknown_host"
    assert "x.example" not in str(caught.value)


def test_policy_lets_into_named_networks_and_hosts_only():
    erp = OutgoingPolicy(allow=("10.2.0.0/16", "erp.local", "nonsense/99"))
    assert check("http://10.2.3.4/", erp).address == "10.2.3.4"
    assert check("http://ERP.local./", erp, resolve=told("192.168.7.7")).address == "192.168.7.7"
    assert refusal("http://10.3.0.1/", erp) == "url_inside"
    assert refusal("http://other.local/", erp, "192.168.7.7") == "url_inside"
    assert refusal("http://x.example/", OutgoingPolicy(plain_http=False)) == "url_bad"


class Answers(http.server.BaseHTTPRequestHandler):
    timeout = 5

    def do_POST(self):
        seen = self.server.seen
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        seen.append((self.path, self.headers["Host"], body))
        if self.path.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/secret")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if self.path == "/drip":
            self.send_response(200)
            self.end_headers()
            while not self.server.stopped.wait(0.02):
                try:
                    self.wfile.write(b".")
                    self.wfile.flush()
                except OSError:
                    return
            return
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        self.wfile.write(b"x" * 100000)

    do_GET = do_POST  # noqa: N815 - as http.server names it

    def handle(self):
        with contextlib.suppress(OSError):
            super().handle()

    def log_message(self, *_):
        pass


@pytest.fixture
def listening():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.seen, server.stopped = [], threading.Event()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.stopped.set()
    server.shutdown()
    thread.join(timeout=10)
    server.server_close()


def test_the_address_looked_at_is_the_one_called_and_the_name_is_kept(listening):
    asked = []

    def rebinding(host, _port):
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["192.0.2.1"]

    url = f"http://hook.example:{listening.server_port}/in?a=1"
    reply = call("POST", url, HERE, body=b"{}", resolve=rebinding, max_bytes=10)
    assert (reply.status, reply.body, reply.cut) == (200, b"x" * 10, True)
    assert asked == ["hook.example"], "looked up once: a second answer would go unlooked at"
    assert listening.seen == [("/in?a=1", f"hook.example:{listening.server_port}", b"{}")]


def test_nobody_is_followed_elsewhere(listening):
    reply = call(
        "POST", f"http://hook.example:{listening.server_port}/away", HERE, resolve=told("127.0.0.1")
    )
    assert reply.status == 302
    assert [path for path, _, _ in listening.seen] == ["/away"]


def test_who_drips_is_cut_off(listening):
    url = f"http://hook.example:{listening.server_port}/drip"
    reply = None
    try:
        reply = call("GET", url, HERE, resolve=told("127.0.0.1"), deadline=0.3)
    except Unreachable:
        return
    assert reply is not None
    assert len(reply.body) < 64 * 1024


def test_a_header_cannot_smuggle_another(listening):
    url = f"http://hook.example:{listening.server_port}/"
    with pytest.raises(Unreachable):
        call("GET", url, HERE, headers={"X": "a\r\nY: b"}, resolve=told("127.0.0.1"))
    assert not listening.seen


def test_nobody_there_is_no_refusal():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unreachable) as caught:
        call("GET", f"http://hook.example:{port}/", HERE, resolve=told("127.0.0.1"), timeout=2)
    assert "hook" not in str(caught.value)


def test_tls_asks_for_the_name_and_not_for_the_number(listening):
    authority = trustme.CA()
    inside = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("hook.example").configure_cert(inside)
    listening.socket = inside.wrap_socket(
        listening.socket, server_side=True, do_handshake_on_connect=False
    )
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    port = listening.server_port
    here = told("127.0.0.1")
    reply = call("GET", f"https://hook.example:{port}/", HERE, resolve=here, tls=trusting)
    assert reply.status == 200
    with pytest.raises(Unreachable):
        call("GET", f"https://other.example:{port}/", HERE, resolve=here, tls=trusting)
    with pytest.raises(Unreachable):
        call("GET", f"https://hook.example:{port}/", HERE, resolve=here)

"""A person at the terminal, and the browser they sign in with: over real sockets, following redirects."""

import html
import re
import ssl
import threading
from dataclasses import dataclass, field
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPSHandler, Request, build_opener

from tests.servers.graph.server import certificates


@dataclass
class Browser:
    """As a ``Person``. ``visit`` is what happens with the page; by default it is signed in there."""

    has_browser: bool = True
    visit: object = None
    said: list[tuple[str, dict]] = field(default_factory=list)
    on_code: object = None
    pages: list[str] = field(default_factory=list)
    answers: list[tuple[int, str]] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def say(self, code: str, /, **params: object) -> None:
        self.said.append((code, params))
        if code == "graph_sign_in_device" and self.on_code is not None:
            self.on_code(str(params["code"]))

    def ask_secret(self, code: str, /, **params: object) -> str:
        raise AssertionError("no password is asked for")

    def open_page(self, url: str) -> bool:
        if not self.has_browser:
            return False
        self.pages.append(url)
        thread = threading.Thread(target=self.visit or self.sign_in, args=(url,))
        self.threads.append(thread)
        thread.start()
        return True

    def sign_in(self, url: str) -> None:
        """The page is a form that submits itself."""
        action, fields = form_of(url)
        self.answers.append(fetch(action, urlencode(fields).encode()))

    def close(self) -> None:
        for thread in self.threads:
            thread.join(30)
            assert not thread.is_alive()


def _opener():
    context = ssl.create_default_context(cafile=str(certificates()[0]))
    return build_opener(HTTPSHandler(context=context))


def fetch(url: str, data: bytes | None = None) -> tuple[int, str]:
    """Status and text, redirects followed."""
    try:
        with _opener().open(Request(url, data=data), timeout=20) as answer:  # noqa: S310 - ours
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def form_of(url: str) -> tuple[str, dict[str, str]]:
    """Where the form of a page leads, and what it carries."""
    _, page = fetch(url)
    action = re.search(r'action="([^"]+)"', page)
    assert action, page
    fields = re.findall(r'name="([^"]+)" value="([^"]*)"', page)
    return action[1], {name: html.unescape(value) for name, value in fields}


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}

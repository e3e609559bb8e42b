"""A real browser for whatever tests want one.

It is looked for as ``GENJIN_BROWSER``, then as Chromium, Chrome and Edge in their usual places.
Without one the tests are skipped and say so; where ``CI`` is set, they fail instead.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.browser.chromium import EXTENSION, Chromium
from tests.browser.company import fill
from tests.browser.standin import Team, Web

CANDIDATES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)

OpenBrowser = Callable[..., Chromium]


@pytest.fixture(scope="session")
def browser_path() -> str:
    named = os.environ.get("GENJIN_BROWSER")
    for candidate in (named,) if named else CANDIDATES:
        found = shutil.which(candidate)
        if found:
            return found
    reason = f"no browser: looked for {named or ', '.join(CANDIDATES)}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture
def team() -> Iterator[Team]:
    with Team() as running:
        fill(running)
        yield running


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as running:
        yield running


@pytest.fixture
def open_browser(
    playwright: Playwright, browser_path: str, web: Web, tmp_path: Path
) -> Iterator[OpenBrowser]:
    """``open_browser(colours="dark")``: the extension in a fresh profile.

    Everything but loopback goes through ``web``, so whatever the browser asks of anybody stands
    in ``web.seen`` or in the team server's ``seen``.
    """
    with ExitStack() as opened:

        def start(*, colours: str = "light", extension: Path = EXTENSION) -> Chromium:
            context = playwright.chromium.launch_persistent_context(
                user_data_dir=tmp_path / "profile",
                headless=True,
                executable_path=browser_path,
                color_scheme=colours,  # type: ignore[arg-type] # a literal of Playwright's
                viewport={"width": 1000, "height": 720},
                args=[
                    f"--disable-extensions-except={extension}",
                    f"--load-extension={extension}",
                    f"--proxy-server=http://127.0.0.1:{web.port}",
                    "--disable-quic",
                    "--no-first-run",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                ],
            )
            opened.callback(context.close)
            return Chromium(context)

        yield start


@pytest.fixture
def chromium(open_browser: OpenBrowser) -> Chromium:
    return open_browser()


@pytest.fixture
def paired(chromium: Chromium, team: Team) -> Chromium:
    chromium.pair(team.url).wait_for_selector("#paired:visible")
    return chromium

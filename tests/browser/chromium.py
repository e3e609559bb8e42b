"""Chromium with the extension, and the eyes to see into its closed shadow root."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession, Page, Worker

EXTENSION = Path(__file__).parents[2] / "extension"
PATIENCE = 60.0
"""Seconds until a condition counts as missed; the machine may be busy."""


@dataclass
class Node:
    """An element behind a closed shadow root, as the browser's own inspector sees it."""

    tag: str
    attributes: dict[str, str]
    number: int
    """Good until the tree is read again; ``lasting`` is good as long as the element lives."""
    lasting: int
    own_text: str = ""
    children: list["Node"] = field(default_factory=list)

    def walk(self) -> Iterator["Node"]:
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def text(self) -> str:
        return self.own_text + "".join(child.text for child in self.children)

    def all(self, name: str) -> list["Node"]:
        return [one for one in self.walk() if name in one.attributes.get("class", "").split()]

    def one(self, name: str) -> "Node":
        (found,) = self.all(name)
        return found


class Tab:
    """A web page, with what the extension drew into it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._cdp: CDPSession = page.context.new_cdp_session(page)

    def shadow(self) -> Node | None:
        """What stands in our shadow root beside the body, None without one."""
        document = self._cdp.send("DOM.getDocument", {"depth": -1, "pierce": True})["root"]
        html = next(one for one in document["children"] if one["nodeName"] == "HTML")
        for child in html["children"]:
            for root in child.get("shadowRoots", ()):
                if root["shadowRootType"] == "closed":
                    return _node(root)
        return None

    def wait(self, name: str, condition: Callable[[Node], bool] = lambda _: True) -> Node:
        """The shadow root's one element of this class, once it is there and as wanted."""
        found: list[Node] = []

        def there() -> bool:
            root = self.shadow()
            found[:] = [one for one in (root.all(name) if root else ()) if condition(one)]
            return len(found) == 1

        until(self.page, there, f".{name} in the shadow root")
        return found[0]

    def wait_gone(self) -> None:
        until(self.page, lambda: self.shadow() is None, "the mark to leave")

    def click(self, node: Node) -> None:
        left, top, right, bottom = self.box(node)
        self.page.mouse.click((left + right) / 2, (top + bottom) / 2)

    def box(self, node: Node) -> tuple[float, float, float, float]:
        """Left, top, right, bottom in the window."""
        quad = self._cdp.send("DOM.getBoxModel", {"backendNodeId": node.lasting})["model"]["border"]
        return quad[0], quad[1], quad[4], quad[5]

    def style(self, node: Node, name: str) -> str:
        styles = self._cdp.send("CSS.getComputedStyleForNode", {"nodeId": node.number})
        return str(next(one["value"] for one in styles["computedStyle"] if one["name"] == name))

    def evaluate(self, expression: str) -> Any:
        """In the page's own world, even when the page has broken its own built-ins."""
        raw = self._cdp.send("Runtime.evaluate", {"expression": expression, "returnByValue": True})
        return raw["result"].get("value")

    def enable_styles(self) -> None:
        self._cdp.send("DOM.enable")
        self._cdp.send("CSS.enable")


class Chromium:
    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        workers = context.service_workers
        self.worker: Worker = workers[0] if workers else context.wait_for_event("serviceworker")
        self.id = self.worker.url.split("/")[2]
        self._wait_for_the_options_page()

    def _wait_for_the_options_page(self) -> None:
        """It opens by itself in a new profile, and would run into whatever we opened before."""
        address = f"chrome-extension://{self.id}/options/options.html"
        until(
            self.context.pages[0],
            lambda: any(page.url == address for page in self.context.pages),
            "the options page",
        )

    def own(self, path: str) -> Page:
        """One of the extension's own pages, as a tab."""
        page = self.context.new_page()
        page.goto(f"chrome-extension://{self.id}/{path}")
        return page

    def visit(self, url: str) -> Tab:
        page = self.context.new_page()
        page.goto(url)
        return Tab(page)

    def pair(self, server: str, code: str = "K7P4-2MQX") -> Page:
        """Through the options page, as a person does."""
        page = self.own("options/options.html")
        page.fill("#server", server)
        page.fill("#code", code)
        page.click("#submit")
        page.wait_for_selector("#paired:visible, #trouble:not(:empty)")
        return page

    def run(self, script: str) -> Any:
        return self.worker.evaluate(script)

    def findings(self) -> dict[str, Any]:
        """What the worker found on each tab (``{tab: {host, customers}}``)."""
        kept = self.run("chrome.storage.session.get('tabs')")
        return dict(kept.get("tabs", {}))

    def badge(self) -> str:
        return str(self.run("chrome.action.getBadgeText({})"))


def until(page: Page, condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        page.wait_for_timeout(40)


def _node(raw: dict[str, Any]) -> Node:
    pairs = raw.get("attributes", [])
    node = Node(
        tag=raw["nodeName"].lower(),
        attributes=dict(zip(pairs[::2], pairs[1::2], strict=True)),
        number=raw["nodeId"],
        lasting=raw["backendNodeId"],
    )
    for child in raw.get("children", ()):
        if child["nodeType"] == 3:
            node.own_text += child["nodeValue"]
        else:
            node.children.append(_node(child))
    return node

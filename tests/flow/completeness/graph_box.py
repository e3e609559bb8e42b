"""A mailbox of Microsoft 365."""

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.flow.completeness import account
from tests.flow.completeness.account import Thing
from tests.flow.completeness.company import EXCLUDED_FOLDER
from tests.servers.graph import server as graph
from tests.servers.graph.authority import CLIENT, TENANT
from tests.servers.graph.mailbox import person

_FAULTS = (
    graph.cut_body,
    graph.status(429, "TooManyRequests", Retry_After="7"),
    graph.reset,
    graph.portal,
    graph.cut_connection,
    graph.status(503, "serviceNotAvailable", Retry_After="3"),
    graph.no_link,
    graph.status(504),
)
_WINDOW = timedelta(days=180)
_PRIVATE = 2


class GraphBox:
    type = "graph"
    has_window = True

    def __init__(self, root: Path) -> None:
        del root
        self.server = graph.GraphServer()
        self.password = self.server.authority.new_refresh_token()
        """A refresh token: what the browser leaves behind."""
        mailbox = self.server.mailbox
        inbox = mailbox.well_known("inbox")
        self._folders = {
            account.INBOX: inbox,
            account.SENT: mailbox.well_known("sentitems"),
            account.DRAFTS: mailbox.well_known("drafts"),
            account.CUSTOMERS: mailbox.add_folder("苏州", mailbox.add_folder("客户")),
            account.PROJECT: mailbox.add_folder("项目A", inbox),
            account.PASSING: mailbox.add_folder("临时", inbox),
            EXCLUDED_FOLDER: mailbox.add_folder(EXCLUDED_FOLDER),
            account.AWAY: mailbox.add_folder(account.AWAY),
        }
        self._keys: dict[int, str] = {}
        self._ways = itertools.cycle(_FAULTS)
        self._armed_at: int | None = None
        self.faults = 0

    def settings(self) -> Mapping[str, Any]:
        return {
            "type": self.type,
            "tenant": TENANT,
            "client_id": CLIENT,
            "graph_url": self.server.url,
            "authority": self.server.url,
            "ca_file": str(graph.certificates()[0]),
            "folders": ["inbox", "sent", "草稿", account.CUSTOMERS, EXCLUDED_FOLDER],
            "calendar": False,
        }

    def put(self, thing: Thing) -> None:
        letter = thing.letter
        assert letter is not None
        is_html = letter.shape in ("html", "both")
        shown = {**letter.all_headers()}
        for name in ("Message-ID", "Sensitivity", "Keywords", "X-Unsent"):
            shown.pop(name, None)
        with self.server.lock:
            key = self.server.mailbox.deliver(
                self._folders[thing.folder],
                at=letter.at,
                subject=letter.subject,
                text=letter.html if is_html else letter.text,
                is_html=is_html,
                sender=letter.sender[1],
                to=tuple(address for _, address in letter.to),
                message_id=f"<{letter.message_id}>" if letter.message_id else "",
                headers=shown,
                sensitivity=_PRIVATE if letter.sensitivity else 0,
                isDraft=letter.is_draft,
                categories=[letter.category] if letter.category else [],
                **{"from": person(letter.sender[1], letter.sender[0])},
            )
            if letter.shape == "attached":
                self.server.mailbox.attach(key, f"{letter.token}.pdf", 4400)
            self._keys[thing.key] = key

    def put_broken(self, thing: Thing) -> str:
        with self.server.lock:
            at = datetime.now(UTC) - timedelta(hours=3)
            key = self.server.mailbox.deliver(self._folders[thing.folder], at=at)
            # Its date is what no server should tell.
            self.server.mailbox.messages[key].fields["sentDateTime"] = "sometime"
            self._keys[thing.key] = key
        return "item_damaged"

    def move(self, thing: Thing, folder: str) -> None:
        with self.server.lock:
            self.server.mailbox.move(self._keys[thing.key], self._folders[folder])

    def copy(self, thing: Thing, new: Thing) -> None:
        del thing
        self.put(new)

    def remove(self, thing: Thing) -> None:
        with self.server.lock:
            self.server.mailbox.delete(self._keys.pop(thing.key))

    def rename(self, folder: str, to: str) -> None:
        with self.server.lock:
            id_ = self._folders[to] = self._folders.pop(folder)
            self.server.mailbox.folders[id_].name = to.rpartition("/")[2]

    def delete_folder(self, folder: str) -> None:
        with self.server.lock:
            self.server.mailbox.delete_folder(self._folders.pop(folder))
            there = self.server.mailbox.messages
            self._keys = {key: name for key, name in self._keys.items() if name in there}

    def forget(self) -> None:
        """410 Gone: no link that was given is known any longer."""
        with self.server.lock:
            self.server.api.links.clear()

    def fail(self, request: int) -> None:
        self._armed_at = self.server.requests + request
        self.server.fail(request, next(self._ways))

    def recover(self) -> None:
        if self._armed_at is not None and self.server.requests >= self._armed_at:
            self.faults += 1
        self._armed_at = None
        self.server.recover()

    def listing(self) -> Mapping[str, int]:
        away = self._folders[account.AWAY]
        begins = datetime.now(UTC) - _WINDOW
        keys = {name: key for key, name in self._keys.items()}
        return {
            message.id(immutable=True): keys[name]
            for name, message in self.server.mailbox.messages.items()
            if message.folder != away
            and datetime.fromisoformat(message.fields["receivedDateTime"]) >= begins
        }

    def close(self) -> None:
        self.server.close()

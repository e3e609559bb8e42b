"""A mailbox of Microsoft 365, for the conformance suite."""

import itertools
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.conformance.moving_clock import MovingClock
from tests.servers.graph import server as graph
from tests.servers.graph.authority import CLIENT, TENANT


class GraphPlace:
    type = "graph"

    def __init__(self, root: Path, clock: MovingClock) -> None:
        del root
        self.server = graph.GraphServer()
        self._clock = clock
        self._keys: dict[str, str] = {}
        self._token = self.server.authority.new_refresh_token()
        self._failures = itertools.cycle(
            (
                graph.cut_body,
                graph.status(429, "TooManyRequests", Retry_After="7"),
                graph.reset,
                graph.portal,
                graph.cut_connection,
                graph.status(503, "serviceNotAvailable", Retry_After="3"),
                graph.no_link,
                graph.status(504),
            )
        )

    def settings(self) -> Mapping[str, Any]:
        return {
            "type": "graph",
            "tenant": TENANT,
            "client_id": CLIENT,
            "graph_url": self.server.url,
            "authority": self.server.url,
            "ca_file": str(graph.certificates()[0]),
        }

    def secrets(self) -> Mapping[str, str]:
        """A refresh token: what the browser leaves behind."""
        return {"password@it": self._token}

    def add(self, n: int) -> str:
        # Some of today, most of the months before.
        at = self._clock.now() - (timedelta(hours=n + 1) if n < 20 else timedelta(days=2, hours=n))
        with self.server.lock:
            key = self.server.mailbox.deliver(
                "inbox" if n % 3 else "sentitems",
                at=at,
                subject=f"第{n}封",
                message_id=f"<{n}@customer.example>",
                text=f"您好，第{n}封",
            )
            return self._external(key)

    def change(self, external_id: str) -> str:
        key = self._keys[external_id]
        with self.server.lock:
            body = self.server.mailbox.messages[key].fields["body"]
            text = {"contentType": "text", "content": body["content"] + "！"}
            self.server.mailbox.edit(key, body=text)
        return external_id

    def remove(self, external_id: str) -> None:
        with self.server.lock:
            self.server.mailbox.delete(self._keys[external_id])

    def break_one(self) -> str:
        with self.server.lock:
            key = self.server.mailbox.deliver(at=self._clock.now() - timedelta(hours=3))
            # Its date is what no server should tell.
            self.server.mailbox.messages[key].fields["sentDateTime"] = "sometime"
            return self._external(key)

    def vanish(self) -> None:
        self.server.stop()

    def come_back(self) -> None:
        self.server.start()

    def close(self) -> None:
        self.server.close()

    def move(self, external_id: str) -> str:
        key = self._keys[external_id]
        with self.server.lock:
            here = self.server.mailbox.messages[key].folder
            inbox = self.server.mailbox.well_known("inbox")
            self.server.mailbox.move(key, "sentitems" if here == inbox else "inbox")
        return external_id  # immutable

    def fail(self, request: int) -> None:
        self.server.fail(request, next(self._failures))

    def stall(self) -> None:
        self.server.stall()

    def recover(self) -> None:
        self.server.recover()
        if self.server.authority.refresh:
            return
        self._token = self.server.authority.new_refresh_token()

    def refuse_sign_in(self) -> None:
        self.server.authority.revoke_all()

    def sign_ins(self) -> int:
        return self.server.authority.sign_ins

    def _external(self, key: str) -> str:
        external_id = self.server.mailbox.messages[key].id(immutable=True)
        self._keys[external_id] = key
        return external_id

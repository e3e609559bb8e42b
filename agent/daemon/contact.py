"""Keeping in touch with the server: what it knows better, what it should know, whom to remind."""

import logging
from collections.abc import Callable, Sequence

from agent.clock import Clock
from agent.contract.device import Heartbeat
from agent.daemon.knowledge import Knowledge
from agent.daemon.reporting import Books
from agent.daemon.taught import Taught
from agent.errors import DeliveryError, DeliveryRetryable, DeliveryUnauthorized
from agent.notify.desktop import Desktop, Shown
from agent.notify.reminding import notices
from agent.outbox.store import Store
from agent.remote.base import Remote
from agent.settings import SourceSettings

log = logging.getLogger(__name__)

SERVER_STATE = "server_state"
SERVER_CODE = "server_code"


class Contact:
    def __init__(
        self,
        *,
        store: Store,
        knowledge: Knowledge,
        remote: Remote,
        desktop: Desktop,
        sources: Sequence[SourceSettings],
        clock: Clock,
        version: str,
        on_news: Callable[[list[str]], None],
        taught: Taught | None = None,
    ) -> None:
        """``on_news`` gets the sources that deserve a second look, each time knowledge changed."""
        self._store = store
        self._knowledge = knowledge
        self._remote = remote
        self._desktop = desktop
        self._sources = sources
        self._clock = clock
        self._version = version
        self._on_news = on_news
        self._taught = taught
        self._shown: Shown = "shown"
        """What became of the last notice: a desktop that stays away is logged once."""
        self._known: tuple[int, int, int] | None = None
        """Policy version, revisions of directory and tagger as of the last refresh."""

    def refresh(self) -> None:
        """Directory, policy, and what the tagger was taught. Raises ``DeliveryError``."""
        had_none = self._knowledge.pipeline is None
        again = self._knowledge.refresh(self._remote)
        if had_none and self._knowledge.pipeline is not None:
            again = [source.name for source in self._sources]
        if again:
            self._on_news(again)
        if self._taught is not None:
            self._taught.refresh(self._remote)

    def beat(self) -> None:
        """Tell the server how we are; fetch what it says has changed. Raises ``DeliveryError``."""
        untold = self._store.notices.untold()
        reply = self._remote.heartbeat(
            Heartbeat(
                version=self._version,
                sources=Books(self._store).statuses(self._sources),
                outbox=self._store.queue.status(),
                notices={str(key): result for key, result in untold.items()},
            )
        )
        self._store.notices.told(untold)
        current = (reply.policy_version, reply.directory_revision, reply.tagger_revision)
        if self._known != current or self._knowledge.pipeline is None:
            self.refresh()
            self._known = current

    def remind(self) -> None:
        """Show new reminders on the desktop, each once. Raises ``DeliveryError``."""
        open_now = {reminder.id: reminder for reminder in self._remote.reminders()}
        fresh = self._store.notices.not_shown(open_now.keys())
        if not fresh:
            return
        wanted = [reminder for key, reminder in open_now.items() if key in fresh]
        for notice in notices(wanted):
            result = self._show(notice.title, notice.text)
            self._store.notices.note(
                dict.fromkeys(notice.reminder_ids, result), now=self._clock.now()
            )

    def _show(self, title: str, text: str) -> Shown:
        result = self._desktop.show(title, text)
        if result != self._shown:
            log.info("desktop notice: %s", result)
            self._shown = result
        return result

    def note_state(self, error: DeliveryError | None) -> None:
        """Keep how it stands between us and the server, for whoever asks."""
        state, code = "ok", ""
        if isinstance(error, DeliveryUnauthorized):
            state, code = "auth", error.code
        elif isinstance(error, DeliveryRetryable):
            state, code = "down", error.code
        elif error is not None:
            state, code = "refused", error.code
        held = self._store.held
        if (held.get(SERVER_STATE), held.get(SERVER_CODE)) != (state, code):
            log.info("server: %s %s", state, code)
            held.put({SERVER_STATE: state, SERVER_CODE: code})

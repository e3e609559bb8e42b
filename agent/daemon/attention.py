"""A source whose sign-in was refused: the person is told on the desktop, once."""

import logging

from agent import messages
from agent.notify.desktop import Desktop
from agent.outbox.store import Store

log = logging.getLogger(__name__)


class SignInNotice:
    """Remembers across restarts that it has been shown; a desktop that was away sees it later."""

    def __init__(self, store: Store, desktop: Desktop) -> None:
        self._store = store
        self._desktop = desktop

    def needed(self, source: str) -> None:
        if self._store.held.get(_key(source)):
            return
        title = messages.text("notice_sign_in_title", source=source)
        if (
            self._desktop.show(title, messages.text("notice_sign_in_text", source=source))
            == "shown"
        ):
            log.info("%s: sign-in asked for on the desktop", source)
            self._store.held.put({_key(source): "shown"})

    def settled(self, source: str) -> None:
        """The source is well again: should it be refused once more, that is news."""
        if self._store.held.get(_key(source)):
            self._store.held.put({_key(source): ""})


def _key(source: str) -> str:
    return f"sign_in_notice@{source}"

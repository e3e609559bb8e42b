"""How far a long reading has come, over all the passes it takes."""

from dataclasses import dataclass


@dataclass(slots=True)
class Progress:
    """A long reading is cut into passes, so that new mail does not wait for the old. A source
    counts within its pass; people want to see ``1,200 of 8,000``, and never less than before."""

    done: int = 0
    total: int = 0
    """0: the source cannot tell."""
    _before: int = 0
    """What earlier passes did, where the source counts only the rest."""
    _begins: bool = True

    def cut(self) -> None:
        """Another pass goes on from here."""
        self._begins = True

    def note(self, done: int, total: int) -> None:
        if self._begins:
            # A source that remembers its backfill goes on counting; one that does not, starts anew.
            self._before = self.done if total < self.total else 0
            self._begins = False
        self.done = max(self.done, self._before + done)
        self.total = max(self.total, self._before + total) if total else 0

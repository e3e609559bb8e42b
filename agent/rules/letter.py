"""A mail as the rules look at it: its header, and its sender's own words within bounds."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from agent.contract.activity import Participant

_HEAD = 6_000
_TAIL = 2_000
"""Of a longer text, so many characters from either end are looked at."""
_REPLY = re.compile(
    r"\s*(?:(?:re|aw|sv|回复|答复|回覆|答覆|回信)\s*(?:\[\d{1,3}\])?\s*[:：]\s*)", re.IGNORECASE
)
_FORWARD = re.compile(r"\s*(?:fwd?|wg|转发|轉寄|轉發|转寄)\s*[:：]\s*", re.IGNORECASE)
_SENTENCE = re.compile(r"[。！？!?\n；;]+|\.(?=\s|$)")
_MAX_SENTENCES = 200


@dataclass(frozen=True)
class Letter:
    headers: Mapping[str, str]
    subject: str
    text: str
    """The sender's own words: no history, no signature."""
    foot: str = ""
    """What stood below them: signature, disclaimer, the small print of a mailing."""
    people: tuple[Participant, ...] = ()

    @classmethod
    def of(
        cls,
        headers: Mapping[str, str],
        subject: str,
        text: str,
        foot: str,
        people: Iterable[Participant],
    ) -> "Letter":
        if len(text) > _HEAD + _TAIL:
            text = f"{text[:_HEAD]}\n{text[-_TAIL:]}"
        return cls(headers, subject[:500].strip(), text.strip(), foot[-_TAIL:], tuple(people))

    def header(self, name: str) -> str:
        """Its value in lower case, empty when there is none."""
        value = self.headers.get(name)
        return value[:2_000].strip().lower() if value else ""

    def present(self, names: Iterable[str]) -> list[str]:
        """Those of the names that its header has, with something in them."""
        if self.headers.keys().isdisjoint(names):
            return []
        return [name for name in names if self.header(name)]

    @cached_property
    def sender(self) -> str:
        return next((one.email or "" for one in self.people if one.role == "from"), "")

    @cached_property
    def is_ours(self) -> bool:
        return any(one.role == "from" and one.side == "us" for one in self.people)

    @cached_property
    def is_thread(self) -> bool:
        """Its header names the mail it answers."""
        return bool(self.header("in-reply-to") or self.header("references"))

    @cached_property
    def answers(self) -> bool:
        """Its subject begins as that of an answer does."""
        return _REPLY.match(self.subject) is not None

    @cached_property
    def forwards(self) -> bool:
        return _FORWARD.match(self.subject) is not None

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """Each with the question mark that ends it, where one does."""
        found: list[str] = []
        at = 0
        for mark in _SENTENCE.finditer(self.text):
            said = self.text[at : mark.start()].strip()
            at = mark.end()
            if said:
                asked = "?" if "?" in mark.group() or "？" in mark.group() else ""
                found.append(said + asked)
            if len(found) >= _MAX_SENTENCES:
                return tuple(found)
        rest = self.text[at:].strip()
        return (*found, rest) if rest else tuple(found)

    @cached_property
    def opening(self) -> str:
        """Where a notice says what it is."""
        return self.text[:1_500]

    @cached_property
    def ends(self) -> str:
        """Where a mailing has its small print: above, below, and under the words."""
        if len(self.text) <= 1_500:
            return self.whole
        return f"{self.text[:500]}\n{self.text[-1_000:]}\n{self.foot}"

    @cached_property
    def whole(self) -> str:
        """Own words and what stands below them."""
        return f"{self.text}\n{self.foot}" if self.foot else self.text


def excerpt(found: "re.Match[str]") -> str:
    """The words that prove it, short enough to be shown."""
    return " ".join(found.group().split())[:60]

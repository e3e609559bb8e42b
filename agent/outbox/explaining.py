"""Why an item is what it is, as the ledger keeps it: for ``genjin agent show``, never sent.

No subject, no text, no address: rules and their patterns, decisions and counts. Who took part is
kept as keyed digests, so that what concerns somebody can be found again to be forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from agent.contract.activity import Decision, Match
from agent.contract.base import Count, Wire
from agent.contract.policy import Body
from agent.outbox.digests import Digests


class Masked(Wire):
    """How many private numbers were blotted out, and where."""

    subject: Count = 0
    text: Count = 0
    attachments: Count = 0


class Explanation(Wire):
    kind: str = ""
    evidence: str = ""
    """Of the rule that excluded it: a pattern, a header's name, a count."""
    match: Match | None = None
    also: tuple[int, ...] = ()
    contact: Decision | None = None
    masked: Masked = Masked()
    body: Body = "full"
    tags: Count = 0
    people: tuple[str, ...] = ()
    """Digests of the addresses and domains of those who are not ours."""


@dataclass(frozen=True, slots=True)
class Stranger:
    """With whom, outside the directory, a person exchanged mail."""

    direction: Literal["in", "out"]
    parties: tuple[str, ...]
    """Company domains, or addresses where anybody can have one."""


def details_of(
    told: Sequence[tuple[str, Explanation | None, Sequence[str]]], digests: Digests
) -> dict[str, str]:
    """What the ledger keeps of each item, by external id.

    ``told``: (external id, explanation, addresses of outsiders)."""
    return {
        external_id: explanation.model_copy(
            update={"people": digests.of_people(people)}
        ).model_dump_json(exclude_defaults=True)
        for external_id, explanation, people in told
        if explanation is not None
    }

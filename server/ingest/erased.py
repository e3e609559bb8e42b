"""What a laptop still holds of somebody who was erased is not taken in again."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from agent.contract.activity import Activity, Participant
from agent.contract.ingest import ItemResult
from server.kernel.blotting import blotted_deep
from server.kernel.privacy import suppressed_among
from server.kernel.sealing import Seal

_WRITTEN = (("tags", "text"), ("commitments", "text"), ("turns", "text"), ("attachments", "name"))


def without_erased(
    session: Session, seal: Seal, items: Sequence[Activity | ItemResult]
) -> list[Activity | ItemResult]:
    """The same items; where an erased person took part with others, without that person."""
    keys = {
        key
        for item in items
        if isinstance(item, Activity)
        for one in item.participants
        for key in _keys(one)
    }
    gone = suppressed_among(session, seal, sorted(keys))
    if not gone:
        return list(items)
    return [item if isinstance(item, ItemResult) else _without(item, gone) for item in items]


def _keys(one: Participant) -> tuple[str, ...]:
    if one.side == "us":
        return ()
    return tuple(filter(None, ((one.email or "").lower(), one.phone or "")))


def _without(item: Activity, gone: set[str]) -> Activity | ItemResult:
    erased = [one for one in item.participants if gone & set(_keys(one))]
    if not erased:
        return item
    stay = tuple(one for one in item.participants if one not in erased)
    if all(one.side == "us" for one in stay):
        return ItemResult(id=item.id, result="duplicate")
    found = {word for one in erased for word in (*_keys(one), one.name.strip())}
    words = sorted((word for word in found if len(word) > 1), key=lambda word: -len(word))
    data = item.model_dump(mode="json", exclude={"participants"})
    # Only what people wrote: a word such as "mail" may be a name, and is also a kind.
    for key in ("subject", "text"):
        data[key] = blotted_deep(data[key], words)
    for key, field in _WRITTEN:
        for part in data[key]:
            part[field] = blotted_deep(part[field], words)
    kept = [one.model_dump(mode="json") for one in stay]
    return Activity.model_validate({**data, "participants": kept})

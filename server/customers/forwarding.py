"""Who speaks of a customer that became a part of another means the other."""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from agent.contract.activity import Activity, Match
from server.customers.models import Customer


def forwarded(session: Session, customer_ids: Collection[int]) -> dict[int, int]:
    """Of these customers, those that became a part of another, and of which."""
    found: dict[int, int] = {}
    asked = set(customer_ids)
    while asked:
        rows = session.execute(
            select(Customer.id, Customer.merged_into_id).where(
                Customer.id.in_(asked), Customer.merged_into_id.is_not(None)
            )
        )
        new = {row[0]: int(row[1] or 0) for row in rows}
        found |= new
        asked = set(new.values()) - found.keys()
    return {key: _end(found, key) for key in found}


def _end(found: Mapping[int, int], key: int) -> int:
    while key in found:
        key = found[key]
    return key


def forward(item: Activity, moved: Mapping[int, int]) -> Activity:
    """The item with every customer as it is today, each once."""
    if not moved.keys() & {match.customer_id for match in (item.match, *item.also)}:
        return item

    def today(match: Match) -> Match:
        there = moved.get(match.customer_id, match.customer_id)
        return match.model_copy(update={"customer_id": there})

    first = today(item.match)
    also = {match.customer_id: match for match in map(today, item.also)}
    also.pop(first.customer_id, None)
    return item.model_copy(update={"match": first, "also": tuple(also.values())})

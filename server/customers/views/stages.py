"""Changes of stage on the timeline."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.customers.models import Deal, StageChange
from server.customers.views.last import names
from server.kernel.happenings import Happening, Stretch


def stages_that_changed(
    session: Session, customer_ids: Sequence[int], stretch: Stretch, rank: int
) -> list[Happening]:
    rows = session.execute(
        select(StageChange, Deal)
        .join(Deal, Deal.id == StageChange.deal_id)
        .where(
            Deal.customer_id.in_(customer_ids),
            stretch.condition(rank, StageChange.at, StageChange.id),
        )
        .order_by(StageChange.at.desc(), StageChange.id.desc())
        .limit(stretch.limit)
    ).all()
    people = names(session, {change.by_id for change, _ in rows})
    return [
        Happening(
            source="stage",
            number=change.id,
            at=change.at,
            what="stage_new" if change.from_stage is None else "stage_moved",
            words={
                "deal": deal.title,
                "from_stage": change.from_stage or "",
                "to_stage": change.to_stage,
                "reason": deal.lost_reason if change.to_stage == "lost" else "",
            },
            by=people.get(change.by_id, ""),
        )
        for change, deal in rows
    ]

"""A stored activity as the tagger reads it, and the tagger as it has been taught by now."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from agent.contract.activity import Participant
from agent.contract.tag import Turn, transcript
from agent.contract.tagger import Adaptation, TaggerData
from agent.nlp.company import company_tagger
from agent.nlp.tagger import Tagger, Tagging
from agent.rules.sides import speaker_of
from server.customers.models import Activity, ActivityParticipant
from server.kernel.db import UnitOfWork
from server.kernel.policy import current_policy
from server.tagging.models import TaggerLesson
from server.tagging.vocabulary import current_terms


@contextmanager
def beside(uow: UnitOfWork) -> Iterator[Session]:
    """A session that reads before the unit of work begins to write: reading takes its time, and
    nobody else should wait for it."""
    bind = uow.session.get_bind()
    engine = bind if isinstance(bind, Engine) else bind.engine
    with Session(engine.execution_options(genjin_write=False), expire_on_commit=False) as session:
        yield session


def newest_lesson(session: Session) -> TaggerLesson | None:
    return session.scalar(select(TaggerLesson).order_by(TaggerLesson.version.desc()).limit(1))


def taught(session: Session) -> TaggerData:
    """All that the company has taught, as agents get it."""
    version, terms = current_terms(session)
    lesson = newest_lesson(session)
    return TaggerData(
        version=f"{version}.{lesson.version if lesson else 0}",
        terms=terms,
        adaptation=Adaptation.model_validate(lesson.adaptation) if lesson else None,
    )


def tagger_of(data: TaggerData, *, suggesting: bool = False) -> Tagger:
    """Made once for each state of what was taught."""
    told = data.model_dump_json(exclude={"version"})
    return _made(hashlib.sha256(told.encode()).hexdigest(), _Told(data), suggesting)


class _Told:
    """Carries the data past the cache, which looks at its digest only."""

    def __init__(self, data: TaggerData) -> None:
        self.data = data

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Told)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=6)
def _made(digest: str, told: _Told, suggesting: bool) -> Tagger:
    del digest
    return company_tagger(told.data, suggesting=suggesting)


def is_whole(activity: Activity) -> bool:
    """Were all its words kept? What is left of others cannot be read again as it was."""
    return activity.body == "full" and bool(activity.text.strip())


def read(
    tagger: Tagger, activity: Activity, people: Sequence[ActivityParticipant], zone: ZoneInfo
) -> Tagging:
    """As the agent reads it when it comes in. What a machine wrote says nothing."""
    if activity.signals.get("machine"):
        return Tagging((), ())
    on = activity.occurred_at.astimezone(zone).date()
    turns = [Turn.model_validate(turn) for turn in activity.turns]
    if turns and transcript(turns)[0] == activity.text:
        return tagger.tag_turns(turns, on=on)
    sides = [Participant.model_validate({"role": one.role, "side": one.side}) for one in people]
    return tagger.tag(
        activity.text,
        kind=activity.kind,  # type: ignore[arg-type]
        speaker=speaker_of(activity.kind, activity.direction, sides),  # type: ignore[arg-type]
        on=on,
    )


def zone_of(session: Session) -> ZoneInfo:
    return ZoneInfo(current_policy(session).timezone)


def people_of(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[ActivityParticipant]]:
    found: dict[UUID, list[ActivityParticipant]] = {key: [] for key in ids}
    query = select(ActivityParticipant).where(ActivityParticipant.activity_id.in_(ids))
    for one in session.scalars(query.order_by(ActivityParticipant.id)):
        found[one.activity_id].append(one)
    return found

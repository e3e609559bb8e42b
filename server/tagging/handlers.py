"""What the tagger's teaching hears of: verdicts on tags, and items written anew."""

from sqlalchemy import select

from server.customers.models import Activity, ActivityTag
from server.kernel.db import UnitOfWork
from server.kernel.events import ActivityRecorded, TagJudged
from server.tagging import labels, suggesting
from server.tagging.models import TagLabel
from server.tagging.reading import taught


def on_tag_judged(uow: UnitOfWork, event: TagJudged) -> None:
    tag = uow.session.get(ActivityTag, event.tag_id)
    if tag is not None:
        labels.judged(uow, tag, event.verdict, event.by_id)


def on_activity_recorded(uow: UnitOfWork, event: ActivityRecorded) -> None:
    """A newer revision brings the tags of its agent: what people marked in it is marked again. And
    it may hold what the corrections suggest."""
    session = uow.session
    missed = session.execute(
        select(TagLabel, Activity)
        .join(Activity, Activity.id == TagLabel.activity_id)
        .where(
            TagLabel.activity_id.in_(event.activity_ids),
            TagLabel.verdict == "missed",
            TagLabel.undone_at.is_(None),
        )
    ).all()
    for label, activity in missed:
        _mark_again(uow, label, activity)
    data = taught(session)
    if suggesting.is_asking(data):
        rows = session.scalars(select(Activity).where(Activity.id.in_(event.activity_ids))).all()
        suggesting.keep(session, suggesting.suggested(session, data, rows))


def _mark_again(uow: UnitOfWork, label: TagLabel, activity: Activity) -> None:
    held = uow.session.scalar(
        select(ActivityTag.id).where(
            ActivityTag.activity_id == activity.id,
            ActivityTag.category == label.category,
            ActivityTag.text == label.text,
        )
    )
    start = label.start if activity.text[label.start : label.end] == label.text else -1
    if start < 0:
        start = activity.text.find(label.text)
    if held is not None or start < 0:
        return
    span = (start, start + len(label.text))
    labels.add_missed(uow, activity, label.category, label.status, span, label.by_id)

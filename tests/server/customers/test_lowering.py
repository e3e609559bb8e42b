"""A lowered policy reaches what is stored, when an administrator says so."""

from sqlalchemy import select

from agent.contract.policy import Policy
from server.customers.lowering import lower_some
from server.customers.models import Activity, ActivityTag
from server.kernel.policy import change_policy

TEXT = "您好，感谢来访。我们今年预算很紧张。另外食堂很好吃。"
TAG = {"category": "budget", "status": "asserted", "speaker": "customer", "score": 1}


def lowered(world, body):
    with world.kernel.db.unit_of_work() as uow:
        change_policy(uow, Policy.model_validate({"body": body, "excerpt_chars": 2}), None)
    total = 0
    while True:
        with world.kernel.db.unit_of_work() as uow:
            number = lower_some(uow)
        if not number:
            return total
        total += number


def items(world):
    return world.get("chen", f"/customers/{world.customers['huarui']}/timeline")["items"]


def mail(world, **over):
    start = TEXT.index("预算")
    tag = {**TAG, "start": start, "end": start + 2, "text": "预算"}
    return world.mail(
        "huarui", text=TEXT, tags=[tag], attachments=[{"name": "食堂.pdf", "size": 1}], **over
    )


def test_step_by_step_down_and_never_up(world):
    world.send("chen", mail(world))
    assert lowered(world, "full") == 0
    assert lowered(world, "excerpt") == 1
    (item,) = items(world)
    assert (item["body"], item["text"]) == ("excerpt", "您好 … 我们今年预算很紧张。 …")
    assert lowered(world, "tags") == 1
    (item,) = items(world)
    assert (item["body"], item["text"], item["subject"]) == ("tags", "预算", "")
    (tag,) = item["tags"]
    assert item["text"][tag["start"] : tag["end"]] == "预算"
    assert lowered(world, "full") == lowered(world, "excerpt") == 0
    with world.kernel.db.reading() as session:
        row = session.scalars(select(Activity)).one()
        assert row.attachments == []
    assert world.last_contacted("huarui") is not None


def test_a_tag_that_does_not_stand_where_it_says_is_left_alone(world):
    broken = {**TAG, "start": 3, "end": 9, "text": "不在这里"}
    sent = mail(world)
    world.send("chen", {**sent, "tags": [*sent["tags"], broken]})
    lowered(world, "tags")
    with world.kernel.db.reading() as session:
        tags = session.scalars(select(ActivityTag).order_by(ActivityTag.id)).all()
    assert [(tag.start, tag.text) for tag in tags] == [(0, "预算"), (3, "不在这里")]
    assert items(world)[0]["text"] == "预算"


def test_more_than_one_step_takes(world):
    world.send("chen", *(mail(world) for _ in range(200)))
    world.send("chen", *(mail(world) for _ in range(30)))
    assert lowered(world, "tags") == 230

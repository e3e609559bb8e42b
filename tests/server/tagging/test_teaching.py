"""Corrections, vocabulary, training and retagging, through the doors people and agents use."""

import json
from io import BytesIO
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from agent.contract.tagger import TaggerData
from agent.nlp.learn import adapt, model
from server.customers.forgetting import erase_activities
from server.customers.models import ActivityTag
from server.identity import service as identity
from server.identity.models import AuditEntry, Device, Person
from server.tagging import retagging
from server.tagging.models import Retagging, TaggerLesson, TagLabel, TagsBefore, TagSuggestion
from server.tagging.training import keep_up

TEXT = "今年预算紧张。我们也在看星云的方案，先这样。"


def sent(world, who="chen", customer="huarui", text=TEXT, tags=(), **over):
    item = world.mail(customer, text=text, tags=list(tags), **over)
    assert world.send(who, item)[0]["result"] == "accepted"
    return item["id"]


def tag(text, words, category, **over):
    start = text.index(words)
    return {
        "category": category,
        "status": "asserted",
        "start": start,
        "end": start + len(words),
        "text": words,
        "speaker": "customer",
        "score": 0.9,
        **over,
    }


def tags_of(world, activity):
    with world.kernel.db.reading() as session:
        rows = session.scalars(
            select(ActivityTag)
            .where(ActivityTag.activity_id == UUID(activity))
            .order_by(ActivityTag.start, ActivityTag.category)
        ).all()
        return [(row.category, row.text, row.verdict) for row in rows]


def only_tag(world, activity):
    with world.kernel.db.reading() as session:
        return session.scalar(
            select(ActivityTag.id).where(ActivityTag.activity_id == UUID(activity))
        )


def labels(world):
    with world.kernel.db.reading() as session:
        return [
            (row.category, row.verdict, row.text, row.undone_at is not None)
            for row in session.scalars(select(TagLabel).order_by(TagLabel.id))
        ]


def put(world, who="xu", version=0, *terms):
    return world.call(
        who, "PUT", "/tagger/vocabulary", json={"version": version, "terms": list(terms)}
    )


RIVAL = {"kind": "competitor", "words": ["星云"]}


def run_job(world, size=200, most=50):
    for _ in range(most):
        with world.kernel.db.unit_of_work() as uow:
            retagging.step(uow, size)
        with world.kernel.db.reading() as session:
            if retagging.current(session) is None:
                return retagging.newest(session)
    raise AssertionError


# Corrections


def test_a_verdict_is_kept_with_words_who_and_when_and_can_be_taken_back(world):
    activity = sent(world, tags=[tag(TEXT, "预算紧张", "budget")])
    number = only_tag(world, activity)
    assert world.call("xu", "POST", f"/tags/{number}/reject").status_code == 200
    assert labels(world) == [("budget", "rejected", "预算紧张", False)]
    assert world.call("xu", "POST", f"/tags/{number}/confirm").status_code == 200
    assert labels(world)[-1] == ("budget", "confirmed", "预算紧张", False)
    [line] = world.get("xu", "/tagger/labels")["items"]
    assert (line["by"], line["verdict"], line["text"]) == ("许文静", "confirmed", "预算紧张")
    assert world.get("lin", "/tagger/labels")["items"] == []
    assert world.call("lin", "POST", f"/tagger/labels/{line['id']}/undo").status_code == 404
    assert world.call("xu", "POST", f"/tagger/labels/{line['id']}/undo").status_code == 200
    assert tags_of(world, activity) == [("budget", "预算紧张", None)]
    assert world.call("xu", "POST", f"/tagger/labels/{line['id']}/undo").status_code == 409
    assert world.get("xu", "/tagger/labels")["items"] == []


def test_missed_words_become_a_tag_that_a_newer_revision_cannot_lose(world):
    key = uuid4()
    activity = sent(world, key=key)
    body = {"category": "competitor", "words": "在看星云"}
    marked = world.call("chen", "POST", f"/activities/{activity}/tags", json=body)
    assert marked.status_code == 200
    assert marked.get_json()["start"] == TEXT.index("在看星云")
    assert tags_of(world, activity) == [("competitor", "在看星云", "confirmed")]
    assert labels(world) == [("competitor", "missed", "在看星云", False)]
    again = world.call("chen", "POST", f"/activities/{activity}/tags", json=body)
    assert again.status_code == 409
    longer = "您好。" + TEXT
    assert sent(world, key=key, text=longer, revision=2) == activity
    assert tags_of(world, activity) == [("competitor", "在看星云", "confirmed")]
    [line] = world.get("xu", "/tagger/labels")["items"]
    assert line["start"] == longer.index("在看星云")
    assert world.call("xu", "POST", f"/tagger/labels/{line['id']}/undo").status_code == 200
    assert tags_of(world, activity) == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"category": "budget", "words": "没有说过的话"}, 422),
        ({"category": "budget", "words": "  "}, 422),
        ({"category": "weather", "words": "预算"}, 422),
        ({"category": "budget", "words": "预" * 600}, 422),
        ({"category": "budget", "words": "预算", "nth": 99}, 200),
    ],
)
def test_odd_marks_are_answered_in_words(world, body, status):
    activity = sent(world)
    answer = world.call("chen", "POST", f"/activities/{activity}/tags", json=body)
    assert answer.status_code == status
    assert world.call("lin", "POST", f"/activities/{activity}/tags", json=body).status_code in (
        404,
        422,
    )


def test_words_that_stand_there_twice_are_told_apart(world):
    text = "贵。真的贵。"
    activity = sent(world, text=text)
    body = {"category": "price_objection", "words": "贵", "nth": 1}
    marked = world.call("chen", "POST", f"/activities/{activity}/tags", json=body).get_json()
    assert marked["start"] == 4


def test_what_is_erased_takes_its_corrections_along(world):
    activity = sent(world)
    body = {"category": "budget", "words": "预算"}
    assert world.call("chen", "POST", f"/activities/{activity}/tags", json=body).status_code == 200
    with world.kernel.db.unit_of_work() as uow:
        erase_activities(uow, [UUID(activity)])
    assert labels(world) == []


# Training


@pytest.mark.one_database
def test_training_demotes_what_was_rejected_and_says_what_changed(world):
    texts = [f"今年预算紧张，第{number}期先不上。" for number in range(4)]
    for text in texts:
        activity = sent(world, text=text, tags=[tag(text, "预算紧张", "budget")])
        assert (
            world.call("xu", "POST", f"/tags/{only_tag(world, activity)}/reject").status_code == 200
        )
    assert world.call("chen", "POST", "/tagger/train").status_code == 403
    before = world.get("xu", "/tagger/figures")
    assert (before["version"], before["waiting"]) == (0, 4)
    assert world.call("xu", "POST", "/tagger/train").get_json() == {"version": 1}
    after = world.get("xu", "/tagger/figures")
    assert (after["version"], after["waiting"]) == (1, 0)
    budget = next(row for row in after["categories"] if row["category"] == "budget")
    assert (budget["labels"], budget["rejected"], budget["may_tag"]) == (4, 4, False)
    assert budget["before"]["precision"]["hits"] == 0
    assert budget["before"]["precision"]["of"] == 4
    low, high = budget["before"]["precision"]["ci"]
    assert 0 <= low < high < 0.6
    assert budget["after"]["precision"]["of"] < 4
    data = TaggerData.model_validate(world.get("chen", "/tagger"))
    assert data.adaptation is not None
    assert data.adaptation.categories["budget"].labels == 4
    # The archive read again drops them, but for those that people decided about.
    fresh = sent(world, text=texts[0], tags=[tag(texts[0], "预算紧张", "budget")])
    assert world.call("xu", "POST", "/tagger/retagging").status_code == 200
    job = run_job(world)
    assert (job.state, job.done, job.total) == ("done", 5, 5)
    assert ("budget", "预算紧张", None) not in tags_of(world, fresh)


@pytest.mark.one_database
def test_another_shipped_model_is_learned_anew_by_itself(world):
    activity = sent(world, tags=[tag(TEXT, "预算紧张", "budget")])
    world.call("xu", "POST", f"/tags/{only_tag(world, activity)}/reject")
    world.call("xu", "POST", "/tagger/train")
    with world.kernel.db.unit_of_work() as uow:
        keep_up(uow)
    with world.kernel.db.unit_of_work() as uow:
        assert uow.session.scalar(select(func.count()).select_from(TaggerLesson)) == 1
        lesson = uow.session.get_one(TaggerLesson, 1)
        lesson.adaptation = {**lesson.adaptation, "base": "another"}
    with world.kernel.db.unit_of_work() as uow:
        keep_up(uow)
    with world.kernel.db.reading() as session:
        newest = session.get_one(TaggerLesson, 2)
        assert newest.by_id is None
        assert newest.adaptation["base"] == adapt.fingerprint(model.shipped())


# Vocabulary


def test_the_vocabulary_is_versioned_and_reaches_agents_with_an_etag(world):
    first = world.call("chen", "GET", "/tagger")
    assert put(world, "xu", 0, RIVAL).get_json() == {"version": 1}
    second = world.call("chen", "GET", "/tagger")
    assert first.headers["ETag"] != second.headers["ETag"]
    assert TaggerData.model_validate(second.get_json()).terms[0].words == ("星云",)
    headers = {"Authorization": f"Bearer {world.tokens['chen']}"}
    same = world.client().get(
        "/api/v1/tagger", headers={**headers, "If-None-Match": second.headers["ETag"]}
    )
    assert (same.status_code, same.data) == (304, b"")
    assert put(world, "xu", 0).status_code == 409
    assert put(world, "chen", 1).status_code == 403
    with world.kernel.db.unit_of_work() as uow:
        device = Device(
            person_id=world.people["chen"].id, kind="agent", name="d", paired_at=world.clock.now()
        )
        uow.session.add(device)
        uow.session.flush()
        world.tokens["laptop"] = identity.issue_token(uow, device.person_id, device_id=device.id)
    beat = world.call("laptop", "POST", "/devices/heartbeat", json={"version": "1"}).get_json()
    assert beat["tagger_revision"] == 1
    assert world.call("laptop", "GET", "/tagger").status_code == 200
    with world.kernel.db.reading() as session:
        actions = set(session.scalars(select(AuditEntry.action)))
    assert "vocabulary.file" in actions


@pytest.mark.parametrize(
    ("term", "reason"),
    [
        ({"kind": "jargon", "words": ["的"], "category": "budget"}, "too common"),
        (
            {"kind": "jargon", "words": ["a {nope} b"], "is_pattern": True, "category": "budget"},
            "unknown word class",
        ),
        ({"kind": "jargon", "words": ["x("], "is_pattern": True, "category": "budget"}, "pattern"),
        ({"kind": "jargon", "words": ["卡盘子"]}, "fields"),
        ({**RIVAL, "yes": ["今天天气不错"]}, "should match"),
        ({**RIVAL, "no": ["我们也在看星云"]}, "should not match"),
        ({"kind": "product", "words": ["{}"]}, "text belongs"),
    ],
)
def test_a_wrong_term_is_refused_with_its_reason_and_changes_nothing(world, term, reason):
    with world.kernel.db.unit_of_work() as uow:
        uow.session.get_one(Person, world.people["xu"].id).locale = "en"
    answer = put(world, "xu", 0, term)
    assert answer.status_code == 422
    assert reason in answer.get_data(as_text=True)
    assert world.get("xu", "/tagger/vocabulary") == {"version": 0, "terms": []}


@pytest.mark.one_database
def test_a_preview_tells_what_would_change_on_what_one_may_see(world):
    text = "我们也跟星云聊过了，天气不错。"
    sent(world, text=text)
    other = sent(world, "lin", "lingnan", text=text)
    seen = world.call("xu", "POST", "/tagger/vocabulary/preview", json={"term": RIVAL}).get_json()
    assert (seen["looked_at"], seen["named"]) == (1, 1)
    assert seen["comes"] == 1
    assert seen["hits"][0]["text"] == "星云"
    assert seen["hits"][0]["customer_id"] == world.customers["huarui"]
    assert world.get("xu", "/tagger/vocabulary")["version"] == 0
    assert tags_of(world, other) == []


# Retagging


@pytest.mark.one_database
def test_the_archive_is_read_again_and_one_click_puts_it_back(world):
    mine = sent(world, tags=[tag(TEXT, "今年", "timeline")])
    judged = sent(world, text=TEXT, tags=[tag(TEXT, "先这样", "complaint")])
    world.call("xu", "POST", f"/tags/{only_tag(world, judged)}/confirm")
    rejected = sent(world, text=TEXT, tags=[tag(TEXT, "星云", "competitor")])
    world.call("xu", "POST", f"/tags/{only_tag(world, rejected)}/reject")
    short = sent(world, text="星云", body="tags", tags=[tag("星云", "星云", "competitor")])
    machine = sent(world, text=TEXT, signals={"machine": "auto_reply"})
    put(world, "xu", 0, RIVAL)
    assert world.call("chen", "POST", "/tagger/retagging").status_code == 403
    started = world.call("xu", "POST", "/tagger/retagging").get_json()
    assert (started["state"], started["total"]) == ("running", 5)
    assert world.call("xu", "POST", "/tagger/retagging").status_code == 409
    job = run_job(world)
    assert (job.state, job.failed) == ("done", 0)
    assert ("competitor", "星云", None) in tags_of(world, mine)
    assert ("timeline", "今年", None) not in tags_of(world, mine)
    assert ("complaint", "先这样", "confirmed") in tags_of(world, judged)
    assert [one for one in tags_of(world, rejected) if one[0] == "competitor"] == [
        ("competitor", "星云", "rejected")
    ]
    assert tags_of(world, short) == [("competitor", "星云", None)]
    assert tags_of(world, machine) == []
    number = world.get("xu", "/tagger/retagging")["id"]
    assert world.call("xu", "POST", f"/tagger/retagging/{number}/undo").status_code == 200
    assert run_job(world).state == "undone"
    assert tags_of(world, mine) == [("timeline", "今年", None)]
    assert tags_of(world, judged) == [("complaint", "先这样", "confirmed")]
    assert world.call("xu", "POST", f"/tagger/retagging/{number}/undo").status_code == 409


@pytest.mark.one_database
def test_a_kill_between_batches_loses_nothing_and_repeats_nothing(world):
    kept = [sent(world, tags=[tag(TEXT, "今年", "timeline")]) for _ in range(8)]
    world.call("xu", "POST", "/tagger/retagging")

    def killed_step():
        with world.kernel.db.unit_of_work() as uow:
            retagging.step(uow, 3)
            uow.session.flush()
            uow.session.rollback()

    killed_step()
    with world.kernel.db.unit_of_work() as uow:
        retagging.step(uow, 3)
    killed_step()
    with world.kernel.db.reading() as session:
        assert session.scalar(select(Retagging.done)) == 3
        assert session.scalar(select(func.count()).select_from(TagsBefore)) == 3
    job = run_job(world, 3)
    assert (job.done, job.changed, job.total) == (8, 8, 8)
    assert all(("timeline", "今年", None) not in tags_of(world, key) for key in kept)
    # Taken back in the middle, it goes on putting back after a kill too.
    world.call("xu", "POST", f"/tagger/retagging/{job.id}/undo")
    killed_step()
    assert run_job(world, 3).state == "undone"
    assert all(tags_of(world, key) == [("timeline", "今年", None)] for key in kept)


@pytest.mark.one_database
def test_an_item_that_was_written_anew_meanwhile_keeps_its_newer_tags(world):
    key = uuid4()
    activity = sent(world, key=key, tags=[tag(TEXT, "今年", "timeline")])
    world.call("xu", "POST", "/tagger/retagging")
    job = run_job(world)
    text = "换了一封信，交期太长。"
    sent(world, key=key, text=text, revision=2, tags=[tag(text, "交期太长", "delivery")])
    world.call("xu", "POST", f"/tagger/retagging/{job.id}/undo")
    assert run_job(world).state == "undone"
    assert tags_of(world, activity) == [("delivery", "交期太长", None)]


# Suggestions


@pytest.mark.one_database
def test_a_suggestion_is_offered_and_becomes_what_people_say(world):
    activity = sent(world, text=TEXT)
    hidden = sent(world, "lin", "lingnan", text=TEXT)
    start = TEXT.index("先这样")
    row = {"category": "complaint", "status": "asserted", "start": start, "end": start + 3}
    row |= {"text": "先这样", "speaker": "customer", "score": 0.5}
    with world.kernel.db.unit_of_work() as uow:
        for number, key in enumerate((activity, activity, hidden), 1):
            more = {"category": "delivery"} if number == 2 else {}
            uow.session.add(TagSuggestion(id=number, activity_id=UUID(key), **{**row, **more}))
    assert world.call("xu", "POST", "/tagger/suggestions/3/accept").status_code == 404
    assert world.call("xu", "POST", "/tagger/suggestions/1/accept").status_code == 200
    assert world.call("xu", "POST", "/tagger/suggestions/2/dismiss").status_code == 200
    assert world.call("xu", "POST", "/tagger/suggestions/2/dismiss").status_code == 404
    assert tags_of(world, activity) == [("complaint", "先这样", "confirmed")]
    told = [(category, verdict) for category, verdict, _, gone in labels(world) if not gone]
    assert told == [("complaint", "missed"), ("delivery", "rejected")]


# The pages


def posted(world, who, path, **form):
    client = world.signed_in(who)
    form["csrf_token"] = world.csrf(client, "/")
    return client.post(path, data=form)


@pytest.mark.one_database
def test_the_page_previews_saves_changes_removes_and_restores(world):
    sent(world, text="我们也跟星云聊过了。")
    form = {"version": "0", "kind": "competitor", "words": "星云\n星云软件", "do": "preview"}
    page = posted(world, "xu", "/tagging/vocabulary", **form)
    assert page.status_code == 200
    assert "<mark>星云</mark>" in page.get_data(as_text=True)
    assert posted(world, "xu", "/tagging/vocabulary", **{**form, "do": "save"}).status_code == 303
    double = posted(world, "xu", "/tagging/vocabulary", **{**form, "version": "1", "do": "save"})
    assert double.status_code == 422
    stale = posted(world, "xu", "/tagging/vocabulary", **{**form, "do": "save", "words": "北斗"})
    assert stale.status_code == 409
    assert "北斗" in stale.get_data(as_text=True)
    changed = {**form, "version": "1", "place": "0", "words": "星河", "do": "save"}
    assert posted(world, "xu", "/tagging/vocabulary", **changed).status_code == 303
    assert world.get("xu", "/tagger/vocabulary")["terms"][0]["words"] == ["星河"]
    assert posted(world, "xu", "/tagging/vocabulary/0/remove", version="2").status_code == 303
    assert world.get("xu", "/tagger/vocabulary")["terms"] == []
    assert (
        posted(world, "xu", "/tagging/vocabulary/restore", version="3", wanted="1").status_code
        == 303
    )
    assert world.get("xu", "/tagger/vocabulary")["terms"][0]["words"] == ["星云", "星云软件"]
    assert posted(world, "chen", "/tagging/vocabulary/0/remove", version="4").status_code == 403


@pytest.mark.one_database
def test_a_file_goes_out_and_comes_back_and_a_broken_one_changes_nothing(world):
    put(world, "xu", 0, RIVAL, {"kind": "jargon", "words": ["卡盘子"], "category": "budget"})
    client = world.signed_in("xu")
    content = client.get("/tagging/vocabulary.yaml").data
    assert "卡盘子" in content.decode()

    def upload(data, version):
        form = {"csrf_token": world.csrf(client, "/"), "version": str(version)}
        return client.post(
            "/tagging/vocabulary/file", data={**form, "file": (BytesIO(data), "words.yaml")}
        )

    assert upload(content, 1).status_code == 303
    assert world.get("xu", "/tagger/vocabulary")["version"] == 2
    broken = "competitors:\n  - 星云\njargon:\n  budget:\n    - {pattern: '盘子(', no: [a]}\n"
    answer = upload(broken.encode(), 2)
    assert answer.status_code == 422
    assert "words.yaml 第 5 行" in answer.get_data(as_text=True)
    for odd in (b"", b"\xff\xfe\x00", b"[" * 5000, b"a: &a [*a, *a]", b"- 1"):
        assert upload(odd, 2).status_code == 422
    assert world.get("xu", "/tagger/vocabulary")["version"] == 2


@pytest.mark.one_database
def test_the_overview_shows_what_was_taught_and_to_leaders_only(world):
    activity = sent(world, tags=[tag(TEXT, "预算紧张", "budget")])
    world.call("xu", "POST", f"/tags/{only_tag(world, activity)}/confirm")
    page = world.signed_in("xu").get("/tagging").get_data(as_text=True)
    assert "<mark>预算紧张</mark>" in page
    assert world.signed_in("chen").get("/tagging").status_code == 403
    assert json.dumps(world.get("boss", "/tagger/figures")).count('"category"') == 12
    mark = f"/customers/{world.customers['huarui']}/activities/{activity}/tags"
    assert posted(world, "chen", mark, category="competitor", words="星云").status_code == 303
    assert ("competitor", "星云", "confirmed") in tags_of(world, activity)

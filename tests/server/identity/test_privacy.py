"""One person's data: told whole, erased everywhere, and not taken in again."""

import io
import json
import zipfile

from sqlalchemy import MetaData, String, cast, select

from server.followups.service import sweep
from server.identity.models import AuditEntry, Person
from server.kernel import privacy
from server.kernel.blotting import blotted
from server.kernel.policy import change_policy, current_policy

ZHAO = "zhao@huarui.example"


def everything(world):
    """All that stands in any column of any table, as text."""
    found = []
    tables = MetaData()
    with world.kernel.db.engine.connect() as connection:
        tables.reflect(connection)
        for table in tables.tables.values():
            if table.name.startswith("search_fts"):
                continue  # the database's own, made from search_entry
            columns = [cast(column, String) for column in table.columns]
            for row in connection.execute(select(*columns)):
                for value in filter(None, row):
                    found.append((table.name, value))
                    if "\\u" in value:
                        found.append((table.name, value.encode().decode("unicode_escape")))
    return found


def mentions(world, *words):
    return {
        (table, word) for table, text in everything(world) for word in words if word in text.lower()
    }


def lived(world):
    """Zhao wrote alone, with a colleague, and is spoken of in a note and in a reminder."""
    alone = world.mail("huarui", days_ago=12, text="请打 138 0013 8000 找赵工。ZHAO@Huarui.example")
    shared = world.mail("huarui", days_ago=11, subject="赵工的方案", text="赵工：今年预算紧张。")
    shared["tags"] = [
        {"category": "budget", "status": "asserted", "start": 3, "end": 9, "text": "今年预算紧张"}
        | {"speaker": "customer", "score": 1}
    ]
    shared["participants"] = [
        {"role": "from", "name": "赵工", "email": ZHAO, "side": "customer"},
        {"role": "cc", "name": "钱经理", "email": "qian@huarui.example", "side": "customer"},
        {"role": "to", "email": "chen@yuanshan.example", "side": "us"},
    ]
    alone["participants"][0]["name"] = "赵工"
    note = world.mail("huarui", days_ago=10, text="和赵工通了电话", participants=[])
    note |= {"kind": "note", "direction": "outbound"}
    assert [r["result"] for r in world.send("chen", alone, shared, note)] == ["accepted"] * 3
    world.clock.advance(days=10)
    with world.kernel.db.unit_of_work() as uow:
        sweep(uow)
    [reminder] = [
        item
        for item in world.get("chen", "/reminders")["items"]
        if item["customer_id"] == world.customers["huarui"]
    ]
    body = {"reason": f"赵工说停产了，见 {ZHAO}"}
    path = f"/reminders/{reminder['id']}/dismiss"
    assert world.call("chen", "POST", path, json=body).status_code == 200
    return alone, shared, note


def subject(world, query):
    with world.kernel.db.reading() as session:
        found = privacy.find(world.kernel.privacy_parts, session, query)
    assert len(found) == 1, found
    return found[0]


def erase(world, query, why="本人申请"):
    who = subject(world, query)
    with world.kernel.db.unit_of_work() as uow:
        return privacy.erase(
            world.kernel.privacy_parts,
            uow,
            who,
            by=world.people["boss"].id,
            why=why,
            seal=world.kernel.seal,
        )


def test_an_export_holds_all_there_is_and_no_secret(world):
    lived(world)
    client = world.signed_in("boss")
    form = {"q": ZHAO, "why": "本人申请", "csrf_token": world.csrf(client, "/account")}
    answer = client.post("/admin/privacy/export", data=form | {"subject": "contact/1"})
    assert answer.mimetype == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.get_data()))
    receipt, data = (json.loads(archive.read(f"{name}.json")) for name in ("receipt", "data"))
    assert receipt["counts"] == {kind: len(rows) for kind, rows in data.items() if rows}
    assert [row["name"] for row in data["contacts"]] == ["赵工"]
    assert {row["value"] for row in data["keys"]} == {ZHAO, "+8613800138000"}
    assert len(data["activities"]) == 2
    assert any("138 0013 8000" in row["text"] for row in data["activities"])
    own = world.client
    del own
    mine = subject(world, "chen@yuanshan.example")
    with world.kernel.db.unit_of_work() as uow:
        told = privacy.export(world.kernel.privacy_parts, uow, mine, by=None, why="x")
    text = zipfile.ZipFile(io.BytesIO(told.archive)).read("data.json").decode()
    assert "argon2" not in text
    assert '"digest"' not in text
    assert len(json.loads(text)["activities"]) == 3


def test_an_erased_contact_stands_nowhere_any_more(world):
    _, shared, note = lived(world)
    keys = (ZHAO, "13800138000", "138 0013 8000", "赵工")
    before = mentions(world, *keys)
    assert {"contact", "identity_key", "activity", "activity_participant", "reminder"} <= {
        table for table, _ in before
    }
    receipt = erase(world, ZHAO)
    left = mentions(world, ZHAO, "138 0013 8000")
    assert left == set()
    # Colleagues of the same name and number at other companies keep theirs.
    others = {"contact", "identity_key", "search_entry"}
    assert {table for table, _ in mentions(world, "赵工", "13800138000")} <= others
    assert receipt.counts["activities"] == 1
    assert receipt.counts["activities_shared"] == 1
    items = world.get("chen", f"/customers/{world.customers['huarui']}/timeline")["items"]
    assert {item["id"] for item in items} == {shared["id"], note["id"]}
    kept = next(item for item in items if item["id"] == shared["id"])
    assert kept["text"] == "██：今年预算紧张。"
    assert [one["email"] for one in kept["participants"]] == [
        "qian@huarui.example",
        "chen@yuanshan.example",
    ]
    [tag] = kept["tags"]
    assert kept["text"][tag["start"] : tag["end"]] == tag["text"]
    assert world.get("lin", f"/customers/{world.customers['lingnan']}")["name"] == "岭南中学"
    with world.kernel.db.reading() as session:
        [row] = privacy.requests(session)
        assert (row.kind, row.counts) == ("erase", receipt.counts)


def test_what_a_laptop_still_holds_of_an_erased_person_is_not_taken_in_again(world):
    alone, shared, _ = lived(world)
    erase(world, ZHAO)
    fresh = world.mail("huarui", days_ago=1, text="新的一封")
    results = [r["result"] for r in world.send("chen", alone, fresh)]
    assert results == ["duplicate", "duplicate"]
    again = {**shared, "id": "00000000-0000-0000-0000-0000000000aa", "thread": None}
    assert world.send("chen", again)[0]["result"] == "accepted"
    assert mentions(world, ZHAO) == set()
    items = world.get("chen", f"/customers/{world.customers['huarui']}/timeline")["items"]
    assert "新的一封" not in [item["text"] for item in items]
    assert "██：今年预算紧张。" in [item["text"] for item in items]


def test_a_colleague_is_erased_after_handing_over(world):
    lived(world)
    client = world.signed_in("boss")
    chen = world.people["chen"].id
    form = {"q": "chen@yuanshan.example", "subject": f"person/{chen}", "why": "离职", "sure": "1"}
    form["csrf_token"] = world.csrf(client, "/account")
    refused = client.post("/admin/privacy/erase", data=form)
    assert refused.status_code == 409
    assert "请先移交" in refused.get_data(as_text=True)
    with world.kernel.db.reading() as session:
        assert session.get_one(Person, chen).active, "refused is refused everywhere"
    for customer in ("huarui", "chilian"):
        body = {"owner_id": world.people["boss"].id}
        path = f"/customers/{world.customers[customer]}"
        assert world.call("boss", "PATCH", path, json=body).status_code == 200
    unsure = client.post("/admin/privacy/erase", data={**form, "sure": ""})
    assert unsure.status_code == 422
    done = client.post("/admin/privacy/erase", data=form)
    assert done.status_code == 200, done.get_data(as_text=True)
    assert mentions(world, "chen@yuanshan.example", "陈晨") == set()
    assert world.call("chen", "GET", "/customers").status_code == 401
    items = world.get("boss", f"/customers/{world.customers['huarui']}/timeline")["items"]
    assert len(items) == 3
    with world.kernel.db.reading() as session:
        actions = set(session.scalars(select(AuditEntry.action)))
    assert {"person.erase", "privacy.erase", "person.close"} <= actions


def test_nobody_erases_himself_or_without_a_reason(world):
    client = world.signed_in("boss")
    boss = world.people["boss"].id
    form = {"q": "boss@yuanshan.example", "subject": f"person/{boss}", "why": "x", "sure": "1"}
    form["csrf_token"] = world.csrf(client, "/account")
    assert client.post("/admin/privacy/erase", data=form).status_code == 403
    assert client.post("/admin/privacy/erase", data={**form, "why": " "}).status_code == 422
    assert (
        client.post("/admin/privacy/erase", data={**form, "subject": "person/1"}).status_code == 409
    )
    assert client.post("/admin/privacy/export", data={**form, "why": ""}).status_code == 422


def test_words_are_painted_over_in_any_case_width_and_spacing():
    words = ("zhao@huarui.example", "13800138000", "赵工")
    assert blotted("ＺＨＡＯ＠ｈｕａｒｕｉ．example", words) == "█" * 19
    assert blotted("tel 138-0013-8000!", words) == "tel █████████████!"
    assert blotted("赵工赵工程师", words) == "████程师"
    assert blotted("", words) == ""
    assert blotted("x", ()) == "x"


def test_old_words_and_old_audit_entries_go_when_the_policy_says_so(world):
    mail = world.mail("huarui", days_ago=40, text="今年预算紧张。别的话不必留。")
    mail["tags"] = [
        {"category": "budget", "status": "asserted", "start": 0, "end": 6, "text": "今年预算紧张"}
        | {"speaker": "customer", "score": 1}
    ]
    young = world.mail("huarui", days_ago=2, text="今年预算紧张。别的话不必留。")
    world.send("chen", mail, young)
    world.call("chen", "PATCH", f"/customers/{world.customers['huarui']}", json={"grade": "A"})

    def run():
        for name in ("customers.drop_old_words", "identity.drop_old_audit"):
            [job] = [job for job in jobs(world) if job.name == name]
            with world.kernel.db.unit_of_work() as uow:
                job.run(uow)

    def texts():
        items = world.get("chen", f"/customers/{world.customers['huarui']}/timeline")["items"]
        return {item["id"]: item["text"] for item in items}

    run()
    assert "别的话" in texts()[mail["id"]], "for ever, unless somebody decides"
    with world.kernel.db.unit_of_work() as uow:
        rules = {"keep_words_days": 30, "keep_audit_days": 90}
        change_policy(uow, current_policy(uow.session).model_copy(update=rules), None)
    run()
    assert "别的话" not in texts()[mail["id"]]
    assert "今年预算紧张" in texts()[mail["id"]]
    assert "别的话" in texts()[young["id"]]
    with world.kernel.db.reading() as session:
        assert session.scalars(select(AuditEntry)).first() is not None
    world.clock.advance(days=91)
    run()
    with world.kernel.db.reading() as session:
        assert session.scalars(select(AuditEntry)).first() is None


def jobs(world):
    from server.app import scheduler  # noqa: PLC0415

    return scheduler(world.app)._jobs

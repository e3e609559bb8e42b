"""The audit log as administrators read it, limits that all processes share, and the command line."""

import csv
import io
import json
import zipfile

import pytest
from click.testing import CliRunner

from server import cli
from server.app import create_app
from server.identity import service
from server.kernel.limits import ORDINARY_BYTES


def changed(world, grade):
    path = f"/customers/{world.customers['huarui']}"
    assert world.call("chen", "PATCH", path, json={"grade": grade}).status_code == 200


def test_filters_pages_and_the_table_for_a_spreadsheet(world):
    client = world.signed_in("boss")
    for number in range(60):
        changed(world, str(number))
    with world.kernel.db.unit_of_work() as uow:
        service.audit(
            uow, None, "policy.change", "policy/1", after="=cmd|' /C calc'!A0", why="=1+1"
        )
    page = client.get("/admin/audit", query_string={"action": "customer"}).get_data(as_text=True)
    assert page.count("<tr>") == 51
    assert "修改客户" in page
    assert "更早的记录" in page
    assert "policy/1" not in page
    own = {"person": world.people["lin"].id, "from": "2026-11-23", "to": "2026-11-23"}
    assert "没有符合条件" in client.get("/admin/audit", query_string=own).get_data(as_text=True)
    assert "policy/1" in client.get("/admin/audit?person=-").get_data(as_text=True)
    for odd in (
        "from=x&to=0001-01-01",
        "to=9999-12-31",
        "person=9999999999999999999",
        "action=%25",
    ):
        assert client.get(f"/admin/audit?{odd}").status_code == 200, odd
        assert client.get(f"/admin/audit.csv?{odd}").status_code == 200, odd
    text = client.get("/admin/audit.csv").get_data(as_text=True)
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert len(rows) == 62
    assert rows[0]["why"] == "'=1+1"
    [first] = [row for row in rows if row["after"] == '{"grade": "0"}']
    assert (first["person"], first["action"], first["before"]) == (
        "陈晨",
        "customer.change",
        '{"grade": ""}',
    )


def test_the_api_reads_it_with_the_scope_for_it(world):
    changed(world, "A")
    changed(world, "B")
    assert world.call("boss", "GET", "/audit").status_code == 403
    with world.kernel.db.unit_of_work() as uow:
        world.tokens["siem"] = service.issue_token(uow, world.people["boss"].id, scopes=["admin"])
    page = world.get("siem", "/audit?action=customer&limit=1")
    assert json.loads(page["items"][0]["after"]) == {"grade": "B"}
    rest = world.get("siem", f"/audit?action=customer&limit=1&cursor={page['cursor']}")
    assert json.loads(rest["items"][0]["after"]) == {"grade": "A"}
    assert rest["cursor"] is None


def test_processes_share_their_limits(world):
    other = create_app(world.kernel.settings, clock=world.clock)
    answers = []
    for number in range(22):
        app = (world.app, other)[number % 2]
        body = {"code": f"WRONG{number:03}", "kind": "agent"}
        answers.append(app.test_client().post("/api/v1/devices/pair", json=body).status_code)
    assert answers == [401] * 20 + [429] * 2
    other.extensions["genjin"].db.dispose()


@pytest.mark.one_database
def test_only_deliveries_may_be_large(world):
    filler = "x" * (ORDINARY_BYTES + 1)
    assert world.call("chen", "POST", "/customers", json={"name": filler}).status_code == 413
    body = {"activities": [{"id": "x", "text": filler}]}
    assert world.call("chen", "POST", "/activities", json=body).status_code == 200
    client = world.client()
    assert client.post("/sign-in", data={"email": filler}).status_code in (400, 413)


def test_personal_data_from_the_command_line(tmp_path, monkeypatch):
    monkeypatch.setenv("GENJIN_LANG", "en")
    data = ["--data-dir", str(tmp_path / "d")]
    run = CliRunner().invoke
    added = run(
        cli.server,
        ["user", "add", "--name", "Li", "--email", "li@x.example", "--role", "rep", *data],
        env={"GENJIN_NEW_PASSWORD": "correct horse"},
    )
    assert added.exit_code == 0, added.output
    out = tmp_path / "li.zip"
    told = run(
        cli.server,
        ["person", "export", "li@x.example", "--why", "asked", "--out", str(out), *data],
    )
    assert told.exit_code == 0, told.output
    assert out.stat().st_mode & 0o077 == 0
    assert json.loads(zipfile.ZipFile(out).read("data.json"))["people"][0]["name"] == "Li"
    unknown = run(
        cli.server, ["person", "export", "no@x.example", "--why", "x", "--out", str(out), *data]
    )
    assert (unknown.exit_code, "Nobody was found" in unknown.output) == (1, True)
    link = run(cli.server, ["user", "link", "--email", "li@x.example", *data])
    assert "/new-password#" in link.output
    erase = ["person", "erase", "li@x.example", "--why", "asked"]
    gone = run(cli.server, [*erase, "--receipt", str(tmp_path / "r.zip"), "--yes", *data])
    assert gone.exit_code == 0, gone.output
    assert "li@x.example" not in run(cli.server, ["user", "list", *data]).output

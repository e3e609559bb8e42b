"""Every fault of networks and of Graph, at every page: nothing is lost, nothing is told twice."""

import logging
import re
import threading
from datetime import timedelta

import pytest

from agent import messages
from agent.errors import SourceAuthFailed, SourceError, SourceMisconfigured, SourceUnavailable
from tests.agent.capture.graph.desk import NOW, Desk
from tests.servers.graph import server as graph

DAY = timedelta(days=1)

FAULTS = {
    "cut body": (graph.cut_body, "graph_answer_cut"),
    "cut connection": (graph.cut_connection, "graph_connection_broken"),
    "reset": (graph.reset, "graph_connection_broken"),
    "captive portal": (graph.portal, "graph_answer_foreign"),
    "redirect": (graph.redirected, "graph_answer_foreign"),
    "proxy 403": (graph.portal_with(403), "graph_answer_foreign"),
    "proxy 404": (graph.portal_with(404), "graph_answer_foreign"),
    "proxy 410": (graph.portal_with(410), "graph_answer_foreign"),
    "wrong type": (graph.wrong_type, "graph_answer_foreign"),
    "no link": (graph.no_link, "graph_answer_cut"),
    "429": (graph.status(429, Retry_After="17"), "graph_busy"),
    "503": (graph.status(503, Retry_After="17"), "graph_busy"),
    "504": (graph.status(504, Retry_After="17"), "graph_server_error"),
    "500": (graph.status(500), "graph_server_error"),
    "502": (graph.portal_with(502), "graph_server_error"),
}


@pytest.mark.parametrize("page", ["first", "middle", "last"])
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_at_a_page_costs_nothing(desk: Desk, name: str, page: str) -> None:
    fault, code = FAULTS[name]
    keys = desk.deliver(12) + [desk.server.mailbox.deliver(at=NOW - 40 * DAY) for _ in range(13)]
    number = {"first": 1, "middle": 3, "last": 6}[page]
    seen = 0

    def is_due(asked) -> bool:
        nonlocal seen
        if "delta" not in asked.url:
            return False
        seen += 1
        return seen == number

    desk.server.graph_fault = is_due, fault
    with pytest.raises(SourceUnavailable) as caught:
        desk.poll()
    assert caught.value.code == code
    if "Retry_After" in name or name in ("429", "503", "504"):
        assert caught.value.retry_after == 17
    assert caught.value.retry_after
    for language in messages.LANGUAGES:
        assert messages.text(code, language, **caught.value.params)
    desk.server.recover()
    desk.poll()
    assert sorted(desk.held) == sorted(map(desk.id, keys)) == desk.inventory()
    assert len(desk.captures) == len(keys)
    assert desk.removed == []


@pytest.mark.parametrize("name", [name for name in FAULTS if name != "no link"])
def test_a_fault_while_asking_whether_a_mail_is_gone_removes_none(desk: Desk, name: str) -> None:
    keys = desk.deliver(4)
    desk.poll()
    desk.server.mailbox.move(keys[0], "sentitems")
    gone = desk.id(keys[1])
    desk.server.mailbox.delete(keys[1])
    desk.server.graph_fault = (lambda asked: asked.url == "$batch"), FAULTS[name][0]
    with pytest.raises(SourceUnavailable):
        desk.poll()
    assert desk.removed == []
    desk.server.recover()
    desk.poll()
    assert desk.removed == [gone]
    assert sorted(desk.held) == desk.inventory()


@pytest.mark.parametrize("status", [500, 503, 429, 403])
def test_a_single_answer_of_a_batch_that_fails_removes_none(desk: Desk, status: int) -> None:
    keys = desk.deliver(3)
    desk.poll()
    for key in keys:
        desk.server.mailbox.move(key, "sentitems")
    answer = desk.server.api.answer

    def failing(asked, scopes):
        if asked.path[0] == "$batch":
            found = answer(asked, scopes)
            for one in found["responses"]:
                one["status"], one["body"] = status, {"error": {"code": "x"}}
            return found
        return answer(asked, scopes)

    desk.server.api.answer = failing
    if status in (503, 429):
        with pytest.raises(SourceUnavailable):
            desk.poll()
    else:
        desk.poll()
    assert desk.removed == []


def test_links_to_another_host_are_not_followed(desk: Desk) -> None:
    desk.deliver(20)
    with desk.source() as source:
        polling = source.poll(None)
        desk.take(next(polling))
        desk.server.api.link_host = "https://127.0.0.1:9/v1.0"
        with pytest.raises(SourceUnavailable) as caught:
            list(polling)
    assert caught.value.code == "graph_link_foreign"
    desk.server.api.link_host = ""
    desk.poll()
    assert len(desk.held) == 20


@pytest.mark.parametrize("code", ["ErrorAccessDenied", "Authorization_RequestDenied"])
def test_403_says_what_the_administrator_must_do(desk: Desk, code: str) -> None:
    desk.server.graph_fault = (lambda asked: "delta" in asked.url), graph.status(403, code)
    with pytest.raises(SourceMisconfigured) as caught:
        desk.poll()
    for language in messages.LANGUAGES:
        said = messages.text(caught.value.code, language, **caught.value.params)
        assert "Mail.Read" in said
        assert code in said
        assert "Entra" in said


def test_an_account_without_a_mailbox(desk: Desk) -> None:
    desk.server.graph_fault = (lambda _: True), graph.status(404, "MailboxNotEnabledForRESTAPI")
    with pytest.raises(SourceMisconfigured) as caught:
        desk.poll()
    assert caught.value.code == "graph_no_mailbox"


def test_an_access_token_that_ran_out_is_renewed_within_the_request(desk: Desk) -> None:
    desk.deliver(20)
    with desk.source() as source:
        polling = source.poll(None)
        next(polling)
        before = desk.server.authority.sign_ins
        desk.server.authority.expire_access()
        list(polling)
    assert desk.server.authority.sign_ins == before + 1


def test_a_token_that_is_never_accepted_is_renewed_once(desk: Desk) -> None:
    desk.server.graph_fault = (lambda _: True), graph.status(401)
    with pytest.raises(SourceAuthFailed) as caught:
        desk.poll()
    assert caught.value.code == "graph_sign_in_expired"
    assert desk.server.authority.sign_ins == 2


def test_a_server_that_answers_with_odd_shapes(desk: Desk) -> None:
    """Whatever JSON comes: an error of ours, or an item set aside."""
    import json  # noqa: PLC0415

    odd = [
        [], {}, {"value": None}, {"value": {}}, {"value": [1]}, {"value": [{}]},
        {"value": [{"id": 5}]}, {"value": [{"id": ""}]}, {"value": [], "@odata.deltaLink": 7},
        {"value": [], "@odata.nextLink": "::::"}, {"value": [], "@odata.nextLink": "http://["},
        {"value": [], "@odata.nextLink": "https://localhost:99999999/"}, "text", 5, None,
    ]  # fmt: skip
    for answer in odd:

        def fault(handler, _payload, answer=answer) -> bool:
            handler.reply(200, json.dumps(answer).encode())
            return True

        desk.server.graph_fault = (lambda asked: "delta" in asked.url), fault
        with pytest.raises(SourceError):
            desk.poll()
    deep = b"[" * 100_000

    def fault_deep(handler, _payload) -> bool:
        handler.reply(200, deep)
        return True

    desk.server.graph_fault = (lambda asked: "delta" in asked.url), fault_deep
    with pytest.raises(SourceUnavailable):
        desk.poll()


def test_rows_of_odd_shapes_are_set_aside_one_by_one(desk: Desk) -> None:
    mailbox = desk.server.mailbox
    odd = {
        "from": "wang@customer.example", "toRecipients": {"a": 1}, "body": ["x"],
        "ccRecipients": [5], "categories": 7, "sentDateTime": "never", "sentDateTime ": None,
    }  # fmt: skip
    bad = {desk.id(mailbox.deliver(at=NOW - DAY, **{k.strip(): v})) for k, v in odd.items() if v}
    good = desk.id(mailbox.deliver(at=NOW - DAY))
    headers = mailbox.deliver(at=NOW - DAY)
    mailbox.messages[headers].headers[:] = [{"name": 5, "value": None}, {"x": 1}]
    desk.poll()
    assert set(desk.held) == {good, desk.id(headers)}
    assert set(desk.broken) == bad
    assert set(desk.broken.values()) == {"item_damaged"}
    assert desk.poll() == []
    assert sorted([*desk.held, *desk.broken]) == desk.inventory()


def test_the_window_of_a_stall_is_left_within_the_call(desk: Desk) -> None:
    """The sign-in service hangs: closing ends that wait too."""
    desk.server.stall()
    ended: list[SourceError] = []

    def read(source) -> None:
        try:
            list(source.poll(None))
        except SourceError as error:
            ended.append(error)

    with desk.source() as source:
        thread = threading.Thread(target=read, args=(source,))
        thread.start()
        thread.join(0.2)
    thread.join(30)
    assert [error.code for error in ended] == ["source_stopped"]
    assert desk.server.authority.sign_ins == 0


def test_nothing_private_in_logs_errors_or_reprs(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    desk.deliver(5, subject="机密报价", sender="wang@customer.example")
    shown: list[str] = []
    with desk.source() as source:
        for batch in source.poll(None):
            desk.take(batch)
        shown += [repr(source), *(repr(value) for value in vars(source).values())]
    for fault, _ in FAULTS.values():
        desk.server.graph_fault = (lambda _: True), fault
        with pytest.raises(SourceError) as caught:
            desk.poll()
        shown += [repr(caught.value), str(caught.value), repr(caught.value.__cause__)]
    desk.server.recover()
    desk.server.authority.revoke_all()
    with pytest.raises(SourceAuthFailed) as refused:
        desk.poll()
    shown += [repr(refused.value)]
    shown += [record.getMessage() for record in caplog.records]
    text = "\n".join(shown)
    assert "msal" in {record.name.partition(".")[0] for record in caplog.records}
    for secret in ("机密报价", "wang@customer", "li@ours", "0.ARwA-", "eyJ0."):
        assert secret not in text, secret
    assert not re.search(r"Bearer \S", text)

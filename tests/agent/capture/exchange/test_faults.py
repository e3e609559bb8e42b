"""Everything that can go wrong between us and the server, at any request."""

import re
from pathlib import Path

import pytest
import trustme

from agent import messages
from agent.errors import SourceAuthFailed, SourceError, SourceMisconfigured, SourceUnavailable
from tests.agent.capture.exchange.box import Box
from tests.servers.ews.server import BACK_OFF_MS, FAULTS, RETRY_AFTER_S
from tests.servers.tunnel import Tunnel

EXPECTED: dict[str, tuple[type[SourceError], str, float | None]] = {
    "busy": (SourceUnavailable, "mailbox_busy", BACK_OFF_MS / 1000),
    "busy_message": (SourceUnavailable, "mailbox_busy", BACK_OFF_MS / 1000),
    "unavailable": (SourceUnavailable, "mailbox_busy", RETRY_AFTER_S),
    "too_many": (SourceUnavailable, "mailbox_busy", RETRY_AFTER_S),
    "error_page": (SourceUnavailable, "mailbox_server_error", 60),
    "login_page": (SourceUnavailable, "mailbox_login_page", 60),
    "redirect": (SourceUnavailable, "mailbox_login_page", 60),
    "not_found": (SourceUnavailable, "mailbox_not_there", 60),
    "cut": (SourceUnavailable, "mailbox_answer_cut", 60),
    "dropped": (SourceUnavailable, "mailbox_connection_lost", 60),
    "reset": (SourceUnavailable, "mailbox_connection_lost", 60),
    "forbidden": (SourceMisconfigured, "mailbox_forbidden", None),
    "unauthorized": (SourceAuthFailed, "password_refused", None),
    "soap:ErrorInternalServerError": (SourceUnavailable, "mailbox_server_error", 60),
    "soap:ErrorMailboxMoveInProgress": (SourceUnavailable, "mailbox_busy", 60),
    "soap:ErrorMailboxStoreUnavailable": (SourceUnavailable, "mailbox_busy", 60),
    "soap:ErrorTooManyObjectsOpened": (SourceUnavailable, "mailbox_busy", None),
    "soap:ErrorSomethingNobodyKnows": (SourceUnavailable, "mailbox_server_error", 60),
    "soap:ErrorNonExistentMailbox": (SourceMisconfigured, "mailbox_unknown", None),
    "soap:ErrorImpersonateUserDenied": (SourceMisconfigured, "mailbox_no_access", None),
}
REQUESTS = {"first": 1, "a sync": 4, "a list": 7, "a body": 9, "last": 16}
"""In a mailbox of 300: folders, tree, syncs of two folders and the calendar, view of the calendar,
lists of the two folders, then bodies."""


def test_every_fault_of_the_server_is_expected() -> None:
    assert set(FAULTS) <= set(EXPECTED)


@pytest.mark.parametrize("fault", list(EXPECTED))
def test_a_fault_is_told_with_what_to_do(box: Box, fault: str) -> None:
    box.deliver(0)
    kind, code, wait = EXPECTED[fault]
    box.server.script.fail(1, fault)
    with pytest.raises(kind) as caught:
        box.read()
    error = caught.value
    assert error.code == code
    if isinstance(error, SourceUnavailable):
        assert error.retry_after
        assert wait is None or error.retry_after == wait
    for language in messages.LANGUAGES:
        text = messages.text(code, language, **error.params)
        assert not re.search(r"localhost|example\.com|[{}]", text)
    assert "example.com" not in repr(error)
    assert "localhost" not in repr(error)


@pytest.mark.parametrize("where", list(REQUESTS))
@pytest.mark.parametrize("fault", ["busy", "cut", "dropped", "reset", "login_page", "error_page"])
def test_nothing_is_lost_wherever_it_happens(box: Box, fault: str, where: str) -> None:
    for n in range(300):
        box.deliver(n, folder=(box.store.inbox, box.store.sent)[n % 2])
    box.server.script.fail(REQUESTS[where], fault)
    taken, failures, cursor = [], 0, None
    source = box.build()
    while True:
        try:
            for batch in source.poll(cursor):
                taken += [one.identity for one in batch.captures]
                cursor = batch.cursor
        except SourceUnavailable:
            failures += 1
            assert failures < 3
            continue
        break
    source.close()
    assert failures == 1
    assert len(taken) == len(set(taken)) == 300


@pytest.mark.parametrize("when", ["walk", "delta"])
def test_a_page_that_was_cut_is_not_taken_for_whole(box: Box, when: str) -> None:
    """The mark for the next page stands before the changes: taking it would lose the rest."""
    if when == "delta":
        box.read()
    for n in range(200):
        box.deliver(n, ago_h=1)
    box.server.script.fail(3, "cut")
    with pytest.raises(SourceUnavailable) as caught:
        box.read_on()
    assert box.server.script.seen[-1] == "SyncFolderItems"
    assert caught.value.code == "mailbox_answer_cut"
    assert len({one.identity for one in box.read_on().mails}) == 200


def test_a_busy_server_is_not_asked_again_by_the_source(box: Box) -> None:
    box.server.script.fail(1, "busy")
    with pytest.raises(SourceUnavailable):
        box.read()
    assert box.server.script.number == 1


@pytest.mark.parametrize("leaves_out", [False, True])
def test_busy_is_not_taken_for_a_lost_mark(box: Box, *, leaves_out: bool) -> None:
    box.server.operations.leaves_out = leaves_out
    box.deliver(0)
    box.read()
    box.server.script.fail(3, "busy_message")
    with pytest.raises(SourceUnavailable) as caught:
        box.read_on()
    assert box.server.script.seen[-1] == "SyncFolderItems"
    assert (caught.value.code, caught.value.retry_after) == ("mailbox_busy", BACK_OFF_MS / 1000)
    assert box.read_on().batches == []


def test_one_wrong_password_is_one_attempt(box: Box) -> None:
    box.server.users.set("li", "other")
    for _ in range(3):
        with pytest.raises(SourceAuthFailed) as caught:
            box.read()
        assert caught.value.code == "password_refused"
    assert box.server.users.attempts == 1
    assert box.server.script.number == 0


def test_a_changed_password_is_used_at_once(box: Box) -> None:
    box.deliver(0)
    source = box.build()
    first = list(source.poll(None))
    box.server.users.set("li", "new")
    with pytest.raises(SourceAuthFailed):
        list(source.poll(first[-1].cursor))
    box.secrets.set("password@office", "new")
    box.deliver(1, ago_h=0)
    (batch,) = source.poll(first[-1].cursor)
    assert len(batch.captures) == 1
    source.close()


def test_a_strange_certificate_names_the_setting(box: Box, tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
    for ca_file in (None, str(tmp_path / "other.pem")):
        with pytest.raises(SourceUnavailable) as caught:
            box.read(ca_file=ca_file)
        assert caught.value.code == "mailbox_certificate"
        assert caught.value.retry_after
        for language in messages.LANGUAGES:
            assert "ca_file" in messages.text("mailbox_certificate", language)
    assert box.server.users.attempts == 0, "no password goes to a stranger"


def test_certificates_that_the_environment_names_and_are_not_there(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(box.ca_file.parent / "gone.pem"))
    with pytest.raises(SourceUnavailable) as caught:
        box.read()
    assert caught.value.code == "mailbox_certificate"


def test_the_companys_authority_counts_behind_its_proxy_too(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.deliver(0)
    with Tunnel() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        assert len(box.read().mails) == 1
        assert proxy.asked == [f"localhost:{box.server.port}"]
        with pytest.raises(SourceUnavailable) as caught:
            box.read(ca_file=None)
    assert caught.value.code == "mailbox_certificate"


def test_nobody_there(box: Box) -> None:
    endpoint = box.server.url
    box.server.stop()
    for url, code in ((endpoint, "mailbox_refused"), (endpoint.replace("https", "http"), None)):
        with pytest.raises(SourceUnavailable) as caught:
            box.read(endpoint=url)
        assert code is None or caught.value.code == code
        assert caught.value.retry_after


def test_what_speaks_no_tls_is_told(box: Box) -> None:
    plain = Box(box.ca_file.parent, tls=False)
    try:
        with pytest.raises(SourceUnavailable) as caught:
            box.read(endpoint=plain.server.url.replace("http:", "https:"))
        assert caught.value.code in ("mailbox_certificate", "mailbox_connection_lost")
        plain.deliver(0)
        assert len(plain.read().mails) == 1, "on the same computer it may be plain"
    finally:
        plain.server.close()


def test_packed_answers_are_read(tmp_path: Path) -> None:
    box = Box(tmp_path, compresses=True)
    box.deliver(0)
    assert len(box.read().mails) == 1
    box.server.script.fail(3, "cut")
    with pytest.raises(SourceUnavailable):
        box.read()
    box.server.close()


@pytest.mark.parametrize("version", [(14, 1), (15, 0), (15, 1)])
def test_older_servers_are_understood(tmp_path: Path, version: tuple[int, int]) -> None:
    box = Box(tmp_path, version=version)
    box.deliver(0)
    assert len(box.read().mails) == 1
    assert box.server.users.attempts <= 2
    box.server.close()


def test_exchange_online_is_refused_before_anything_is_sent(box: Box) -> None:
    for host in ("outlook.office365.com", "partner.outlook.cn"):
        with pytest.raises(SourceMisconfigured) as caught:
            box.read(endpoint=f"https://{host}/EWS/Exchange.asmx")
        assert caught.value.code == "mailbox_exchange_online"
        for language in messages.LANGUAGES:
            text = messages.text("mailbox_exchange_online", language, source="office")
            assert 'type = "graph"' in text


def test_a_missing_folder_is_named_by_its_number(box: Box) -> None:
    with pytest.raises(SourceMisconfigured) as caught:
        box.read(folders=["inbox", "没有这个"])
    assert caught.value.params == {"source": "office", "number": 2}


def test_a_missing_folder_is_told_after_the_others_were_read(box: Box) -> None:
    box.deliver(0)
    box.deliver(1, folder=box.store.sent)
    source = box.build(folders=["inbox", "没有这个", "sent", "这也没有"])
    batches = []
    with pytest.raises(SourceMisconfigured) as caught:
        batches += iter(source.poll(None))
    assert caught.value.code == "mailbox_folder_missing"
    assert caught.value.params["number"] == 2
    held = []
    with pytest.raises(SourceMisconfigured):
        held += iter(source.inventory())
    taken = [one.external_id for batch in batches for one in batch.captures]
    assert sorted(held) == sorted(taken)
    assert len(taken) == 2
    for name in ("没有这个", "这也没有"):
        folder = box.store.add_folder(box.store.root, name)
        box.deliver(5, folder=folder)
    (*_, last) = source.poll(batches[-1].cursor)
    assert last.cursor
    source.close()


def test_broken_items_stop_nobody(box: Box) -> None:
    codes = (
        "ErrorItemCorrupt",
        "ErrorMimeContentConversionFailed",
        "ErrorContentConversionFailed",
        "ErrorInternalServerError",
        "!ErrorInternalServerError",
        "ErrorMessageSizeExceeded",
    )
    ids = [box.deliver(n) for n in range(120)]
    for n, code in enumerate(codes):
        box.store.change(ids[n * 20], error=code)
    box.store.change(ids[119], error="ErrorItemNotFound")
    taken = box.read()
    assert len(taken.broken) == len(codes)
    assert set(taken.broken.values()) == {"item_damaged"}
    assert len(taken.mails) == 120 - len(codes) - 1
    assert box.read_on().batches == []

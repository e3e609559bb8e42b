"""What the company taught reaches the tagger's process, and never stops the agent."""

from datetime import date

import pytest

from agent.contract.tagger import TaggerData, Term
from agent.daemon.tagging import PROGRAM, TaggerProcess
from agent.daemon.taught import FILE_NAME, Taught
from agent.errors import DeliveryRefused, DeliveryRetryable
from agent.outbox.store import Store
from agent.testing import FrozenClock
from tests.agent.making import server

DAY = date(2026, 11, 23)
DATA = TaggerData(version="1.0", terms=(Term(kind="jargon", category="budget", words=("卡盘子",)),))


@pytest.fixture
def store(tmp_path):
    made = Store.open(tmp_path, clock=FrozenClock())
    yield made
    made.close()


def test_it_is_fetched_once_and_again_when_the_file_is_lost(tmp_path, store):
    remote, file = server(), tmp_path / FILE_NAME
    remote.taught = DATA
    taught = Taught(store.held, file)
    taught.refresh(remote)
    assert TaggerData.model_validate_json(file.read_text("utf-8")) == DATA
    file.write_text("kept")
    taught.refresh(remote)
    assert file.read_text() == "kept"  # 304: nothing came
    file.unlink()
    taught.refresh(remote)
    assert TaggerData.model_validate_json(file.read_text("utf-8")) == DATA
    store.held.forget_server()
    file.write_text("of another server")
    taught.refresh(remote)
    assert TaggerData.model_validate_json(file.read_text("utf-8")) == DATA


def test_a_server_that_knows_nothing_of_it_teaches_nothing(tmp_path, store):
    remote, file = server(), tmp_path / FILE_NAME
    file.write_text("{}")
    remote.faults = [DeliveryRefused("http_404")]
    Taught(store.held, file).refresh(remote)
    assert not file.exists()
    remote.faults = [DeliveryRetryable("server_timeout")]
    with pytest.raises(DeliveryRetryable):
        Taught(store.held, file).refresh(remote)


def test_a_full_disk_is_no_reason_to_stop(tmp_path, store):
    remote, folder = server(), tmp_path / FILE_NAME
    folder.mkdir()
    remote.taught = DATA
    Taught(store.held, folder).refresh(remote)
    assert store.held.taught_etag() is None


def test_the_running_process_reads_the_next_text_by_it(tmp_path, store):
    remote, file = server(), tmp_path / FILE_NAME
    tagger = TaggerProcess((*PROGRAM, str(file)))
    taught = Taught(store.held, file)
    asked = {"kind": "mail", "speaker": "customer", "on": DAY}
    try:
        assert tagger.tag("老规矩，卡盘子。", **asked).tags == ()
        remote.taught = DATA
        taught.refresh(remote)
        [found] = tagger.tag("老规矩，卡盘子。", **asked).tags
        assert (found.category, found.text) == ("budget", "卡盘子")
        remote.taught = TaggerData(version="2.0")
        taught.refresh(remote)
        assert tagger.tag("老规矩，卡盘子。", **asked).tags == ()
    finally:
        tagger.close()

"""Whom the agent takes for one of us."""

from agent.contract.policy import Exclusions
from agent.daemon.knowledge import Knowledge, addresses_of
from agent.outbox.store import Store
from agent.settings import SourceSettings
from agent.testing import FrozenClock, WordTagger
from tests.agent.making import server


def test_the_mailboxes_that_are_read_are_ours(tmp_path):
    sources = [
        SourceSettings(name="mail", type="imap", options={"username": "Li.Lei@QQ.com"}),
        SourceSettings(
            name="office",
            type="exchange",
            options={
                "username": "EXAMPLE\\li",
                "email": "li@ours.example",
                "mailbox": "sales@ours.example",
            },
        ),
        SourceSettings(name="notes", type="notes", options={"path": "/x"}),
    ]
    addresses = addresses_of(sources)
    assert addresses == ("li.lei@qq.com", "li@ours.example", "sales@ours.example")
    clock = FrozenClock()
    store = Store.open(tmp_path, clock=clock)
    knowledge = Knowledge(
        store, tagger=WordTagger(), exclude=Exclusions(), clock=clock, own_addresses=addresses
    )
    knowledge.refresh(server())
    assert knowledge.policy is not None
    assert set(addresses) <= set(knowledge.policy.staff_emails)
    store.close()

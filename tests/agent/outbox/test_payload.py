from datetime import timedelta
from hashlib import sha256

import pytest

from agent.contract.activity import Activity
from agent.outbox.payload import Payload
from tests.agent.making import activity


def bare(one: Activity) -> Activity:
    return one.model_copy(update={"revision": 1, "source": ""})


@pytest.mark.parametrize("source", ["mailfiles", "", 'a","direction":"b', "\\", '"', "信\n"])
@pytest.mark.parametrize("revision", [1, 17, 2**31 - 1])
def test_it_is_what_the_activity_serialises_to(source: str, revision: int) -> None:
    one = activity("x", subject='","revision":9,"direction":"').model_copy(
        update={"source": source, "revision": revision}
    )
    payload = Payload.of(one)
    assert payload.revision(revision) == one.model_dump_json()
    assert payload.revision(5) == one.model_copy(update={"revision": 5}).model_dump_json()
    assert payload.digest == sha256(bare(one).model_dump_json().encode()).hexdigest()


def test_the_digest_tells_what_is_said_apart() -> None:
    one = activity("x")
    later = one.model_copy(update={"occurred_at": one.occurred_at + timedelta(seconds=1)})
    again = one.model_copy(update={"revision": 3, "source": "imap"})
    assert Payload.of(one).digest == Payload.of(again).digest
    assert Payload.of(one).digest != Payload.of(later).digest

import gzip
import zlib

import pytest

from agent.capture.graph.unpacking import Bomb, Unknown, unpacked
from agent.errors import SourceUnavailable
from tests.agent.capture.graph.desk import Desk

TEXT = b'{"value": []}' * 50


def pieces(content: bytes) -> list[bytes]:
    return [content[at : at + 7] for at in range(0, len(content), 7)]


@pytest.mark.parametrize(
    ("packed", "encoding"),
    [(TEXT, ""), (gzip.compress(TEXT, mtime=0), " GZIP ")],
    ids=["as it is", "packed"],
)
def test_comes_out_as_it_went_in(packed: bytes, encoding: str) -> None:
    assert b"".join(unpacked(pieces(packed), encoding, len(TEXT))) == TEXT
    with pytest.raises(Bomb):
        list(unpacked(pieces(packed), encoding, len(TEXT) - 1))


def test_no_more_is_unpacked_than_may_be() -> None:
    made: list[bytes] = []
    with pytest.raises(Bomb):
        made.extend(unpacked([gzip.compress(bytes(10_000_000))], "gzip", 1_000))
    assert made == []


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "gzip"])
def test_what_was_not_asked_for_is_not_unpacked(encoding: str) -> None:
    with pytest.raises(Unknown):
        list(unpacked([zlib.compress(TEXT)], encoding, len(TEXT)))


def test_an_answer_packed_twice_is_no_answer(desk: Desk) -> None:
    def twice(handler, payload: bytes) -> bool:
        packed = gzip.compress(gzip.compress(payload))
        handler.reply(200, packed, {"content-encoding": "gzip, gzip"})
        return True

    desk.deliver(2)
    desk.poll()
    desk.server.fail(1, twice)
    with pytest.raises(SourceUnavailable) as caught:
        desk.poll()
    assert caught.value.code == "graph_answer_foreign"
    assert desk.poll() == []

"""How many 2 kB mails a second go from raw bytes through tagging into the outbox, in one process.

    python benchmarks/pipeline.py [--mails N] [--rounds N] [--memory]

Raw RFC 5322 mails, Chinese and English, plain and HTML, 60 % with customers of ours, pass through
the agent's own parts: ``mime.read``, the reader and its pipeline, and pages of 250 into a store on
disk. Each round fills a new store with mails that no round before it held. With ``--memory`` one
store takes 50,000 and the process must not grow.
"""

import argparse
import base64
import json
import quopri
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.header import Header
from pathlib import Path

from tagging_speed import SENTENCES, TAIL, TALK

from agent.capture import mime
from agent.capture.base import Batch, Capture
from agent.clock import SystemClock
from agent.contract.directory import DirectoryContact, DirectoryCustomer, DirectoryDelta
from agent.contract.policy import Exclusions, Policy
from agent.daemon.knowledge import Knowledge
from agent.daemon.reading import Reader
from agent.nlp.tagger import Tagger
from agent.outbox.store import Store

LIMIT = 800
"""Mails a second."""
PAGE = 250
CUSTOMERS = 600
KNOWN = 0.6
START = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
SAID = [json.loads(line)["text"] for line in SENTENCES.read_text("utf-8").splitlines()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=2_000, help="in each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", action="store_true")
    options = parser.parse_args()
    tagger = Tagger()
    _fill(tagger, Letters(seed=0), 2_000)  # import spaCy, compile the patterns
    if options.memory:
        _memory(tagger)
        return
    whole: list[tuple[float, float]] = []
    reading: list[float] = []
    for seed in range(1, options.rounds + 1):
        letters = Letters(seed)
        raw = letters.take(options.mails)
        whole.append(_fill(tagger, letters, options.mails, raw))
        started = time.process_time()
        for number, one in enumerate(raw):
            _capture(number, one)
        reading.append(time.process_time() - started)
    size = sum(map(len, raw)) / len(raw)
    cpu, wall = (options.mails / statistics.median(run) for run in zip(*whole, strict=True))
    print(f"{options.rounds} rounds of {options.mails} mails of {size:.0f} bytes, medians")
    print(f"raw mail to outbox   {cpu:6.0f} mails/s of CPU   {wall:6.0f} mails/s of wall clock")
    print(f"of it mime.read      {options.mails / statistics.median(reading):6.0f} mails/s of CPU")
    print(f"{cpu / LIMIT:.2f} x the {LIMIT} mails/s that are asked for")


class Letters:
    """Raw mails of one rep's mailbox; the same seed gives the same mails."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._seed = seed
        self._made = 0
        self._talks: list[tuple[str, str]] = []
        """With whom, and the mail that began it."""

    def take(self, count: int) -> list[bytes]:
        return [self._next() for _ in range(count)]

    def _next(self) -> bytes:
        dice, number = self._dice, self._made
        self._made += 1
        message_id = f"<{self._seed}.{number}@mail.example>"
        if self._talks and dice.random() < 0.5:
            other, answers = dice.choice(self._talks[-200:])
        else:
            known = f"c{dice.randrange(3)}@k{dice.randrange(CUSTOMERS)}.example"
            stranger = f"p{number}@elsewhere{number % 977}.example"
            other, answers = known if dice.random() < KNOWN else stranger, ""
            self._talks.append((other, message_id))
        theirs, ours = (f"{_word('王芳')} <{other}>", f"{_word('李雷')} <lilei@us.example>")
        sender, to = (theirs, ours) if dice.random() < 0.6 else (ours, theirs)
        sent = (START + timedelta(minutes=number)).strftime("%a, %d %b %Y %H:%M:%S +0000")
        head = [
            "Received: from mx.example (mx.example [192.0.2.1]) by mail.us.example; " + sent,
            f"Message-ID: {message_id}",
            f"Date: {sent}",
            f"From: {sender}",
            f"To: {to}",
            "Cc: =?utf-8?b?5byg5LiJ?= <zhangsan@us.example>",
            f"Subject: {_word('回复：' if answers else '')}{_word('关于报价和交付时间的确认')}",
            "X-Mailer: Foxmail 7.2.25.327[cn]",
            "MIME-Version: 1.0",
        ]
        if answers:
            head += [f"In-Reply-To: {answers}", f"References: {answers}"]
        return "\r\n".join(head).encode() + b"\r\n" + self._body()

    def _body(self) -> bytes:
        dice = self._dice
        lines = dice.choices(TALK, k=6) + dice.sample(SAID, 3)
        dice.shuffle(lines)
        quoted = "\n".join(f"> {line}" for line in dice.choices(TALK, k=3))
        text = "\n".join(lines) + TAIL + quoted
        kind = dice.random()
        if kind < 0.3:
            return _part("text/plain", "gb18030", base64.encodebytes(text.encode("gb18030")))
        if kind < 0.5:
            return _part("text/plain", "utf-8", text.encode(), "8bit")
        if kind < 0.7:
            quoted_printable = quopri.encodestring(text.encode("utf-8"))
            return _part("text/plain", "utf-8", quoted_printable, "quoted-printable")
        page = "".join(f"<p style='margin:0'>{line}</p>\n" for line in lines).encode()
        html = _part("text/html", "utf-8", base64.encodebytes(page))
        if kind < 0.85:
            return html
        short = _part("text/plain", "utf-8", base64.encodebytes("\n".join(lines).encode()))
        return (
            b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n--b\r\n'
            + short
            + b"\r\n--b\r\n"
            + html
            + b"\r\n--b--\r\n"
        )


class Mailbox:
    """A source that hands out prepared mails in pages."""

    type = "mailfiles"
    watched = None

    def __init__(self, raw: list[bytes]) -> None:
        self._raw = raw

    def poll(self, cursor: str | None) -> Iterator[Batch]:
        for start in range(int(cursor or 0), len(self._raw), PAGE):
            page = enumerate(self._raw[start : start + PAGE], start)
            captures = tuple(_capture(number, raw) for number, raw in page)
            yield Batch(cursor=str(start + len(captures)), captures=captures)

    def inventory(self) -> Iterator[str]:
        yield from (f"inbox/{number}" for number in range(len(self._raw)))

    def close(self) -> None:
        pass


def _fill(
    tagger: Tagger, letters: Letters, count: int, raw: list[bytes] | None = None
) -> tuple[float, float]:
    """CPU and wall seconds it takes to fill a new store."""
    raw = letters.take(count) if raw is None else raw
    with tempfile.TemporaryDirectory() as folder:
        store = _store(Path(folder))
        knowledge = Knowledge(
            store,
            tagger=tagger,
            exclude=Exclusions(exclude=("*@bank.example",)),
            clock=SystemClock(),
        )
        reader = Reader("mail", Mailbox(raw), store=store, knowledge=knowledge, clock=SystemClock())
        cpu, wall = time.process_time(), time.perf_counter()
        done = reader.run(lambda: False)
        took = time.process_time() - cpu, time.perf_counter() - wall
        counts = store.ledger.counts("mail")
        assert done.complete
        assert counts.seen == count
        assert abs(counts.stored - KNOWN * count) < count * 0.1
        store.close()
    return took


def _store(folder: Path) -> Store:
    """A new store that holds the directory of a busy rep."""
    store = Store.open(folder, clock=SystemClock())
    store.held.keep_policy(Policy(own_domains=("us.example",)), "1")
    customers = tuple(
        DirectoryCustomer(
            id=number + 1,
            name=f"苏州第{number}智能装备有限公司",
            domains=(f"k{number}.example",),
            contacts=tuple(
                DirectoryContact(
                    id=number * 3 + c + 1, name="王芳", emails=(f"c{c}@k{number}.example",)
                )
                for c in range(2)
            ),
        )
        for number in range(CUSTOMERS)
    )
    store.held.apply(DirectoryDelta(revision=1, customers=customers))
    return store


def _memory(tagger: Tagger) -> None:
    before = 0
    for thousands in range(10):
        _fill(tagger, Letters(100 + thousands), 5_000)
        now = _resident()
        before = before or now
        print(f"{5 * (thousands + 1):3},000 mails: {now:6.1f} MB")
    print(f"grown by {_resident() - before:.1f} MB after the first 5,000")


def _resident() -> float:
    """Megabytes of memory this process holds now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def _capture(number: int, raw: bytes) -> Capture:
    return mime.read(
        raw, source="mailfiles", external_id=f"inbox/{number}", version="1", fallback=START
    )


def _word(text: str) -> str:
    return Header(text, "utf-8", maxlinelen=1_000).encode() if text else ""


def _part(kind: str, charset: str, body: bytes, encoding: str = "base64") -> bytes:
    head = f'Content-Type: {kind}; charset="{charset}"\r\nContent-Transfer-Encoding: {encoding}\r\n'
    return head.encode() + b"\r\n" + body.replace(b"\n", b"\r\n")


if __name__ == "__main__":
    main()

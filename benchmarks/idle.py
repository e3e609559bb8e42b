"""What the agent costs while nothing happens: processor time and memory, without speech.

    python benchmarks/idle.py [--seconds N] [--mails N]

A process of its own runs the agent as ``genjin agent run`` does, paired over HTTP, with three
sources: a folder of mail, a folder of notes, and a mailbox in memory whose server tells of news.
It reads them, sends what concerns a customer, and is then watched while nothing changes. Prints
one line of JSON and the ratio to each limit; exit code 1 when one is exceeded.
"""

import argparse
import gc
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

MOST_CPU = 0.005
"""Of one processor."""
MOST_RSS_MB = 150.0
TAGGER_IDLE_S = 20.0
"""Far sooner than usual, or this would take a quarter of an hour."""
SETTLE_S = 30.0
MAIL = """\
From: wang@huarui.example
To: lilei@us.example
Subject: Quotation {n}
Message-ID: <file{n}@huarui.example>
Date: Fri, 20 Nov 2026 10:00:00 +0800
Content-Type: text/plain; charset=utf-8

我们今年预算有点紧张，竞品的价格更低。下周三前请发报价。
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=90.0)
    parser.add_argument("--mails", type=int, default=2000)
    parser.add_argument("--child", nargs=2, metavar=("FOLDER", "URL"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(_watched(Path(options.child[0]), options.child[1], options)))
        return 0

    from tests.agent.making import server  # noqa: PLC0415 - not for the process that is measured
    from tests.agent.standin import StandIn  # noqa: PLC0415 - see above

    with tempfile.TemporaryDirectory() as folder, StandIn(server()) as there:
        numbers = [f"--seconds={options.seconds}", f"--mails={options.mails}"]
        child = [sys.executable, __file__, "--child", folder, there.url, *numbers]
        done = subprocess.run(child, stdout=subprocess.PIPE, check=True, text=True)
        delivered = len(there.state.activities)
    found = json.loads(done.stdout)
    expected = options.mails + 300
    assert delivered == expected, f"{delivered} of {expected} delivered: nothing was measured"
    cpu, rss = found["cpu"] / MOST_CPU, found["rss_mb"] / MOST_RSS_MB
    print(json.dumps(found))
    print(f"processor {found['cpu']:.2%} of one, {cpu:.2f} of the limit")
    print(f"memory {found['rss_mb']:.0f} MB, {rss:.2f} of the limit")
    return int(max(cpu, rss) > 1)


def _watched(folder: Path, url: str, options: argparse.Namespace) -> dict[str, float]:
    from agent.bootstrap import build_agent  # noqa: PLC0415 - the other process measures nothing
    from agent.capture import registry  # noqa: PLC0415 - see above
    from agent.capture.base import Capture, Surroundings  # noqa: PLC0415 - see above
    from agent.clock import SystemClock  # noqa: PLC0415 - see above
    from agent.contract.activity import Participant  # noqa: PLC0415 - see above
    from agent.daemon.tagging import TaggerProcess  # noqa: PLC0415 - see above
    from agent.outbox.lock import Lock  # noqa: PLC0415 - see above
    from agent.settings import Settings, SourceSettings, SpeechSettings  # noqa: PLC0415 - see above
    from agent.testing import BellSource, DictSecrets  # noqa: PLC0415 - see above

    for name, count, text in (("mail", 200, MAIL), ("notes", 100, "今天拜访了华锐，聊了预算。\n")):
        (folder / name).mkdir()
        for n in range(count):
            file = folder / name / (f"{n}.eml" if name == "mail" else f"华锐 {n}.md")
            file.write_text(text.format(n=n), "utf-8")
    people = tuple(
        Participant(role=role, email=email)
        for role, email in (("from", "wang@huarui.example"), ("to", "lilei@us.example"))
    )
    first = Capture(
        source="list",
        external_id="",
        identity="",
        version="1",
        kind="mail",
        occurred_at=datetime(2026, 11, 20, tzinfo=UTC),
        participants=people,
        subject="Quotation",
        text=MAIL.rpartition("\n\n")[2],
    )
    mailbox = BellSource(
        [
            replace(
                first,
                external_id=f"INBOX/{n}",
                identity=f"mid:box{n}@huarui.example",
                occurred_at=first.occurred_at - timedelta(hours=n),
                references=(f"box{n}@huarui.example",),
            )
            for n in range(options.mails)
        ],
        page=250,
    )
    named = {
        name: SourceSettings(name=name, type=kind, options={"path": str(folder / name)})
        for name, kind in (("mail", "mailfiles"), ("notes", "notes"))
    }
    clock = SystemClock()
    secrets = DictSecrets({f"token@{url}": "token-1"})
    settings = Settings(
        file=folder / "agent.toml",
        state_dir=folder / "state",
        server_url=url,
        sources=(*named.values(), SourceSettings(name="box", type="list")),
        speech=SpeechSettings(enabled=False),
    )
    around = Surroundings(clock=clock, secrets=secrets, state_dir=settings.state_dir)
    sources = {
        name: registry.build(name, {**source.options, "type": source.type}, around)
        for name, source in named.items()
    }
    stopped = threading.Event()
    with Lock(settings.state_dir):
        tagger = TaggerProcess(idle_s=TAGGER_IDLE_S)
        agent = build_agent(
            settings,
            clock=clock,
            secrets=secrets,
            sources={**sources, "box": mailbox},
            tagger=tagger,
        )
        at_work = threading.Thread(target=agent.run, args=(stopped,))
        at_work.start()
        expected = options.mails + 300
        while agent.store.queue.status().delivered < expected and at_work.is_alive():
            time.sleep(0.5)
        working_mb = _rss_mb()
        time.sleep(SETTLE_S)
        assert not tagger.is_running
        gc.collect()
        began, spent = time.monotonic(), _cpu_s()
        time.sleep(options.seconds)
        used = (_cpu_s() - spent) / (time.monotonic() - began)
        found = {
            "cpu": used,
            "rss_mb": _rss_mb(),
            "working_mb": working_mb,
            "seconds": options.seconds,
        }
        stopped.set()
        at_work.join()
    return found


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _rss_mb() -> float:
    """Now; where the system does not tell, the most it ever was."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


if __name__ == "__main__":
    sys.exit(main())

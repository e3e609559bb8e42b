"""How fast a mailbox of Microsoft 365 is read, against our test server in its own process.

    python benchmarks/graph.py [--mails 5000] [--runs 5]

Three figures: mails a second of a first reading, from the request to the finished capture; the same
pages fetched and parsed by a bare httpx loop in the same run, alternating, as the measure of what
the machine and the server allow; and the time of a poll that finds nothing new.
"""

import argparse
import json
import ssl
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))

from agent.capture import registry
from agent.capture.base import Source, Surroundings
from agent.capture.graph.messages import SELECT
from agent.testing import DictSecrets
from tests.conformance.moving_clock import MovingClock
from tests.servers.graph.authority import CLIENT, TENANT
from tests.servers.graph.server import GraphServer, certificates

PAGE = 100
PARAGRAPH = (
    "<p>您好，关于上次的报价，我们内部讨论后认为交期需要再确认一下，价格方面也希望再优惠一些。</p>"
)


def serve(mails: int) -> None:
    """Until its input ends."""
    server = GraphServer()
    now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    for n in range(mails):
        server.mailbox.deliver(
            # None of the last two days, so that both sides fetch each page once.
            at=now - timedelta(days=3, minutes=30 * n),
            subject=f"第{n}封",
            text=f"<html><body>{PARAGRAPH * 12}</body></html>",
            is_html=True,
            headers={"List-Id": ""} if n % 10 else {"List-Id": "<news.example>"},
        )
    token = server.authority.new_refresh_token()
    access = server.authority._issue({"mail.read", "user.read"}, "")["access_token"]  # noqa: SLF001
    told = {"url": server.url, "refresh": token, "access": access, "ca": str(certificates()[0])}
    print(json.dumps(told), flush=True)
    sys.stdin.read()
    server.close()


def build(told: dict[str, str], folder: str) -> Source:
    settings = {
        "type": "graph", "tenant": TENANT, "client_id": CLIENT, "graph_url": told["url"],
        "authority": told["url"], "ca_file": told["ca"], "calendar": False,
    }  # fmt: skip
    secrets = DictSecrets({"password@it": told["refresh"]})
    around = Surroundings(clock=MovingClock(), secrets=secrets, state_dir=Path(folder))
    return registry.build("it", settings, around)


def first_reading(told: dict[str, str], mails: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        source = build(told, folder)
        list(source.inventory())  # signed in and connected, as an agent is that has been running
        start, cpu = perf_counter(), process_time()
        count = sum(len(batch.captures) for batch in source.poll(None))
        seconds, cpu = perf_counter() - start, process_time() - cpu
        source.close()
    assert count == mails, count
    return mails / seconds, cpu


def bare_loop(told: dict[str, str], mails: int) -> tuple[float, float]:
    headers = {
        "authorization": f"Bearer {told['access']}",
        "prefer": f'IdType="ImmutableId", odata.maxpagesize={PAGE}',
    }
    context = ssl.create_default_context(cafile=told["ca"])
    with httpx.Client(verify=context, headers=headers, trust_env=False) as client:
        client.get(f"{told['url']}/v1.0/me/mailFolders/inbox").raise_for_status()
        start, cpu = perf_counter(), process_time()
        query = {
            "$select": SELECT,
            "$filter": "receivedDateTime ge 2026-01-01T00:00:00Z",
            "$orderby": "receivedDateTime desc",
        }
        answer = client.get(
            f"{told['url']}/v1.0/me/mailFolders/inbox/messages/delta", params=query
        ).json()
        count = len(answer["value"])
        while "@odata.nextLink" in answer:
            answer = client.get(answer["@odata.nextLink"]).json()
            count += len(answer["value"])
        seconds, cpu = perf_counter() - start, process_time() - cpu
    assert count == mails, count
    return mails / seconds, cpu


def empty_polls(told: dict[str, str], times: int) -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        source = build(told, folder)
        cursor = None
        for batch in source.poll(None):
            cursor = batch.cursor
        taken: list[float] = []
        for _ in range(times):
            start = perf_counter()
            assert list(source.poll(cursor)) == []
            taken.append(1000 * (perf_counter() - start))
        source.close()
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.mails)
        return
    command = [sys.executable, __file__, "--serve", "--mails", str(options.mails)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        told = json.loads(server.stdout.readline())
        ours: list[tuple[float, float]] = []
        bare: list[tuple[float, float]] = []
        for _ in range(options.runs):
            bare.append(bare_loop(told, options.mails))
            ours.append(first_reading(told, options.mails))
        empty = empty_polls(told, 50)
        server.stdin.close()
    rate, plain = median(one[0] for one in ours), median(one[0] for one in bare)
    ratios = [mine[0] / theirs[0] for mine, theirs in zip(ours, bare, strict=True)]
    print(f"first reading      {rate:8.0f} mails/s   cpu {median(c for _, c in ours):5.2f} s")
    print(f"bare httpx loop    {plain:8.0f} mails/s   cpu {median(c for _, c in bare):5.2f} s")
    print(f"ratio              {median(ratios):8.2f}")
    print(f"nothing new (2 folders) {median(empty):5.1f} ms, slowest {max(empty):5.1f} ms")


if __name__ == "__main__":
    main()

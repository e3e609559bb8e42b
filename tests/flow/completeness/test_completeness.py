"""Is anything missing, or there twice? Of five thousand items that move, vanish and come back while
the agent that reads them is refused, cut off and killed.

One story for every source, with the real agent as a process of its own, the real server, and as
mailbox a real Dovecot or the servers of ``tests/servers``. The oracle (``account``, ``diary``) keeps
its own books and knows nothing of the agent's. What is asked of the end is in ``proof``.

All faults and kills fall on the one mailbox of full size: it has enough pages that each way to fail
meets a backfill under way, and one run is cheaper than two.
"""

import os
from pathlib import Path

import pytest

from tests.flow.completeness.kinds import KINDS

SEED = 7


@pytest.mark.skipif(
    not hasattr(os, "fork"), reason="the agent's process is forked off a loaded one"
)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_missing_and_nothing_is_twice(tmp_path: Path, kind: str) -> None:
    outcome = KINDS[kind](tmp_path, seed=SEED)
    assert (outcome.unexplained, outcome.duplicates) == (0, 0)
    # A story in which nothing went wrong would prove nothing.
    assert outcome.kills >= 1
    assert outcome.mailbox_faults >= 5
    assert outcome.server_faults >= 1
    assert outcome.operations >= 80

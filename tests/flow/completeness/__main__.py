"""``python -m tests.flow.completeness [KIND…] [--seed N] [--share F]``: the figures of one run."""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.flow.completeness.kinds import KINDS

_COLUMNS = (
    *("source", "items", "operations", "passes", "mailbox_faults", "server_faults", "kills"),
    *("held", "activities", "unexplained", "duplicates", "seconds"),
)


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.flow.completeness")
    options.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(KINDS))
    options.add_argument("--seed", type=int, default=7, help="another story")
    options.add_argument("--share", type=float, default=1.0, help="0.1: a tenth of the items")
    asked = options.parse_args()
    unknown = [kind for kind in asked.kinds if kind not in KINDS]
    if unknown:
        options.error(f"{unknown[0]}: one of {', '.join(KINDS)}")
    print("| " + " | ".join(_COLUMNS) + " |", flush=True)  # noqa: T201 - what it is for
    print("|---" * len(_COLUMNS) + "|", flush=True)  # noqa: T201
    for kind in asked.kinds or KINDS:
        with TemporaryDirectory(prefix="genjin-completeness-") as folder:
            outcome = KINDS[kind](Path(folder), seed=asked.seed, share=asked.share)
        figures = (getattr(outcome, name) for name in _COLUMNS)
        print("| " + " | ".join(map(str, figures)) + " |", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()

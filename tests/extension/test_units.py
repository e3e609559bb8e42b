"""The extension's own unit tests, run by Node as part of the one suite."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

EXTENSION = Path(__file__).parents[2] / "extension"


def test_types_and_units_of_the_extension():
    npm = shutil.which("npm")
    if npm is None or not (EXTENSION / "node_modules").is_dir():
        reason = "Node.js with npm, and `npm ci` in extension/, are needed (tools/setup.py --dev)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    done = subprocess.run(
        [npm, "--prefix", str(EXTENSION), "run", "--silent", "check"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    passed = re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    assert passed is not None
    assert int(passed.group(1)) > 100

"""The recipe in CONTRIBUTING.md works: its code, taken as it stands, passes the conformance suite."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

PLUGIN = """
from agent.capture import registry
from tests.conformance import places
from tests.conformance.places import FolderPlace

registry.SOURCES["chatlogs"] = "chatlogs"

{place}

places.PLACES["chatlogs"] = ChatLogsPlace
"""


def test_the_recipe_for_a_source_passes_the_conformance_suite(tmp_path):
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    package, place = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (tmp_path / "chatlogs.py").write_text(package, "utf-8")
    (tmp_path / "recipe.py").write_text(PLUGIN.format(place=place), "utf-8")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "tests/conformance",
            "-p",
            "recipe",
            "-k",
            "chatlogs",
            "-q",
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"(\d+) passed", done.stdout)
    assert done.returncode == 0, done.stdout[-3000:]
    assert found is not None
    assert int(found.group(1)) > 10

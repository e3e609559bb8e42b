#!/usr/bin/env python3
"""Write ``requirements/{base,speech,dev,setup}.txt``: every package pinned and hashed, all platforms."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "requirements"
HEADER = "# Made by `make lock` from pyproject.toml; do not edit.\n"
FLAVOURS = {"dev": ("speech", "dev"), "speech": ("speech",), "base": ()}


def compile_lock(out: Path, source: str, *options: str, stdin: str | None = None) -> None:
    subprocess.run(
        [
            *(sys.executable, "-m", "uv", "pip", "compile", source, "-q", "-o", str(out)),
            *("--universal", "--python-version", "3.11", "--generate-hashes", "--no-header"),
            *("--no-annotate", "--no-emit-index-url", "--no-emit-find-links", *options),
        ],
        cwd=ROOT,
        input=stdin,
        text=True,
        check=True,
    )
    out.write_text(HEADER + out.read_text("utf-8"), "utf-8")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    # The largest set decides; the smaller ones are cut from it, so that all agree.
    for flavour, extras in FLAVOURS.items():
        options = [part for extra in extras for part in ("--extra", extra)]
        if flavour != "dev":
            options += ["--constraint", str(FOLDER / "dev.txt")]
        compile_lock(FOLDER / f"{flavour}.txt", "pyproject.toml", *options)

    # What setting up itself needs: the installer and the build back end of pyproject.toml.
    setup = "uv\nhatchling\neditables\npip\n"
    agree = ("--constraint", str(FOLDER / "dev.txt"))
    compile_lock(FOLDER / "setup.txt", "-", *agree, stdin=setup)


if __name__ == "__main__":
    main()

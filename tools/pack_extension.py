"""Pack the browser extension: ``python tools/pack_extension.py [--to DIR]``.

Writes ``genjin-extension-VERSION.zip``, the same bytes for the same sources, for the stores of
Chrome, Edge and Firefox. The stores give the extension its identity, so the ``key`` that keeps the
unpacked folder's id stable stays out. Tests, types and tools stay out too.
"""

import argparse
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
EXTENSION = ROOT / "extension"
FOLDERS = ("_locales", "background", "cards", "icons", "lib", "options", "panel", "popup", "sites")
SUFFIXES = {".js", ".json", ".html", ".css", ".png"}
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first moment a zip can hold: file times must not change the archive."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--to", type=Path, default=ROOT / "dist", help="folder for the archive")
    print(pack(parser.parse_args().to))
    return 0


def pack(folder: Path) -> Path:
    manifest = json.loads((EXTENSION / "manifest.json").read_text("utf-8"))
    del manifest["key"]
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"genjin-extension-{manifest['version']}.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        _add(packed, "manifest.json", _as_json(manifest))
        for path in _shipped():
            _add(packed, path.relative_to(EXTENSION).as_posix(), path.read_bytes())
    return archive


def _shipped() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from sorted(
            path for path in (EXTENSION / folder).rglob("*") if path.suffix in SUFFIXES
        )


def _add(packed: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, EARLIEST)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    packed.writestr(entry, content)


def _as_json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


if __name__ == "__main__":
    sys.exit(main())

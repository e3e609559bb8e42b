"""Draw the extension's icons: ``python tools/draw_icons.py``.

``extension/icons/large.svg`` and ``small.svg`` (bolder, for the toolbar) are the source; the
browser renders them. Chromium is found as the browser tests find it.
"""

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ICONS = Path(__file__).parent.parent / "extension" / "icons"
DRAWINGS = {16: "small.svg", 32: "small.svg", 48: "large.svg", 128: "large.svg"}


def main() -> int:
    browser_path = os.environ.get("GENJIN_BROWSER") or shutil.which("chromium")
    if browser_path is None:
        print("No Chromium found; name one in GENJIN_BROWSER.", file=sys.stderr)
        return 2
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path)
        for size, drawing in DRAWINGS.items():
            page = browser.new_page(viewport={"width": size, "height": size})
            svg = (ICONS / drawing).read_text("utf-8")
            page.set_content(f"<style>*{{margin:0}}svg{{display:block}}</style>{svg}")
            page.screenshot(path=ICONS / f"{size}.png", omit_background=True)
            page.close()
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

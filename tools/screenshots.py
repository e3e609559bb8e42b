#!/usr/bin/env python3
"""Take the README's pictures from a running sample company: ``tools/screenshots.py DIR/demo.json``."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

OUT = Path(__file__).resolve().parent.parent / "docs" / "images"
REP = "chen"


def signed_in(browser: Browser, manifest: dict[str, Any], **context: Any) -> Page:
    user = next(user for user in manifest["users"] if user["key"] == REP)
    page = browser.new_context(device_scale_factor=1.5, **context).new_page()
    page.goto(f"{manifest['url']}/sign-in")
    page.fill("input[name=email]", user["name"])
    page.fill("input[name=password]", user["password"])
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{manifest['url']}/")
    return page


def main(path: str) -> None:
    manifest = json.loads(Path(path).read_text("utf-8"))
    OUT.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        desk = signed_in(browser, manifest, viewport={"width": 1200, "height": 760})
        desk.screenshot(path=OUT / "today.png")
        desk.goto(f"{manifest['url']}/customers/1")
        desk.wait_for_load_state("networkidle")
        desk.screenshot(path=OUT / "customer.png")
        phone = signed_in(
            browser, manifest, viewport={"width": 390, "height": 760}, color_scheme="dark"
        )
        phone.screenshot(path=OUT / "phone.png")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])

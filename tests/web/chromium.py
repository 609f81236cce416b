"""Debian's Chromium, driven by Playwright: no browser is downloaded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

from tests.web.people import PASSWORD, PEOPLE

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SCREEN = {"width": 1366, "height": 768}
_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--autoplay-policy=no-user-gesture-required", "--mute-audio",
]  # fmt: skip


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a screen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def signed_in(browser: Browser, address: str, who: str, *, locale: str = "zh") -> Page:
    """A page of `who`, behind the sign-in. What goes wrong in the browser fails the test."""
    context = browser.new_context(viewport=SCREEN, base_url=address, locale="zh-CN")
    page = context.new_page()
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on(
        "console",
        lambda said: page.faults.append(said.text) if "Content Security" in said.text else None,
    )
    page.goto(f"/login?lang={locale}")
    page.fill("input[name=user]", PEOPLE[who].name)
    page.fill("input[name=password]", PASSWORD)
    page.click("button.main")
    page.wait_for_selector("header.top")
    return page

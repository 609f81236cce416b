"""Pictures of every page in both languages, into docs/screenshots: `make screenshots`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Page

from tests.web.chromium import chromium, signed_in
from tests.web.homes import sample_home
from tests.web.people import add_people
from tests.web.server import serving

SINCE, UNTIL = "2026-10-01", "2026-11-30"
"""The sample calls lie in between."""
FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"


def main() -> None:
    """Make them all."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        settings = sample_home(Path(temporary))
        add_people(settings)
        with serving(settings) as address, chromium() as browser:
            for locale in ("zh", "en"):
                _pictures(browser, address, locale)


def _pictures(browser, address: str, locale: str) -> None:
    def take(page: Page, name: str) -> None:
        page.wait_for_timeout(400)
        page.screenshot(path=FOLDER / f"{name}.{locale}.png")

    door = browser.new_context(viewport={"width": 1366, "height": 768}, base_url=address).new_page()
    door.goto(f"/login?lang={locale}")
    take(door, "login")
    reviewer = signed_in(browser, address, "reviewer", locale=locale)
    take(reviewer, "queue")
    reviewer.goto("/call?id=s01&queue=1")
    reviewer.wait_for_function(
        "() => document.getElementById('audio').currentTime > 3", timeout=120_000
    )
    reviewer.keyboard.press("Space")
    take(reviewer, "call")
    reviewer.keyboard.press("Digit2")
    take(reviewer, "call-reject")
    reviewer.keyboard.press("Shift+Slash")
    take(reviewer, "call-keys")
    reviewer.goto("/account")
    take(reviewer, "account")
    officer = signed_in(browser, address, "compliance", locale=locale)
    officer.goto(f"/dashboard?since={SINCE}&until={UNTIL}")
    take(officer, "dashboard")
    officer.goto(f"/search?words=征信&sound=1&since={SINCE}&until={UNTIL}")
    take(officer, "search")
    admin = signed_in(browser, address, "admin", locale=locale)
    take(admin, "users")
    admin.goto("/system")
    take(admin, "system")


if __name__ == "__main__":
    main()

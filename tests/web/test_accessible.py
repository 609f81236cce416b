"""axe finds nothing to complain of on any page, in either language."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.web.chromium import signed_in
from tests.web.server import serving

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
PAGES = {
    "reviewer": ("/queue", "/call?id=s01", "/call?id=s04", "/account", "/nowhere"),
    "admin": ("/users", "/system"),
    "compliance": (
        "/search?words=还",
        "/dashboard",
        "/rules?code=abuse_insult",
        "/cases",
        "/appeals",
        "/complaints",
        "/registers?kind=emergencies",
        "/registers?kind=flags",
    ),
    "collector": ("/mine",),
}


@pytest.fixture(scope="module")
def address(scanned):
    with serving(scanned) as address:
        yield address


def complaints(page) -> list[str]:
    page.context.new_cdp_session(page).send("Page.setBypassCSP", {"enabled": True})
    page.reload()
    page.add_script_tag(path=str(AXE))
    ran = page.evaluate("axe.run(document)")
    assert len(ran["passes"]) > 10
    found = ran["violations"]
    return [
        f"{one['id']}: {one['help']}: {json.dumps([n['html'][:150] for n in one['nodes'][:3]], ensure_ascii=False)}"
        for one in found
    ]


@pytest.mark.parametrize("who", PAGES)
@pytest.mark.parametrize("locale", ["zh", "en"])
def test_pages_are_accessible(browser, address, who: str, locale: str) -> None:
    page = signed_in(browser, address, who, locale=locale)
    found = {}
    for path in PAGES[who]:
        page.goto(path)
        if complained := complaints(page):
            found[path] = complained
    assert not found, "\n".join(f"{path} {line}" for path, lines in found.items() for line in lines)


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_the_door_is_accessible(browser, address, locale: str) -> None:
    page = browser.new_context(base_url=address).new_page()
    page.goto(f"/login?lang={locale}")
    assert complaints(page) == []

"""A reviewer at work, in a real browser over a real server: keys, seconds heard, verdicts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from qc_pipeline.registers.access_log import read_accesses
from qc_pipeline.settings import Settings
from tests.store.builders import query
from tests.web.chromium import signed_in
from tests.web.server import serving

WAIT = 60_000  # a busy machine makes the sound's copy slowly


@pytest.fixture(scope="module")
def served(
    scanned: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Settings]]:
    """A server over a copy of the scanned home: one for all tests here."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copytree(scanned.home, folder / "home", ignore=shutil.ignore_patterns("access.*"))
    shutil.copytree(scanned.keys, folder / "keys", ignore=shutil.ignore_patterns("access"))
    settings = scanned.model_copy(update={"home": folder / "home", "keys": folder / "keys"})
    with serving(settings) as address:
        yield address, settings


def audio(page: Page, what: str):
    return page.evaluate(f"document.getElementById('audio').{what}")


def wait_until_playing(page: Page, at_least: float) -> None:
    page.wait_for_function(
        "at => !document.getElementById('audio').paused && document.getElementById('audio').currentTime >= at",
        arg=at_least, timeout=WAIT,
    )  # fmt: skip


def current(page: Page):
    return page.locator("#findings .finding.current")


def hear_current(page: Page) -> None:
    """Let the current finding's seconds play to their end."""
    card = current(page)
    end = float(card.get_attribute("data-end"))
    wait_until_playing(page, end - 0.2)
    page.wait_for_function(
        "end => document.getElementById('audio').currentTime >= end", arg=end, timeout=WAIT
    )


def test_a_reviewer_works_through_a_call_by_keyboard_and_a_second_confirms(browser, served) -> None:
    address, settings = served
    page = signed_in(browser, address, "reviewer")
    page.keyboard.press("KeyJ")
    expect(page.locator("tr.task.current")).to_have_count(1)
    page.goto("/call?id=s01&queue=1")

    # It plays by itself, from two turns before the finding, and the playing word is lit.
    first = current(page).get_attribute("data-id")
    begin, start = (float(current(page).get_attribute(f"data-{n}")) for n in ("from", "start"))
    wait_until_playing(page, begin + 0.3)
    assert begin <= audio(page, "currentTime") < start + 5
    word = page.locator(".w.now").first
    expect(word).to_be_visible()
    lit = float(word.get_attribute("data-s")), float(word.get_attribute("data-e"))
    assert lit[0] - 1 <= audio(page, "currentTime") <= lit[1] + 1

    # Space stops and goes on; a click on a word plays from there.
    page.keyboard.press("Space")
    page.wait_for_function("() => document.getElementById('audio').paused")
    page.locator(".turn").nth(2).locator(".w").nth(1).click()
    said = float(page.locator(".turn").nth(2).locator(".w").nth(1).get_attribute("data-s"))
    wait_until_playing(page, said)
    assert said <= audio(page, "currentTime") < said + 4

    # Unheard, a critical finding can't be confirmed.
    page.keyboard.press("Digit1")
    expect(page.locator("#said")).to_contain_text("须先听过")
    assert not query_rows(settings, "SELECT 1 FROM finding_reviews")

    # Heard, it can; it waits for a second person then. The next finding plays at once.
    page.keyboard.press("KeyR")
    hear_current(page)
    page.keyboard.press("Digit1")
    expect(page.locator(f"#{first}")).to_contain_text("待第二人", timeout=WAIT)
    assert current(page).get_attribute("data-id") != first
    wait_until_playing(page, float(current(page).get_attribute("data-from")))

    # Rejected with two keys, as an input method would report them: by their place.
    second = current(page).get_attribute("data-id")
    page.keyboard.press("Digit2")
    expect(current(page).locator(".reasons")).to_be_visible()
    page.keyboard.press("Digit4")
    expect(page.locator(f"#{second}")).to_contain_text("已驳回", timeout=WAIT)
    assert query_rows(
        settings,
        f"SELECT state, reason, decided_by FROM finding_reviews WHERE finding_id = '{second}'",
    ) == [("rejected", "quoted", "王芳")]

    # Taken back, it waits again.
    page.keyboard.press("KeyU")
    expect(page.locator(f"#{second}[data-waiting='1']")).to_have_count(1, timeout=WAIT)
    page.locator(f"#{second} .choose").click()
    page.keyboard.press("Digit2")
    page.keyboard.press("Digit4")
    expect(page.locator(f"#{second}")).to_contain_text("已驳回", timeout=WAIT)

    # The next call was ready before; N opens it without a new page.
    page.wait_for_selector("#call[data-prepared]", timeout=WAIT)
    page.keyboard.press("KeyN")
    expect(page.locator("#call")).not_to_have_attribute("data-call", "s01")
    assert page.faults == []

    # A second reviewer hears and confirms: now it counts and opens a case.
    other = signed_in(browser, address, "second")
    other.goto("/call?id=s01&queue=1")
    other.locator(f"#{first} .choose").click()
    hear_current(other)
    other.keyboard.press("Digit1")
    expect(other.locator(f"#{first}")).to_contain_text("已确认", timeout=WAIT)
    assert query_rows(settings, "SELECT agent_id, state FROM discipline_cases") == [
        ("A003", "confirmed")
    ]
    assert other.faults == []

    # One audited access a listen, written before the sound; the played span before a confirmation.
    entries = [(e.actor, e.action) for e in read_accesses(settings.home)]
    assert entries.count(("王芳", "call.listened")) in (1, 2)  # s01, and the next call if it began
    assert entries.count(("李强", "call.listened")) == 1
    assert entries.count(("王芳", "span.played")) == 1
    assert entries.count(("李强", "span.played")) == 1


def test_keys_are_where_they_are_whatever_they_write(browser, served) -> None:
    """A Chinese input method turns `?` and letters into something else; the place stays."""
    page = signed_in(browser, served[0], "reviewer")
    page.goto("/call?id=s13")
    press = """([code, key, shiftKey]) => document.body.dispatchEvent(
        new KeyboardEvent('keydown', {code, key, shiftKey, bubbles: true, cancelable: true}))"""
    before = current(page).get_attribute("data-id")
    page.evaluate(press, ["KeyJ", "Process", False])
    expect(page.locator("#findings .finding.current")).not_to_have_attribute("data-id", before)
    page.evaluate(press, ["Slash", "？", True])
    expect(page.locator("dialog#keys")).to_be_visible()


def test_suppressed_hits_are_shown_on_demand_with_their_reason(browser, served) -> None:
    page = signed_in(browser, served[0], "reviewer")
    page.goto("/call?id=s01")
    expect(page.locator("#suppressed")).to_be_hidden()
    page.keyboard.press("KeyS")
    expect(page.locator("#suppressed")).to_be_visible()
    assert page.locator("#suppressed .why li").first.inner_text().strip()


def test_a_corrected_line_shows_what_it_would_change_and_a_person_takes_it_up(
    browser, served
) -> None:
    address, settings = served
    page = signed_in(browser, address, "reviewer")
    page.goto("/call?id=s13")
    standing = query_rows(settings, "SELECT count(*) FROM findings")

    def correct(words: str) -> None:
        page.keyboard.press("KeyE")
        page.locator("#line textarea").fill(words)
        page.locator("#line button[value=send]").click()

    chosen = current(page).get_attribute("data-id")
    correct("好的，谢谢您")
    lost = page.locator(f"#corrected [data-lost='{chosen}']")
    expect(lost).to_be_visible(timeout=WAIT)
    page.keyboard.press("KeyJ")
    lost.get_by_role("button").click()
    expect(page.locator(f"#{chosen}.current")).to_have_count(1)

    correct("你再不还钱我就带人去你家打断你的腿")
    gained = page.locator("#corrected [data-gained='threat_intimidation']").first
    expect(gained).to_be_visible(timeout=WAIT)
    gained.get_by_role("button").click()
    expect(page.locator("#miss select[name=code]")).to_have_value("threat_intimidation")
    expect(page.locator("#miss select[name=severity]")).to_have_value("critical")
    assert query_rows(settings, "SELECT count(*) FROM findings") == standing
    assert page.faults == []


def test_no_page_is_wider_than_the_screen(browser, served) -> None:
    page = signed_in(browser, served[0], "reviewer")
    for address in ("/queue", "/call?id=s03", "/account"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 1366, address


def query_rows(settings: Settings, sql: str):
    from qc_pipeline.store.store import Store

    return query(Store(settings.home), sql)

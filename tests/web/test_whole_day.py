"""One finding's whole way in the browser: reviewers, lead, collector, appeal, auditor."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from qc_pipeline.registers.access_log import read_accesses
from qc_pipeline.settings import Settings
from tests.web.chromium import signed_in
from tests.web.server import serving
from tests.web.test_reviewing import WAIT, current, hear_current, query_rows, wait_until_playing

FORBIDDEN = {
    "reviewer": ("/cases", "/appeals", "/complaints", "/users", "/system", "/mine"),
    "second": ("/dashboard", "/mine"),
    "team_lead": ("/queue", "/search", "/users", "/system"),
    "compliance": ("/users", "/mine"),
    "second_officer": ("/users",),
    "collector": ("/queue", "/call?id=s01", "/cases", "/complaints", "/dashboard", "/users"),
    "auditor": ("/queue", "/users", "/mine"),
}
"""What each role of the story is refused. Bank client and administrator: test_permissions."""


@pytest.fixture(scope="module")
def served(
    scanned: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Settings]]:
    """A server over a copy of the scanned home that nobody has decided anything in."""
    folder = tmp_path_factory.mktemp("day")
    shutil.copytree(scanned.home, folder / "home", ignore=shutil.ignore_patterns("access.*"))
    shutil.copytree(scanned.keys, folder / "keys", ignore=shutil.ignore_patterns("access"))
    settings = scanned.model_copy(update={"home": folder / "home", "keys": folder / "keys"})
    with serving(settings) as address:
        yield address, settings


def reject_current(page: Page) -> str:
    """Two keys: reject, recognition error."""
    finding = current(page).get_attribute("data-id")
    page.keyboard.press("Digit2")
    expect(current(page).locator(".reasons")).to_be_visible()
    page.keyboard.press("Digit4")
    expect(page.locator(f"#{finding}")).to_contain_text("已驳回", timeout=WAIT)
    return finding


def take_step(page: Page, case_id: str, action: str, **fields: str) -> None:
    page.goto(f"/cases/view?id={case_id}")
    form = page.locator(f"form.step:has(input[name=action][value={action}])")
    for name, text in fields.items():
        form.locator(f"[name={name}]").fill(text)
    form.locator("button").click()
    expect(page.locator("h1")).to_contain_text(case_id)


def answer_notice(page: Page, action: str, **fields: str) -> None:
    page.goto("/mine")
    form = page.locator(f"form:has(input[name=action][value={action}])")
    for name, text in fields.items():
        form.locator(f"[name={name}]").fill(text)
    form.locator("button").click()
    expect(form).to_have_count(0)


def test_from_a_finding_to_an_appeal_and_a_pack_that_proves_itself(browser, served, tmp_path):
    address, settings = served
    people = {who: signed_in(browser, address, who) for who in FORBIDDEN}

    # A reviewer works through ten findings by keyboard; the first one is heard.
    reviewer = people["reviewer"]
    reviewer.goto("/call?id=s01&queue=1")
    begin = float(current(reviewer).get_attribute("data-from"))
    wait_until_playing(reviewer, begin + 0.2)
    assert begin <= reviewer.evaluate("document.getElementById('audio').currentTime") < begin + 8
    assert current(reviewer).get_attribute("data-severity") == "critical"
    first = current(reviewer).get_attribute("data-id")
    hear_current(reviewer)
    reviewer.keyboard.press("Digit1")
    expect(reviewer.locator(f"#{first}")).to_contain_text("待第二人", timeout=WAIT)
    decided = [first]
    while len(decided) < 10:
        if not reviewer.locator("#findings .finding.current[data-waiting='1']").count():
            call = reviewer.locator("#call").get_attribute("data-call")
            reviewer.wait_for_selector("#call[data-prepared]", timeout=WAIT)
            reviewer.keyboard.press("KeyN")
            expect(reviewer.locator("#call")).not_to_have_attribute("data-call", call)
        decided.append(reject_current(reviewer))
        if len(decided) == 5:  # taken back, and decided again
            reviewer.keyboard.press("KeyU")
            undone = reviewer.locator(f"#{decided[-1]}[data-waiting='1']")
            expect(undone).to_have_count(1, timeout=WAIT)
            undone.locator(".choose").click()
            assert reject_current(reviewer) == decided[-1]
    assert len(set(decided)) == 10
    assert dict(
        query_rows(settings, "SELECT state, count(*) FROM finding_reviews GROUP BY ALL")
    ) == {"awaiting_second": 1, "rejected": 9}

    # A second one hears and confirms: only now there is a case.
    second = people["second"]
    second.goto("/call?id=s01")
    second.locator(f"#{first} .choose").click()
    hear_current(second)
    second.keyboard.press("Digit1")
    expect(second.locator(f"#{first}")).to_contain_text("已确认", timeout=WAIT)
    [(case_id, agent)] = query_rows(settings, "SELECT case_id, agent_id FROM discipline_cases")
    assert agent == "A003"

    # Notice, objection, hearing, proposal, approval: each by who may.
    officer, lead, collector = people["compliance"], people["team_lead"], people["collector"]
    take_step(officer, case_id, "notify")
    answer_notice(collector, "receipt")
    answer_notice(collector, "object", text="当时不是这个意思")
    take_step(officer, case_id, "hearing", record="已当面听取")
    take_step(officer, case_id, "propose", reason="按阶梯")
    officer.goto(f"/cases/view?id={case_id}")
    assert officer.locator("input[name=action][value=approve]").count() == 0
    take_step(lead, case_id, "approve")
    assert query_rows(settings, "SELECT approved_by FROM discipline_cases") == [("赵组长",)]
    take_step(officer, case_id, "notify")
    answer_notice(collector, "receipt")

    # The collector appeals; who had a hand in it can't decide, another can.
    collector.goto("/mine")
    assert "王芳" not in collector.content()
    sanction = collector.locator("details:has(input[name=case])")
    sanction.locator("summary").click()
    sanction.locator("textarea").fill("处分过重")
    sanction.locator("button").click()
    expect(collector.locator("table")).to_contain_text("处分过重")
    decide(officer, reasons="维持")
    assert query_rows(settings, "SELECT decided_at FROM appeals") == [(None,)]
    decide(people["second_officer"], reasons="录音清楚，处分适当")
    collector.goto("/mine")
    expect(collector.locator("table")).to_contain_text("录音清楚，处分适当")
    assert "林合规" not in collector.content()

    # An auditor takes the evidence away; it proves itself with nothing of this home at hand.
    auditor = people["auditor"]
    auditor.goto(f"/cases/view?id={case_id}")
    with auditor.expect_download(timeout=WAIT) as taken:
        auditor.locator("form[action='/evidence'] button").click()
    pack = tmp_path / taken.value.suggested_filename
    taken.value.save_as(pack)
    checked = subprocess.run(
        [sys.executable, "-m", "qc_pipeline", "verify", str(pack)], capture_output=True, text=True,
        check=False, env={**os.environ, "QC_KEYS": str(tmp_path / "none"), "QC_HOME": str(tmp_path / "home")},
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert ("孙审计", "evidence.made", case_id) in {
        (entry.actor, entry.action, entry.subject) for entry in read_accesses(settings.home)
    }

    # Nobody gets where his role has nothing to do.
    for who, page in people.items():
        for path in FORBIDDEN[who]:
            assert page.request.get(path).status == 403, f"{who} {path}"
        assert page.faults == [], who


def decide(page: Page, *, reasons: str) -> None:
    page.goto("/appeals")
    form = page.locator("form.step")
    form.locator("input[name=reasons]").fill(reasons)
    form.locator("button").click()
    page.wait_for_load_state()

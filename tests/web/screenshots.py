"""Pictures of every page in both languages, into docs/screenshots: `make screenshots`."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page

from qc_pipeline.policy import load_policy
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers import case_desk
from qc_pipeline.registers.coaching_desk import open_task, order_stand_down
from qc_pipeline.registers.complaint_desk import add_complaint, link_complaint
from qc_pipeline.registers.complaints import NewComplaint
from qc_pipeline.registers.desk import confirm
from qc_pipeline.registers.linked_desk import propose_flag
from qc_pipeline.registers.stop_flags import NewFlag
from qc_pipeline.settings import Settings
from qc_pipeline.store.store import Store
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
        case_id, complaint_id = _at_work(settings)
        with serving(settings) as address, chromium() as browser:
            for locale in ("zh", "en"):
                _pictures(browser, address, locale, case_id, complaint_id)


def _pictures(browser, address: str, locale: str, case_id: str, complaint_id: str) -> None:
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
    officer.goto("/rules?code=third_party_disclosure")
    officer.fill("[name=text]", "您儿子在银行欠了两万，您替他还了吧")
    officer.select_option("[name=listener]", "third_party")
    officer.click(".stack button")
    take(officer, "rules")
    for name, path in (
        ("cases", "/cases"), ("case", f"/cases/view?id={case_id}"), ("appeals", "/appeals"),
        ("complaints", "/complaints"), ("complaint", f"/complaints/view?id={complaint_id}"),
        ("registers", "/registers?kind=flags"), ("emergencies", "/registers?kind=emergencies"),
        ("coaching", "/registers?kind=coaching"),
    ):  # fmt: skip
        officer.goto(path)
        take(officer, name)
    collector = signed_in(browser, address, "collector", locale=locale)
    collector.goto("/mine")
    take(collector, "mine")
    admin = signed_in(browser, address, "admin", locale=locale)
    take(admin, "users")
    admin.goto("/system")
    take(admin, "system")


def _at_work(settings: Settings) -> tuple[str, str]:
    """A case with its notice, a complaint in hand, a flag, a task, a stand-down."""
    store, policy = Store(settings.home), load_policy(settings.policy_dir)
    at = datetime.now(SHANGHAI) - timedelta(hours=2)
    who = {"at": at, "keys": settings.keys}
    with store.reading() as session:
        found = session.rows("export/findings")
    first = next(r for r in found if (r["call_id"], r["severity"]) == ("s01", "critical"))
    confirm(store, first["finding_id"], by="王芳", policy=policy, **who)
    verdict = confirm(store, first["finding_id"], by="李强", policy=policy, **who)
    assert verdict.case is not None
    case_id = verdict.case.case_id
    case_desk.notify(store, case_id, by="陈合规", policy=policy, **who)
    new = NewComplaint(
        channel="bank", bank="江屿银行", reference="B-7", received_at=at, text="催收人员辱骂"
    )
    complaint = add_complaint(store, new, by="林合规", policy=policy, **who)
    link_complaint(store, complaint.complaint_id, by="林合规", calls=["s01"], policy=policy, **who)
    flag = NewFlag("paused", "委托方邮件", case_id="K1", agent_id="A003", reason="协商中")
    propose_flag(store, flag, by="周敏", policy=policy, **who)
    open_task(
        store, agent_id="A003", action="重听开场白并演练", owner="赵组长", by="周敏",
        due_at=at + timedelta(days=7), **who,
    )  # fmt: skip
    order_stand_down(store, agent_id="A003", reason="复训", by="周敏", **who)
    return case_id, complaint.complaint_id


if __name__ == "__main__":
    main()

"""Several reviewers at once."""

import multiprocessing
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy import load_policy
from qc_pipeline.registers.desk import confirm, reject
from qc_pipeline.registers.verify import verify_home
from qc_pipeline.settings import Settings
from qc_pipeline.store.store import Store
from tests.registers.making import a_call, a_finding, on, scanned

REVIEWERS, VERDICTS = 4, 25


def review(number: int, home: Path, keys: Path, wanted: list[tuple[str, bool]]) -> list[str]:
    """One reviewer's process: what became of each of his verdicts."""
    store, policy = Store(home), load_policy(Settings().policy_dir)
    said = {"by": f"r{number}", "at": on(20), "policy": policy, "keys": keys}
    outcomes = []
    for finding_id, agrees in wanted:
        try:
            if agrees:
                confirm(store, finding_id, **said)
            else:
                reject(store, finding_id, reason="quoted", **said)
            outcomes.append("done")
        except RegisterError as error:
            outcomes.append("refused" if "already" in error.what else error.what)
    return outcomes


def reviewed_at_once(store, keys, wanted_by_reviewer):
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(REVIEWERS, mp_context=context) as pool:
        running = [
            pool.submit(review, number, store.home, keys, wanted)
            for number, wanted in enumerate(wanted_by_reviewer)
        ]
        return [future.result() for future in running]


def test_no_verdict_is_lost_and_none_is_given_twice(store, keys):
    """4 reviewers, 25 verdicts each; every finding is wanted by two of them."""
    findings = []
    for call in range(10):
        made = [a_finding(f"c{call}", severity="major", nth=n) for n in range(5)]
        scanned(store, a_call(f"c{call}", agent_id=f"A{call % 3}", at=on(2 + call)), made)
        findings += [finding.finding_id for finding in made]
    half = len(findings) // 2
    assert half == VERDICTS
    shares = [findings[:half], findings[:half], findings[half:], findings[half:]]
    wanted = [
        [(finding_id, position % 3 > 0) for position, finding_id in enumerate(share)]
        for share in shares
    ]
    outcomes = reviewed_at_once(store, keys, wanted)

    assert Counter(outcome for each in outcomes for outcome in each) == {
        "done": len(findings), "refused": len(findings),
    }  # fmt: skip
    with store.reading() as session:
        reviews = {row["finding_id"]: row for row in session.rows("registers/reviews")}
        events = session.rows("registers/events")
        cases = session.rows("registers/cases")
    assert set(reviews) == set(findings)
    verdicts = Counter(row["subject"] for row in events if row["action"].startswith("finding."))
    assert set(verdicts.values()) == {1}
    assert [row["seq"] for row in events] == list(range(1, len(events) + 1))
    confirmed = {f for f, row in reviews.items() if row["state"] == "confirmed"}
    assert confirmed == {f for share in wanted for f, agrees in share if agrees}
    assert sorted(f for case in cases for f in case["findings"]) == sorted(confirmed)
    problems = verify_home(store, keys=keys).problems
    assert [problem for problem in problems if problem.where == "register"] == []


def test_two_reviewers_racing_on_critical_findings_are_first_and_second(store, keys):
    findings = [a_finding(f"c{n}") for n in range(6)]
    for finding in findings:
        scanned(store, a_call(finding.call_id), [finding])
    wanted = [[(finding.finding_id, True) for finding in findings]] * 2
    outcomes = reviewed_at_once(store, keys, wanted)
    assert outcomes == [["done"] * 6, ["done"] * 6]
    with store.reading() as session:
        rows = session.rows("registers/reviews")
    assert {row["state"] for row in rows} == {"confirmed"}
    assert all({row["first_by"], row["decided_by"]} == {"r0", "r1"} for row in rows)

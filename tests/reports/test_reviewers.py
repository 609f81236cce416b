"""How reviewers work, on verdicts given by the functions that give them."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_pipeline.policy import load_policy
from qc_pipeline.records import SEVERITIES
from qc_pipeline.registers.desk import confirm, reject, unsure
from qc_pipeline.reports.figures import Span
from qc_pipeline.reports.reviewers import agreement, kappa, reviewer_work
from qc_pipeline.settings import Settings
from qc_pipeline.store.store import Store
from tests.registers.making import a_call, a_finding, on, scanned

POLICY = load_policy(Settings().policy_dir)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "home")
    made.migrate()
    return made


class Desk:
    """Reviewers at work, a verdict every so many minutes."""

    def __init__(self, store: Store, keys: Path) -> None:
        self.store, self.keys, self.calls = store, keys, 0

    def finding(self, severity: str = "major") -> str:
        self.calls += 1
        made = a_finding(f"c{self.calls}", severity=severity)
        scanned(self.store, a_call(made.call_id), [made])
        return made.finding_id

    def says(self, by: str, at: datetime, act=confirm, finding: str | None = None, **more) -> str:
        name = finding or self.finding()
        act(self.store, name, by=by, at=at, policy=POLICY, keys=self.keys, **more)
        return name


@pytest.fixture
def desk(store: Store, tmp_path: Path) -> Desk:
    return Desk(store, tmp_path / "keys")


def test_hours_are_those_between_verdicts_without_the_pauses(desk: Desk) -> None:
    begun = on(3, 9)
    for minutes in (0, 6, 12, 18, 100, 106):  # one pause of 82 minutes
        desk.says("r1", begun + timedelta(minutes=minutes))
    [row] = reviewer_work(desk.store, Span(), policy=POLICY)
    assert (row["reviewer"], row["acts"], row["decided"]) == ("r1", 6, 6)
    # four gaps of six minutes: 0.4 hours, four verdicts
    assert (row["hours"], row["correct_per_hour"]) == (0.4, 10.0)
    assert (row["overturn_rate"], row["state"]) == (0.0, "too_few")


def test_one_verdict_tells_no_pace(desk: Desk) -> None:
    desk.says("r1", on(3, 9))
    [row] = reviewer_work(desk.store, Span(), policy=POLICY)
    assert (row["hours"], row["correct_per_hour"]) == (0.0, None)


def test_a_first_opinion_that_the_second_rejects_does_not_stand(desk: Desk) -> None:
    begun = on(3, 9)
    for number, act in enumerate((confirm, reject)):
        name = desk.finding("critical")
        at = begun + timedelta(minutes=6 * number)
        desk.says("r1", at, finding=name)
        more = {"reason": "quoted"} if act is reject else {}
        desk.says("r2", at + timedelta(hours=1), act, finding=name, **more)
    rows = {row["reviewer"]: row for row in reviewer_work(desk.store, Span(), policy=POLICY)}
    assert (rows["r1"]["decided"], rows["r1"]["contradicted"]) == (2, 1)
    assert (rows["r2"]["decided"], rows["r2"]["contradicted"]) == (2, 0)
    # one act timed at 6 minutes, half of what he said stands
    assert (rows["r1"]["correct_per_hour"], rows["r2"]["correct_per_hour"]) == (5.0, 10.0)


def test_unsure_is_work_but_no_verdict(desk: Desk) -> None:
    desk.says("r1", on(3, 9), unsure)
    [row] = reviewer_work(desk.store, Span(), policy=POLICY)
    assert (row["acts"], row["decided"], row["state"]) == (1, 0, "none")


def test_only_the_span_counts(desk: Desk) -> None:
    desk.says("r1", on(3, 9))
    desk.says("r1", on(5, 9))
    [row] = reviewer_work(desk.store, Span(since=on(4), until=on(6)), policy=POLICY)
    assert (row["acts"], row["decided"]) == (1, 1)
    assert reviewer_work(desk.store, Span(until=on(2)), policy=POLICY) == []


def test_agreement_of_first_and_second(desk: Desk) -> None:
    for number, severity in enumerate(("critical", "major", "critical")):
        name = desk.finding("critical")
        desk.says("r1", on(3, 9 + number), finding=name)
        desk.says("r2", on(4, 9 + number), finding=name, severity=severity)
    found = agreement(desk.store, Span())
    assert (found.pairs, found.same, found.state) == (3, 2, "too_few")
    assert found.agreement == pytest.approx(2 / 3)
    assert found.low < 2 / 3 < found.high
    assert found.kappa == 0.0  # the first said the same each time: nothing beyond chance


def test_nobody_judged_twice_is_unknown(store: Store) -> None:
    found = agreement(store, Span())
    assert (found.pairs, found.agreement, found.kappa, found.state) == (0, None, None, "none")


def test_kappa_of_a_worked_example() -> None:
    """45 and 25 together, 15 and 15 apart: observed 0.70, by chance 0.6 x 0.6 + 0.4 x 0.4."""
    counts = {("a", "a"): 45, ("b", "b"): 25, ("a", "b"): 15, ("b", "a"): 15}
    assert kappa(counts) == pytest.approx((0.70 - 0.52) / (1 - 0.52))


labels = st.sampled_from([*SEVERITIES, "none"])
tables = st.dictionaries(st.tuples(labels, labels), st.integers(1, 50), min_size=1)


@given(tables)
def test_kappa_keeps_its_bounds_and_does_not_care_who_was_first(counts) -> None:
    found = kappa(counts)
    turned = kappa({(second, first): count for (first, second), count in counts.items()})
    assert found == pytest.approx(turned) if found is not None else turned is None
    if found is not None:
        assert -1 <= found <= 1
        if all(first == second for first, second in counts):
            assert found == pytest.approx(1)

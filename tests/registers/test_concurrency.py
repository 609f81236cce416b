"""Several reviewers at once, beside a loader; the full size is `tests.benchmarks.reviewing`."""

from tests.registers.at_once import check, prepare, run_at_once

REVIEWERS, VERDICTS = 5, 60


def test_no_verdict_is_lost_and_none_is_given_twice(store, keys):
    """5 reviewers and a loader, 60 verdicts and 40 attempts that come too late (DESIGN 2, 9)."""
    work = prepare(store, reviewers=REVIEWERS, verdicts=VERDICTS)
    assert (work.verdicts, len(work.major), len(work.critical)) == (60, 40, 10)
    check(store, work, run_at_once(store, work, keys=keys), keys=keys)


def test_two_reviewers_racing_on_critical_findings_are_first_and_second(store, keys):
    work = prepare(store, reviewers=2, verdicts=6)
    happened = run_at_once(store, work, keys=keys)
    check(store, work, happened, keys=keys)

"""Cases: legal steps and counting (rulebook 3.2, section F, POLICY "Discipline")."""

import shutil
from datetime import datetime, timedelta
from functools import cache
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy import load_policy
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers.chain import FIRST_PREVIOUS, link
from qc_pipeline.registers.counting import count_occurrences, decide_counts
from qc_pipeline.registers.discipline import (
    CASE_STATES,
    COUNTING,
    TRANSITIONS,
    Case,
    apply,
    decide_move,
    may_move,
)
from qc_pipeline.registers.timeline import months_before
from qc_pipeline.settings import Settings
from tests.registers.making import MARCH, on

PACKAGED = Settings().policy_dir
packaged_policy = cache(load_policy)


def a_case(case_id="D1", *, at=MARCH, code="threat", state="confirmed", noticed=None, **changed):
    values = {
        "case_id": case_id,
        "agent_id": "A01",
        "call_id": f"call-{case_id}",
        "code": code,
        "severity": "major",
        "state": state,
        "conduct_at": at,
        "opened_at": at,
        "changed_at": at,
        "findings": (f"F-{case_id}",),
        "notified_at": noticed,
    }
    return Case(**{**values, **changed})


def with_discipline(rules):
    return packaged_policy(PACKAGED).model_copy(update={"discipline": rules})


def counts(cases, rules):
    found = count_occurrences(cases, policy=with_discipline(rules))
    return {case_id: (each.same, each.any) for case_id, each in found.items()}


@pytest.fixture
def rules(policy):
    return policy.discipline


# --- counting ------------------------------------------------------------------------------------


def test_conduct_before_notice_is_one_step_conduct_after_it_a_repeat(rules):
    cases = [
        a_case("a", at=on(2), noticed=on(10)),
        a_case("b", at=on(5), noticed=on(12)),
        a_case("c", at=on(11)),
        a_case("d", at=on(20)),
    ]
    # b was done before the notice of a; c after it; d after the notice of b, but c's own step
    # has had no notice yet.
    assert counts(cases, rules) == {"a": (1, 1), "b": (1, 1), "c": (2, 2), "d": (2, 2)}


def test_the_order_is_that_of_the_conduct_not_of_the_confirmation(rules):
    late_confirmed = a_case("a", at=on(2), noticed=on(3), opened_at=on(28), changed_at=on(28))
    early_confirmed = a_case("b", at=on(10), opened_at=on(11), changed_at=on(11))
    assert counts([early_confirmed, late_confirmed], rules) == {"a": (1, 1), "b": (2, 2)}


def test_another_code_counts_only_towards_any(rules):
    """DS-02 and DS-07: the second, but of another code, follows the cumulative rule."""
    cases = [a_case("a", at=on(2), noticed=on(3)), a_case("b", at=on(10), code="insult")]
    assert counts(cases, rules)["b"] == (1, 2)


def test_conduct_at_the_very_moment_of_notice_is_no_repeat(rules):
    cases = [a_case("a", at=on(2), noticed=on(10)), a_case("b", at=on(10))]
    assert counts(cases, rules)["b"] == (1, 1)


def test_a_notice_dated_before_its_own_conduct_makes_no_repeat_of_the_same_call(rules):
    cases = [a_case("a", at=on(10), noticed=on(2)), a_case("b", at=on(10), code="insult")]
    assert counts(cases, rules) == {"a": (1, 1), "b": (1, 1)}


@pytest.mark.parametrize(
    ("earlier", "occurrence"),
    [
        ("2025-03-15T12:00:01", 2),  # DS-17: within 12 months
        ("2025-03-15T12:00:00", 1),  # exactly 12 months old: no longer
        ("2024-03-15T12:00:00", 1),  # DS-17: two years between are no "consecutive"
    ],
)
def test_the_window(earlier, occurrence, rules):
    before = datetime.fromisoformat(earlier).replace(tzinfo=SHANGHAI)
    cases = [a_case("a", at=before, noticed=before + timedelta(days=1)), a_case("b", at=on(15))]
    assert counts(cases, rules)["b"] == (occurrence, occurrence)


@pytest.mark.parametrize(
    ("source", "notice", "conduct", "occurrence"),
    [
        ("DS-17: a second after the notice", "2026-03-10T09:00:00", "2026-03-10T09:00:01", 2),
        ("POLICY: at the notice, not after it", "2026-03-10T09:00:00", "2026-03-10T09:00:00", 1),
        ("POLICY: before the notice", "2026-03-10T09:00:00", "2026-03-10T08:59:59", 1),
        ("POLICY: never noticed", None, "2026-12-01T00:00:00", 1),
        ("DS-17: noticed late, repeated on the window's last day",
         "2026-12-31T00:00:00", "2027-03-02T09:59:59", 2),
        ("DS-17: twelve months after the conduct to the second, whenever the notice was",
         "2026-12-31T00:00:00", "2027-03-02T10:00:00", 1),
    ],
)  # fmt: skip
def test_a_repeat_is_conduct_after_notice_within_twelve_months_of_the_conduct(
    source, notice, conduct, occurrence, rules
):
    def at(text):
        return text and datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)

    first = a_case("a", at=MARCH, noticed=at(notice))  # 2 March 2026, 10:00
    assert counts([first, a_case("b", at=at(conduct))], rules)["b"] == (occurrence,) * 2, source


def test_the_window_of_a_leap_day(rules):
    """12 months before 28 February 2029 is 28 February 2028; the 29th lies within."""
    leap = datetime(2028, 2, 29, 10, tzinfo=SHANGHAI)
    first = a_case("a", at=leap, noticed=leap + timedelta(days=1))
    after = datetime(2029, 2, 28, 9, tzinfo=SHANGHAI)
    assert counts([first, a_case("b", at=after)], rules)["b"] == (2, 2)
    assert counts([first, a_case("b", at=after + timedelta(days=2))], rules)["b"] == (1, 1)


def test_conduct_that_is_confirmed_late_takes_its_place_between_others(rules):
    """DS-07, 3.2: the order is that of the conduct; those after it move on by one."""
    first = a_case("a", at=on(2), noticed=on(3))
    last = a_case("c", at=on(20))
    assert counts([first, last], rules)["c"] == (2, 2)
    between = a_case("b", at=on(10), noticed=on(15), opened_at=on(25), changed_at=on(25))
    assert counts([first, last, between], rules) == {"a": (1, 1), "b": (2, 2), "c": (3, 3)}
    unnoticed = a_case("b", at=on(10), opened_at=on(25), changed_at=on(25))
    assert counts([first, last, unnoticed], rules) == {"a": (1, 1), "b": (2, 2), "c": (2, 2)}


def test_joint_liability_is_no_occurrence_and_a_bystanders_silence_is_one(rules):
    own = a_case("a", at=on(2), noticed=on(3))
    joint = a_case("j", at=on(5), noticed=on(6), basis="joint_liability", linked_to="x")
    silent = a_case("s", at=on(10), basis="bystander", linked_to="y")
    assert counts([own, joint, silent], rules) == {"a": (1, 1), "s": (2, 2)}


@pytest.mark.parametrize("state", ["detected", "under_review", "rejected", "reversed"])
def test_what_is_not_confirmed_does_not_count(state, rules):
    """DS-01, DS-07: a violation that the review took back is no occurrence."""
    cases = [a_case("a", at=on(2), noticed=on(3), state=state), a_case("b", at=on(10))]
    assert counts(cases, rules) == {"b": (1, 1)}


def test_a_suspended_case_goes_on_counting_if_it_did(rules):
    did = a_case("a", at=on(2), noticed=on(3), state="suspended", suspended_from="notified")
    did_not = a_case("c", at=on(2), state="suspended", suspended_from="under_review")
    assert counts([did, did_not, a_case("b", at=on(10))], rules) == {"a": (1, 1), "b": (2, 2)}


def test_without_the_notice_rule_every_earlier_case_is_a_step(rules):
    rules = rules.model_copy(update={"repeat_requires_notice": False})
    cases = [a_case("a", at=on(2)), a_case("b", at=on(5)), a_case("c", at=on(8), code="insult")]
    assert counts(cases, rules) == {"a": (1, 1), "b": (2, 2), "c": (1, 3)}


def longest_series_before(case, earlier):
    """One more than the most earlier cases of which each was noticed before the next conduct."""
    for length in range(len(earlier), 0, -1):
        for series in combinations(earlier, length):
            steps = [*series, case]
            if all(
                first.notified_at is not None and second.conduct_at > first.notified_at
                for first, second in pairwise(steps)
            ):
                return length + 1
    return 1


days = st.integers(0, 700)
histories = st.lists(
    st.tuples(days, st.none() | st.integers(0, 60), st.sampled_from(["threat", "insult"])),
    max_size=8,
)


@given(histories)
def test_an_occurrence_is_the_longest_series_of_noticed_repeats(policy, history):
    cases = [
        a_case(
            f"{number:02}",
            at=MARCH + timedelta(days=day),
            noticed=None if after is None else MARCH + timedelta(days=day + after, hours=1),
            code=code,
        )
        for number, (day, after, code) in enumerate(history)
    ]
    cases.sort(key=lambda case: (case.conduct_at, case.case_id))
    found = counts(cases, policy.discipline)
    for position, case in enumerate(cases):
        opens = months_before(case.conduct_at, 12)
        earlier = [each for each in cases[:position] if each.conduct_at > opens]
        same = [each for each in earlier if each.code == case.code]
        assert found[case.case_id] == (
            longest_series_before(case, same),
            longest_series_before(case, earlier),
        )


def test_counts_bring_a_proposal_and_unchanged_counts_keep_theirs(policy):
    first = a_case("a", at=on(2), noticed=on(3))
    [event, repeat] = decide_counts([first, a_case("b", at=on(10))], at=on(20), policy=policy)
    assert (event.subject, event.payload["level"], event.payload["level_to"]) == ("a", "L1", "L4")
    assert (repeat.subject, repeat.payload["level"]) == ("b", "L3")
    assert repeat.payload["ladder_rows"] == ["repeat_same", "repeat_any"]
    counted = apply(first, link(event, seq=9, prev_hash=FIRST_PREVIOUS, key=b"k"))
    assert (counted.occurrence_same, counted.level, counted.policy_version) == (
        1, "L1", policy.version,
    )  # fmt: skip
    assert decide_counts([counted], at=on(21), policy=policy) == []


def test_each_conduct_is_counted_by_the_policy_of_its_own_day(tmp_path):
    """POLICY: a change of the rules doesn't reach back to what was done before it."""
    folder = shutil.copytree(PACKAGED, tmp_path / "policy")
    text = (folder / "discipline.yaml").read_text("utf-8")
    later = text.replace("effective_from: 2000-01-01", "effective_from: 2026-03-08")
    later = later.replace("occurrence_window_months: 12", "occurrence_window_months: 1")
    assert later.count("2026-03-08") == 1
    assert later != text.replace("2000-01-01", "2026-03-08")
    (folder / "discipline@2026-03-08.yaml").write_text(later, "utf-8")
    policy = load_policy(folder)
    old = MARCH - timedelta(days=200)
    cases = [
        a_case("a", at=old, noticed=old + timedelta(days=1)),
        a_case("b", at=on(5)),
        a_case("c", at=on(10)),
    ]
    found = count_occurrences(cases, policy=policy)
    assert {name: each.same for name, each in found.items()} == {"a": 1, "b": 2, "c": 1}
    events = decide_counts(cases, at=on(20), policy=policy)
    versions = {event.subject: event.payload["policy_version"] for event in events}
    assert versions["a"] == versions["b"] != versions["c"]


# --- steps -----------------------------------------------------------------------------------------


def test_the_table_names_every_state_and_leads_everywhere():
    assert set(TRANSITIONS) == set(CASE_STATES)
    reached, todo = set(), ["detected"]
    while todo:
        state = todo.pop()
        if state not in reached:
            reached.add(state)
            todo += TRANSITIONS[state]
    assert reached == set(CASE_STATES)


@given(st.sampled_from(CASE_STATES), st.sampled_from(CASE_STATES), st.sampled_from(CASE_STATES))
def test_only_legal_steps_happen_and_each_leaves_its_mark(state, left, to):
    case = a_case(state=state, suspended_from=left if state == "suspended" else None)
    legal = to == left if state == "suspended" else to in TRANSITIONS[state]
    assert may_move(case, to) == legal
    if not legal:
        with pytest.raises(RegisterError, match=f"can't become {to}"):
            decide_move(case, to, by="boss", at=on(20))
        return
    moved = apply(
        case,
        link(decide_move(case, to, by="boss", at=on(20)), seq=5, prev_hash="", key=b"k"),
    )
    assert (moved.state, moved.changed_at) == (to, on(20))
    assert moved.suspended_from == (state if to == "suspended" else None)
    assert moved.counts == ((moved.suspended_from or to) in COUNTING)
    assert (moved.notified_at is not None) == (to == "notified")


@given(st.lists(st.sampled_from(CASE_STATES), max_size=30))
def test_random_walks_keep_the_invariants(wanted):
    case = a_case(state="detected")
    for number, to in enumerate(wanted):
        if not may_move(case, to):
            continue
        event = decide_move(case, to, by="boss", at=MARCH + timedelta(hours=number + 1))
        case = apply(case, link(event, seq=number + 2, prev_hash="", key=b"k"))
        if case.state in ("executed", "closed"):
            assert case.notified_at is not None, "nobody is sanctioned without notice"
        if case.state in ("rejected", "reversed"):
            assert not case.counts


def test_nobody_moves_his_own_case_and_time_does_not_run_back():
    case = a_case(at=on(10))
    with pytest.raises(RegisterError, match="concerns A01"):
        decide_move(case, "notified", by="A01", at=on(20))
    with pytest.raises(RegisterError, match="last changed"):
        decide_move(case, "notified", by="boss", at=on(9))

"""A call's card (POLICY "Severity and points")."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_pipeline.errors import PolicyError
from qc_pipeline.policy import load_policy
from qc_pipeline.records import SEVERITIES, CallScore, Finding
from qc_pipeline.scoring import rescore, score_call, score_calls, without_policy
from qc_pipeline.settings import Settings
from qc_pipeline.store.loader import load_calls, load_outcomes
from qc_pipeline.store.store import Store

from .store.builders import AS_FOUND, a_call, a_finding, an_outcome, query

POLICY = load_policy(Settings().policy_dir)


def score(*findings: Finding) -> CallScore:
    return score_call("C1", findings, taxonomy=POLICY.taxonomy, policy_version="p")


def of(code: str, severity: str, status: str = "open", start: int = 0, **more) -> Finding:
    return a_finding("C1", code, severity=severity, status=status, start=start, **more)


def test_a_call_without_findings_has_full_marks_and_no_verdict() -> None:
    card = score()
    assert (card.machine_score, card.human_score, card.passed) == (100, None, None)
    assert (card.state, card.critical, card.codes, card.deductions) == ("provisional", 0, (), ())


def test_each_code_counts_once_with_its_worst_severity() -> None:
    card = score(
        of("service_conduct", "minor", start=0),
        of("service_conduct", "major", start=3),
        of("service_conduct", "minor", start=6),
        of("unauthorized_promise", "minor"),
    )
    assert card.machine_score == 100 - 25 - 5
    assert [(d.code, d.severity, d.points, len(d.finding_ids)) for d in card.deductions] == [
        ("unauthorized_promise", "minor", 5, 1),
        ("service_conduct", "major", 25, 3),
    ]


def test_a_critical_finding_fails_the_card_and_more_of_them_stop_at_zero() -> None:
    card = score(of("abuse_insult", "critical"), of("threat_intimidation", "critical"))
    assert (card.machine_score, card.critical) == (0, 2)


def test_hints_cost_nothing() -> None:
    card = score(of("contact_time_breach", "info"))
    assert (card.machine_score, card.deductions) == (100, ())
    assert card.codes == ("contact_time_breach",)


@pytest.mark.parametrize("status", ["quarantined", "rejected", "overturned"])
def test_what_is_uncertain_or_was_rejected_never_deducts(status: str) -> None:
    assert score(of("abuse_insult", "critical", status)).machine_score == 100


@pytest.mark.parametrize("party", ["dialler", "platform", "unknown"])
def test_what_is_not_the_collectors_doing_never_deducts(party: str) -> None:
    card = score(of("contact_frequency_breach", "major", responsible_party=party))
    assert card.machine_score == 100
    assert card.codes == ("contact_frequency_breach",)


def test_until_a_human_has_decided_everything_the_card_is_provisional() -> None:
    card = score(of("abuse_insult", "critical", "confirmed"), of("service_conduct", "minor"))
    assert (card.state, card.passed, card.human_score, card.machine_score) == (
        "provisional", None, 0, 0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("severities", "human_score", "passed"),
    [
        ([], 100, True),
        (["minor"], 95, True),
        (["minor"] * 3, 85, True),
        (["minor"] * 4, 80, False),  # pass is *above* 80
        (["major"], 75, False),
        (["critical"], 0, False),
    ],
)
def test_a_decided_card_passes_above_eighty(
    severities: list[str], human_score: int, passed: bool
) -> None:
    codes = list(POLICY.taxonomy.codes)
    confirmed = [
        of(code, severity, "confirmed") for code, severity in zip(codes, severities, strict=False)
    ]
    card = score(*confirmed, of("record_integrity", "critical", "rejected"))
    assert (card.state, card.human_score, card.passed) == ("final", human_score, passed)


def test_a_reversal_gives_the_points_back() -> None:
    finding = of("abuse_insult", "critical", "confirmed")
    assert score(finding).human_score == 0
    card = score(replace(finding, status="overturned"))
    assert (card.human_score, card.state, card.passed, card.critical) == (100, "final", True, 0)


def test_quarantined_critical_findings_count_as_critical_until_rejected() -> None:
    assert score(of("abuse_insult", "critical", "quarantined")).critical == 1
    assert score(of("abuse_insult", "critical", "rejected")).critical == 0


@pytest.mark.parametrize(
    ("severity", "status", "machine", "human", "state", "passed"),
    [
        ("major", "open", None, None, "provisional", None),
        ("major", "confirmed", None, None, "provisional", None),
        ("critical", "open", 0, None, "provisional", None),
        ("critical", "confirmed", 0, 0, "final", False),
        ("critical", "rejected", None, None, "provisional", None),
    ],
)
def test_of_a_call_nobody_heard_only_a_lost_score_is_known(
    severity: str, status: str, machine, human, state, passed
) -> None:
    """DESIGN 6: unknown is a state. No recording doesn't mean that nothing else was said."""
    card = score_call(
        "C1", [of("stop_flag_breach", severity, status)], taxonomy=POLICY.taxonomy,
        policy_version="p", talk_known=False,
    )  # fmt: skip
    assert (card.machine_score, card.human_score) == (machine, human)
    assert (card.state, card.passed) == (state, passed)
    assert card.critical == (severity == "critical" and status != "rejected")


some_findings = st.lists(
    st.builds(
        of,
        st.sampled_from(list(POLICY.taxonomy.codes)),
        st.sampled_from(SEVERITIES),
        st.sampled_from(["open", "quarantined", "confirmed", "rejected", "overturned"]),
        st.integers(0, 50),
        responsible_party=st.sampled_from(["agent", "dialler", "platform", "unknown"]),
    ),
    max_size=12,
)


@given(some_findings, st.randoms())
def test_the_order_of_findings_does_not_matter(findings: list[Finding], random) -> None:
    shuffled = list(findings)
    random.shuffle(shuffled)
    assert score(*shuffled) == score(*findings)


@given(some_findings)
def test_a_card_keeps_its_bounds(findings: list[Finding]) -> None:
    card = score(*findings)
    assert 0 <= card.machine_score <= 100
    assert (card.passed is None) == (card.state == "provisional")
    if card.human_score is not None:
        assert card.human_score >= card.machine_score
    assert 100 - sum(d.points for d in card.deductions) <= card.machine_score


@given(some_findings, some_findings)
def test_more_findings_never_raise_the_machine_score(
    findings: list[Finding], more: list[Finding]
) -> None:
    assert score(*findings, *more).machine_score <= score(*findings).machine_score


# --- in the store -----------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "home")
    made.migrate()
    load_calls(made, [a_call(f"C{n}") for n in range(4)])
    load_outcomes(
        made,
        [
            an_outcome("C0"),
            an_outcome("C1", a_finding("C1")),
            an_outcome("C2", a_finding("C2", responsible_party="platform"), state="no_recording"),
            an_outcome("C3", state="silent"),
        ],
    )
    return made


def cards(store: Store) -> dict[str, tuple[int, int | None, str]]:
    rows = query(store, "SELECT call_id, machine_score, human_score, state FROM scores")
    return {call_id: tuple(card) for call_id, *card in rows}


def decide(store: Store, finding_id: str, status: str | None) -> None:
    with store.writing() as session:
        session.run(
            "registers/mark_finding",
            {**AS_FOUND, "finding_id": finding_id, "status": status},
        )


def test_calls_that_were_heard_or_have_findings_get_a_card(store: Store) -> None:
    assert score_calls(store, None, policy=POLICY) == 3
    assert cards(store) == {
        "C0": (100, None, "provisional"),
        "C1": (0, None, "provisional"),
        "C2": (None, None, "provisional"),
    }


def test_scoring_again_changes_nothing(store: Store) -> None:
    score_calls(store, None, policy=POLICY)
    assert score_calls(store, None, policy=POLICY) == 0


def test_only_the_calls_asked_for_are_scored(store: Store) -> None:
    assert score_calls(store, ["C1", "C1", "nobody"], policy=POLICY) == 1
    assert list(cards(store)) == ["C1"]
    assert score_calls(store, [], policy=POLICY) == 0


def test_a_verdict_and_its_card_in_one_transaction(store: Store) -> None:
    score_calls(store, None, policy=POLICY)
    name = a_finding("C1").finding_id
    with store.writing() as session:
        session.run(
            "registers/mark_finding",
            {**AS_FOUND, "finding_id": name, "status": "rejected"},
        )
        assert rescore(session, ["C1"], policy=POLICY) == 1
    assert cards(store)["C1"] == (100, 100, "final")
    with store.reading() as session:
        stored = {row["call_id"]: row for row in session.rows("export/scores")}
    assert stored["C1"]["deductions"] == []


def test_deductions_follow_the_verdicts(store: Store) -> None:
    score_calls(store, None, policy=POLICY)
    finding = a_finding("C1")
    decide(store, finding.finding_id, "confirmed")
    score_calls(store, ["C1"], policy=POLICY)
    with store.reading() as session:
        (row,) = [r for r in session.rows("export/scores") if r["call_id"] == "C1"]
    assert row["human_score"] == 0
    assert row["deductions"] == [
        {"code": "abuse_insult", "severity": "critical", "points": 100,
         "finding_ids": [finding.finding_id]}
    ]  # fmt: skip


def test_a_superseded_finding_counts_only_with_a_verdict(store: Store) -> None:
    decide(store, a_finding("C1").finding_id, None)  # held by a review that isn't over
    load_outcomes(store, [an_outcome("C1", key="k2")])
    score_calls(store, None, policy=POLICY)
    assert cards(store)["C1"] == (100, None, "provisional")
    decide(store, a_finding("C1").finding_id, "confirmed")
    score_calls(store, None, policy=POLICY)
    assert cards(store)["C1"] == (0, 0, "final")


def test_a_card_goes_when_the_call_turns_out_unheard(store: Store) -> None:
    score_calls(store, None, policy=POLICY)
    load_outcomes(store, [an_outcome("C0", key="k2", state="silent")])
    assert score_calls(store, None, policy=POLICY) == 1
    assert "C0" not in cards(store)


@pytest.mark.parametrize(
    ("state", "machine_score"),
    [
        ("scanned", 75), ("mismatch", 75), ("unanswered", 75), ("silent", 75), ("too_short", 75),
        ("no_recording", None), ("unreadable", None), ("quarantined", None), ("deferred", None),
        ("failed", None), ("duplicate", None),
    ],
)  # fmt: skip
def test_the_score_of_a_call_is_known_if_it_was_heard_or_there_was_nothing_to_hear(
    store: Store, state: str, machine_score: int | None
) -> None:
    dialled_often = a_finding("C0", "contact_frequency_breach", severity="major")
    load_outcomes(store, [an_outcome("C0", dialled_often, key="k2", state=state)])
    score_calls(store, ["C0"], policy=POLICY)
    assert cards(store)["C0"] == (machine_score, None, "provisional")


@pytest.fixture
def stricter(tmp_path: Path) -> Path:
    """A policy folder in which a critical finding costs 40 points until March 2026, then 100."""
    folder = tmp_path / "policy"
    shutil.copytree(Settings().policy_dir, folder, ignore=shutil.ignore_patterns("*.py*"))
    text = (folder / "taxonomy.yaml").read_text("utf-8")
    since = re.search("^effective_from: .*$", text, re.M)
    assert since
    (folder / "taxonomy@2026-03-04.yaml").write_text(
        text.replace(since[0], "effective_from: 2026-03-04"), "utf-8"
    )
    (folder / "taxonomy.yaml").write_text(
        text.replace("critical: 100", "critical: 40").replace(
            since[0], "effective_from: 2026-01-01"
        ),
        "utf-8",
    )
    return folder


def test_a_call_is_scored_by_the_points_in_force_when_it_was_made(
    store: Store, stricter: Path
) -> None:
    """DESIGN 8."""
    load_calls(
        store,
        [
            a_call("before", "2026-03-03 23:59:59"), a_call("after", "2026-03-04 00:00:00"),
            a_call("clean", "2026-03-03 10:00:00"),
        ],
    )  # fmt: skip
    load_outcomes(
        store,
        [an_outcome(name, a_finding(name)) for name in ("before", "after")] + [an_outcome("clean")],
    )
    policy = load_policy(stricter)
    score_calls(store, None, policy=policy)
    assert {name: cards(store)[name][0] for name in ("before", "after", "clean")} == {
        "before": 60, "after": 0, "clean": 100,
    }  # fmt: skip
    versions = dict(query(store, "SELECT call_id, policy_version FROM scores"))
    (earlier,) = policy.others
    assert versions["before"] == versions["clean"] == earlier.version
    assert versions["after"] == policy.version != earlier.version
    assert score_calls(store, None, policy=policy) == 0


def test_a_call_older_than_any_policy_has_no_card_and_is_named(
    store: Store, stricter: Path
) -> None:
    load_calls(store, [a_call("old", "2025-12-31 10:00:00")])
    load_outcomes(store, [an_outcome("old", a_finding("old"))])
    policy = load_policy(stricter)
    score_calls(store, None, policy=policy)
    assert set(cards(store)) == {"C0", "C1", "C2"}
    (line,) = without_policy(store, policy=policy)
    assert line.startswith("old: no policy was in force on 2025-12-31: the first is of 2026-01-01")
    with pytest.raises(PolicyError), store.writing() as session:
        rescore(session, ["old"], policy=policy)


def test_another_policy_rewrites_the_cards(store: Store) -> None:
    score_calls(store, None, policy=POLICY)
    points = {**POLICY.taxonomy.points, "critical": 40}
    taxonomy = POLICY.taxonomy.model_copy(update={"points": points})
    milder = POLICY.model_copy(update={"taxonomy": taxonomy, "version": "milder"})
    assert score_calls(store, None, policy=milder) == 3
    assert cards(store)["C1"][0] == 60

"""What differs between a stored call and the same call judged again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_pipeline.policy import load_policy
from qc_pipeline.records import SEVERITIES, CallEvent, CallRecord, Finding, Status
from qc_pipeline.replay.compare import (
    finding_changes,
    findings_with_verdicts,
    score_change,
    signal_changes,
)
from qc_pipeline.replay.stored import StoppedHit, StoredCall, StoredCard, StoredFinding
from qc_pipeline.scoring import DECIDED, score_call
from qc_pipeline.settings import PACKAGE_DIR
from tests.replay.homes import MARCH
from tests.store.builders import a_finding

POLICY = load_policy(PACKAGE_DIR / "policy")
TAXONOMY = POLICY.taxonomy


def stored_call(*findings: StoredFinding, **known) -> StoredCall:
    shown = [each.finding for each in findings if each.standing or each.finding.status in DECIDED]
    card = score_call("c", shown, taxonomy=TAXONOMY, policy_version="p")
    defaults = {
        "first_scan_id": None, "state": "scanned", "artefact_key": "k", "rules_version": "r",
        "policy_version": "p", "transcript_config": "t", "recording": None, "stopped": (),
        "signals": (),
        "card": StoredCard(card.machine_score, card.human_score, card.passed, card.critical),
    }  # fmt: skip
    call = CallRecord(call_id="c", started_at=MARCH, agent_id="A01")
    return StoredCall(call=call, findings=findings, **{**defaults, **known})


def stored(finding: Finding, status: Status | None = None, *, standing: bool = True):
    return StoredFinding(
        replace(finding, status=status or finding.status), finding.status, finding.severity,
        standing,
    )  # fmt: skip


def heard(utterance: int, **more) -> Finding:
    return a_finding("c", utterance_index=utterance, **more)


def change_of_score(call: StoredCall, after: list[Finding]):
    return score_change(
        call, after, taxonomy=TAXONOMY, pass_above_before=TAXONOMY.pass_above, policy_version="p"
    )


FINDINGS = st.builds(
    lambda utterance, start, severity, status, code: heard(
        utterance, start=start, end=start + 2, severity=severity, status=status, code=code
    ),
    st.integers(0, 3), st.integers(0, 3), st.sampled_from(SEVERITIES),
    st.sampled_from(["open", "quarantined"]), st.sampled_from(["abuse_insult", "service_conduct"]),
)  # fmt: skip


def distinct(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.finding_id: finding for finding in findings}


@given(before=st.lists(FINDINGS, max_size=6), after=st.lists(FINDINGS, max_size=6))
def test_every_difference_is_told_once_and_nothing_else(before, after) -> None:
    old, new = distinct(before), distinct(after)
    changes = finding_changes(stored_call(*map(stored, old.values())), new.values(), stopped=())
    told = {kind: {c.finding.finding_id for c in changes if c.change == kind}
            for kind in ("gained", "lost", "changed")}  # fmt: skip
    assert told["lost"] == old.keys() - new.keys()
    assert told["gained"] == new.keys() - old.keys()
    assert told["changed"] == {
        name for name in old.keys() & new.keys()
        if (old[name].severity, old[name].status) != (new[name].severity, new[name].status)
    }  # fmt: skip
    assert len(changes) == sum(map(len, told.values()))


@given(before=st.lists(FINDINGS, max_size=6), after=st.lists(FINDINGS, max_size=6))
def test_counterparts_are_mutual_and_of_one_code_and_utterance(before, after) -> None:
    old, new = distinct(before), distinct(after)
    changes = finding_changes(stored_call(*map(stored, old.values())), new.values(), stopped=())
    by_id = {change.finding.finding_id: change for change in changes}
    for change in changes:
        if change.counterpart is not None:
            other = by_id[change.counterpart]
            assert other.counterpart == change.finding.finding_id
            assert {change.change, other.change} == {"gained", "lost"}
            assert change.finding.code == other.finding.code
            assert change.finding.utterance_index == other.finding.utterance_index


@given(findings=st.lists(FINDINGS, max_size=6))
def test_the_same_findings_change_nothing(findings) -> None:
    same = distinct(findings)
    call = stored_call(*map(stored, same.values()))
    assert finding_changes(call, same.values(), stopped=()) == []
    assert change_of_score(call, list(same.values())) is None


def test_a_verdict_stays_with_the_severity_people_gave_it() -> None:
    finding = heard(0, severity="critical")
    known = stored(replace(finding, severity="major"), "confirmed")
    (kept,) = findings_with_verdicts([known], [finding])
    assert (kept.status, kept.severity) == ("confirmed", "major")


def test_a_judged_finding_that_is_lost_still_counts_and_an_open_one_does_not() -> None:
    judged, waiting = heard(0, severity="major"), heard(1, severity="major")
    kept = findings_with_verdicts([stored(judged, "confirmed"), stored(waiting)], [])
    assert [finding.finding_id for finding in kept] == [judged.finding_id]


def test_a_superseded_finding_that_comes_back_is_gained_with_its_verdict() -> None:
    finding = heard(0, severity="major")
    call = stored_call(stored(finding, "confirmed", standing=False))
    (change,) = finding_changes(call, [finding], stopped=())
    assert (change.change, change.verdict) == ("gained", "confirmed")
    assert change_of_score(call, [finding]) is None, "it counted all along"


def test_the_card_tells_what_crosses_the_pass_line_and_what_is_critical() -> None:
    calm = stored_call()
    change = change_of_score(calm, [heard(0, severity="critical")])
    assert change is not None
    assert (change.machine_before, change.machine_after) == (100, 0)
    assert (change.passes_before, change.passes_after) == (True, False)
    assert (change.critical_before, change.critical_after) == (0, 1)


def test_a_call_nobody_heard_gets_a_card_only_when_something_is_found() -> None:
    unheard = stored_call(state="unanswered", card=None)
    assert change_of_score(unheard, []) is None
    change = change_of_score(unheard, [heard(0, severity="major")])
    assert change is not None
    assert (change.machine_before, change.machine_after) == (None, 75)


def test_what_stops_a_hit_now_is_told_beside_what_is_lost() -> None:
    finding = heard(0)
    hit = StoppedHit(finding.code, finding.rule_id, 0, ("rule: 辱骂", "negation: 「不」否定了"))
    (change,) = finding_changes(stored_call(stored(finding)), [], stopped=[hit])
    assert change.stopped_by == ("negation: 「不」否定了",)


@pytest.mark.parametrize(("before", "after", "told"), [
    (["complaint"], ["complaint", "complaint"], []),
    (["complaint"], [], [("lost", "complaint")]),
    ([], ["emergency", "refusal"], [("gained", "emergency"), ("gained", "refusal")]),
])  # fmt: skip
def test_a_register_has_one_entry_for_a_call(before, after, told) -> None:
    def events(kinds):
        return tuple(CallEvent(kind, n, float(n), "原话") for n, kind in enumerate(kinds))

    changes = signal_changes(stored_call(signals=events(before)), events(after))
    assert [(change.change, change.kind) for change in changes] == told

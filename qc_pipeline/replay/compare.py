"""What differs between a call as it is stored and the same call judged again. Plain functions."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from qc_pipeline.policy import Taxonomy
from qc_pipeline.records import (
    CallEvent,
    CallScore,
    EventKind,
    Finding,
    ResponsibleParty,
    Severity,
    Status,
)
from qc_pipeline.replay.stored import StoppedHit, StoredCall, StoredFinding
from qc_pipeline.scoring import DECIDED, TALK_KNOWN, score_call

Change = Literal["gained", "lost", "changed"]


@dataclass(frozen=True, slots=True)
class Shape:
    """What may change of a finding that stays."""

    severity: Severity
    status: Status
    responsible_party: ResponsibleParty


@dataclass(frozen=True, slots=True)
class FindingChange:
    """A finding gained, lost or changed. `before` is empty for one gained, `after` for one lost.

    `finding` is the one that is gained or was there. `verdict` is what people said of it, also
    of one that comes back. `counterpart` is the finding of the same code in the same utterance
    that takes its place (lost) or whose place it takes (gained): other words or another rule.
    `stopped_by` are the reasons of the guard that stops it now (lost) or stopped it (gained).
    """

    change: Change
    finding: Finding
    agent_id: str
    started_at: datetime
    before: Shape | None
    after: Shape | None
    verdict: Status | None
    counterpart: str | None
    stopped_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """A call's card before and after, scores 0 to 100 (None: no card). `passes_*`: whether the
    machine's score is above the pass line; `passed_*`: the final result, None while findings
    wait for a verdict.
    """

    call_id: str
    agent_id: str
    started_at: datetime
    machine_before: int | None
    machine_after: int | None
    human_before: int | None
    human_after: int | None
    passes_before: bool | None
    passes_after: bool | None
    passed_before: bool | None
    passed_after: bool | None
    critical_before: int
    critical_after: int


@dataclass(frozen=True, slots=True)
class SignalChange:
    """Words that a register rests on, newly heard in a call or not heard there any more."""

    change: Literal["gained", "lost"]
    kind: EventKind
    call_id: str
    agent_id: str
    case_id: str | None
    started_at: datetime
    start_s: float
    words: str


def finding_changes(
    stored: StoredCall, after: Iterable[Finding], *, stopped: Iterable[StoppedHit]
) -> list[FindingChange]:
    """Every finding gained, lost or changed, in order of time. `after` are all findings of the
    call judged again, `stopped` what guards stop now.
    """
    known = {each.finding.finding_id: each for each in stored.findings}
    before = {name: each.as_proposed for name, each in known.items() if each.standing}
    found = {finding.finding_id: finding for finding in after}
    lost = [finding for name, finding in before.items() if name not in found]
    gained = [finding for name, finding in found.items() if name not in before]
    places = _counterparts(lost, gained)
    now_stopped, then_stopped = tuple(stopped), stored.stopped

    def change(
        kind: Change, finding: Finding, old: Finding | None, new: Finding | None
    ) -> FindingChange:
        name = finding.finding_id
        hits = now_stopped if kind == "lost" else then_stopped if kind == "gained" else ()
        return FindingChange(
            change=kind,
            finding=finding,
            agent_id=stored.call.agent_id,
            started_at=stored.call.started_at,
            before=_shape(old) if old else None,
            after=_shape(new) if new else None,
            verdict=_verdict(known.get(name)),
            counterpart=places.get(name),
            stopped_by=_stopped_by(finding, hits),
        )

    changes = [
        *(change("lost", finding, finding, None) for finding in lost),
        *(change("gained", finding, None, finding) for finding in gained),
        *(
            change("changed", found[name], finding, found[name])
            for name, finding in before.items()
            if name in found and _shape(finding) != _shape(found[name])
        ),
    ]
    return sorted(changes, key=lambda each: (each.finding.start_s or 0.0, each.finding.finding_id))


def findings_with_verdicts(
    stored: Sequence[StoredFinding], after: Iterable[Finding]
) -> list[Finding]:
    """`after` as the store would hold it: a verdict stays, a confirmed finding is as severe as
    people said, and what people have judged counts even if nothing finds it any more.
    """
    judged = {
        each.finding.finding_id: each.finding for each in stored if each.finding.status in DECIDED
    }
    kept: dict[str, Finding] = dict(judged)
    for finding in after:
        known = judged.get(finding.finding_id)
        if known is None:
            kept[finding.finding_id] = finding
            continue
        severity = known.severity if known.status == "confirmed" else finding.severity
        kept[finding.finding_id] = dataclasses.replace(
            finding, status=known.status, severity=severity
        )
    return list(kept.values())


def score_change(
    stored: StoredCall,
    after: Iterable[Finding],
    *,
    taxonomy: Taxonomy,
    pass_above_before: int,
    policy_version: str,
) -> ScoreChange | None:
    """How the call's card would change under `taxonomy`; None if it wouldn't."""
    findings = findings_with_verdicts(stored.findings, after)
    card: CallScore | None = None
    # A call that nobody heard and about which nothing was found has no card.
    if findings or stored.state in ("scanned", "mismatch"):
        card = score_call(
            stored.call_id, findings, taxonomy=taxonomy, policy_version=policy_version,
            talk_known=stored.state in TALK_KNOWN,
        )  # fmt: skip
    old = stored.card
    changed = ScoreChange(
        call_id=stored.call_id,
        agent_id=stored.call.agent_id,
        started_at=stored.call.started_at,
        machine_before=old.machine_score if old else None,
        machine_after=card.machine_score if card else None,
        human_before=old.human_score if old else None,
        human_after=card.human_score if card else None,
        passes_before=_passes(old.machine_score if old else None, pass_above_before),
        passes_after=_passes(card.machine_score if card else None, taxonomy.pass_above),
        passed_before=old.passed if old else None,
        passed_after=card.passed if card else None,
        critical_before=old.critical if old else 0,
        critical_after=card.critical if card else 0,
    )
    pairs = (
        (changed.machine_before, changed.machine_after),
        (changed.human_before, changed.human_after),
        (changed.passes_before, changed.passes_after),
        (changed.passed_before, changed.passed_after),
        (changed.critical_before, changed.critical_after),
    )
    return changed if any(one != other for one, other in pairs) else None


def _passes(score: int | None, above: int) -> bool | None:
    return None if score is None else score > above


def signal_changes(stored: StoredCall, after: Iterable[CallEvent]) -> list[SignalChange]:
    """Kinds of signals newly heard or no longer heard, with the first words of each: a register
    has one entry for a call, however often it was said.
    """
    before_first, after_first = _first_of_kind(stored.signals), _first_of_kind(after)
    sides: tuple[tuple[Literal["gained", "lost"], Mapping[EventKind, CallEvent]], ...] = (
        ("lost", {k: e for k, e in before_first.items() if k not in after_first}),
        ("gained", {k: e for k, e in after_first.items() if k not in before_first}),
    )
    return [
        SignalChange(
            change=side,
            kind=kind,
            call_id=stored.call_id,
            agent_id=stored.call.agent_id,
            case_id=stored.call.case_id,
            started_at=stored.call.started_at,
            start_s=event.start_s,
            words=event.matched,
        )
        for side, events in sides
        for kind, event in events.items()
    ]


def _shape(finding: Finding) -> Shape:
    return Shape(finding.severity, finding.status, finding.responsible_party)


def _verdict(known: StoredFinding | None) -> Status | None:
    if known is None or known.finding.status not in DECIDED:
        return None
    return known.finding.status


def _counterparts(lost: Iterable[Finding], gained: Iterable[Finding]) -> dict[str, str]:
    """Lost -> gained and gained -> lost, one to one: same code, same utterance, nearest words."""
    waiting: dict[tuple[str, int], list[Finding]] = defaultdict(list)
    for finding in gained:
        if finding.utterance_index is not None:
            waiting[finding.code, finding.utterance_index].append(finding)
    pairs: dict[str, str] = {}
    for finding in lost:
        if finding.utterance_index is None:
            continue
        candidates = waiting[finding.code, finding.utterance_index]
        if candidates:
            nearest = min(
                candidates, key=lambda each: abs((each.start or 0) - (finding.start or 0))
            )
            candidates.remove(nearest)
            pairs[finding.finding_id] = nearest.finding_id
            pairs[nearest.finding_id] = finding.finding_id
    return pairs


def _stopped_by(finding: Finding, hits: Iterable[StoppedHit]) -> tuple[str, ...]:
    """What stopped the same rule in the same utterance, without the reason that names the rule."""
    for hit in hits:
        if (hit.rule_id, hit.utterance_index) == (finding.rule_id, finding.utterance_index):
            return hit.reasons[1:] or hit.reasons
    return ()


def _first_of_kind(events: Iterable[CallEvent]) -> dict[EventKind, CallEvent]:
    first: dict[EventKind, CallEvent] = {}
    for event in events:
        first.setdefault(event.kind, event)
    return first

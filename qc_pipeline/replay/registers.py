"""What the registers would look like under other rules or another policy. Plain functions.

Nothing here is decided: verdicts stand, cases stay open. It shows what would be proposed.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, Literal

from qc_pipeline.policy import Policy
from qc_pipeline.policy.holidays import classify
from qc_pipeline.records import SEVERITIES, CallRecord, Severity
from qc_pipeline.registers.complaint_clocks import due_dates
from qc_pipeline.registers.complaints import complaint_id_for
from qc_pipeline.registers.counting import decide_counts
from qc_pipeline.registers.discipline import COUNTED, Case
from qc_pipeline.registers.projections import Registers
from qc_pipeline.registers.review import FindingReview
from qc_pipeline.replay.compare import SignalChange
from qc_pipeline.replay.stored import Period

CaseEffect = Literal["finding_lost", "severity", "points", "level", "no_case", "would_open"]
_OVER = ("rejected", "reversed")
_UNANSWERED = ("received", "logged")


@dataclass(frozen=True, slots=True)
class CaseSide:
    """A case before or after: severity, points on the card, the ladder's proposal."""

    severity: Severity
    points: int
    level: str | None = None
    level_to: str | None = None
    consequences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseChange:
    """A disciplinary case that would look otherwise. `effects` say how: a finding it rests on is
    `finding_lost`; its `severity`, `points` or proposed `level` differ; such conduct opens
    `no_case` any more; or a case `would_open` (then it has no id yet and no `before`).
    """

    case_id: str | None
    agent_id: str
    call_id: str
    code: str
    state: str | None
    conduct_at: datetime
    effects: tuple[CaseEffect, ...]
    findings: tuple[str, ...]
    findings_lost: tuple[str, ...]
    before: CaseSide | None
    after: CaseSide


@dataclass(frozen=True, slots=True)
class EntryChange:
    """A complaint, an emergency or a proposal for a stop flag that calls would newly give rise to,
    or no longer. `entry_id`, `state` and `decided_by` are of the entry that is there already.
    """

    register: Literal["complaint", "emergency", "stop_flag"]
    signal: SignalChange
    entry_id: str | None = None
    state: str | None = None
    decided_by: str | None = None


@dataclass(frozen=True, slots=True)
class DueChange:
    """A complaint nobody has answered yet, whose clocks would end at another time."""

    complaint_id: str
    call_id: str
    state: str
    first_reply_before: datetime
    first_reply_after: datetime
    decision_before: datetime
    decision_after: datetime


@dataclass(frozen=True, slots=True)
class JudgedAgain:
    """What a replay says of findings that people have reviewed: which are `lost`, how severe the
    machine takes the others for, and the calls they belong to.
    """

    lost: frozenset[str]
    severities: Mapping[str, Severity]
    calls: Mapping[str, CallRecord]


def case_changes(
    registers: Registers, again: JudgedAgain, *, before: Policy, after: Policy, period: Period,
    at: datetime,
) -> list[CaseChange]:  # fmt: skip
    """The cases of the period's conduct that would differ, and those that would be opened.

    A reviewer who confirmed what the machine said is taken to confirm it again; one who was
    milder stays as mild. Repeats are counted over all of a collector's cases.
    """
    cases = {c.case_id: c for c in registers.cases.values() if c.state not in _OVER}
    wanted = {name for name, case in cases.items() if period.holds(case.conduct_at)}
    severities = {
        name: _case_severity(cases[name], registers.reviews, again.severities) for name in wanted
    }
    levels = _proposals(cases, severities, policy=after, at=at)
    changes = []
    for name in wanted:
        case, severity = cases[name], severities[name]
        old = CaseSide(
            case.severity, before.taxonomy.points[case.severity], case.level, case.level_to,
            case.consequences,
        )  # fmt: skip
        new = dataclasses.replace(
            old, severity=severity, points=after.taxonomy.points[severity], **levels.get(name, {})
        )
        lost = tuple(finding for finding in case.findings if finding in again.lost)
        effects = tuple(_effects(old, new, lost=lost, policy=after))
        if effects:
            changes.append(
                CaseChange(
                    case.case_id, case.agent_id, case.call_id, case.code, case.state,
                    case.conduct_at, effects, case.findings, lost, old, new,
                )
            )  # fmt: skip
    changes += _would_open(registers, again, before=before, after=after, period=period)
    return sorted(changes, key=lambda each: (each.conduct_at, each.call_id, each.code))


def entry_changes(registers: Registers, signals: Iterable[SignalChange]) -> list[EntryChange]:
    """What newly heard words, or words no longer heard, mean for the registers."""
    return [_entry(registers, signal) for signal in signals]


def due_changes(registers: Registers, *, after: Policy, period: Period) -> list[DueChange]:
    """Complaints from calls of the period, still unanswered, whose due dates would differ."""
    kind_of_day: Callable[[date], str] = partial(classify, holidays=after.holidays)
    changes = []
    for complaint in registers.complaints.values():
        if complaint.state not in _UNANSWERED or not period.holds(complaint.received_at):
            continue
        due = due_dates(
            after.complaints, received_at=complaint.received_at, logged_at=complaint.logged_at,
            complex_case=complaint.complex_case,
            day_kind=kind_of_day,
        )  # fmt: skip
        first_reply, decision = due["first_reply"].at, due["decision"].at
        if (first_reply, decision) != (complaint.first_reply_due, complaint.decision_due):
            changes.append(
                DueChange(
                    complaint.complaint_id, complaint.calls[0], complaint.state,
                    complaint.first_reply_due, first_reply, complaint.decision_due, decision,
                )
            )  # fmt: skip
    return sorted(changes, key=lambda each: (each.first_reply_before, each.complaint_id))


# --- cases -----------------------------------------------------------------------------------


def _case_severity(
    case: Case, reviews: Mapping[str, FindingReview], severities: Mapping[str, Severity]
) -> Severity:
    """The gravest of what was confirmed, else of what waits: as a verdict would leave it."""
    held = [reviews[name] for name in case.findings if name in reviews]
    confirmed = [review for review in held if review.state == "confirmed"]
    return min(
        (_said_again(review, severities) for review in confirmed or held),
        key=SEVERITIES.index,
        default=case.severity,
    )


def _said_again(review: FindingReview, severities: Mapping[str, Severity]) -> Severity:
    machine = severities.get(review.finding_id, review.machine_severity)
    if review.severity == review.machine_severity:
        return machine
    return max(review.severity, machine, key=SEVERITIES.index)


def _proposals(
    cases: Mapping[str, Case], severities: Mapping[str, Severity], *, policy: Policy, at: datetime
) -> dict[str, dict[str, Any]]:
    """What the ladder proposes for the cases in `severities`, counted anew."""
    of_agent: dict[str, list[Case]] = defaultdict(list)
    for name, case in cases.items():
        # Without counts a case is counted, and a level proposed, whatever they were.
        uncounted = dataclasses.replace(
            case, severity=severities.get(name, case.severity), occurrence_same=None,
            occurrence_any=None,
        )  # fmt: skip
        of_agent[case.agent_id].append(uncounted if name in severities else case)
    proposed = {}
    for held in of_agent.values():
        events = decide_counts(held, at=at, policy=policy)
        for event in events:
            if event.action != COUNTED:
                continue
            proposed[event.subject] = {
                "level": event.payload["level"],
                "level_to": event.payload["level_to"],
                "consequences": tuple(event.payload["consequences"]),
            }
    return proposed


def _effects(
    old: CaseSide, new: CaseSide, *, lost: tuple[str, ...], policy: Policy
) -> Iterator[CaseEffect]:
    if lost:
        yield "finding_lost"
    if old.severity != new.severity:
        yield "severity"
    if old.points != new.points:
        yield "points"
    if (old.level, old.level_to, old.consequences) != (new.level, new.level_to, new.consequences):
        yield "level"
    if new.severity not in policy.discipline.case_severities:
        yield "no_case"


def _would_open(
    registers: Registers, again: JudgedAgain, *, before: Policy, after: Policy, period: Period
) -> Iterator[CaseChange]:
    live = {(c.call_id, c.code) for c in registers.cases.values() if c.state not in _OVER}
    groups: dict[tuple[str, str], list[FindingReview]] = defaultdict(list)
    for review in registers.reviews.values():
        subject = (review.call_id, review.code)
        if (
            review.state == "confirmed"
            and review.responsible_party == "agent"
            and review.severity not in before.discipline.case_severities
            and subject not in live
        ):
            groups[subject].append(review)
    for (call_id, code), reviews in groups.items():
        call = again.calls.get(call_id)
        if call is None or not period.holds(call.started_at):
            continue
        severity = min((_said_again(r, again.severities) for r in reviews), key=SEVERITIES.index)
        if severity in after.discipline.case_severities:
            names = tuple(sorted(review.finding_id for review in reviews))
            yield CaseChange(
                None, call.agent_id, call_id, code, None, call.started_at, ("would_open",), names,
                tuple(name for name in names if name in again.lost), None,
                CaseSide(severity, after.taxonomy.points[severity]),
            )  # fmt: skip


# --- complaints, emergencies, stop flags -----------------------------------------------------


def _entry(registers: Registers, signal: SignalChange) -> EntryChange:
    if signal.kind == "complaint":
        complaint = registers.complaints.get(complaint_id_for(signal.call_id))
        if complaint is None:
            return EntryChange("complaint", signal)
        return EntryChange(
            "complaint", signal, complaint.complaint_id, complaint.state, complaint.decided_by
        )
    if signal.kind == "emergency":
        known = registers.emergencies.get(signal.call_id)
        if known is None:
            return EntryChange("emergency", signal)
        return EntryChange(
            "emergency", signal, signal.call_id, "acknowledged", known.acknowledged_by
        )
    return EntryChange("stop_flag", signal)

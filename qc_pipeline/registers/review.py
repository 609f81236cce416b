"""Verdicts on findings: from (what is known, what a person says) to an event, and from
(state, event) to the new state. Plain functions; nothing here touches the store.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy.discipline import Review
from qc_pipeline.records import SEVERITIES, ResponsibleParty, Severity, Status
from qc_pipeline.registers.chain import NewEvent, RegisterEvent
from qc_pipeline.registers.people import same_person

ReviewState = Literal["awaiting_second", "confirmed", "rejected", "overturned"]
FIRST_CONFIRMED = "finding.first_confirmed"
CONFIRMED = "finding.confirmed"
REJECTED = "finding.rejected"
OVERTURNED = "finding.overturned"
MITIGATED = "finding.mitigated"


@dataclass(frozen=True, slots=True)
class JudgedFinding:
    """What a verdict has to know about a finding and its call."""

    finding_id: str
    call_id: str
    code: str
    severity: Severity
    status: Status
    responsible_party: ResponsibleParty
    agent_id: str
    conduct_at: datetime


@dataclass(frozen=True, slots=True)
class FindingReview:
    """Where the review of one finding stands (a row of `finding_reviews`).

    `severity` is what the people said, `machine_severity` what the machine said.
    """

    finding_id: str
    call_id: str
    code: str
    responsible_party: ResponsibleParty
    machine_severity: Severity
    severity: Severity
    state: ReviewState
    first_by: str | None
    first_at: datetime | None
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None
    note: str | None


def decide_confirm(
    finding: JudgedFinding, review: FindingReview | None, *, by: str, at: datetime,
    rules: Review, severity: Severity | None = None, note: str | None = None,
) -> NewEvent:  # fmt: skip
    """The event of `by` confirming `finding`, as milder if `severity` says so.

    A severity that needs two reviewers (POLICY "Triage order") only counts after the second,
    who must be another person; if they differ, the milder view holds. Raises RegisterError
    if the finding is decided, the same person confirms twice, or `severity` is graver than
    what the machine found.
    """
    _check_open(finding, review, by=by)
    said: Severity = severity or finding.severity
    if said not in SEVERITIES:
        raise RegisterError(
            f"there is no severity {said!r}", remedy=f"use one of {', '.join(SEVERITIES)}"
        )
    if SEVERITIES.index(said) < SEVERITIES.index(finding.severity):
        raise RegisterError(
            f"finding {finding.finding_id} is {finding.severity}: it can't be confirmed as {said}",
            remedy="a verdict may be milder than the machine's, not graver",
        )
    if review is not None:
        said = max(said, review.severity, key=SEVERITIES.index)
        if same_person(review.first_by, by):
            raise RegisterError(
                f"{by} has confirmed finding {finding.finding_id} already",
                remedy="a second, different reviewer has to confirm it",
            )
    first = review is None and said in rules.second_reviewer
    return _event(
        FIRST_CONFIRMED if first else CONFIRMED, finding, by=by, at=at, severity=said,
        reason=None, note=note,
    )  # fmt: skip


def decide_reject(
    finding: JudgedFinding, review: FindingReview | None, *, by: str, at: datetime,
    rules: Review, reason: str, note: str | None = None,
) -> NewEvent:  # fmt: skip
    """The event of `by` rejecting `finding` for one of the policy's reasons (name or key).

    Raises RegisterError if the finding is decided, the reason isn't on the list, the reason
    needs a note, or the first reviewer would overrule himself as the second.
    """
    _check_open(finding, review, by=by)
    by_key = {entry.key: name for name, entry in rules.reject_reasons.items()}
    name = by_key.get(reason, reason)
    if name not in rules.reject_reasons:
        raise RegisterError(
            f"there is no reject reason {reason!r}",
            remedy="use one of " + ", ".join(f"{key} {name}" for key, name in by_key.items()),
        )
    if rules.reject_reasons[name].note_required and not (note and note.strip()):
        raise RegisterError(f"the reason {name} needs a note", remedy="say why in the note")
    if review is not None and same_person(review.first_by, by):
        raise RegisterError(
            f"{by} has confirmed finding {finding.finding_id} already",
            remedy="a second, different reviewer has to decide now",
        )
    return _event(
        REJECTED, finding, by=by, at=at, severity=finding.severity, reason=name, note=note
    )


def decide_overturn(
    review: FindingReview, *, by: str, at: datetime, appeal_id: str, reasons: str
) -> NewEvent:
    """The event of an upheld appeal: the finding counts for nothing any more, and stays."""
    payload = {"appeal_id": appeal_id, "reasons": reasons}
    return NewEvent(at, by, OVERTURNED, review.finding_id, payload)


def decide_mitigate(
    review: FindingReview, *, by: str, at: datetime, severity: Severity, appeal_id: str,
    reasons: str,
) -> NewEvent:  # fmt: skip
    """The event of a partly upheld appeal: the finding stands as milder. Raises RegisterError
    if `severity` isn't milder than what was confirmed.
    """
    if severity not in SEVERITIES or SEVERITIES.index(severity) <= SEVERITIES.index(
        review.severity
    ):
        milder = SEVERITIES[SEVERITIES.index(review.severity) + 1 :]
        raise RegisterError(
            f"finding {review.finding_id} was confirmed as {review.severity}: {severity} isn't milder",
            remedy=f"use one of {', '.join(milder) or 'none; uphold or dismiss'}",
        )
    payload = {"severity": severity, "appeal_id": appeal_id, "reasons": reasons}
    return NewEvent(at, by, MITIGATED, review.finding_id, payload)


def apply(review: FindingReview | None, event: RegisterEvent) -> FindingReview:
    """The state after `event`. Raises RegisterError if the event can't follow the state."""
    details = event.details
    if event.action in (OVERTURNED, MITIGATED):
        if review is None or review.state != "confirmed":
            raise RegisterError(
                f"entry {event.seq}: {event.action} needs a confirmed finding, not {event.subject}"
            )
        if event.action == OVERTURNED:
            return replace(review, state="overturned")
        return replace(review, severity=details["severity"])
    if review is None:
        review = FindingReview(
            finding_id=event.subject,
            call_id=details["call_id"],
            code=details["code"],
            responsible_party=details["responsible_party"],
            machine_severity=details["machine_severity"],
            severity=details["severity"],
            state="awaiting_second",
            first_by=None,
            first_at=None,
            decided_by=None,
            decided_at=None,
            reason=None,
            note=None,
        )
    elif review.state != "awaiting_second" or event.action == FIRST_CONFIRMED:
        raise RegisterError(
            f"entry {event.seq}: {event.action} can't follow {review.state} of {event.subject}"
        )
    review = replace(
        review, severity=details["severity"], reason=details["reason"], note=details["note"]
    )
    if event.action == FIRST_CONFIRMED:
        return replace(review, first_by=event.actor, first_at=event.at)
    if event.action not in (CONFIRMED, REJECTED):
        raise RegisterError(f"entry {event.seq}: {event.action} is no action on a finding")
    state: ReviewState = "confirmed" if event.action == CONFIRMED else "rejected"
    return replace(review, state=state, decided_by=event.actor, decided_at=event.at)


def _check_open(finding: JudgedFinding, review: FindingReview | None, *, by: str) -> None:
    if review is not None and review.state != "awaiting_second":
        raise RegisterError(
            f"finding {finding.finding_id} is {review.state} already, "
            f"by {review.decided_by} on {review.decided_at:%Y-%m-%d %H:%M}",
            remedy="a verdict is changed by an appeal, not by a second verdict",
        )
    if same_person(by, finding.agent_id):
        raise RegisterError(
            f"{by} made call {finding.call_id}", remedy="somebody else has to review it"
        )


def _event(
    action: str, finding: JudgedFinding, *, by: str, at: datetime, severity: Severity,
    reason: str | None, note: str | None,
) -> NewEvent:  # fmt: skip
    payload = {
        "call_id": finding.call_id,
        "code": finding.code,
        "responsible_party": finding.responsible_party,
        "machine_severity": finding.severity,
        "severity": severity,
        "reason": reason,
        "note": note,
    }
    return NewEvent(at=at, actor=by, action=action, subject=finding.finding_id, payload=payload)

"""Verdicts on findings: from (what is known, what a person says) to an event, and from
(state, event) to the new state. Plain functions; nothing here touches the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy.discipline import Review
from qc_pipeline.records import SEVERITIES, ResponsibleParty, Severity, Status
from qc_pipeline.registers.chain import NewEvent, RegisterEvent
from qc_pipeline.registers.people import same_person

ReviewState = Literal["open", "awaiting_second", "confirmed", "rejected", "overturned"]
FIRST_CONFIRMED = "finding.first_confirmed"
CONFIRMED = "finding.confirmed"
REJECTED = "finding.rejected"
UNSURE = "finding.unsure"
UNDONE = "finding.undone"
ADDED = "finding.added"
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

    `severity`, `code` and `responsible_party` are what people said, `machine_*` what the machine
    said; `first_*` what the first of two reviewers said. `unsure_by` asked for another opinion.
    A review that is `open` has no verdict that counts.
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
    machine_code: str = ""
    machine_responsible_party: ResponsibleParty = "unknown"
    first_code: str | None = None
    first_severity: Severity | None = None
    first_responsible_party: ResponsibleParty | None = None
    unsure_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """What a reviewer says a finding is, where the machine was wrong; None leaves it as it is.

    `code` with `severity` names the right code: then the severity may be graver than the
    machine's. `responsible_party` says whose conduct it was, where nobody could tell the speakers
    apart.
    """

    code: str | None = None
    severity: Severity | None = None
    responsible_party: ResponsibleParty | None = None


AS_IT_IS = Correction()


def decide_confirm(
    finding: JudgedFinding, review: FindingReview | None, *, by: str, at: datetime,
    rules: Review, correction: Correction = AS_IT_IS, note: str | None = None,
) -> NewEvent:  # fmt: skip
    """The event of `by` confirming `finding`, corrected where `correction` says so.

    A severity that needs two reviewers (POLICY "Triage order") only counts after the second,
    who must be another person; if they differ in severity, the milder view holds; if they differ
    in code or in whose conduct it was, the second's view waits for another. Raises RegisterError
    if the finding is decided, the same person confirms twice, or it is made graver under the same
    code.
    """
    _check_open(finding, review, by=by)
    known_code = review.code if review else finding.code
    known_party = review.responsible_party if review else finding.responsible_party
    code = correction.code or known_code
    party = correction.responsible_party or known_party
    said = _severity(finding, review, code=code, correction=correction)
    waiting = review is not None and review.state == "awaiting_second"
    if review is not None and waiting:
        if same_person(review.first_by, by):
            raise RegisterError(
                f"{by} has confirmed finding {finding.finding_id} already",
                remedy="a second, different reviewer has to confirm it",
            )
        if (code, party) == (review.code, review.responsible_party):
            said = max(said, review.severity, key=SEVERITIES.index)
        else:
            waiting = False
    first = not waiting and said in rules.second_reviewer
    return _event(
        FIRST_CONFIRMED if first else CONFIRMED, finding, by=by, at=at, severity=said,
        reason=None, note=note, code=code, responsible_party=party,
    )  # fmt: skip


def _severity(
    finding: JudgedFinding, review: FindingReview | None, *, code: str, correction: Correction
) -> Severity:
    recoded = code != finding.code
    if recoded and correction.code is not None and correction.severity is None:
        raise RegisterError(
            f"finding {finding.finding_id} as {code}: how severe?",
            remedy=f"name one of {', '.join(SEVERITIES)}",
        )
    kept = review.severity if review is not None and recoded else finding.severity
    said: Severity = correction.severity or kept
    if said not in SEVERITIES:
        raise RegisterError(
            f"there is no severity {said!r}", remedy=f"use one of {', '.join(SEVERITIES)}"
        )
    if not recoded and SEVERITIES.index(said) < SEVERITIES.index(finding.severity):
        raise RegisterError(
            f"finding {finding.finding_id} is {finding.severity}: it can't be confirmed as {said}",
            remedy="a verdict may be milder than the machine's, not graver",
        )
    return said


def decide_unsure(
    finding: JudgedFinding, review: FindingReview | None, *, by: str, at: datetime,
    note: str | None = None,
) -> NewEvent:  # fmt: skip
    """The event of `by` asking for another opinion: the finding goes to somebody else.

    Raises RegisterError if the finding is decided, or `by` has spoken on it already.
    """
    _check_open(finding, review, by=by)
    if review is not None and any(
        same_person(each, by) for each in (review.first_by, *review.unsure_by)
    ):
        raise RegisterError(
            f"{by} has spoken on finding {finding.finding_id} already",
            remedy="somebody else has to decide now",
        )
    severity = review.severity if review else finding.severity
    return _event(
        UNSURE, finding, by=by, at=at, severity=severity, reason=None, note=note,
        code=review.code if review else finding.code,
        responsible_party=review.responsible_party if review else finding.responsible_party,
    )  # fmt: skip


def decide_undo(
    finding: JudgedFinding, review: FindingReview | None, *, by: str, at: datetime, rules: Review
) -> NewEvent:
    """The event of `by` taking back what he said last, within the policy's minutes.

    The review is then what it was before. Raises RegisterError if there is nothing of his, it is
    too late, or somebody has spoken since.
    """
    last_by, last_at = _last_word(review)
    if review is None or last_by is None or last_at is None or not same_person(last_by, by):
        raise RegisterError(
            f"{by} has no verdict on finding {finding.finding_id} to take back",
            remedy="only whoever spoke last can take it back; a decided one is changed by an appeal",
        )
    until = last_at + timedelta(minutes=rules.undo_minutes)
    if at > until:
        raise RegisterError(
            f"the verdict on finding {finding.finding_id} could be taken back until {until:%H:%M}",
            remedy="it is changed by an appeal now",
        )
    return NewEvent(at, by, UNDONE, finding.finding_id, {"state": review.state})


def _last_word(review: FindingReview | None) -> tuple[str | None, datetime | None]:
    if review is None or review.state in ("open", "overturned"):
        return None, None
    if review.state == "awaiting_second":
        return review.first_by, review.first_at
    return review.decided_by, review.decided_at


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
        REJECTED, finding, by=by, at=at, severity=finding.severity, reason=name, note=note,
        code=finding.code, responsible_party=finding.responsible_party,
    )  # fmt: skip


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
    if event.action == UNDONE:
        return _undone(review, event)
    if review is None:
        review = FindingReview(
            finding_id=event.subject,
            call_id=details["call_id"],
            code=_machine(details, "code"),
            responsible_party=_machine(details, "responsible_party"),
            machine_severity=details["machine_severity"],
            severity=details["machine_severity"],
            state="open",
            first_by=None,
            first_at=None,
            decided_by=None,
            decided_at=None,
            reason=None,
            note=None,
            machine_code=_machine(details, "code"),
            machine_responsible_party=_machine(details, "responsible_party"),
        )
    elif review.state not in ("open", "awaiting_second"):
        raise RegisterError(
            f"entry {event.seq}: {event.action} can't follow {review.state} of {event.subject}"
        )
    if event.action == UNSURE:
        return replace(review, unsure_by=(*review.unsure_by, event.actor), note=details["note"])
    review = replace(
        review,
        code=details["code"],
        responsible_party=details["responsible_party"],
        severity=details["severity"],
        reason=details["reason"],
        note=details["note"],
    )
    if event.action == FIRST_CONFIRMED or (event.action == ADDED and details["first"]):
        return replace(
            review,
            state="awaiting_second",
            first_by=event.actor,
            first_at=event.at,
            first_code=review.code,
            first_severity=review.severity,
            first_responsible_party=review.responsible_party,
        )
    if event.action not in (CONFIRMED, REJECTED, ADDED):
        raise RegisterError(f"entry {event.seq}: {event.action} is no action on a finding")
    state: ReviewState = "rejected" if event.action == REJECTED else "confirmed"
    return replace(review, state=state, decided_by=event.actor, decided_at=event.at)


def _machine(details: Mapping[str, Any], name: str) -> Any:
    """What the machine said; entries of the first version name it only once."""
    return details.get(f"machine_{name}", details[name])


def _undone(review: FindingReview | None, event: RegisterEvent) -> FindingReview:
    """The review without its last verdict: as the first reviewer left it, or without any."""
    if (
        review is None
        or review.state in ("open", "overturned")
        or review.state != event.details["state"]
    ):
        raise RegisterError(f"entry {event.seq}: there is no verdict to undo on {event.subject}")
    back = replace(review, reason=None, note=None, decided_by=None, decided_at=None)
    if review.state != "awaiting_second" and review.first_code and review.first_severity:
        return replace(
            back,
            state="awaiting_second",
            code=review.first_code,
            severity=review.first_severity,
            responsible_party=review.first_responsible_party or review.responsible_party,
        )
    return replace(
        back, state="open", code=review.machine_code, severity=review.machine_severity,
        responsible_party=review.machine_responsible_party, first_by=None, first_at=None,
        first_code=None, first_severity=None, first_responsible_party=None,
    )  # fmt: skip


def _check_open(finding: JudgedFinding, review: FindingReview | None, *, by: str) -> None:
    if review is not None and review.state not in ("open", "awaiting_second"):
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
    reason: str | None, note: str | None, code: str, responsible_party: ResponsibleParty,
) -> NewEvent:  # fmt: skip
    payload = {
        "call_id": finding.call_id,
        "code": code,
        "machine_code": finding.code,
        "responsible_party": responsible_party,
        "machine_responsible_party": finding.responsible_party,
        "machine_severity": finding.severity,
        "severity": severity,
        "reason": reason,
        "note": note,
    }
    return NewEvent(at=at, actor=by, action=action, subject=finding.finding_id, payload=payload)

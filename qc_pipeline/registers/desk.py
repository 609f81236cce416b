"""What people do with findings, from the judgement to the tables in one transaction.

Every action: read what is known, decide (pure), append the events, fold them into the
projections, save, and recompute the call's card.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy import Policy
from qc_pipeline.records import Severity
from qc_pipeline.registers import discipline, emergencies, review
from qc_pipeline.registers.chain import NewEvent
from qc_pipeline.registers.discipline import Case
from qc_pipeline.registers.emergencies import Acknowledgement
from qc_pipeline.registers.log import RegisterLog, check_moment, check_person, writing_register
from qc_pipeline.registers.projections import Registers, fold, from_row, save
from qc_pipeline.registers.recount import append_and_recount, cases_around
from qc_pipeline.registers.review import FindingReview, JudgedFinding
from qc_pipeline.scoring import rescore
from qc_pipeline.store.store import Session, Store


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verdict led to: the finding's review and the case it opened or changed, if any."""

    review: FindingReview
    case: Case | None


def confirm(
    store: Store, finding_id: str, *, by: str, at: datetime, policy: Policy, keys: Path,
    note: str | None = None, severity: Severity | None = None,
) -> Verdict:  # fmt: skip
    """`by` confirms a finding, as milder if `severity` says so.

    A critical finding counts after a second, different reviewer; until then the case is
    `under_review`. Raises RegisterError (unknown, superseded or decided finding, same person
    twice, own call, nobody named, future date); then nothing has changed.
    """

    def decide(finding: JudgedFinding, known: FindingReview | None) -> NewEvent:
        return review.decide_confirm(
            finding, known, by=check_person(by), at=check_moment(at), rules=policy.review,
            severity=severity, note=note,
        )  # fmt: skip

    with writing_register(store, keys=keys) as log:
        return _judge(log, finding_id, decide=decide, policy=policy)


def reject(
    store: Store, finding_id: str, *, by: str, at: datetime, policy: Policy, keys: Path,
    reason: str, note: str | None = None,
) -> Verdict:  # fmt: skip
    """`by` rejects a finding for one of the policy's reasons, by name or key.

    Raises RegisterError as `confirm` does, and for a reason that isn't on the list or lacks
    the note it needs; then nothing has changed.
    """

    def decide(finding: JudgedFinding, known: FindingReview | None) -> NewEvent:
        return review.decide_reject(
            finding, known, by=check_person(by), at=check_moment(at), rules=policy.review,
            reason=reason, note=note,
        )  # fmt: skip

    with writing_register(store, keys=keys) as log:
        return _judge(log, finding_id, decide=decide, policy=policy)


def acknowledge_emergency(
    store: Store, call_id: str, *, by: str, at: datetime, note: str, keys: Path
) -> Acknowledgement:
    """`by` takes over the emergency heard in a call; `note` says what was done.

    Raises RegisterError if no emergency was heard, or somebody has taken it over.
    """
    with writing_register(store, keys=keys) as log:
        row = log.session.one("registers/emergency", {"call_id": call_id})
        if row is None:
            raise RegisterError(f"no emergency was heard in call {call_id}", remedy="see the queue")
        agent_id = row.pop("agent_id")
        known = from_row(Acknowledgement, row) if row["acknowledged_by"] else None
        event = emergencies.decide_acknowledge(
            call_id, known, agent_id=agent_id, by=check_person(by), at=check_moment(at), note=note
        )
        registers = Registers()
        entries = log.append([event])
        save(log.session, fold(registers, entries), entries)
    return registers.emergencies[call_id]


_Decide = Callable[[JudgedFinding, FindingReview | None], NewEvent]


def _judge(log: RegisterLog, finding_id: str, *, decide: _Decide, policy: Policy) -> Verdict:
    finding = _finding(log.session, finding_id)
    subject = {"call_id": finding.call_id, "code": finding.code}
    registers = Registers(
        reviews={
            row["finding_id"]: from_row(FindingReview, row)
            for row in log.session.rows("registers/reviews_of_call_code", subject)
        },
        cases=cases_around(log.session, finding.agent_id),
    )
    verdict = decide(finding, registers.reviews.get(finding_id))
    entries = log.append([verdict])
    fold(registers, entries)
    consequences = discipline.decide_after_verdict(
        finding, list(registers.reviews.values()),
        [case for case in registers.cases.values() if case.agent_id == finding.agent_id],
        by=verdict.actor, at=verdict.at, rules=policy.discipline,
    )  # fmt: skip
    entries += append_and_recount(
        log, registers, consequences, by=verdict.actor, at=verdict.at, policy=policy
    )
    save(log.session, registers, entries)
    rescore(log.session, [finding.call_id], policy=policy)
    changed = {event.subject for event in consequences}
    case = next((registers.cases[case_id] for case_id in changed), None)
    return Verdict(registers.reviews[finding_id], case)


def _finding(session: Session, finding_id: str) -> JudgedFinding:
    row = session.one("registers/finding", {"finding_id": finding_id})
    if row is None:
        raise RegisterError(f"there is no finding {finding_id}", remedy="see `qc review list`")
    superseded_at = row.pop("superseded_at")
    if superseded_at is not None:
        raise RegisterError(
            f"finding {finding_id} was superseded on {superseded_at:%Y-%m-%d %H:%M}: rules, "
            "facts or the transcript have changed",
            remedy="see `qc review list` for what stands now",
        )
    return JudgedFinding(**row)

"""What people do with findings, from the judgement to the tables in one transaction.

Every action: read what is known, decide (pure), append the events, fold them into the
projections, save, and recompute the call's card.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy import Policy
from qc_pipeline.records import ResponsibleParty, Severity
from qc_pipeline.registers import assignments, discipline, review
from qc_pipeline.registers.chain import NewEvent
from qc_pipeline.registers.discipline import Case
from qc_pipeline.registers.log import RegisterLog, check_moment, check_person, writing_register
from qc_pipeline.registers.missed import MissedFinding, added_row, decide_add
from qc_pipeline.registers.people import same_person
from qc_pipeline.registers.projections import Registers, fold, from_row, save
from qc_pipeline.registers.recount import append_and_recount, cases_around
from qc_pipeline.registers.review import Correction, FindingReview, JudgedFinding
from qc_pipeline.registers.sampling import SampleReview, decide_heard
from qc_pipeline.registers.wording import Wording, decide_correct
from qc_pipeline.scoring import rescore
from qc_pipeline.store.store import Session, Store


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verdict led to: the finding's review and the case it opened or changed, if any."""

    review: FindingReview
    case: Case | None


def confirm(
    store: Store, finding_id: str, *, by: str, at: datetime, policy: Policy, keys: Path,
    note: str | None = None, severity: Severity | None = None, code: str | None = None,
    responsible_party: ResponsibleParty | None = None,
) -> Verdict:  # fmt: skip
    """`by` confirms a finding: as it is, as milder (`severity`), as another `code` with its
    severity, or saying whose conduct it was (`responsible_party`) where the machine couldn't.

    A critical finding counts after a second, different reviewer; until then the case is
    `under_review`. Raises RegisterError (unknown, superseded or decided finding, same person
    twice, own call, a call that another has taken, nobody named, unknown code, future date); then
    nothing has changed.
    """
    if code is not None:
        check_code(code, policy)
    correction = Correction(code=code, severity=severity, responsible_party=responsible_party)

    def decide(finding: JudgedFinding, known: FindingReview | None) -> NewEvent:
        return review.decide_confirm(
            finding, known, by=check_person(by), at=check_moment(at), rules=policy.review,
            correction=correction, note=note,
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


def unsure(
    store: Store, finding_id: str, *, by: str, at: datetime, policy: Policy, keys: Path,
    note: str | None = None,
) -> Verdict:  # fmt: skip
    """`by` can't decide on a finding: somebody else gets it, `by` no more.

    Raises RegisterError as `confirm` does, and if `by` has spoken on it already.
    """

    def decide(finding: JudgedFinding, known: FindingReview | None) -> NewEvent:
        return review.decide_unsure(
            finding, known, by=check_person(by), at=check_moment(at), note=note
        )

    with writing_register(store, keys=keys) as log:
        return _judge(log, finding_id, decide=decide, policy=policy)


def undo(
    store: Store, finding_id: str, *, by: str, at: datetime, policy: Policy, keys: Path
) -> Verdict:
    """`by` takes back what he said last of a finding, within the policy's minutes.

    Raises RegisterError if there is nothing of his to take back, it is too late, or the case it
    led to has gone on.
    """

    def decide(finding: JudgedFinding, known: FindingReview | None) -> NewEvent:
        return review.decide_undo(
            finding, known, by=check_person(by), at=check_moment(at), rules=policy.review
        )

    with writing_register(store, keys=keys) as log:
        row = log.session.one("registers/case_moved_on", {"finding_id": finding_id})
        if row is not None:
            raise RegisterError(
                f"case {row['case_id']} rests on finding {finding_id} and is {row['state']}",
                remedy="the verdict is changed by an appeal now",
            )
        return _judge(log, finding_id, decide=decide, policy=policy)


def add_finding(
    store: Store, missed: MissedFinding, *, by: str, at: datetime, policy: Policy, keys: Path
) -> Verdict:
    """`by` adds a finding that the machine missed, and has confirmed it thereby: a critical one
    waits for a second reviewer like any other.

    Raises RegisterError (unknown call, code or line, a span outside the call, own call, added
    already); then nothing has changed.
    """
    check_code(missed.code, policy)
    with writing_register(store, keys=keys) as log:
        call = log.session.one("registers/call_heard", {"call_id": missed.call_id})
        line = log.session.one(
            "registers/line", {"call_id": missed.call_id, "index": missed.utterance_index}
        )
        event = decide_add(
            missed, call, line, by=check_person(by), at=check_moment(at), rules=policy.review
        )
        if log.session.one("registers/finding", {"finding_id": event.subject}) is not None:
            raise RegisterError(
                f"finding {event.subject} is there already", remedy="judge it, see `qc review list`"
            )
        log.session.run("registers/add_finding", added_row(event))
        return _judge(log, event.subject, decide=lambda *_: event, policy=policy)


def hear_sample(
    store: Store, call_id: str, *, by: str, at: datetime, keys: Path, note: str | None = None
) -> SampleReview:
    """`by` has heard a call of the sample to its end: clean, unless findings were added to it.

    Raises RegisterError for an unknown call, one that was heard, or his own.
    """
    with writing_register(store, keys=keys) as log:
        call = log.session.one("registers/call_heard", {"call_id": call_id})
        row = log.session.one("registers/sample", {"call_id": call_id})
        added = log.session.rows("registers/added_findings", {"call_id": call_id})
        event = decide_heard(
            call, from_row(SampleReview, row) if row else None,
            [each["finding_id"] for each in added], call_id=call_id,
            by=check_person(by), at=check_moment(at), note=note,
        )  # fmt: skip
        registers = Registers()
        entries = log.append([event])
        save(log.session, fold(registers, entries), entries)
    return registers.samples[call_id]


def correct_line(
    store: Store, call_id: str, index: int, text: str, *, by: str, at: datetime, keys: Path
) -> Wording:
    """`by` writes down what was really said in a line; what was recognised is kept beside it.

    Raises RegisterError for an unknown line or a text that can't be one.
    """
    with writing_register(store, keys=keys) as log:
        line = log.session.one("registers/line", {"call_id": call_id, "index": index})
        event = decide_correct(
            line, call_id=call_id, index=index, text=text, by=check_person(by), at=check_moment(at)
        )
        registers = Registers()
        entries = log.append([event])
        save(log.session, fold(registers, entries), entries)
    return registers.wordings[event.subject]


_Decide = Callable[[JudgedFinding, FindingReview | None], NewEvent]


def _judge(log: RegisterLog, finding_id: str, *, decide: _Decide, policy: Policy) -> Verdict:
    finding = _finding(log.session, finding_id)
    registers = Registers(
        reviews={
            row["finding_id"]: from_row(FindingReview, row)
            for row in log.session.rows("registers/reviews_of_call", {"call_id": finding.call_id})
        },
        cases=cases_around(log.session, finding.agent_id),
    )
    known = registers.reviews.get(finding_id)
    before = known.code if known else finding.code
    verdict = decide(finding, known)
    _check_holder(log.home, finding.call_id, verdict)
    entries = log.append([verdict])
    fold(registers, entries)
    changed: list[str] = []
    # A finding that gets another code leaves the case of the one and joins that of the other.
    for code in dict.fromkeys((before, registers.reviews[finding_id].code)):
        consequences = discipline.decide_after_verdict(
            replace(finding, code=code),
            [each for each in registers.reviews.values() if each.code == code],
            [case for case in registers.cases.values() if case.agent_id == finding.agent_id],
            by=verdict.actor, at=verdict.at,
            rules=policy.at(finding.conduct_at).discipline,
        )  # fmt: skip
        entries += append_and_recount(
            log, registers, consequences, by=verdict.actor, at=verdict.at, policy=policy
        )
        changed += [event.subject for event in consequences]
    save(log.session, registers, entries)
    rescore(log.session, [finding.call_id], policy=policy)
    case = registers.cases[changed[-1]] if changed else None
    return Verdict(registers.reviews[finding_id], case)


def _check_holder(home: Path, call_id: str, verdict: NewEvent) -> None:
    """One call is one person's task: while he has it, nobody else speaks on it."""
    taken = assignments.holder(home, call_id, at=verdict.at)
    if taken is not None and not same_person(taken.holder, verdict.actor):
        raise RegisterError(
            f"call {call_id} is somebody else's until {taken.until:%H:%M}",
            remedy="take another with `qc review next`, or wait until it is released",
        )


def check_code(code: str, policy: Policy) -> str:
    """`code`, if the score card has it. Raises RegisterError."""
    if code not in policy.taxonomy.codes:
        raise RegisterError(
            f"there is no code {code!r}", remedy=f"use one of {', '.join(policy.taxonomy.codes)}"
        )
    return code


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

"""What people do with disciplinary cases, in one transaction each: read, decide (pure), append,
recount, save. Every function gives the case as it is then, and raises RegisterError (unknown
case, wrong state, wrong person, nobody named, future date ...) or PolicyError (a setting that is
unset) with nothing changed. `by` is who acts, `at` when (aware, not in the future).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy import Policy
from qc_pipeline.policy.discipline import Discipline
from qc_pipeline.policy.holidays import classify
from qc_pipeline.registers import circumstances, liability, notice, sanctions
from qc_pipeline.registers.appeals import Appeal
from qc_pipeline.registers.chain import NewEvent
from qc_pipeline.registers.discipline import Case
from qc_pipeline.registers.hands import Hand
from qc_pipeline.registers.log import RegisterLog, check_moment, check_person, writing_register
from qc_pipeline.registers.projections import Registers, from_row, save
from qc_pipeline.registers.recount import append_and_recount, cases_around, superiors_of
from qc_pipeline.store.store import Session, Store

# --- notice and hearing -----------------------------------------------------------------------


def notify(
    store: Store, case_id: str, *, by: str, at: datetime, policy: Policy, keys: Path,
    way: str = "in_person", note: str | None = None,
) -> Case:  # fmt: skip
    """`by` informs the person concerned, of a confirmed case or of an approved sanction.

    From the notice of a case on, further conduct is a repeat (POLICY "Discipline"), so later
    cases may be counted anew. `way` is one of the policy's `notice_ways`.
    """

    def decide(case: Case, hand: Hand) -> NewEvent:
        return notice.decide_notify(case, hand, way=way, rules=policy.discipline, note=note)

    return _act(store, case_id, decide, by=by, at=at, policy=policy, keys=keys)


def acknowledge_receipt(
    store: Store, case_id: str, *, by: str, at: datetime, policy: Policy, keys: Path,
    witness: str | None = None, note: str | None = None,
) -> Case:  # fmt: skip
    """The collector (`by`) acknowledges the notice, or somebody else records with a `witness`
    that he refused to sign. The window to object or to appeal begins.
    """

    def decide(case: Case, hand: Hand) -> NewEvent:
        return notice.decide_receipt(
            case, hand, rules=policy.discipline, day_kind=day_kind(policy), witness=witness,
            note=note,
        )  # fmt: skip

    return _act(store, case_id, decide, by=by, at=at, policy=policy, keys=keys)


def object_to(
    store: Store, case_id: str, *, by: str, at: datetime, policy: Policy, keys: Path, text: str
) -> Case:
    """The collector (`by`) objects to the case, within the window."""
    decide = partial(notice.decide_object, text=text)
    return _act(store, case_id, decide, by=by, at=at, policy=policy, keys=keys)


def record_hearing(
    store: Store, case_id: str, *, by: str, at: datetime, policy: Policy, keys: Path, record: str
) -> Case:
    """`by` heard the objection; `record` says what was said and found."""
    decide = partial(notice.decide_hearing, record=record)
    return _act(store, case_id, decide, by=by, at=at, policy=policy, keys=keys)


def record_no_objection(
    store: Store, case_id: str, *, by: str, at: datetime, policy: Policy, keys: Path,
    note: str | None = None,
) -> Case:  # fmt: skip
    """There is no objection: the collector (`by`) says so, or the window is over."""
    decide = partial(notice.decide_no_objection, note=note)
    return _act(store, case_id, decide, by=by, at=at, policy=policy, keys=keys)


# --- circumstances and linked cases -----------------------------------------------------------


def record_circumstance(
    store: Store, case_id: str, *, by: str, at: datetime, policy: Policy, keys: Path,
    evidence: str, fact: str | None = None, established: bool = True, loss_yuan: object = None,
    complaint_id: str | None = None,
) -> Case:  # fmt: skip
    """`by` establishes one of the policy's `facts` (or that it is none), or the loss in yuan,
    with the evidence; the ladder is asked again. A loss above 50,000 yuan or lasting harm
    proposes linked cases for the superiors.
    """

    def decide(case: Case, hand: Hand) -> NewEvent:
        return circumstances.decide_circumstance(
            case, hand, evidence=evidence, rules=ladder_of(case, policy), fact=fact,
            established=established, loss_yuan=loss_yuan, complaint_id=complaint_id,
        )  # fmt: skip

    return _act(store, case_id, decide, by=by, at=at, policy=policy, keys=keys)


def link_bystander(
    store: Store, case_id: str, *, by: str, at: datetime, policy: Policy, keys: Path,
    person: str, evidence: str,
) -> Case:  # fmt: skip
    """`by` proposes a linked case for a superior who knew and did nothing (DS-10); gives it."""
    with _writing(store, case_id, by=by, at=at, keys=keys) as desk:
        case = desk.registers.cases[case_id]
        event = liability.decide_bystander(
            case, desk.hand, person, superiors=superiors_of(desk.log.session, case),
            linked=[each for each in desk.registers.cases.values() if each.linked_to == case_id],
            evidence=evidence,
        )  # fmt: skip
        desk.registers.cases.update(cases_around(desk.log.session, person))
        desk.carry_out([event], policy=policy)
    return desk.registers.cases[event.subject]


def take_up(
    store: Store, case_id: str, *, by: str, at: datetime, policy: Policy, keys: Path,
    note: str | None = None,
) -> Case:  # fmt: skip
    """`by` begins to look into a case that was only proposed (`detected`)."""
    decide = partial(liability.decide_take_up, note=note)
    return _act(store, case_id, decide, by=by, at=at, policy=policy, keys=keys)


def confirm_case(
    store: Store, case_id: str, *, by: str, at: datetime, policy: Policy, keys: Path, reason: str
) -> Case:
    """`by` confirms a linked case, or one that a complaint opened; others follow findings."""
    decide = partial(liability.decide_settle, to="confirmed", reason=reason)
    return _act(store, case_id, decide, by=by, at=at, policy=policy, keys=keys)


def reject_case(
    store: Store, case_id: str, *, by: str, at: datetime, policy: Policy, keys: Path, reason: str
) -> Case:
    """`by` rejects a linked case, or one that a complaint opened; others follow findings."""
    decide = partial(liability.decide_settle, to="rejected", reason=reason)
    return _act(store, case_id, decide, by=by, at=at, policy=policy, keys=keys)


# --- sanction ---------------------------------------------------------------------------------


def propose_sanction(
    store: Store, case_id: str, *, by: str, at: datetime, policy: Policy, keys: Path,
    level: str, reason: str | None = None, consequences: Sequence[str] | None = None,
    amounts: Mapping[str, object] | None = None,
) -> Case:  # fmt: skip
    """`by` chooses a sanction within what the ladder proposes: `level` (or `none`), consequences
    (default: all proposed ones), and yuan for each payable one.
    """

    def decide(case: Case, hand: Hand) -> NewEvent:
        return sanctions.decide_propose(
            case, hand, level=level, rules=ladder_of(case, policy), reason=reason,
            consequences=consequences, amounts=amounts,
        )  # fmt: skip

    return _act(store, case_id, decide, by=by, at=at, policy=policy, keys=keys)


def approve_sanction(
    store: Store, case_id: str, *, by: str, at: datetime, policy: Policy, keys: Path,
    note: str | None = None,
) -> Case:  # fmt: skip
    """`by`, not the proposer, approves the sanction."""

    def decide(case: Case, hand: Hand) -> NewEvent:
        return sanctions.decide_approve(case, hand, rules=ladder_of(case, policy), note=note)

    return _act(store, case_id, decide, by=by, at=at, policy=policy, keys=keys)


def return_sanction(
    store: Store, case_id: str, *, by: str, at: datetime, policy: Policy, keys: Path, reason: str
) -> Case:
    """`by`, not the proposer, sends the proposal back with the reason."""
    decide = partial(sanctions.decide_return, reason=reason)
    return _act(store, case_id, decide, by=by, at=at, policy=policy, keys=keys)


def pass_gate(
    store: Store, case_id: str, *, by: str, at: datetime, policy: Policy, keys: Path,
    month: str, wage_yuan: object, deduct_yuan: object = None,
    other_deductions_yuan: object = 0, acknowledgement: str | None = None,
) -> Case:  # fmt: skip
    """`by` of legal or HR, neither proposer nor approver, lets the money pass: at most
    `deduct_yuan` (default: all) in `month` (YYYY-MM), within cap and minimum wage.
    """

    def decide(case: Case, hand: Hand) -> NewEvent:
        return circumstances.decide_gate(
            case, hand, month=month, wage_yuan=wage_yuan, rules=policy.discipline,
            deduct_yuan=deduct_yuan, other_deductions_yuan=other_deductions_yuan,
            acknowledgement=acknowledgement,
        )  # fmt: skip

    return _act(store, case_id, decide, by=by, at=at, policy=policy, keys=keys)


def accept_sanction(
    store: Store, case_id: str, *, by: str, at: datetime, policy: Policy, keys: Path
) -> Case:
    """The collector (`by`) accepts the sanction: execution need not wait for the window."""
    return _act(store, case_id, sanctions.decide_accept, by=by, at=at, policy=policy, keys=keys)


def execute_sanction(
    store: Store, case_id: str, *, by: str, at: datetime, policy: Policy, keys: Path,
    note: str | None = None,
) -> Case:  # fmt: skip
    """`by`, neither proposer nor approver, carries the sanction out, once its window is over or
    it was accepted, no appeal is open, and money has passed the gate.
    """
    with _writing(store, case_id, by=by, at=at, keys=keys) as desk:
        case = desk.registers.cases[case_id]
        event = sanctions.decide_execute(
            case, desk.hand, rules=ladder_of(case, policy), note=note,
            open_appeals=open_appeals(desk.log.session, case),
            amended=bool(desk.log.session.rows("registers/amending_appeals", {"case_id": case_id})),
        )  # fmt: skip
        desk.carry_out([event], policy=policy)
    return desk.registers.cases[case_id]


def refer_to_authority(
    store: Store, case_id: str, *, by: str, at: datetime, policy: Policy, keys: Path,
    number: str, authority: str,
) -> Case:  # fmt: skip
    """`by` records that an authority took the case over, with the document's number (DS-14)."""
    decide = partial(sanctions.decide_refer, number=number, authority=authority)
    return _act(store, case_id, decide, by=by, at=at, policy=policy, keys=keys)


def close_case(
    store: Store, case_id: str, *, by: str, at: datetime, policy: Policy, keys: Path,
    note: str | None = None,
) -> Case:  # fmt: skip
    """`by` closes an executed case; an offence against state law needs its referral before."""
    with _writing(store, case_id, by=by, at=at, keys=keys) as desk:
        case = desk.registers.cases[case_id]
        event = sanctions.decide_close(
            case, desk.hand, open_appeals=open_appeals(desk.log.session, case), note=note
        )
        desk.carry_out([event], policy=policy)
    return desk.registers.cases[case_id]


def suspend_case(
    store: Store, case_id: str, *, by: str, at: datetime, policy: Policy, keys: Path,
    reason: str, note: str | None = None,
) -> Case:  # fmt: skip
    """`by` lets the case rest for one of the policy's `suspend_reasons`."""
    decide = partial(sanctions.decide_suspend, reason=reason, rules=policy.discipline, note=note)
    return _act(store, case_id, decide, by=by, at=at, policy=policy, keys=keys)


def resume_case(
    store: Store, case_id: str, *, by: str, at: datetime, policy: Policy, keys: Path,
    note: str | None = None,
) -> Case:  # fmt: skip
    """`by` takes a suspended case up where it was."""
    decide = partial(sanctions.decide_resume, note=note)
    return _act(store, case_id, decide, by=by, at=at, policy=policy, keys=keys)


# --- reading ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """An entry of the log: what somebody did, and when."""

    at: datetime
    actor: str
    action: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CaseFile:
    """Everything about a case: itself, the cases it hangs on or that hang on it, its appeals,
    and every entry of the log about any of these, in order.
    """

    case: Case
    linked: tuple[Case, ...]
    appeals: tuple[Appeal, ...]
    steps: tuple[Step, ...]


def read_file(store: Store, case_id: str) -> CaseFile:
    """The file of a case. Raises RegisterError if there is none."""
    with store.reading() as session:
        case = read_case(session, case_id)
        around = cases_around(session, case.agent_id).values()
        linked = [
            each for each in around if each.linked_to == case_id or each.case_id == case.linked_to
        ]
        appeals = [
            from_row(Appeal, row)
            for row in session.rows("registers/appeals")
            if row["case_id"] == case_id or row["finding_id"] in case.findings
        ]
        subjects = [case_id, *(each.appeal_id for each in appeals)]
        steps = _steps_about(session, subjects)
    return CaseFile(case, tuple(linked), tuple(appeals), steps)


def read_steps(store: Store, subject: str) -> tuple[Step, ...]:
    """Every entry of the log about one thing (a complaint, a flag ...), in order."""
    with store.reading() as session:
        return _steps_about(session, [subject])


def _steps_about(session: Session, subjects: list[str]) -> tuple[Step, ...]:
    return tuple(
        Step(row["at"], row["actor"], row["action"], json.loads(row["payload"]))
        for row in session.rows("registers/events_about", {"subjects": subjects})
    )


# --- what these share -------------------------------------------------------------------------

Decide = Callable[[Case, Hand], NewEvent]


@dataclass
class _Desk:
    """One act on one case: the log, what is known around it, and who acts."""

    log: RegisterLog
    registers: Registers
    hand: Hand

    def carry_out(self, events: Iterable[NewEvent], *, policy: Policy) -> None:
        entries = append_and_recount(
            self.log, self.registers, events, by=self.hand.by, at=self.hand.at, policy=policy
        )
        save(self.log.session, self.registers, entries)


def day_kind(policy: Policy) -> Callable[[date], str]:
    """The kind of a day under this policy's holidays."""
    return partial(classify, holidays=policy.holidays)


def read_case(session: Session, case_id: str) -> Case:
    """A case. Raises RegisterError if there is none."""
    row = session.one("registers/case", {"case_id": case_id})
    if row is None:
        raise RegisterError(f"there is no case {case_id}", remedy="see `qc case list`")
    return from_row(Case, row)


def open_appeals(session: Session, case: Case) -> list[str]:
    """The appeals that still wait for a decision, against a case or its findings."""
    rows = session.rows(
        "registers/open_appeals", {"case_id": case.case_id, "findings": list(case.findings)}
    )
    return [row["appeal_id"] for row in rows]


@contextmanager
def _writing(store: Store, case_id: str, *, by: str, at: datetime, keys: Path) -> Iterator[_Desk]:
    with writing_register(store, keys=keys) as log:
        case = read_case(log.session, case_id)
        registers = Registers(cases=cases_around(log.session, case.agent_id))
        concerned = liability.persons_linked(case, registers.cases.values())
        yield _Desk(log, registers, Hand(check_person(by), check_moment(at), concerned))


def ladder_of(case: Case, policy: Policy) -> Discipline:
    """What may be decided about a case: the rules in force when it was done. How it is decided
    (windows, reasons to suspend, the money gate) follows those of the day.
    """
    return policy.at(case.conduct_at).discipline


def _act(
    store: Store, case_id: str, decide: Decide, *, by: str, at: datetime, policy: Policy, keys: Path
) -> Case:
    with _writing(store, case_id, by=by, at=at, keys=keys) as desk:
        desk.carry_out([decide(desk.registers.cases[case_id], desk.hand)], policy=policy)
    return desk.registers.cases[case_id]

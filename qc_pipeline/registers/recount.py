"""What follows from a change of cases, until nothing more follows: linked cases of those taken
back, counts and proposals of everybody concerned, cases of superiors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from qc_pipeline.policy import Policy
from qc_pipeline.registers.chain import NewEvent, RegisterEvent
from qc_pipeline.registers.counting import decide_counts
from qc_pipeline.registers.discipline import Case
from qc_pipeline.registers.liability import Superiors, decide_joint, decide_orphans
from qc_pipeline.registers.log import RegisterLog
from qc_pipeline.registers.projections import Registers, fold, from_row
from qc_pipeline.store.store import Session

Append = Callable[[Iterable[NewEvent]], list[RegisterEvent]]


def append_and_recount(
    log: RegisterLog, registers: Registers, events: Iterable[NewEvent], *, by: str, at: datetime,
    policy: Policy,
) -> list[RegisterEvent]:  # fmt: skip
    """Append `events` and all that follows from them; gives the entries, folded into `registers`.

    `registers.cases` must hold what `cases_around` gives for the persons concerned.
    """
    return follow(
        registers, events, append=log.append, superiors=lambda case: superiors_of(log.session, case),
        by=by, at=at, policy=policy,
    )  # fmt: skip


def follow(
    registers: Registers, events: Iterable[NewEvent], *, append: Append,
    superiors: Callable[[Case], Superiors], by: str, at: datetime, policy: Policy,
) -> list[RegisterEvent]:  # fmt: skip
    """`append_and_recount` for any `append`: a preview's keeps nothing."""
    entries = append(events)
    fold(registers, entries)
    while True:
        further = _following(registers.cases, superiors=superiors, by=by, at=at, policy=policy)
        if not further:
            return entries
        appended = append(further)
        fold(registers, appended)
        entries += appended


def cases_around(session: Session, agent_id: str) -> dict[str, Case]:
    """Every case of a person, of those whose cases hang on his, and of those his hang on."""
    rows = session.rows("registers/cases_around", {"agent_id": agent_id})
    return {row["case_id"]: from_row(Case, row) for row in rows}


def superiors_of(session: Session, case: Case) -> Superiors:
    """Who stood above the person of `case` when it happened, as far as the staff table says."""
    persons = [case.agent_id]
    direct = head = None
    for person in persons:  # grows: everybody above, and above these
        about = {"agent_id": person, "moment": case.conduct_at}
        row = session.one("registers/staff_on", about)
        if row is None:
            continue
        if person == case.agent_id:
            direct, head = row["supervisor_id"], row["department_head_id"]
        persons += dict.fromkeys(
            each
            for each in (row["supervisor_id"], row["department_head_id"])
            if each is not None and each not in persons
        )
    return Superiors(direct=direct, head=head, above=tuple(persons[1:]))


def _following(
    cases: Mapping[str, Case], *, superiors: Callable[[Case], Superiors], by: str, at: datetime,
    policy: Policy,
) -> list[NewEvent]:  # fmt: skip
    if orphaned := decide_orphans(cases, by=by, at=at):
        return orphaned
    of_person: dict[str, list[Case]] = defaultdict(list)
    hanging: dict[str, list[Case]] = defaultdict(list)
    for case in cases.values():
        of_person[case.agent_id].append(case)
        hanging[case.linked_to or ""].append(case)
    counted: list[NewEvent] = []
    for held in of_person.values():
        counted += decide_counts(held, at=at, policy=policy)
    if counted:
        return counted
    return [
        event
        for case in cases.values()
        if "joint_liability" in case.consequences and case.basis == "own"
        for event in decide_joint(case, superiors(case), hanging[case.case_id], at=at)
    ]

"""Cases of other people that hang on a case: superiors who answer for it, bystanders who were
silent (rulebook 3.2, DS-09, DS-10, DS-19). The machine proposes them; people decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from qc_pipeline.errors import RegisterError
from qc_pipeline.registers.chain import MACHINE, NewEvent
from qc_pipeline.registers.discipline import (
    Case,
    decide_move,
    decide_open,
    decide_take_back,
)
from qc_pipeline.registers.hands import Hand, check_hand, in_words
from qc_pipeline.registers.people import same_person
from qc_pipeline.registers.review import JudgedFinding

JOINT = "joint_liability"


@dataclass(frozen=True, slots=True)
class Superiors:
    """Who stood above somebody on the day of the conduct, as the staff table has it; `above`
    are all of them, up to the top.
    """

    direct: str | None = None
    head: str | None = None
    above: tuple[str, ...] = ()


def decide_joint(
    case: Case, superiors: Superiors, linked: Iterable[Case], *, at: datetime
) -> list[NewEvent]:
    """Events that propose a case, `detected`, for the direct superior and for the department
    head of somebody whose case says so. One per person, ever; nobody for himself.
    """
    if JOINT not in case.consequences or case.basis != "own":
        return []
    known = [each.agent_id for each in linked if each.basis == JOINT]
    events = []
    for person in dict.fromkeys((superiors.direct, superiors.head)):
        if person is None or any(same_person(person, each) for each in (case.agent_id, *known)):
            continue
        events.append(
            decide_open(
                conduct_of(case), by=MACHINE, at=at, severity=case.severity, state="detected",
                findings=case.findings, ordinal=0, agent_id=person, basis="joint_liability",
                linked_to=case.case_id,
            )
        )  # fmt: skip
    return events


def decide_orphans(cases: Mapping[str, Case], *, by: str, at: datetime) -> list[NewEvent]:
    """Events that take back linked cases whose ground, the case they hang on, is gone."""
    events = []
    for case in cases.values():
        ground = cases.get(case.linked_to or "")
        if case.alive and ground is not None and not ground.alive:
            note = f"所依据的案件 {ground.case_id} 已撤销"
            events += decide_take_back(case, by=by, at=at, note=note)
    return events


def decide_bystander(
    case: Case, hand: Hand, person: str, *, superiors: Superiors, linked: Iterable[Case],
    evidence: str,
) -> NewEvent:  # fmt: skip
    """`hand` proposes a case for `person`, of higher rank, who saw or knew and neither objected
    nor stopped nor reported it (DS-10). Same-rank bystanders: the source has no rule.

    Raises RegisterError for somebody not known to stand above, without evidence, or twice.
    """
    check_hand(case, hand)
    evidence = in_words(evidence, "a linked case needs evidence", "say what shows that he knew")
    if case.basis != "own" or not case.alive:
        raise RegisterError(
            f"case {case.case_id} is {case.state if case.basis == 'own' else case.basis}",
            remedy="link to the case of who did it, while it stands",
        )
    if same_person(hand.by, person):
        raise RegisterError(f"that would concern {hand.by}", remedy="somebody else has to link it")
    if not any(same_person(person, each) for each in superiors.above):
        known = ", ".join(superiors.above) or "nobody"
        raise RegisterError(
            f"{person} is not known to stand above {case.agent_id} on {case.conduct_at:%Y-%m-%d} "
            f"(staff table: {known})",
            remedy="the rule is for higher ranks; correct staff.csv and scan if it is wrong",
        )
    if any(each.basis == "bystander" and same_person(each.agent_id, person) for each in linked):
        raise RegisterError(
            f"{person} has a case linked to {case.case_id}", remedy="see `qc case show`"
        )
    opened = decide_open(
        conduct_of(case), by=hand.by, at=hand.at, severity=case.severity, state="detected",
        findings=case.findings, ordinal=0, agent_id=person, basis="bystander",
        linked_to=case.case_id,
    )  # fmt: skip
    payload = {**opened.payload, "evidence": evidence}
    return NewEvent(opened.at, opened.actor, opened.action, opened.subject, payload)


def decide_take_up(case: Case, hand: Hand, *, note: str | None = None) -> NewEvent:
    """`hand` begins to look into a case that was only proposed."""
    check_hand(case, hand)
    return decide_move(case, "under_review", by=hand.by, at=hand.at, note=note)


def decide_settle(
    case: Case, hand: Hand, *, to: Literal["confirmed", "rejected"], reason: str
) -> NewEvent:
    """`hand` confirms or rejects a case that rests on no finding of the person's own call: a
    linked case, or one that a complaint opened. Any other follows its findings.
    """
    check_hand(case, hand)
    if case.basis == "own" and case.findings:
        raise RegisterError(
            f"case {case.case_id} follows its findings", remedy="confirm or reject those: qc review"
        )
    reason = in_words(reason, "the decision needs a reason", "say what it rests on")
    if any(same_person(hand.by, each) for each in case.handled_by):
        raise RegisterError(
            f"{hand.by} proposed case {case.case_id}", remedy="another person decides on it"
        )
    handled = sorted({*case.handled_by, hand.by})
    return decide_move(case, to, by=hand.by, at=hand.at, note=reason, handled_by=handled)


def conduct_of(case: Case) -> JudgedFinding:
    """The conduct a case is about, as a finding names it."""
    return JudgedFinding(
        finding_id=case.findings[0] if case.findings else "",
        call_id=case.call_id,
        code=case.code,
        severity=case.severity,
        status="confirmed",
        responsible_party="agent",
        agent_id=case.agent_id,
        conduct_at=case.conduct_at,
    )


def persons_linked(case: Case, cases: Iterable[Case]) -> frozenset[str]:
    """Who has a stake in `case` beside its own person: those of the cases it hangs on or that
    hang on it or beside it, as long as these stand.
    """
    family = {case.case_id, case.linked_to} - {None}
    return frozenset(
        each.agent_id
        for each in cases
        if each.alive
        and each.case_id != case.case_id
        and (each.case_id in family or each.linked_to in family)
    )

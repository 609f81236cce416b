"""The sanction of a case: proposal, approval, execution, and the end.

Every function decides one act and gives its event, or raises RegisterError with nothing done.
Propose, approve and execute are three people's; nobody acts on a case that concerns him, save
to acknowledge, object, or accept (POLICY "Discipline"). Which role may do what is settled by
the web layer; here it is about persons. Nothing here touches the store.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy.discipline import Discipline, Fact
from qc_pipeline.registers.chain import NewEvent, iso
from qc_pipeline.registers.circumstances import costs_money, parse_yuan
from qc_pipeline.registers.discipline import (
    NO_SANCTION,
    REFERRED,
    SANCTION_ACCEPTED,
    Case,
    decide_move,
    decide_note,
)
from qc_pipeline.registers.hands import Hand, check_hand, in_words, listed
from qc_pipeline.registers.ladder import amount_of, choice_fits
from qc_pipeline.registers.people import same_person

LEGAL = "legal_referral"
_NOT_CHOSEN = frozenset({LEGAL, "joint_liability"})  # they follow from the case, nobody picks them


# --- proposal, approval, gate, execution ------------------------------------------------------


def decide_propose(
    case: Case, hand: Hand, *, level: str, rules: Discipline, reason: str | None = None,
    consequences: Sequence[str] | None = None, amounts: Mapping[str, object] | None = None,
) -> NewEvent:  # fmt: skip
    """`hand` chooses a sanction within what the ladder proposes.

    `level` is one of the policy's, or `none` (let off); `consequences` default to all that are
    proposed and can be chosen; `amounts` are yuan for each that is payable. Without a reason
    nobody may go beyond "at least", below the range (only with an exonerating fact), take the
    mildest in spite of an aggravating one, or leave out or add a consequence. Raises PolicyError
    naming the setting for an amount whose least is unset (rulebook 0.1).
    """
    check_hand(case, hand)
    if case.state in ("objection_heard", "no_objection", "returned"):
        _check_level(case, level, reason=reason, rules=rules)
        chosen = _chosen(case, consequences, level=level, reason=reason, rules=rules)
        money = _amounts(case, chosen, amounts or {}, rules=rules)
    else:
        chosen, money = [], []  # decide_move says why not
    return decide_move(
        case, "sanction_proposed", by=hand.by, at=hand.at, note=reason, chosen_level=level,
        chosen_consequences=chosen, amounts=money, choice_reason=reason, proposed_by=hand.by,
        handled_by=sorted({*case.handled_by, hand.by}), **_NOT_APPROVED,
    )  # fmt: skip


def decide_approve(
    case: Case, hand: Hand, *, rules: Discipline, note: str | None = None
) -> NewEvent:
    """`hand`, not who proposed it, approves the sanction. Raises RegisterError if the ladder's
    proposal has changed since so that the choice no longer fits.
    """
    check_hand(case, hand)
    if same_person(hand.by, case.proposed_by):
        raise RegisterError(
            f"{hand.by} proposed the sanction of case {case.case_id}",
            remedy="another person has to approve it",
        )
    if case.state == "sanction_proposed":
        _check_still_fits(case, rules=rules)
    return decide_move(
        case, "approved", by=hand.by, at=hand.at, note=note, approved_by=hand.by,
        handled_by=sorted({*case.handled_by, hand.by}),
    )  # fmt: skip


def decide_return(case: Case, hand: Hand, *, reason: str) -> NewEvent:
    """`hand`, not who proposed it, sends the proposal back with the reason."""
    check_hand(case, hand)
    if same_person(hand.by, case.proposed_by):
        raise RegisterError(
            f"{hand.by} proposed the sanction of case {case.case_id}",
            remedy="another person has to return it",
        )
    return decide_move(
        case, "returned", by=hand.by, at=hand.at,
        note=in_words(reason, "a return needs a reason", "say what has to be changed"),
        handled_by=sorted({*case.handled_by, hand.by}), **_NOT_APPROVED,
    )  # fmt: skip


def decide_accept(case: Case, hand: Hand) -> NewEvent:
    """The person concerned accepts the sanction: execution need not wait for the window."""
    if not same_person(hand.by, case.agent_id):
        raise RegisterError(
            f"case {case.case_id} concerns {case.agent_id}", remedy="only he can accept"
        )
    if case.state == "approved" and case.sanction_received_at is None:
        raise RegisterError(
            f"receipt of the sanction of case {case.case_id} is not recorded",
            remedy="record it first: `qc case receipt`",
        )
    return decide_note(case, SANCTION_ACCEPTED, by=hand.by, at=hand.at, accepted_at=iso(hand.at))


def decide_execute(
    case: Case, hand: Hand, *, rules: Discipline, open_appeals: Collection[str] = (),
    amended: bool = False, note: str | None = None,
) -> NewEvent:  # fmt: skip
    """`hand`, neither proposer nor approver, carries the sanction out.

    Waits for receipt of the sanction, the end of its window (or acceptance), open appeals and,
    if it takes money, the gate. What an appeal `amended` need not fit the ladder. Raises
    RegisterError saying which.
    """
    check_hand(case, hand)
    for role, person in (("proposed", case.proposed_by), ("approved", case.approved_by)):
        if same_person(hand.by, person):
            raise RegisterError(
                f"{hand.by} {role} the sanction of case {case.case_id}",
                remedy="propose, approve and execute are three people's",
            )
    if case.state == "approved":
        _check_no_appeal(case, open_appeals)
        if not amended:
            _check_still_fits(case, rules=rules)
        if case.appeal_due is None:
            raise RegisterError(
                f"receipt of the sanction of case {case.case_id} is not recorded",
                remedy="make it known and record the receipt: the window begins with it",
            )
        if case.accepted_at is None and hand.at <= case.appeal_due:
            raise RegisterError(
                f"case {case.case_id} can be appealed until {case.appeal_due:%Y-%m-%d %H:%M}",
                remedy=f"wait, or let {case.agent_id} accept the sanction",
            )
        if costs_money(case, rules=rules) and case.gate_by is None:
            raise RegisterError(
                f"the money of case {case.case_id} has not passed legal/HR",
                remedy="`qc case gate`, by somebody who neither proposed nor approved it",
            )
    return decide_move(
        case, "executed", by=hand.by, at=hand.at, note=note, executed_by=hand.by,
        executed_at=iso(hand.at),
    )  # fmt: skip


def decide_refer(case: Case, hand: Hand, *, number: str, authority: str) -> NewEvent:
    """`hand` handed the case to an `authority` (DS-14); `number` is that of the document."""
    check_hand(case, hand)
    number = in_words(number, "a referral needs its number", "name the number of the document")
    authority = in_words(authority, "a referral needs an authority", "name who took it over")
    return decide_note(case, REFERRED, by=hand.by, at=hand.at, referral=f"{authority} {number}")


def decide_close(
    case: Case, hand: Hand, *, open_appeals: Collection[str] = (), note: str | None = None
) -> NewEvent:
    """`hand` closes an executed case. An offence against state law needs the number of its
    referral before (rulebook 3.2), an open appeal its decision.
    """
    check_hand(case, hand)
    if case.state == "executed":
        _check_no_appeal(case, open_appeals)
        if LEGAL in case.consequences and case.referral is None:
            raise RegisterError(
                f"case {case.case_id} is an offence against state law and was not referred",
                remedy="record the referral's number, or that legal found no offence "
                "(`qc case circumstance --not`)",
            )
    return decide_move(case, "closed", by=hand.by, at=hand.at, note=note)


def decide_suspend(
    case: Case, hand: Hand, *, reason: str, rules: Discipline, note: str | None = None
) -> NewEvent:
    """`hand` lets the case rest while something else is pending; nothing else changes."""
    check_hand(case, hand)
    if reason not in rules.suspend_reasons:
        raise RegisterError(
            f"there is no reason {reason!r} to suspend",
            remedy=f"use {listed(rules.suspend_reasons)}",
        )
    return decide_move(case, "suspended", by=hand.by, at=hand.at, note=note, reason=reason)


def decide_resume(case: Case, hand: Hand, *, note: str | None = None) -> NewEvent:
    """`hand` takes a suspended case up where it was."""
    check_hand(case, hand)
    if case.suspended_from is None:
        raise RegisterError(
            f"case {case.case_id} is {case.state}, not suspended", remedy="go on with it"
        )
    return decide_move(case, case.suspended_from, by=hand.by, at=hand.at, note=note)


_NOT_APPROVED: dict[str, Any] = dict.fromkeys(
    ("approved_by", "gate_by", "gate", "sanction_notified_at", "sanction_received_at",
     "appeal_due", "accepted_at")
)  # fmt: skip


def _check_level(case: Case, level: str, *, reason: str | None, rules: Discipline) -> None:
    if level not in (*rules.levels, NO_SANCTION):
        raise RegisterError(
            f"there is no level {level!r}", remedy=f"use {listed(rules.levels)} or {NO_SANCTION}"
        )
    given = bool(reason and reason.strip())
    if case.basis == "joint_liability":
        if not given:
            raise RegisterError(
                "joint liability is weighed case by case: it needs a reason",
                remedy="say how grave the superior's part was",
            )
        return
    if not choice_fits(level, low=case.level, high=case.level_to, facts=case.facts, rules=rules):
        span = f"{case.level} to {case.level_to}" if case.level_to else f"at least {case.level}"
        raise RegisterError(
            f"{level} lies outside what case {case.case_id} allows ({span})",
            remedy="choose within it; milder needs an exonerating circumstance on record",
        )
    low = rules.rank(case.level) if case.level else 0
    beyond = level != NO_SANCTION and not case.level_to and rules.rank(level) > low
    milder = level == NO_SANCTION or rules.rank(level) < low
    aggravated = rules.facts_of("aggravating").intersection(case.facts)
    mildest = bool(aggravated) and level == case.level and case.level_to is not None
    if (beyond or milder or mildest) and not given:
        why = "skips a step" if beyond else "is the mildest in spite of an aggravating circumstance"
        raise RegisterError(
            f"{level} {'is milder than the ladder' if milder else why}: it needs a reason (DS-04)",
            remedy="give the reason",
        )


def _chosen(
    case: Case, wanted: Sequence[str] | None, *, level: str, reason: str | None, rules: Discipline
) -> list[str]:
    possible = [
        name
        for name in case.consequences
        if name not in _NOT_CHOSEN and _is_grounded(case, rules.consequences[name].needs)
    ]
    if wanted is None:
        return [] if level == NO_SANCTION else possible
    for name in wanted:
        if name not in rules.consequences or name in _NOT_CHOSEN:
            known = [each for each in rules.consequences if each not in _NOT_CHOSEN]
            raise RegisterError(f"there is no consequence {name!r}", remedy=f"use {listed(known)}")
        needs = rules.consequences[name].needs
        if not _is_grounded(case, needs):
            raise RegisterError(
                f"{name} needs {needs} on record ({rules.facts[cast('Fact', needs)].zh})",
                remedy="record the circumstance with its evidence first",
            )
    if set(wanted) != set(possible) and level != NO_SANCTION and not (reason and reason.strip()):
        raise RegisterError(
            f"case {case.case_id} proposes {listed(possible) or 'no consequence'}",
            remedy="to leave one out or add one, give the reason",
        )
    return list(dict.fromkeys(wanted))


def _is_grounded(case: Case, needs: Fact | None) -> bool:
    return needs is None or needs in case.facts


def _amounts(
    case: Case, chosen: Sequence[str], given: Mapping[str, object], *, rules: Discipline
) -> list[str]:
    payable = [name for name in chosen if rules.consequences[name].payable]
    for name in given:
        if name not in payable:
            raise RegisterError(
                f"{name} is no payable consequence of case {case.case_id}",
                remedy=f"amounts belong to {listed(payable) or 'none of those chosen'}",
            )
    written = []
    for name in payable:
        least = amount_of(name, rules=rules) if rules.consequences[name].amount else Decimal("0.01")
        if name not in given:
            raise RegisterError(f"the amount of {name} is missing", remedy="name it in yuan")
        yuan = parse_yuan(given[name], what=name)
        if yuan < least:
            raise RegisterError(f"{name}: {yuan} is less than {least}", remedy="name at least that")
        if name == "compensation" and (case.loss_yuan is None or yuan > case.loss_yuan):
            raise RegisterError(
                f"compensation: {yuan} is more than the loss on record ({case.loss_yuan or 'none'})",
                remedy="record the loss with its evidence first",
            )
        written.append(f"{name}={yuan}")
    return written


def _check_still_fits(case: Case, *, rules: Discipline) -> None:
    if case.basis == "joint_liability" or case.chosen_level is None:
        return
    if not choice_fits(
        case.chosen_level, low=case.level, high=case.level_to, facts=case.facts, rules=rules
    ):
        raise RegisterError(
            f"what the ladder proposes for case {case.case_id} has changed since "
            f"{case.chosen_level} was chosen",
            remedy="return it: `qc case return`",
        )


def _check_no_appeal(case: Case, open_appeals: Collection[str]) -> None:
    if open_appeals:
        raise RegisterError(
            f"an appeal is open in case {case.case_id}: {listed(sorted(open_appeals))}",
            remedy="execution waits for its decision",
        )

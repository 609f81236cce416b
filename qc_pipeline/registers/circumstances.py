"""Money in a case: amounts of yuan, the loss and other circumstances, and the legal/HR gate."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from qc_pipeline.errors import PolicyError, RegisterError
from qc_pipeline.policy.discipline import Discipline
from qc_pipeline.registers.chain import NewEvent
from qc_pipeline.registers.discipline import (
    CIRCUMSTANCE,
    GATE_PASSED,
    Case,
    decide_note,
    money_of,
)
from qc_pipeline.registers.hands import Hand, check_hand, in_words, listed
from qc_pipeline.registers.people import same_person

_DIGITS = re.compile(r"[+-]?\d+(?:\.\d+)?")


def decide_circumstance(
    case: Case, hand: Hand, *, evidence: str, rules: Discipline, fact: str | None = None,
    established: bool = True, loss_yuan: object = None, complaint_id: str | None = None,
) -> NewEvent:  # fmt: skip
    """`hand` establishes a `fact` (or that it isn't one), or the loss, with the `evidence` for it.

    The ladder is asked again. `significant_effect`, established or not, is the assessment of the
    effect (DS-18). Raises RegisterError for an unknown fact, a loss that is no amount, or no
    evidence.
    """
    check_hand(case, hand)
    evidence = in_words(evidence, "a circumstance needs evidence", "say what shows it, and where")
    if (fact is None) == (loss_yuan is None):
        raise RegisterError("name one circumstance", remedy="either a fact or the loss")
    details: dict[str, Any] = {"evidence": evidence}
    if loss_yuan is not None:
        details["loss_yuan"] = str(parse_yuan(loss_yuan, what="the loss", least=Decimal(0)))
        return decide_note(case, CIRCUMSTANCE, by=hand.by, at=hand.at, **details)
    if fact not in rules.facts:
        raise RegisterError(f"there is no fact {fact!r}", remedy=f"use {listed(rules.facts)}")
    held = set(case.facts) - {fact}
    details |= {"fact": fact, "established": established}
    details["facts"] = sorted(held | {fact}) if established else sorted(held)
    if fact == "significant_effect":
        details["effect_assessed"] = True
    if complaint_id is not None:
        details["complaints"] = sorted({*case.complaints, complaint_id})
    return decide_note(case, CIRCUMSTANCE, by=hand.by, at=hand.at, **details)


def decide_gate(
    case: Case, hand: Hand, *, month: str, wage_yuan: object, rules: Discipline,
    deduct_yuan: object = None, other_deductions_yuan: object = 0,
    acknowledgement: str | None = None,
) -> NewEvent:  # fmt: skip
    """`hand` (legal or HR, neither proposer nor approver) lets the money consequences pass.

    `deduct_yuan` is what is taken in `month` (YYYY-MM; default: all of it), `wage_yuan` that
    month's wage, `other_deductions_yuan` what is taken for other cases; `acknowledgement` names
    the signed acknowledgement of the rules. Raises PolicyError naming the setting that is unset,
    RegisterError if more would be taken than the cap or the floor allow.
    """
    check_hand(case, hand)
    if case.state == "approved" and not costs_money(case, rules=rules):
        raise RegisterError(
            f"case {case.case_id} takes no money", remedy="it can be executed without the gate"
        )
    for role, person in (("proposed", case.proposed_by), ("approved", case.approved_by)):
        if same_person(hand.by, person):
            raise RegisterError(
                f"{hand.by} {role} the sanction of case {case.case_id}",
                remedy="another person of legal or HR has to let the money pass",
            )
    gate = rules.money_gate
    percent = _set(gate.deduction_cap_percent, "deduction_cap_percent")
    floor = _set(gate.minimum_wage_yuan, "minimum_wage_yuan")
    signed = _set(gate.acknowledgement_required, "acknowledgement_required")
    if signed and not (acknowledgement and acknowledgement.strip()):
        raise RegisterError(
            f"{case.agent_id}'s signed acknowledgement of the rules is not named",
            remedy="name the document; without it no money may be taken",
        )
    _check_month(month)
    total = sum(money_of(case).values(), Decimal(0))
    wage = parse_yuan(wage_yuan, what="the wage")
    other = parse_yuan(other_deductions_yuan, what="other deductions", least=Decimal(0))
    deduct = (
        total
        if deduct_yuan is None
        else parse_yuan(deduct_yuan, what="the deduction", least=Decimal(0))
    )
    most = max(Decimal(0), min(wage * percent / 100, wage - floor) - other).quantize(
        Decimal("0.01"), ROUND_FLOOR
    )
    if deduct > most:
        raise RegisterError(
            f"{deduct} yuan can't be taken in {month}: at most {most} "
            f"({percent} % of {wage}, at least {floor} left, {other} taken otherwise)",
            remedy="take a smaller instalment this month",
        )
    if deduct > total:
        raise RegisterError(
            f"{deduct} yuan are more than the {total} that were approved", remedy="take less"
        )
    text = f"{month}：工资 {wage}，本月扣 {deduct}（上限 {most}），合计 {total}"
    if acknowledgement:
        text += f"；制度签收 {acknowledgement.strip()}"
    return decide_note(
        case, GATE_PASSED, by=hand.by, at=hand.at, gate_by=hand.by, gate=text, month=month,
        wage_yuan=str(wage), deduct_yuan=str(deduct), other_deductions_yuan=str(other),
        acknowledgement=acknowledgement,
    )  # fmt: skip


def costs_money(case: Case, *, rules: Discipline) -> bool:
    """Whether the chosen consequences take money from the person."""
    return any(rules.consequences[name].money for name in case.chosen_consequences)


def parse_yuan(value: object, *, what: str, least: Decimal = Decimal("0.01")) -> Decimal:
    """`value` as yuan with two decimals. Raises RegisterError if it is no amount, written with an
    exponent (as a spreadsheet does when it has lost digits), below `least`, or finer than a fen.
    """
    written = str(value).strip()
    amount = Decimal(written) if _DIGITS.fullmatch(written) else None
    if amount is None or amount < least or amount > Decimal(10) ** 12:
        raise RegisterError(
            f"{what}: {value!r} is no amount of yuan", remedy=f"write it like 1200.00, from {least}"
        )
    rounded = amount.quantize(Decimal("0.01"))
    if rounded != amount:
        raise RegisterError(f"{what}: {value} yuan is finer than a fen", remedy="round it")
    return rounded


def _check_month(month: str) -> None:
    try:
        datetime.strptime(month, "%Y-%m")
    except ValueError:
        raise RegisterError(f"{month!r} is no month", remedy="write it like 2026-03") from None


def _set(value: Any, name: str) -> Any:
    if value is None:
        raise PolicyError(
            f"money_gate.{name} is not set: no money may be taken",
            remedy=f"set money_gate.{name} in discipline.yaml",
        )
    return value

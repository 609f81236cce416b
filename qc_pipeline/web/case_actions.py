"""What may be done with a case from here: the legal steps of its state, for who may take them.

A page shows what this gives and nothing else; the desk refuses the rest all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qc_pipeline.policy import Policy
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers import case_desk
from qc_pipeline.registers.discipline import NO_SANCTION, Case
from qc_pipeline.registers.people import same_person
from qc_pipeline.web.visitor import Visitor


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to fill in; `choices` (value, text) make it a list to choose from."""

    name: str
    needed: bool = False
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """A step somebody may take: its name (`action.<name>` in the messages) and its fields."""

    name: str
    fields: tuple[Field, ...]
    main: bool = False


@dataclass(frozen=True, slots=True)
class _Step:
    permission: str
    states: frozenset[str]
    do: Callable[..., Case]
    fields: tuple[Field, ...]
    not_by: tuple[str, ...] = ()
    main: bool = False
    ready: Callable[[Case], bool] = lambda _: True


def _settled_by_hand(case: Case) -> bool:
    """Linked cases and those a complaint opened; any other follows its findings."""
    return case.basis != "own" or not case.findings


def _window_over(case: Case) -> bool:
    """Nobody objected while there was time; before that only the person himself may say so."""
    due = case.objection_due
    return case.objected_at is None and due is not None and datetime.now(SHANGHAI) > due


def _untold(case: Case) -> bool:
    return case.state == "confirmed" or case.sanction_notified_at is None


_NOTE = Field("note")
_OPEN = frozenset(
    {"under_review", "confirmed", "notified", "objection_heard", "no_objection",
     "sanction_proposed", "approved", "returned"}
)  # fmt: skip
STEPS: Mapping[str, _Step] = {
    "take_up": _Step(
        "case.act", frozenset({"detected"}), case_desk.take_up, (_NOTE,), main=True
    ),
    "confirm": _Step(
        "case.act", frozenset({"under_review"}), case_desk.confirm_case, (Field("reason", True),),
        main=True, ready=_settled_by_hand,
    ),
    "reject": _Step(
        "case.act", frozenset({"under_review"}), case_desk.reject_case, (Field("reason", True),),
        ready=_settled_by_hand,
    ),
    "circumstance": _Step(
        "case.act", _OPEN - {"approved"}, case_desk.record_circumstance,
        (Field("fact"), Field("loss_yuan"), Field("evidence", True)),
    ),
    "gate": _Step(
        "case.approve", frozenset({"approved"}), case_desk.pass_gate,
        (Field("month", True), Field("wage_yuan", True), Field("deduct_yuan"),
         Field("acknowledgement")), not_by=("proposed_by", "approved_by"),
        ready=lambda case: case.gate_by is None and bool(case.amounts),
    ),
    "refer": _Step(
        "case.act", frozenset({"executed"}), case_desk.refer_to_authority,
        (Field("authority", True), Field("number", True)),
    ),
    "notify": _Step(
        "case.act", frozenset({"confirmed", "approved"}), case_desk.notify, (_NOTE,),
        main=True, ready=_untold,
    ),
    "hearing": _Step(
        "case.act", frozenset({"notified"}), case_desk.record_hearing, (Field("record", True),),
        main=True, ready=lambda case: case.objected_at is not None,
    ),
    "no_objection": _Step(
        "case.act", frozenset({"notified"}), case_desk.record_no_objection, (_NOTE,),
        main=True, ready=_window_over,
    ),
    "propose": _Step(
        "case.act", frozenset({"objection_heard", "no_objection", "returned"}),
        case_desk.propose_sanction, (Field("level", True), Field("reason")), main=True,
    ),
    "approve": _Step(
        "case.approve", frozenset({"sanction_proposed"}), case_desk.approve_sanction, (_NOTE,),
        not_by=("proposed_by",), main=True,
    ),
    "return": _Step(
        "case.approve", frozenset({"sanction_proposed"}), case_desk.return_sanction,
        (Field("reason", True),), not_by=("proposed_by",),
    ),
    "execute": _Step(
        "case.act", frozenset({"approved"}), case_desk.execute_sanction, (_NOTE,),
        not_by=("proposed_by", "approved_by"), main=True,
    ),
    "close": _Step("case.act", frozenset({"executed"}), case_desk.close_case, (_NOTE,), main=True),
    "suspend": _Step(
        "case.act", _OPEN, case_desk.suspend_case, (Field("reason", True), _NOTE)
    ),
    "resume": _Step(
        "case.act", frozenset({"suspended"}), case_desk.resume_case, (_NOTE,), main=True
    ),
}  # fmt: skip


def actions_for(visitor: Visitor, case: Case) -> list[Action]:
    """The steps the visitor may take with a case now (four eyes: not what he did before)."""
    if same_person(visitor.name, case.agent_id) or case.agent_id == visitor.user.agent_id:
        return []
    return [
        Action(name, tuple(_chosen(field, case, visitor.desk.policy, name) for field in step.fields),
               step.main)
        for name, step in STEPS.items()
        if case.state in step.states and visitor.may(step.permission)
        and step.ready(case)
        and not any(same_person(getattr(case, hand), visitor.name) for hand in step.not_by)
    ]  # fmt: skip


def values_for(name: str, form: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a step as they were filled in; empty ones are left out."""
    given = {field.name: str(form.get(field.name, "")).strip() for field in STEPS[name].fields}
    return {key: value for key, value in given.items() if value}


def _chosen(field: Field, case: Case, policy: Policy, name: str) -> Field:
    rules = policy.at(case.conduct_at).discipline
    if field.name == "level":
        levels = [(level, f"{level} {zh}") for level, zh in rules.levels.items()]
        low = rules.rank(case.level) if case.level else 0
        high = rules.rank(case.level_to or case.level or levels[-1][0])
        within = levels[low : max(low, high) + 1] if case.level_to else levels[low:]
        return Field("level", True, (*within, (NO_SANCTION, "免予处分")))
    if field.name == "fact":
        facts = ((key, fact.zh) for key, fact in rules.facts.items())
        return Field("fact", False, (("", "–"), *facts))
    if name == "suspend" and field.name == "reason":
        return Field("reason", True, tuple(rules.suspend_reasons.items()))
    return field

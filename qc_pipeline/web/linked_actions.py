"""The registers beside cases and complaints: what each shows, and the legal steps of an entry.

A page shows what `actions_for` gives and nothing else; the desks refuse the rest all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers import (
    coaching_desk,
    heard_desk,
    linked_desk,
    promise_desk,
    spot_check_desk,
)
from qc_pipeline.registers.emergencies import MACHINE_OF_EMERGENCIES, SIGNED
from qc_pipeline.registers.history import parse_moment
from qc_pipeline.registers.people import same_person
from qc_pipeline.web.case_actions import Action, Field
from qc_pipeline.web.refusals import BadRequest, Forbidden
from qc_pipeline.web.visitor import Visitor

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """A step: in which `states`, on which further condition, who may not (`not_by` fields)."""

    do: Callable[..., Any]
    states: frozenset[str]
    fields: tuple[Field, ...] = ()
    permission: str = "complaint.act"
    not_by: tuple[str, ...] = ()
    only_by: str | None = None
    ready: Callable[[Row], bool] = lambda _: True
    policy: bool = False
    main: bool = False
    as_agent: bool = False


@dataclass(frozen=True, slots=True)
class Register:
    """A register: its key column, the columns of its list, its steps."""

    key: str
    columns: tuple[str, ...]
    steps: Mapping[str, Step] = field(default_factory=dict)


def _states(*names: str) -> frozenset[str]:
    return frozenset(names)


_NOTE, _REASON = Field("note", True), Field("reason", True)
_HELD = ("complaint", "dispute", "emergency")
_UNDER_WAY = _states(
    "raised", "collection_paused", "supervisor_notified", "forwarded_to_bank", "bank_decided"
)


def _emergency(step: str) -> Callable[..., Any]:
    def do(store: Any, call_id: str, **said: Any) -> Any:
        return linked_desk.record_emergency_step(store, call_id, step, **said)

    return do


def _accept_promise(store: Any, promise_id: str, **said: Any) -> Any:
    day = said.pop("due_at", None)
    due_at = parse_moment(day) if day else None
    return heard_desk.accept_promise(store, promise_id, due_at=due_at, **said)


REGISTERS: Mapping[str, Register] = {
    "emergencies": Register(
        "call_id", ("signalled_at", "agent_id", "words", "acknowledged_by", "superior", "signed_by"),
        {
            "acknowledge": Step(linked_desk.acknowledge_emergency, _states("unacknowledged"),
                                (_NOTE,), "case.act", policy=True, main=True),
            "calmed": Step(_emergency("calmed"), _states("signal"), (_NOTE,), "case.act",
                           main=True),
            "notified": Step(_emergency("notified"), _states("agent_calmed"),
                             (Field("superior", True), _NOTE), "case.act", main=True),
            "help_called": Step(_emergency("help_called"), _states("superior_notified"),
                                (_NOTE,), "case.act", main=True),
            "followed_up": Step(_emergency("followed_up"),
                                _states("emergency_services_or_family"), (_NOTE,), "case.act",
                                main=True),
            "closed": Step(_emergency("closed"), _states("followed_up"), (_NOTE,), "case.act",
                           main=True),
            "sign": Step(linked_desk.sign_emergency, MACHINE_OF_EMERGENCIES.stays_in[SIGNED],
                         (_NOTE,), "case.act", ready=lambda row: row["signed_by"] is None,
                         as_agent=True),
        },
    ),
    "flags": Register(
        "flag_id", ("kind", "case_id", "phone", "source", "reason", "proposed_by", "decided_by"),
        {
            "approve": Step(linked_desk.approve_flag, _states("proposed"), (Field("note"),),
                            not_by=("proposed_by", "agent_id"), main=True),
            "refuse": Step(linked_desk.refuse_flag, _states("proposed"), (_NOTE,),
                           not_by=("proposed_by", "agent_id")),
            "lift": Step(linked_desk.lift_flag, _states("in_force"),
                         (_REASON, Field("consent")),
                         ready=lambda row: (row["basis"] or "").partition(":")[0] not in _HELD),
        },
    ),
    "disputes": Register(
        "dispute_id", ("raised_at", "case_id", "agent_id", "about", "supervisor", "decision"),
        {
            "accept": Step(heard_desk.accept_dispute, _states("proposed"), not_by=("agent_id",),
                           main=True),
            "decline": Step(heard_desk.decline_dispute, _states("proposed"), (_REASON,),
                            not_by=("agent_id",)),
            "pause": Step(linked_desk.pause_for_dispute, _states("raised"), policy=True,
                          main=True),
            "tell": Step(linked_desk.notify_supervisor, _states("collection_paused"),
                         (Field("supervisor", True),), main=True),
            "forward": Step(linked_desk.forward_dispute, _states("supervisor_notified"),
                            (Field("way", True, (("email", "email"), ("phone", "phone"))),
                             Field("to", True)), main=True),
            "bank": Step(linked_desk.record_bank_decision, _states("forwarded_to_bank"),
                         (Field("decision", True),), main=True),
            "resume": Step(linked_desk.end_dispute, _states("bank_decided"), (_REASON,),
                           main=True),
            "withdrawn": Step(partial(linked_desk.end_dispute, withdrawn=True), _UNDER_WAY,
                              (_REASON,)),
        },
    ),
    "objections": Register(
        "objection_id", ("raised_at", "case_id", "agent_id", "text", "reply_due", "replied_at"),
        {
            "accept": Step(heard_desk.accept_objection, _states("proposed"), (Field("answer"),),
                           not_by=("agent_id",), policy=True, main=True),
            "decline": Step(heard_desk.decline_objection, _states("proposed"), (_REASON,),
                            not_by=("agent_id",)),
            "reply": Step(promise_desk.reply_to_objection, _states("reply_due"),
                          (Field("answer", True),), main=True),
        },
    ),
    "promises": Register(
        "promise_id", ("promised_at", "case_id", "amount", "due_at", "paid", "words"),
        {
            "accept": Step(_accept_promise, _states("proposed"),
                           (Field("amount"), Field("due_at")), not_by=("agent_id",), main=True),
            "decline": Step(heard_desk.decline_promise, _states("proposed"), (_REASON,),
                            not_by=("agent_id",)),
            "cancel": Step(promise_desk.cancel_promise, _states("promised"), (_REASON,)),
        },
    ),
    "coaching": Register(
        "task_id", ("agent_id", "kind", "action", "owner", "due_at", "report", "result"),
        {
            "report": Step(coaching_desk.report_task, _states("open", "failed"),
                           (Field("report", True),), "case.act", only_by="owner", main=True),
            "passed": Step(partial(coaching_desk.check_task, passed=True), _states("reported"),
                           (Field("result", True),), "case.act", not_by=("owner", "agent_id"),
                           main=True),
            "failed": Step(partial(coaching_desk.check_task, passed=False), _states("reported"),
                           (Field("result", True),), "case.act", not_by=("owner", "agent_id")),
            "cancel": Step(coaching_desk.cancel_task, _states("open", "reported", "failed"),
                           (_REASON,), "case.act", not_by=("agent_id",)),
        },
    ),
    "stand_downs": Register(
        "stand_down_id", ("agent_id", "from_at", "until_at", "reason", "ordered_by", "lifted_by"),
        {"lift": Step(coaching_desk.lift_stand_down, _states("in_force"), (_REASON,), "case.act",
                      not_by=("agent_id",), main=True)},
    ),
    "spot_checks": Register(
        "check_id", ("bank", "reference", "question", "due_at", "calls", "answered_at"),
        {
            "answer": Step(spot_check_desk.answer_spot_check, _states("linked", "answered"),
                           (Field("answer", True),), main=True),
            "close": Step(spot_check_desk.close_spot_check, _states("answered"),
                          (Field("result", True),)),
        },
    ),
}  # fmt: skip


def entry_state(kind: str, row: Row) -> str:
    """The state of an entry; a stand-down is in force until it ends or is lifted."""
    if kind != "stand_downs":
        return str(row["state"])
    if row["lifted_at"] is not None:
        return "lifted"
    until = row["until_at"]
    return "over" if until is not None and until <= datetime.now(SHANGHAI) else "in_force"


def actions_for(visitor: Visitor, kind: str, row: Row) -> list[Action]:
    """The steps the visitor may take with an entry now."""
    return [
        Action(name, step.fields, step.main)
        for name, step in REGISTERS[kind].steps.items()
        if _legal(visitor, step, kind, row)
    ]


def act_on(visitor: Visitor, kind: str, row: Row, name: str, form: Mapping[str, Any]) -> None:
    """Take step `name`. Raises BadRequest, Forbidden, RegisterError."""
    step = REGISTERS[kind].steps.get(name)
    if step is None:
        raise BadRequest("action")
    if not visitor.may(step.permission):
        raise Forbidden
    given = {each.name: str(form.get(each.name, "")).strip() for each in step.fields}
    for each in step.fields:
        if each.needed and not given[each.name]:
            raise BadRequest(each.name)
    house = visitor.desk
    by = (visitor.user.agent_id or visitor.name) if step.as_agent else visitor.name
    who: dict[str, Any] = {
        "by": by, "at": datetime.now(SHANGHAI), "keys": house.settings.keys,
        **({"policy": house.policy} if step.policy else {}),
    }  # fmt: skip
    said = {key: text for key, text in given.items() if text}
    step.do(house.store, row[REGISTERS[kind].key], **who, **said)


def _legal(visitor: Visitor, step: Step, kind: str, row: Row) -> bool:
    himself = (visitor.name, visitor.user.agent_id)

    def is_he(column: str) -> bool:
        return any(same_person(row[column], name) for name in himself)

    return (
        visitor.may(step.permission)
        and entry_state(kind, row) in step.states
        and step.ready(row)
        and not any(is_he(column) for column in step.not_by)
        and (step.only_by is None or same_person(row[step.only_by], visitor.name))
    )


def with_choices(visitor: Visitor, actions: list[Action]) -> list[Action]:
    """The same with the choices in the visitor's language."""
    return [
        replace(action, fields=tuple(
            replace(each, choices=tuple(
                (value, visitor.t(f"register_way.{value}")) for value, _ in each.choices
            )) for each in action.fields
        )) for action in actions
    ]  # fmt: skip

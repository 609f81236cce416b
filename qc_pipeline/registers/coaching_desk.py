"""Coaching tasks and stand-downs, in one transaction each. Every function raises RegisterError
(unknown person, case, finding or task, wrong person, wrong state) with nothing changed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from qc_pipeline.errors import RegisterError
from qc_pipeline.registers import coaching, stand_downs
from qc_pipeline.registers.case_desk import read_case
from qc_pipeline.registers.chain import NewEvent
from qc_pipeline.registers.coaching import CoachingKind, CoachingTask
from qc_pipeline.registers.log import check_moment, check_person, writing_register
from qc_pipeline.registers.projections import Registers, fold, from_row, save
from qc_pipeline.registers.stand_downs import StandDown
from qc_pipeline.store.store import Session, Store


def open_task(
    store: Store, *, agent_id: str, action: str, owner: str, due_at: datetime, by: str,
    at: datetime, keys: Path, kind: CoachingKind = "coaching", finding_id: str | None = None,
    case_id: str | None = None,
) -> CoachingTask:  # fmt: skip
    """`by` opens a task for `agent_id`, from a finding or a case if these are named."""
    with writing_register(store, keys=keys) as log:
        session = log.session
        _check_agent(session, agent_id)
        _check_subject(session, agent_id, finding_id=finding_id, case_id=case_id)
        event = coaching.decide_open_task(
            agent_id=agent_id, kind=kind, action=action, owner=owner, due_at=due_at,
            by=check_person(by), at=check_moment(at), finding_id=finding_id, case_id=case_id,
            known={row["task_id"] for row in session.rows("registers/coaching_tasks")},
        )  # fmt: skip
        entries = log.append([event])
        registers = fold(Registers(), entries)
        save(session, registers, entries)
    return registers.coaching_tasks[event.subject]


def report_task(
    store: Store, task_id: str, *, by: str, at: datetime, keys: Path, report: str
) -> CoachingTask:
    """The owner (`by`) reports what was done."""

    def decide(task: CoachingTask) -> NewEvent:
        return coaching.decide_report(task, by=check_person(by), at=check_moment(at), report=report)

    return _act(store, task_id, decide, keys=keys)


def check_task(
    store: Store, task_id: str, *, by: str, at: datetime, keys: Path, passed: bool, result: str
) -> CoachingTask:
    """`by` checks whether it helped: done, or failed (the owner goes on)."""

    def decide(task: CoachingTask) -> NewEvent:
        return coaching.decide_check(
            task, by=check_person(by), at=check_moment(at), passed=passed, result=result
        )

    return _act(store, task_id, decide, keys=keys)


def cancel_task(
    store: Store, task_id: str, *, by: str, at: datetime, keys: Path, reason: str
) -> CoachingTask:
    """`by` cancels a task, with the reason."""

    def decide(task: CoachingTask) -> NewEvent:
        return coaching.decide_cancel(task, by=check_person(by), at=check_moment(at), reason=reason)

    return _act(store, task_id, decide, keys=keys)


def order_stand_down(
    store: Store, *, agent_id: str, by: str, at: datetime, keys: Path, reason: str,
    from_at: datetime | None = None, until_at: datetime | None = None, case_id: str | None = None,
) -> StandDown:  # fmt: skip
    """`by` takes `agent_id` off the phones, from `from_at` (default: now) until `until_at` or
    until somebody lifts it.
    """
    with writing_register(store, keys=keys) as log:
        session = log.session
        _check_agent(session, agent_id)
        _check_subject(session, agent_id, finding_id=None, case_id=case_id)
        known = [from_row(StandDown, row) for row in session.rows("registers/stand_downs")]
        event = stand_downs.decide_stand_down(
            agent_id=agent_id, by=check_person(by), at=check_moment(at), reason=reason,
            others=[each for each in known if each.agent_id == agent_id], from_at=from_at,
            until_at=until_at, case_id=case_id,
        )  # fmt: skip
        entries = log.append([event])
        registers = fold(Registers(), entries)
        save(session, registers, entries)
    return registers.stand_downs[event.subject]


def lift_stand_down(
    store: Store, stand_down_id: str, *, by: str, at: datetime, keys: Path, reason: str
) -> StandDown:
    """`by` puts somebody back on the phones, with the reason."""
    with writing_register(store, keys=keys) as log:
        row = log.session.one("registers/stand_down", {"stand_down_id": stand_down_id})
        if row is None:
            raise RegisterError(
                f"there is no stand-down {stand_down_id}", remedy="see `qc export stand_downs`"
            )
        order = from_row(StandDown, row)
        event = stand_downs.decide_lift(
            order, by=check_person(by), at=check_moment(at), reason=reason
        )
        registers = Registers(stand_downs={stand_down_id: order})
        entries = log.append([event])
        save(log.session, fold(registers, entries), entries)
    return registers.stand_downs[stand_down_id]


def list_tasks(store: Store) -> list[dict[str, Any]]:
    """Every task, those not yet done first, by due date."""
    with store.reading() as session:
        return session.rows("registers/coaching_task_list")


def list_stand_downs(store: Store) -> list[dict[str, Any]]:
    """Every stand-down, the latest first."""
    with store.reading() as session:
        return session.rows("registers/stand_down_list")


def _act(
    store: Store, task_id: str, decide: Callable[[CoachingTask], NewEvent], *, keys: Path
) -> CoachingTask:
    with writing_register(store, keys=keys) as log:
        row = log.session.one("registers/coaching_task", {"task_id": task_id})
        if row is None:
            raise RegisterError(f"there is no task {task_id}", remedy="see `qc coaching list`")
        registers = Registers(coaching_tasks={task_id: from_row(CoachingTask, row)})
        entries = log.append([decide(registers.coaching_tasks[task_id])])
        save(log.session, fold(registers, entries), entries)
    return registers.coaching_tasks[task_id]


def _check_agent(session: Session, agent_id: str) -> None:
    if session.one("registers/known_agent", {"agent_id": agent_id}) is None:
        raise RegisterError(
            f"nobody called {agent_id} is known",
            remedy="see agent_id in `qc export calls`, or add the person to staff.csv",
        )


def _check_subject(
    session: Session, agent_id: str, *, finding_id: str | None, case_id: str | None
) -> None:
    if finding_id is not None:
        row = session.one("registers/finding", {"finding_id": finding_id})
        if row is None:
            raise RegisterError(f"there is no finding {finding_id}", remedy="see `qc review list`")
        if row["agent_id"] != agent_id:
            raise RegisterError(
                f"finding {finding_id} is about {row['agent_id']}", remedy=f"not about {agent_id}"
            )
    if case_id is not None and (case := read_case(session, case_id)).agent_id != agent_id:
        raise RegisterError(
            f"case {case_id} is about {case.agent_id}", remedy=f"not about {agent_id}"
        )

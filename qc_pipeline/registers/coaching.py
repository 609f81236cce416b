"""Coaching (辅导) and rectification (整改单): what is to be learnt from a finding, by when, and
whether it was. Beside sanctions, and none (POLICY "Discipline"). Nothing here touches the store.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, get_args

from qc_pipeline.errors import RegisterError
from qc_pipeline.registers.chain import NewEvent, RegisterEvent, iso, moment
from qc_pipeline.registers.hands import in_words
from qc_pipeline.registers.people import same_person

CoachingKind = Literal["coaching", "rectification"]
COACHING_KINDS: tuple[CoachingKind, ...] = get_args(CoachingKind)
TaskState = Literal["open", "reported", "done", "failed", "cancelled"]
OPENED = "coaching.opened"
REPORTED = "coaching.reported"
CHECKED = "coaching.checked"
CANCELLED = "coaching.cancelled"


@dataclass(frozen=True, slots=True)
class CoachingTask:
    """A task (a row of `coaching_tasks`): `owner` does `action` with `agent_id` until `due_at`
    and reports; somebody else checks, in the next calls, whether it helped.
    """

    task_id: str
    agent_id: str
    kind: CoachingKind
    finding_id: str | None
    case_id: str | None
    action: str
    owner: str
    due_at: datetime
    state: TaskState
    opened_by: str
    opened_at: datetime
    reported_at: datetime | None = None
    report: str | None = None
    checked_by: str | None = None
    checked_at: datetime | None = None
    result: str | None = None


def decide_open_task(
    *, agent_id: str, kind: CoachingKind, action: str, owner: str, due_at: datetime, by: str,
    at: datetime, known: Collection[str], finding_id: str | None = None,
    case_id: str | None = None,
) -> NewEvent:  # fmt: skip
    """The event of `by` opening a task; `known` are the ids of those there are.

    Raises RegisterError for a kind there is none of, no action, no owner, a due date that has
    passed, or somebody who would coach himself.
    """
    if kind not in COACHING_KINDS:
        raise RegisterError(
            f"there is no task {kind!r}", remedy=f"use one of {', '.join(COACHING_KINDS)}"
        )
    action = in_words(action, "a task needs an action", "say what is to be done")
    owner = in_words(owner, "a task needs an owner", "say who sees to it")
    for person, doing in ((by, "order"), (owner, "own")):
        if same_person(person, agent_id):
            raise RegisterError(
                f"{agent_id} can't {doing} his own coaching", remedy="name somebody else"
            )
    if due_at.tzinfo is None:
        raise RegisterError(f"the due date {due_at} has no offset", remedy="add one")
    if due_at <= at:
        raise RegisterError(
            f"{due_at:%Y-%m-%d %H:%M} has passed", remedy="give a due date that is still to come"
        )
    payload = {
        "agent_id": agent_id,
        "kind": kind,
        "finding_id": finding_id,
        "case_id": case_id,
        "action": action,
        "owner": owner,
        "due_at": iso(due_at),
    }
    task_id = _fresh("T", [agent_id, kind, finding_id or "", case_id or "", iso(at)], known)
    return NewEvent(at, by, OPENED, task_id, payload)


def decide_report(task: CoachingTask, *, by: str, at: datetime, report: str) -> NewEvent:
    """The event of the owner (`by`) saying that it was done, and how."""
    _check_state(task, ("open", "failed"), at=at)
    if not same_person(by, task.owner):
        raise RegisterError(
            f"task {task.task_id} is {task.owner}'s", remedy="its owner reports on it"
        )
    report = in_words(report, "a report needs words", "say what was done")
    return NewEvent(at, by, REPORTED, task.task_id, {"report": report})


def decide_check(
    task: CoachingTask, *, by: str, at: datetime, passed: bool, result: str
) -> NewEvent:
    """The event of `by`, neither owner nor the person coached, checking again: done, or failed
    (then the owner goes on).
    """
    _check_state(task, ("reported",), at=at)
    if same_person(by, task.owner) or same_person(by, task.agent_id):
        raise RegisterError(
            f"{by} has a part in task {task.task_id}", remedy="somebody else checks it"
        )
    result = in_words(result, "a check needs a result", "say what the next calls show")
    return NewEvent(at, by, CHECKED, task.task_id, {"passed": passed, "result": result})


def decide_cancel(task: CoachingTask, *, by: str, at: datetime, reason: str) -> NewEvent:
    """The event of `by` cancelling a task, for instance because its finding was overturned."""
    _check_state(task, ("open", "reported", "failed"), at=at)
    if same_person(by, task.agent_id):
        raise RegisterError(f"task {task.task_id} concerns {by}", remedy="somebody else cancels it")
    reason = in_words(reason, "cancelling needs a reason", "give it")
    return NewEvent(at, by, CANCELLED, task.task_id, {"reason": reason})


def apply(task: CoachingTask | None, event: RegisterEvent) -> CoachingTask:
    """The task after `event`. Raises RegisterError if the event can't follow the state."""
    details: dict[str, Any] = event.details
    if task is None:
        if event.action != OPENED:
            raise RegisterError(f"entry {event.seq}: {event.action} on an unknown task")
        return CoachingTask(
            task_id=event.subject,
            agent_id=details["agent_id"],
            kind=details["kind"],
            finding_id=details["finding_id"],
            case_id=details["case_id"],
            action=details["action"],
            owner=details["owner"],
            due_at=moment(details["due_at"]),
            state="open",
            opened_by=event.actor,
            opened_at=event.at,
        )
    if event.action == REPORTED and task.state in ("open", "failed"):
        return replace(task, state="reported", reported_at=event.at, report=details["report"])
    if event.action == CHECKED and task.state == "reported":
        return replace(
            task, state="done" if details["passed"] else "failed", checked_by=event.actor,
            checked_at=event.at, result=details["result"],
        )  # fmt: skip
    if event.action == CANCELLED and task.state in ("open", "reported", "failed"):
        return replace(task, state="cancelled", result=details["reason"])
    raise RegisterError(f"entry {event.seq}: {event.action} can't follow {task.state}")


def _check_state(task: CoachingTask, wanted: tuple[TaskState, ...], *, at: datetime) -> None:
    if task.state not in wanted:
        raise RegisterError(
            f"task {task.task_id} is {task.state}", remedy=f"possible while {' or '.join(wanted)}"
        )
    if at < (task.checked_at or task.reported_at or task.opened_at):
        raise RegisterError(f"task {task.task_id} was changed later", remedy="give a later time")


def _fresh(letter: str, parts: list[str], known: Collection[str]) -> str:
    number = 0
    while True:
        text = "\x1f".join([*parts, str(number)])
        name = letter + hashlib.sha256(text.encode()).hexdigest()[:16]
        if name not in known:
            return name
        number += 1

"""A bank's own spot checks (抽检/质询单): imported, linked, answered; and what we had missed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from qc_pipeline.errors import RegisterError
from qc_pipeline.registers.chain import MACHINE, NewEvent, RegisterEvent, iso
from qc_pipeline.registers.people import same_person
from qc_pipeline.registers.steps import Machine, applied, in_words, not_before, opening, step

SpotCheckState = Literal["received", "linked", "answered", "closed"]
RECEIVED, LINKED = "spotcheck.received", "spotcheck.linked"
ANSWERED, CLOSED = "spotcheck.answered", "spotcheck.closed"
BREACHED = "spotcheck.breached"


@dataclass(frozen=True, slots=True)
class NewSpotCheck:
    """A question of a bank about a call, as a file brings it. None means unknown."""

    bank: str
    reference: str
    received_at: datetime
    question: str
    due_at: datetime | None = None
    call_id: str | None = None
    case_id: str | None = None
    phone: str | None = None
    about_at: datetime | None = None
    agent_id: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class SpotCheck:
    """A question of a bank (a row of `spot_checks`).

    `code`: what the bank says was done. `had_found`: whether we had found it in the linked calls
    before the question came, None while nobody can say; `bank_result`: what the bank made of the
    answer.
    """

    check_id: str
    state: SpotCheckState
    bank: str
    reference: str
    question: str
    received_at: datetime
    recorded_by: str
    recorded_at: datetime
    due_at: datetime | None = None
    calls: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    case_id: str | None = None
    phone: str | None = None
    about_at: datetime | None = None
    agent_id: str | None = None
    code: str | None = None
    had_found: bool | None = None
    findings: tuple[str, ...] = ()
    answer: str | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None
    breached_at: datetime | None = None
    bank_result: str | None = None
    closed_at: datetime | None = None


MACHINE_OF_SPOT_CHECKS = Machine(
    what="spot check",
    record=SpotCheck,
    key="check_id",
    transitions={
        "received": frozenset({"linked"}),
        "linked": frozenset({"linked", "answered"}),
        "answered": frozenset({"answered", "closed"}),
        "closed": frozenset(),
    },
    leads={
        RECEIVED: "received", LINKED: "linked", ANSWERED: "answered", CLOSED: "closed",
        BREACHED: None,
    },
    opens=frozenset({RECEIVED}),
    stays_in={BREACHED: frozenset({"received", "linked", "answered"})},
)  # fmt: skip


def check_id_of(bank: str, reference: str) -> str:
    """The id of a bank's question: the same bank and reference, the same record."""
    return "Q" + hashlib.sha256(f"{bank}\x1f{reference}".encode()).hexdigest()[:16]


def decide_receive(new: NewSpotCheck, *, by: str, at: datetime) -> NewEvent:
    """`by` enters a bank's question. Raises RegisterError without bank, reference or question."""
    bank = in_words(new.bank, "no bank is named", "say which bank asks")
    reference = in_words(new.reference, "a spot check needs a reference", "give the bank's number")
    question = in_words(new.question, "a spot check needs its question", "say what the bank asks")
    not_before(at, new.received_at, "the question came")
    values: dict[str, Any] = {
        name: getattr(new, name)
        for name in ("received_at", "due_at", "case_id", "phone", "about_at", "agent_id", "code")
    }
    return opening(
        MACHINE_OF_SPOT_CHECKS, RECEIVED, check_id_of(bank, reference), by=by, at=at, bank=bank,
        reference=reference, question=question, recorded_by=by, recorded_at=at, **values,
    )  # fmt: skip


def decide_link(
    check: SpotCheck, *, by: str, at: datetime, calls: Sequence[str], agents: Sequence[str],
    findings: Sequence[str], judged: bool,
) -> NewEvent:  # fmt: skip
    """The question is about these calls. `findings`: ours in them, of the code that the bank
    names; `judged`: whether all these calls were scanned, so that finding nothing means a miss.
    """
    if not calls:
        raise RegisterError("no call is named", remedy="name the calls the bank asks about")
    had_found = None
    if check.code is not None:
        had_found = True if findings else (False if judged else None)
    return step(
        MACHINE_OF_SPOT_CHECKS, check, LINKED, by=by, at=at, calls=tuple(calls),
        agents=tuple(agents), findings=tuple(findings), had_found=had_found,
    )  # fmt: skip


def decide_answer(check: SpotCheck, *, by: str, at: datetime, answer: str) -> list[NewEvent]:
    """The answer to the bank; not by a collector whose call it is about. Late is a breach."""
    answer = in_words(answer, "the answer is missing", "say what is answered")
    if any(same_person(by, agent) for agent in (*check.agents, check.agent_id)):
        raise RegisterError(
            f"spot check {check.check_id} is about a call of {by}",
            remedy="somebody else has to answer",
        )
    event = step(
        MACHINE_OF_SPOT_CHECKS, check, ANSWERED, by=by, at=at, answer=answer, answered_by=by,
        answered_at=at,
    )  # fmt: skip
    return [event, *decide_breach(check, at=at)]


def decide_close(check: SpotCheck, *, by: str, at: datetime, result: str) -> NewEvent:
    """What the bank made of the answer."""
    result = in_words(result, "the bank's result is missing", "say what the bank made of it")
    return step(
        MACHINE_OF_SPOT_CHECKS, check, CLOSED, by=by, at=at, bank_result=result, closed_at=at
    )


def decide_breach(check: SpotCheck, *, at: datetime) -> list[NewEvent]:
    """The event that the bank's date has passed by `at` without an answer, if it isn't recorded."""
    if check.due_at is None or at <= check.due_at or check.answered_at or check.breached_at:
        return []
    details = {"due": iso(check.due_at), "set": {"breached_at": iso(at)}}
    return [NewEvent(at, MACHINE, BREACHED, check.check_id, details)]


def apply(check: SpotCheck | None, event: RegisterEvent) -> SpotCheck:
    """The spot check after `event`. Raises RegisterError if the event can't follow the state."""
    changed: SpotCheck = applied(MACHINE_OF_SPOT_CHECKS, check, event)
    return changed

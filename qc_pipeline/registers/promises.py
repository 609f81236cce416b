"""Promises to pay: kept or broken, once payments up to the promised day are imported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from qc_pipeline.errors import RegisterError
from qc_pipeline.registers.chain import MACHINE, NewEvent, RegisterEvent
from qc_pipeline.registers.steps import Machine, applied, in_words, not_before, opening, step

PromiseState = Literal["promised", "kept", "broken", "cancelled"]
MADE, KEPT = "promise.made", "promise.kept"
BROKEN, CANCELLED = "promise.broken", "promise.cancelled"


@dataclass(frozen=True, slots=True)
class PromiseToPay:
    """What a customer promised (a row of `promises`): `amount` yuan by `due_at`.

    `paid`: what came in between promise and day, when it was settled; `payments_as_of`: until
    when payments were known then.
    """

    promise_id: str
    state: PromiseState
    case_id: str
    amount: Decimal
    promised_at: datetime
    due_at: datetime
    recorded_by: str
    recorded_at: datetime
    call_id: str | None = None
    agent_id: str | None = None
    words: str | None = None
    paid: Decimal | None = None
    payments_as_of: datetime | None = None
    settled_at: datetime | None = None
    cancel_reason: str | None = None


MACHINE_OF_PROMISES = Machine(
    what="promise",
    record=PromiseToPay,
    key="promise_id",
    transitions={
        "promised": frozenset({"kept", "broken", "cancelled"}),
        "kept": frozenset({"broken"}),
        "broken": frozenset({"kept"}),
        "cancelled": frozenset(),
    },
    leads={MADE: "promised", KEPT: "kept", BROKEN: "broken", CANCELLED: "cancelled"},
    opens=frozenset({MADE}),
    stays_in={},
)


def decide_make(
    promise_id: str, *, by: str, at: datetime, case_id: str, amount: Decimal,
    promised_at: datetime, due_at: datetime, call_id: str | None = None,
    agent_id: str | None = None, words: str | None = None,
) -> NewEvent:  # fmt: skip
    """`by` records a promise. Raises RegisterError without a case, an amount or a day to come."""
    in_words(case_id, "a promise is about a case", "give the case")
    if amount <= 0:
        raise RegisterError(f"{amount} yuan is nothing to pay", remedy="give the promised amount")
    not_before(at, promised_at, "the promise")
    not_before(due_at, promised_at, "the promise")
    return opening(
        MACHINE_OF_PROMISES, MADE, promise_id, by=by, at=at, case_id=case_id, amount=amount,
        promised_at=promised_at, due_at=due_at, recorded_by=by, recorded_at=at, call_id=call_id,
        agent_id=agent_id, words=words,
    )  # fmt: skip


def decide_cancel(promise: PromiseToPay, *, by: str, at: datetime, reason: str) -> NewEvent:
    """It doesn't stand any more: recorded by mistake, or replaced by another agreement."""
    reason = in_words(reason, "cancelling a promise needs a reason", "say why")
    return step(
        MACHINE_OF_PROMISES, promise, CANCELLED, by=by, at=at, cancel_reason=reason, settled_at=at
    )


def decide_settle(
    promise: PromiseToPay, payments: Iterable[tuple[datetime, Decimal]], *,
    payments_as_of: datetime, at: datetime,
) -> NewEvent | None:  # fmt: skip
    """Whether the promise was kept, as far as payments known until `payments_as_of` say; None
    if they say nothing new. It is broken only when payments beyond its day are known.
    """
    if promise.state == "cancelled":
        return None
    paid = sum(
        (
            amount
            for paid_at, amount in payments
            if promise.promised_at <= paid_at <= promise.due_at
        ),
        Decimal(0),
    )
    if paid >= promise.amount:
        action, state = KEPT, "kept"
    elif payments_as_of > promise.due_at:
        action, state = BROKEN, "broken"
    else:
        return None
    if promise.state == state:
        return None
    return step(
        MACHINE_OF_PROMISES, promise, action, by=MACHINE, at=at, paid=paid, settled_at=at,
        payments_as_of=payments_as_of,
    )  # fmt: skip


def apply(promise: PromiseToPay | None, event: RegisterEvent) -> PromiseToPay:
    """The promise after `event`. Raises RegisterError if the event can't follow the state."""
    changed: PromiseToPay = applied(MACHINE_OF_PROMISES, promise, event)
    return changed

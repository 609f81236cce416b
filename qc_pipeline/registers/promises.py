"""Promises to pay: kept or broken, once payments up to the promised day are imported.

What detection heard in a call comes as `proposed`, with the sum and the day as far as they were
named: a person accepts it and fills in the rest, or declines it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from qc_pipeline.errors import RegisterError
from qc_pipeline.registers.chain import MACHINE, NewEvent, RegisterEvent
from qc_pipeline.registers.people import check_not_heard_by
from qc_pipeline.registers.steps import Machine, applied, in_words, not_before, opening, step

PromiseState = Literal["proposed", "declined", "promised", "kept", "broken", "cancelled"]
PROPOSED = "promise.proposed"
ACCEPTED, DECLINED = "promise.accepted", "promise.declined"
MADE, KEPT = "promise.made", "promise.kept"
BROKEN, CANCELLED = "promise.broken", "promise.cancelled"


@dataclass(frozen=True, slots=True)
class PromiseToPay:
    """What a customer promised (a row of `promises`): `amount` yuan by `due_at`; of one that is
    only proposed either may be unknown.

    `paid`: what came in between promise and day, when it was settled; `payments_as_of`: until
    when payments were known then.
    """

    promise_id: str
    state: PromiseState
    case_id: str
    amount: Decimal | None
    promised_at: datetime
    due_at: datetime | None
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
        "proposed": frozenset({"promised", "declined"}),
        "declined": frozenset(),
        "promised": frozenset({"kept", "broken", "cancelled"}),
        "kept": frozenset({"broken"}),
        "broken": frozenset({"kept"}),
        "cancelled": frozenset(),
    },
    leads={
        PROPOSED: "proposed", ACCEPTED: "promised", DECLINED: "declined", MADE: "promised",
        KEPT: "kept", BROKEN: "broken", CANCELLED: "cancelled",
    },
    opens=frozenset({MADE, PROPOSED}),
    stays_in={},
)  # fmt: skip


def decide_make(
    promise_id: str, *, by: str, at: datetime, case_id: str, amount: Decimal,
    promised_at: datetime, due_at: datetime, call_id: str | None = None,
    agent_id: str | None = None, words: str | None = None,
) -> NewEvent:  # fmt: skip
    """`by` records a promise. Raises RegisterError without a case, an amount or a day to come."""
    in_words(case_id, "a promise is about a case", "give the case")
    not_before(at, promised_at, "the promise")
    _check_terms(amount, due_at, promised_at=promised_at)
    return opening(
        MACHINE_OF_PROMISES, MADE, promise_id, by=by, at=at, case_id=case_id, amount=amount,
        promised_at=promised_at, due_at=due_at, recorded_by=by, recorded_at=at, call_id=call_id,
        agent_id=agent_id, words=words,
    )  # fmt: skip


def decide_propose(
    promise_id: str, *, at: datetime, case_id: str, amount: Decimal | None, promised_at: datetime,
    due_at: datetime | None, call_id: str, agent_id: str | None, words: str,
) -> NewEvent:  # fmt: skip
    """The machine proposes a promise that it heard, with what was named of sum and day."""
    return opening(
        MACHINE_OF_PROMISES, PROPOSED, promise_id, by=MACHINE, at=at, case_id=case_id,
        amount=amount, promised_at=promised_at, due_at=due_at, recorded_by=MACHINE,
        recorded_at=at, call_id=call_id, agent_id=agent_id, words=words,
    )  # fmt: skip


def decide_accept(
    promise: PromiseToPay, *, by: str, at: datetime, amount: Decimal | None = None,
    due_at: datetime | None = None,
) -> NewEvent:  # fmt: skip
    """`by` accepts what was heard; `amount` and `due_at` stand in for what wasn't named or was
    misheard. Raises RegisterError while one is unknown, or if `by` made the call.
    """
    check_not_heard_by(by, promise.agent_id, f"promise {promise.promise_id}")
    amount = promise.amount if amount is None else amount
    due_at = promise.due_at if due_at is None else due_at
    if amount is None or due_at is None:
        missing = "amount" if amount is None else "day"
        raise RegisterError(
            f"the {missing} of promise {promise.promise_id} was not heard",
            remedy=f"hear the call and give the {missing}, or decline it",
        )
    _check_terms(amount, due_at, promised_at=promise.promised_at)
    return step(
        MACHINE_OF_PROMISES, promise, ACCEPTED, by=by, at=at, amount=amount, due_at=due_at,
        recorded_by=by, recorded_at=at,
    )  # fmt: skip


def decide_decline(promise: PromiseToPay, *, by: str, at: datetime, reason: str) -> NewEvent:
    """What was heard is no promise. Not for the collector whose call it was to say."""
    name = f"promise {promise.promise_id}"
    reason = in_words(reason, f"declining {name} needs a reason", "say why")
    check_not_heard_by(by, promise.agent_id, name)
    return step(
        MACHINE_OF_PROMISES, promise, DECLINED, by=by, at=at, cancel_reason=reason, settled_at=at
    )


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
    if promise.state not in ("promised", "kept", "broken"):
        return None
    if promise.amount is None or promise.due_at is None:
        return None
    due_at = promise.due_at
    paid = sum(
        (amount for paid_at, amount in payments if promise.promised_at <= paid_at <= due_at),
        Decimal(0),
    )
    if paid >= promise.amount:
        action, state = KEPT, "kept"
    elif payments_as_of > due_at:
        action, state = BROKEN, "broken"
    else:
        return None
    if promise.state == state:
        return None
    return step(
        MACHINE_OF_PROMISES, promise, action, by=MACHINE, at=at, paid=paid, settled_at=at,
        payments_as_of=payments_as_of,
    )  # fmt: skip


def _check_terms(amount: Decimal, due_at: datetime, *, promised_at: datetime) -> None:
    if amount <= 0:
        raise RegisterError(f"{amount} yuan is nothing to pay", remedy="give the promised amount")
    not_before(due_at, promised_at, "the promise")


def apply(promise: PromiseToPay | None, event: RegisterEvent) -> PromiseToPay:
    """The promise after `event`. Raises RegisterError if the event can't follow the state."""
    changed: PromiseToPay = applied(MACHINE_OF_PROMISES, promise, event)
    return changed

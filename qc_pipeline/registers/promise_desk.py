"""What people do with objections and promises to pay, in one transaction each; `by` is who acts,
`at` when. Raises RegisterError (unknown entry, wrong state, future date ...) with nothing changed.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from qc_pipeline.policy import Policy
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers import objections, promises
from qc_pipeline.registers.chain import MACHINE, NewEvent
from qc_pipeline.registers.circumstances import parse_yuan
from qc_pipeline.registers.complaint_desk import day_kind
from qc_pipeline.registers.linked_desk import at_desk, call_of
from qc_pipeline.registers.objections import Objection
from qc_pipeline.registers.projections import from_row
from qc_pipeline.registers.promises import PromiseToPay
from qc_pipeline.store.store import Session, Store


def raise_objection(
    store: Store, *, by: str, at: datetime, policy: Policy, keys: Path, text: str,
    raised_at: datetime, kind: str = "general", case_id: str | None = None,
    call_id: str | None = None, reply_by: datetime | None = None, answer: str | None = None,
) -> Objection:  # fmt: skip
    """`by` records an objection: answered in the call (`answer`), or to be replied to by what was
    promised (`reply_by`) or the kind's limit, whichever is earlier; unknown if there is neither.
    """
    kinds = policy.complaints.objections
    with at_desk(store, by=by, at=at, keys=keys) as desk:
        call = call_of(desk.log.session, call_id)
        objection_id = "O" + secrets.token_hex(8)
        desk.record(
            [
                objections.decide_raise(
                    objection_id, by=desk.by, at=desk.at, raised_at=raised_at, kind=kind,
                    text=text, kinds=kinds, case_id=case_id or call.get("case_id"),
                    call_id=call_id, agent_id=call.get("agent_id"),
                )
            ]
        )  # fmt: skip
        raised = desk.registers.objections[objection_id]
        if answer is not None:
            follow = objections.decide_answered(raised, by=desk.by, at=desk.at, answer=answer)
        else:
            follow = objections.decide_defer(
                raised, by=desk.by, at=desk.at, kinds=kinds, day_kind=day_kind(policy),
                promised=reply_by,
            )  # fmt: skip
        desk.record([follow])
    return desk.registers.objections[objection_id]


def reply_to_objection(
    store: Store, objection_id: str, *, by: str, at: datetime, keys: Path, answer: str
) -> Objection:
    """The reply; too late is recorded as a breach."""
    with at_desk(store, by=by, at=at, keys=keys) as desk:
        objection = desk.read("objections", objection_id)
        desk.record(objections.decide_reply(objection, by=desk.by, at=desk.at, answer=answer))
    return desk.registers.objections[objection_id]


def record_promise(
    store: Store, *, by: str, at: datetime, keys: Path, amount: object, promised_at: datetime,
    due_at: datetime, case_id: str | None = None, call_id: str | None = None,
    words: str | None = None,
) -> PromiseToPay:  # fmt: skip
    """`by` records that a customer promised to pay `amount` yuan by `due_at`."""
    with at_desk(store, by=by, at=at, keys=keys) as desk:
        call = call_of(desk.log.session, call_id)
        promise_id = "P" + secrets.token_hex(8)
        desk.record(
            [
                promises.decide_make(
                    promise_id, by=desk.by, at=desk.at,
                    case_id=case_id or call.get("case_id") or "",
                    amount=parse_yuan(amount, what="the promise"), promised_at=promised_at,
                    due_at=due_at, call_id=call_id, agent_id=call.get("agent_id"), words=words,
                )
            ]
        )  # fmt: skip
    return desk.registers.promises[promise_id]


def cancel_promise(
    store: Store, promise_id: str, *, by: str, at: datetime, keys: Path, reason: str
) -> PromiseToPay:
    """It doesn't stand any more."""
    with at_desk(store, by=by, at=at, keys=keys) as desk:
        promise = desk.read("promises", promise_id)
        desk.record([promises.decide_cancel(promise, by=desk.by, at=desk.at, reason=reason)])
    return desk.registers.promises[promise_id]


def settle_promises(store: Store, *, keys: Path, at: datetime | None = None) -> list[PromiseToPay]:
    """Say of every promise whether it was kept, as far as imported payments show; gives those
    that changed. Without payments after a promised day nothing is said. Run again, nothing
    happens.
    """
    with store.reading() as session:
        if not _settled(session, at or datetime.now(SHANGHAI))[1]:
            return []
    with at_desk(store, by=MACHINE, at=at or datetime.now(SHANGHAI), keys=keys) as desk:
        known, events = _settled(desk.log.session, desk.at)
        desk.registers.promises.update(known)
        desk.record(events)
    return [desk.registers.promises[event.subject] for event in events]


def _settled(session: Session, at: datetime) -> tuple[dict[str, PromiseToPay], list[NewEvent]]:
    rows = session.rows("registers/promises")
    known = {row["promise_id"]: from_row(PromiseToPay, row) for row in rows}
    as_of = (session.one("registers/payments_as_of") or {}).get("as_of")
    if as_of is None:
        return known, []
    paid: dict[str, list[tuple[datetime, Decimal]]] = defaultdict(list)
    cases = sorted({promise.case_id for promise in known.values()})
    for row in session.rows("registers/payments_of", {"case_ids": cases}):
        paid[row["case_id"]].append((row["paid_at"], row["amount"]))
    events = [
        promises.decide_settle(promise, paid[promise.case_id], payments_as_of=as_of, at=at)
        for promise in known.values()
    ]
    return known, [event for event in events if event is not None]


def record_late_objections(
    store: Store, *, keys: Path, at: datetime | None = None
) -> list[NewEvent]:
    """Record every objection whose reply date has passed; gives the events."""
    moment = at or datetime.now(SHANGHAI)

    def late(session: Session) -> tuple[dict[str, Any], list[NewEvent]]:
        known = {
            row["objection_id"]: from_row(Objection, row)
            for row in session.rows("registers/objections")
        }
        return known, [
            event
            for objection in known.values()
            for event in objections.decide_breach(objection, at=moment)
        ]

    with store.reading() as session:
        if not late(session)[1]:
            return []
    with at_desk(store, by=MACHINE, at=moment, keys=keys) as desk:
        known, events = late(desk.log.session)
        desk.registers.objections.update(known)
        desk.record(events)
    return events

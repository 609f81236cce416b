"""Disputes, objections and promises that were heard in calls: proposed to their registers by the
nightly scan, accepted or declined by people, in one transaction each.

Every function raises RegisterError (unknown entry, wrong state, wrong person, nobody named, future
date ...) with nothing changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from qc_pipeline.policy import Policy
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers import disputes, objections, promises
from qc_pipeline.registers.chain import MACHINE, NewEvent
from qc_pipeline.registers.circumstances import parse_yuan
from qc_pipeline.registers.complaint_desk import day_kind
from qc_pipeline.registers.disputes import Dispute
from qc_pipeline.registers.linked_desk import at_desk
from qc_pipeline.registers.objections import Objection
from qc_pipeline.registers.promises import PromiseToPay
from qc_pipeline.registers.timeline import LAST_SECOND
from qc_pipeline.store.store import Session, Store

_PREFIX = {"dispute": "D", "objection": "O", "promise": "P"}


def propose_records_from_calls(
    store: Store, *, policy: Policy, keys: Path, at: datetime | None = None
) -> list[str]:
    """Propose a dispute, an objection, a promise to pay for every call in which one was heard;
    gives the ids of the new ones.

    One call gives one of each kind, ever: run again, nothing happens, and a declined one does not
    come back. What a person has entered for the call himself is not proposed.
    """
    with store.reading() as session:
        if not _heard(session):
            return []
    with at_desk(store, by=MACHINE, at=at or datetime.now(SHANGHAI), keys=keys) as desk:
        events = [
            _proposal(row, at=desk.at, policy=policy)
            for row in _heard(desk.log.session)
            if row["started_at"] <= desk.at
        ]
        desk.record(events)
    return [event.subject for event in events]


def accept_dispute(store: Store, dispute_id: str, *, by: str, at: datetime, keys: Path) -> Dispute:
    """`by` accepts a proposed dispute; it is raised, and goes on like any other."""
    with at_desk(store, by=by, at=at, keys=keys) as desk:
        dispute = desk.read("disputes", dispute_id)
        desk.record([disputes.decide_accept(dispute, by=desk.by, at=desk.at)])
    return desk.registers.disputes[dispute_id]


def decline_dispute(
    store: Store, dispute_id: str, *, by: str, at: datetime, keys: Path, reason: str
) -> Dispute:
    """`by` declines a proposed dispute; `reason` says why it is none."""
    with at_desk(store, by=by, at=at, keys=keys) as desk:
        dispute = desk.read("disputes", dispute_id)
        desk.record([disputes.decide_decline(dispute, by=desk.by, at=desk.at, reason=reason)])
    return desk.registers.disputes[dispute_id]


def accept_objection(
    store: Store, objection_id: str, *, by: str, at: datetime, policy: Policy, keys: Path,
    kind: str | None = None, reply_by: datetime | None = None, answer: str | None = None,
) -> Objection:  # fmt: skip
    """`by` accepts a proposed objection, as one of `kind`: it was answered in the call (`answer`),
    or a reply is owed, by what was promised (`reply_by`) or by the kind's limit.
    """
    kinds = policy.complaints.objections
    with at_desk(store, by=by, at=at, keys=keys) as desk:
        proposed = desk.read("objections", objection_id)
        desk.record(
            [objections.decide_accept(proposed, by=desk.by, at=desk.at, kinds=kinds, kind=kind)]
        )
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


def decline_objection(
    store: Store, objection_id: str, *, by: str, at: datetime, keys: Path, reason: str
) -> Objection:
    """`by` declines a proposed objection; `reason` says why it is none."""
    with at_desk(store, by=by, at=at, keys=keys) as desk:
        objection = desk.read("objections", objection_id)
        desk.record([objections.decide_decline(objection, by=desk.by, at=desk.at, reason=reason)])
    return desk.registers.objections[objection_id]


def accept_promise(
    store: Store, promise_id: str, *, by: str, at: datetime, keys: Path,
    amount: object | None = None, due_at: datetime | None = None,
) -> PromiseToPay:  # fmt: skip
    """`by` accepts a proposed promise; `amount` (yuan) and `due_at` where they weren't heard, or
    were misheard.
    """
    yuan = None if amount is None else parse_yuan(amount, what="the promise")
    with at_desk(store, by=by, at=at, keys=keys) as desk:
        promise = desk.read("promises", promise_id)
        desk.record(
            [promises.decide_accept(promise, by=desk.by, at=desk.at, amount=yuan, due_at=due_at)]
        )
    return desk.registers.promises[promise_id]


def decline_promise(
    store: Store, promise_id: str, *, by: str, at: datetime, keys: Path, reason: str
) -> PromiseToPay:
    """`by` declines a proposed promise; `reason` says why it is none."""
    with at_desk(store, by=by, at=at, keys=keys) as desk:
        promise = desk.read("promises", promise_id)
        desk.record([promises.decide_decline(promise, by=desk.by, at=desk.at, reason=reason)])
    return desk.registers.promises[promise_id]


def _heard(session: Session) -> list[dict[str, Any]]:
    return session.rows("registers/calls_with_records")


def _proposal(row: Mapping[str, Any], *, at: datetime, policy: Policy) -> NewEvent:
    name = "\x1f".join(("heard", row["kind"], row["call_id"]))
    subject = _PREFIX[row["kind"]] + hashlib.sha256(name.encode()).hexdigest()[:16]
    words = "、".join(dict.fromkeys(each["words"] for each in row["heard"]))
    call = {"call_id": row["call_id"], "agent_id": row["agent_id"]}
    if row["kind"] == "dispute":
        return disputes.decide_raise(
            subject, by=MACHINE, at=at, raised_at=row["started_at"], about=words,
            case_id=row["case_id"], phone=row["phone"], **call,
        )  # fmt: skip
    if row["kind"] == "objection":
        # Which kind it is, a person says when he accepts it.
        return objections.decide_raise(
            subject, by=MACHINE, at=at, raised_at=row["started_at"], text=words, kind="general",
            kinds=policy.complaints.objections, case_id=row["case_id"], **call,
        )  # fmt: skip
    terms = _terms(row["heard"])
    return promises.decide_propose(
        subject, at=at, case_id=row["case_id"], promised_at=row["started_at"], words=words,
        amount=_yuan(terms["amount"]), due_at=_end_of(terms["date_to"], row["started_at"]), **call,
    )  # fmt: skip


def _terms(heard: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Of several promises in one call the one that says most, and of those the last word."""

    def says(terms: Mapping[str, Any]) -> tuple[bool, bool]:
        return None not in (terms["amount"], terms["date_to"]), bool(terms["accepted"])

    spoken = [json.loads(each["detail"]) for each in heard]
    best = max(says(terms) for terms in spoken)
    return next(terms for terms in reversed(spoken) if says(terms) == best)


def _yuan(text: str | None) -> Decimal | None:
    """A sum as heard, with two decimals; what isn't one to the fen, or nothing at all, is left to a
    person.
    """
    amount = None if text is None else Decimal(text)
    if amount is None or amount <= 0 or amount != round(amount, 2):
        return None
    return amount.quantize(Decimal("0.01"))


def _end_of(day: str | None, started_at: datetime) -> datetime | None:
    """The last second of the promised day; a day before the call was misheard."""
    if day is None:
        return None
    end = datetime.combine(date.fromisoformat(day), LAST_SECOND, tzinfo=SHANGHAI)
    return end if end >= started_at else None

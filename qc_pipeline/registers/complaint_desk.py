"""What people and the nightly scan do with complaints, in one transaction each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy import Policy
from qc_pipeline.policy.holidays import classify
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers import complaints
from qc_pipeline.registers.chain import NewEvent
from qc_pipeline.registers.complaints import ComplainingCall, Complaint
from qc_pipeline.registers.log import check_moment, check_person, writing_register
from qc_pipeline.registers.projections import Registers, fold, from_row, save
from qc_pipeline.store.store import Session, Store


def propose_from_calls(
    store: Store, *, policy: Policy, keys: Path, at: datetime | None = None
) -> list[Complaint]:
    """Open a proposed complaint for every call in which the customer spoke of complaining.

    Gives the new ones. One call gives one complaint, ever: run again, nothing happens, and a
    declined one does not come back.
    """
    with store.reading() as session:
        if not _complaining_calls(session):
            return []
    at = check_moment(at or datetime.now(SHANGHAI))
    registers = Registers()
    with writing_register(store, keys=keys) as log:
        entries = log.append(
            complaints.decide_propose(
                call, at=at, rules=policy.complaints, policy_version=policy.version,
                day_kind=_day_kind(policy),
            )
            for call in _complaining_calls(log.session)
        )  # fmt: skip
        save(log.session, fold(registers, entries), entries)
    return list(registers.complaints.values())


def accept_complaint(
    store: Store, complaint_id: str, *, by: str, at: datetime, policy: Policy, keys: Path,
    note: str | None = None,
) -> Complaint:  # fmt: skip
    """`by` accepts a proposed complaint: it is logged now, its clocks go on from the call.

    Raises RegisterError if it is unknown or decided, or concerns `by`.
    """

    def decide(complaint: Complaint) -> NewEvent:
        return complaints.decide_accept(
            complaint, by=check_person(by), at=check_moment(at), rules=policy.complaints,
            day_kind=_day_kind(policy), note=note,
        )  # fmt: skip

    return _decided(store, complaint_id, decide=decide, keys=keys)


def decline_complaint(
    store: Store, complaint_id: str, *, by: str, at: datetime, note: str, keys: Path
) -> Complaint:
    """`by` declines a proposed complaint; `note` says why it is none.

    Raises RegisterError if it is unknown or decided, concerns `by`, or the note is empty.
    """

    def decide(complaint: Complaint) -> NewEvent:
        return complaints.decide_decline(
            complaint, by=check_person(by), at=check_moment(at), note=note
        )

    return _decided(store, complaint_id, decide=decide, keys=keys)


def complaints_as_of(store: Store, *, as_of: datetime) -> list[dict[str, Any]]:
    """Every complaint as exported, `breached` if a clock had run out by `as_of` (aware): what
    it waits for came too late, or has not come. A declined proposal has no clocks.
    """
    with store.reading() as session:
        return session.rows("registers/complaints_as_of", {"as_of": as_of})


def _decided(
    store: Store, complaint_id: str, *, decide: Callable[[Complaint], NewEvent], keys: Path
) -> Complaint:
    with writing_register(store, keys=keys) as log:
        row = log.session.one("registers/complaint", {"complaint_id": complaint_id})
        if row is None:
            raise RegisterError(
                f"there is no complaint {complaint_id}", remedy="see `qc complaint list`"
            )
        registers = Registers(complaints={complaint_id: from_row(Complaint, row)})
        entries = log.append([decide(registers.complaints[complaint_id])])
        save(log.session, fold(registers, entries), entries)
    return registers.complaints[complaint_id]


def _complaining_calls(session: Session) -> list[ComplainingCall]:
    known = {row["complaint_id"] for row in session.rows("registers/complaints")}
    return [
        from_row(ComplainingCall, row)
        for row in session.rows("registers/complaining_calls")
        if complaints.complaint_id_for(row["call_id"]) not in known
    ]


def _day_kind(policy: Policy) -> Callable[[date], str]:
    return partial(classify, holidays=policy.holidays)

"""What people do with the registers linked to complaints, in one transaction each: read, decide
(pure), append, save. `by` is who acts, `at` when (aware, not in the future).

Every function gives the entry as it is then, and raises RegisterError (unknown entry, wrong
state, wrong person, nobody named, future date ...) with nothing changed.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy import Policy
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers import disputes, emergencies, stop_flags
from qc_pipeline.registers.chain import MACHINE, NewEvent
from qc_pipeline.registers.disputes import Dispute
from qc_pipeline.registers.emergencies import Emergency
from qc_pipeline.registers.log import RegisterLog, check_moment, check_person, writing_register
from qc_pipeline.registers.projections import PROJECTIONS, Registers, fold, from_row, save
from qc_pipeline.registers.stop_flags import NewFlag, StopFlag, flag_id_for
from qc_pipeline.store.phone_numbers import phone_key
from qc_pipeline.store.store import Session, Store

_PROJECTION = {each.name: each for each in PROJECTIONS}


@dataclass(slots=True)
class Desk:
    """An open transaction: the entries at hand, and what is appended to the log."""

    log: RegisterLog
    registers: Registers
    by: str
    at: datetime

    def record(self, events: Iterable[NewEvent]) -> None:
        """Append the events of one act and save what they change."""
        entries = self.log.append(events)
        save(self.log.session, fold(self.registers, entries), entries)

    def read(self, name: str, key: str, *, query: str | None = None) -> Any:
        """The entry `key` of register `name`. Raises RegisterError if there is none."""
        each = _PROJECTION[name]
        row = self.log.session.one(f"registers/{query or each.one}", {each.key: key})
        if row is None:
            raise RegisterError(f"there is no {each.what} {key}", remedy="see the list of them")
        entry = from_row(each.record, row)
        getattr(self.registers, name)[key] = entry
        return entry


@contextmanager
def at_desk(store: Store, *, by: str, at: datetime, keys: Path) -> Iterator[Desk]:
    """One act of `by` at `at`, in one transaction."""
    person, moment = check_person(by), check_moment(at)
    with writing_register(store, keys=keys) as log:
        yield Desk(log, Registers(), person, moment)


def _changed(
    store: Store, name: str, key: str, decide: Callable[..., NewEvent | Sequence[NewEvent]], *,
    by: str, at: datetime, keys: Path, query: str | None = None, **said: Any,
) -> Any:  # fmt: skip
    with at_desk(store, by=by, at=at, keys=keys) as desk:
        entry = desk.read(name, key, query=query)
        events = decide(entry, by=desk.by, at=desk.at, **said)
        desk.record([events] if isinstance(events, NewEvent) else events)
    return getattr(desk.registers, name)[key]


# --- stop flags ------------------------------------------------------------------------------


def propose_flag(
    store: Store, new: NewFlag, *, by: str, at: datetime, policy: Policy, keys: Path
) -> StopFlag:
    """`by` proposes a stop flag; it binds nobody until somebody else approves it."""
    with at_desk(store, by=by, at=at, keys=keys) as desk:
        flag_id = flag_id_for("by_hand", secrets.token_hex(8))
        _refuse_double(desk, new)
        desk.record(
            [
                stop_flags.decide_propose(
                    new, flag_id, by=desk.by, at=desk.at, kinds=policy.contact.stop_flags
                )
            ]
        )
    return desk.registers.stop_flags[flag_id]


def approve_flag(
    store: Store, flag_id: str, *, by: str, at: datetime, keys: Path, note: str | None = None
) -> StopFlag:
    """`by`, not who proposed it, puts a flag in force."""
    flag: StopFlag = _changed(
        store, "stop_flags", flag_id, stop_flags.decide_approve, by=by, at=at, keys=keys, note=note
    )
    return flag


def refuse_flag(
    store: Store, flag_id: str, *, by: str, at: datetime, keys: Path, note: str
) -> StopFlag:
    """`by` refuses a proposed flag; `note` says why."""
    flag: StopFlag = _changed(
        store, "stop_flags", flag_id, stop_flags.decide_refuse, by=by, at=at, keys=keys, note=note
    )
    return flag


def lift_flag(
    store: Store, flag_id: str, *, by: str, at: datetime, keys: Path, reason: str,
    consent: str | None = None,
) -> StopFlag:  # fmt: skip
    """`by` lifts a flag in force. One that a complaint, dispute or emergency imposed goes with
    that one's end only; a third party's refusal needs that person's `consent`.
    """
    with at_desk(store, by=by, at=at, keys=keys) as desk:
        flag = desk.read("stop_flags", flag_id)
        owner = (flag.basis or "").partition(":")[0]
        if owner in ("complaint", "dispute", "emergency"):
            raise RegisterError(
                f"stop flag {flag_id} rests on {flag.basis}",
                remedy=f"it is lifted when that {owner} ends",
            )
        desk.record(
            [stop_flags.decide_lift(flag, by=desk.by, at=desk.at, reason=reason, consent=consent)]
        )
    return desk.registers.stop_flags[flag_id]


def propose_flags_from_calls(
    store: Store, *, policy: Policy, keys: Path, at: datetime | None = None
) -> list[StopFlag]:
    """Propose a flag for every refusal, dispute and emergency heard in a call. Gives the new
    ones; run again, nothing happens, and a refused one does not come back.
    """
    with store.reading() as session:
        if not _unproposed(session):
            return []
    with at_desk(store, by=MACHINE, at=at or datetime.now(SHANGHAI), keys=keys) as desk:
        events = [
            stop_flags.decide_propose(
                new, flag_id, by=MACHINE, at=desk.at, kinds=policy.contact.stop_flags
            )
            for flag_id, new in _unproposed(desk.log.session)
            if new.kind in policy.contact.stop_flags
        ]
        desk.record(events)
    return list(desk.registers.stop_flags.values())


def warnings_for(
    store: Store, *, case_id: str | None = None, phone: str | None = None
) -> list[dict[str, Any]]:
    """What the next caller of a case or number must know: flags in force, and proposals that
    nobody has decided on. Each row has `flag_id, state, kind, case_id, phone, source, reason,
    since`; imported flags have no `flag_id`.
    """
    wanted = {"case_id": case_id, "phone_key": phone_key(phone)}
    with store.reading() as session:
        return session.rows("registers/flag_warnings", wanted)


def impose(desk: Desk, new: NewFlag, *, policy: Policy, count: int = 0) -> list[NewEvent]:
    """The events that put a register's own flag in force; none if it is already."""
    flag_id = flag_id_for(new.basis or "", str(count))
    if any(flag.state == "in_force" for flag in flags_of(desk, new.basis or "")):
        return []
    return [
        stop_flags.decide_impose(
            new, flag_id, by=desk.by, at=desk.at, kinds=policy.contact.stop_flags
        )
    ]


def lift_all(desk: Desk, basis: str, *, reason: str) -> list[NewEvent]:
    """The events that lift every flag in force that rests on `basis`."""
    return [
        stop_flags.decide_lift(flag, by=desk.by, at=desk.at, reason=reason)
        for flag in flags_of(desk, basis)
        if flag.state == "in_force"
    ]


def flags_of(desk: Desk, basis: str) -> list[StopFlag]:
    """The flags that rest on `basis`, read into the desk's registers."""
    rows = desk.log.session.rows("registers/flags_of_basis", {"basis": basis})
    flags = [from_row(StopFlag, row) for row in rows]
    desk.registers.stop_flags.update({flag.flag_id: flag for flag in flags})
    return flags


def _refuse_double(desk: Desk, new: NewFlag) -> None:
    row = desk.log.session.one(
        "registers/same_flag",
        {"kind": new.kind, "case_id": new.case_id, "phone_key": phone_key(new.phone)},
    )
    if row is not None:
        raise RegisterError(
            f"stop flag {row['flag_id']} ({row['state']}) says the same",
            remedy="decide on that one",
        )


def _unproposed(session: Session) -> list[tuple[str, NewFlag]]:
    known = {row["flag_id"] for row in session.rows("registers/stop_flags")}
    found = []
    for row in session.rows("registers/calls_asking_for_flags"):
        flag_id = flag_id_for("heard", row["kind"], row["call_id"])
        if flag_id in known:
            continue
        # A customer's refusal stops that number across cases (POLICY "Stop flags").
        number_only = row["kind"] == "do_not_collect" and row["phone"]
        new = NewFlag(
            kind=row["kind"], source=f"通话 {row['call_id']}",
            case_id=None if number_only else row["case_id"],
            phone=row["phone"], reason="、".join(row["words"]), basis=f"call:{row['call_id']}",
            agent_id=row["agent_id"],
        )  # fmt: skip
        found.append((flag_id, new))
    return found


# --- disputes --------------------------------------------------------------------------------


def raise_dispute(
    store: Store, *, by: str, at: datetime, keys: Path, raised_at: datetime, about: str,
    case_id: str | None = None, phone: str | None = None, call_id: str | None = None,
) -> Dispute:  # fmt: skip
    """`by` records that a customer disputes the debt, in a call if `call_id` says so (then case,
    number and collector are known from it).
    """
    with at_desk(store, by=by, at=at, keys=keys) as desk:
        call = call_of(desk.log.session, call_id)
        dispute_id = "D" + secrets.token_hex(8)
        desk.record(
            [
                disputes.decide_raise(
                    dispute_id, by=desk.by, at=desk.at, raised_at=raised_at, about=about,
                    case_id=case_id or call.get("case_id"), phone=phone or call.get("phone"),
                    call_id=call_id, agent_id=call.get("agent_id"),
                )
            ]
        )  # fmt: skip
    return desk.registers.disputes[dispute_id]


def pause_for_dispute(
    store: Store, dispute_id: str, *, by: str, at: datetime, policy: Policy, keys: Path
) -> Dispute:
    """Collection is paused on the case: the flag is in force from `at` on."""
    with at_desk(store, by=by, at=at, keys=keys) as desk:
        dispute = desk.read("disputes", dispute_id)
        flag = NewFlag(
            "dispute", f"争议 {dispute_id}", case_id=dispute.case_id, phone=dispute.phone,
            reason=dispute.about, basis=f"dispute:{dispute_id}", agent_id=dispute.agent_id,
        )  # fmt: skip
        desk.record(
            [
                disputes.decide_pause(dispute, by=desk.by, at=desk.at),
                *impose(desk, flag, policy=policy),
            ]
        )
    return desk.registers.disputes[dispute_id]


def notify_supervisor(
    store: Store, dispute_id: str, *, by: str, at: datetime, keys: Path, supervisor: str
) -> Dispute:
    """The supervisor was told of the dispute."""
    return _dispute(store, dispute_id, disputes.decide_notify, by=by, at=at, keys=keys,
                    supervisor=supervisor)  # fmt: skip


def forward_dispute(
    store: Store, dispute_id: str, *, by: str, at: datetime, keys: Path, way: str, to: str
) -> Dispute:
    """It was passed on to the bank by `way` (phone, email)."""
    return _dispute(store, dispute_id, disputes.decide_forward, by=by, at=at, keys=keys, way=way,
                    to=to)  # fmt: skip


def record_bank_decision(
    store: Store, dispute_id: str, *, by: str, at: datetime, keys: Path, decision: str
) -> Dispute:
    """What the bank decided about the dispute."""
    return _dispute(store, dispute_id, disputes.decide_bank, by=by, at=at, keys=keys,
                    decision=decision)  # fmt: skip


def end_dispute(
    store: Store, dispute_id: str, *, by: str, at: datetime, keys: Path, reason: str,
    withdrawn: bool = False,
) -> Dispute:  # fmt: skip
    """Collection goes on after the bank's decision, or the customer withdrew: the flag is lifted."""
    with at_desk(store, by=by, at=at, keys=keys) as desk:
        dispute = desk.read("disputes", dispute_id)
        decide = disputes.decide_withdraw if withdrawn else disputes.decide_resume
        event = decide(dispute, by=desk.by, at=desk.at, reason=reason)
        desk.record([event, *lift_all(desk, f"dispute:{dispute_id}", reason=reason)])
    return desk.registers.disputes[dispute_id]


def _dispute(
    store: Store, dispute_id: str, decide: Callable[..., NewEvent], **said: Any
) -> Dispute:
    dispute: Dispute = _changed(store, "disputes", dispute_id, decide, **said)
    return dispute


# --- emergencies -----------------------------------------------------------------------------


def acknowledge_emergency(
    store: Store, call_id: str, *, by: str, at: datetime, note: str, policy: Policy, keys: Path
) -> Emergency:
    """`by` takes over the emergency heard in a call; `note` says what was done. No collection
    takes place on the case from now on until a superior signs.

    Raises RegisterError if no emergency was heard, or somebody has taken it over.
    """
    with at_desk(store, by=by, at=at, keys=keys) as desk:
        call = desk.log.session.one("registers/emergency", {"call_id": call_id})
        if call is None:
            raise RegisterError(f"no emergency was heard in call {call_id}", remedy="see the queue")
        row = desk.log.session.one("registers/held_emergency", {"call_id": call_id})
        event = emergencies.decide_acknowledge(
            call_id, from_row(Emergency, row) if row else None, agent_id=call["agent_id"],
            by=desk.by, at=desk.at, note=note, case_id=call["case_id"], phone=call["phone"],
            signalled_at=call["started_at"],
        )  # fmt: skip
        flag = NewFlag(
            "emergency", f"通话 {call_id}", case_id=call["case_id"], phone=call["phone"],
            reason=note, basis=f"emergency:{call_id}", agent_id=call["agent_id"],
        )  # fmt: skip
        known = call["case_id"] or phone_key(call["phone"])
        desk.record([event, *(impose(desk, flag, policy=policy) if known else ())])
    return desk.registers.emergencies[call_id]


def record_emergency_step(
    store: Store, call_id: str, step: str, *, by: str, at: datetime, note: str, keys: Path,
    superior: str | None = None,
) -> Emergency:  # fmt: skip
    """The next step: `calmed`, `notified` (names the `superior` told), `help_called`,
    `followed_up` or `closed`.
    """
    action = f"emergency.{step}"
    allowed = ("calmed", "notified", "help_called", "followed_up", "closed")
    if step not in allowed:
        raise RegisterError(f"there is no step {step!r}", remedy=f"use {', '.join(allowed)}")
    emergency: Emergency = _changed(
        store, "emergencies", call_id,
        lambda entry, **said: emergencies.decide_step(entry, action, **said),
        by=by, at=at, keys=keys, query="held_emergency", note=note, superior=superior,
    )  # fmt: skip
    return emergency


def sign_emergency(
    store: Store, call_id: str, *, by: str, at: datetime, note: str, keys: Path
) -> Emergency:
    """A superior of the collector lets collection resume: the flag is lifted."""
    with at_desk(store, by=by, at=at, keys=keys) as desk:
        emergency = desk.read("emergencies", call_id, query="held_emergency")
        event = emergencies.decide_sign(
            emergency, by=desk.by, at=desk.at, note=note,
            superiors=_superiors(desk.log.session, emergency),
        )  # fmt: skip
        desk.record([event, *lift_all(desk, f"emergency:{call_id}", reason=note)])
    return desk.registers.emergencies[call_id]


def _superiors(session: Session, emergency: Emergency) -> tuple[str, ...]:
    above: list[str] = []
    person = emergency.agent_id
    moment = emergency.signalled_at or emergency.acknowledged_at
    while person is not None and len(above) < 20:
        row = session.one("registers/staff_on", {"agent_id": person, "moment": moment})
        if row is None:
            break
        fresh = [
            each
            for each in (row["supervisor_id"], row["department_head_id"])
            if each is not None and each not in above and each != emergency.agent_id
        ]
        above += fresh
        person = fresh[0] if fresh else None
    return tuple(above)


def call_of(session: Session, call_id: str | None) -> dict[str, Any]:
    """Case, number, customer, collector and time of a call. Raises RegisterError if unknown."""
    if call_id is None:
        return {}
    row = session.one("registers/call_of", {"call_id": call_id})
    if row is None:
        raise RegisterError(f"there is no call {call_id}", remedy="see `qc export calls`")
    return row

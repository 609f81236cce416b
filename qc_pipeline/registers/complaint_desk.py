"""What people and the nightly scan do with complaints, in one transaction each: read, decide
(pure), append, save. `by` is who acts, `at` when (aware, not in the future).

Every function gives the complaint as it is then, and raises RegisterError (unknown complaint,
wrong state, wrong person, something missing, future date ...) with nothing changed.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from qc_pipeline.errors import RecordingUnreadable, RegisterError
from qc_pipeline.intake.recording_store import LocalRecordingStore, RecordingStore
from qc_pipeline.policy import Policy
from qc_pipeline.policy.holidays import classify
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers import complaint_steps, complaints
from qc_pipeline.registers.chain import NewEvent
from qc_pipeline.registers.complaint_steps import Act
from qc_pipeline.registers.complaints import ENDED, ComplainingCall, Complaint, NewComplaint
from qc_pipeline.registers.linked_desk import Desk, at_desk, call_of, flags_of, impose, lift_all
from qc_pipeline.registers.log import check_moment, writing_register
from qc_pipeline.registers.projections import Registers, fold, from_row, save
from qc_pipeline.registers.stop_flags import NewFlag
from qc_pipeline.registers.upheld import feed_upheld_complaint
from qc_pipeline.store.artefacts import write_artefact
from qc_pipeline.store.store import Session, Store

_Decide = Callable[..., list[NewEvent]]


# --- into the register -----------------------------------------------------------------------


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
                day_kind=day_kind(policy),
            )
            for call in _complaining_calls(log.session)
        )  # fmt: skip
        save(log.session, fold(registers, entries), entries)
    return list(registers.complaints.values())


def add_complaint(
    store: Store, new: NewComplaint, *, by: str, at: datetime, policy: Policy, keys: Path
) -> Complaint:
    """`by` enters a complaint that came through one of the policy's channels; it is logged."""
    with at_desk(store, by=by, at=at, keys=keys) as desk:
        source = new.bank or new.channel
        complaint_id = complaints.complaint_id_of(new.channel, source, new.reference)
        if desk.log.session.one("registers/complaint", {"complaint_id": complaint_id}):
            raise RegisterError(
                f"{source} {new.reference} is in the register as {complaint_id}",
                remedy="see `qc complaint show`",
            )
        event = complaints.decide_receive(
            new, by=desk.by, at=desk.at, rules=policy.complaints, policy_version=policy.version,
            day_kind=day_kind(policy),
        )  # fmt: skip
        desk.record([event])
    return desk.registers.complaints[complaint_id]


def new_reference(at: datetime) -> str:
    """A reference for a complaint whose source gave none."""
    return f"{at:%Y%m%d}-{secrets.token_hex(4)}"


def accept_complaint(
    store: Store, complaint_id: str, *, by: str, at: datetime, policy: Policy, keys: Path,
    note: str | None = None,
) -> Complaint:  # fmt: skip
    """`by` accepts a proposed complaint: it is logged now, its clocks go on from the call.

    Clocks that ran out while nobody accepted it are recorded as breaches now.
    """

    def decide(complaint: Complaint, act: Act) -> list[NewEvent]:
        return [
            complaints.decide_accept(
                complaint, by=act.by, at=act.at, rules=act.rules, day_kind=act.day_kind, note=note
            )
        ]

    return _act(store, complaint_id, decide, by=by, at=at, policy=policy, keys=keys)


def decline_complaint(
    store: Store, complaint_id: str, *, by: str, at: datetime, note: str, keys: Path
) -> Complaint:
    """`by` declines a proposed complaint; `note` says why it is none."""
    with at_desk(store, by=by, at=at, keys=keys) as desk:
        complaint = desk.read("complaints", complaint_id)
        desk.record([complaints.decide_decline(complaint, by=desk.by, at=desk.at, note=note)])
    return desk.registers.complaints[complaint_id]


# --- handling --------------------------------------------------------------------------------


def link_complaint(
    store: Store, complaint_id: str, *, by: str, at: datetime, policy: Policy, keys: Path,
    calls: Sequence[str] = (), case_id: str | None = None, phone: str | None = None,
) -> Complaint:  # fmt: skip
    """`by` says which calls, case or number the complaint is about (proposals:
    `complaint_links.propose_links`). Case and number of the first call are taken over.
    """

    def decide(complaint: Complaint, act: Act, session: Session) -> list[NewEvent]:
        known = [call_of(session, call_id) for call_id in dict.fromkeys(calls)]
        first = known[0] if known else {}
        return complaint_steps.decide_link(
            complaint, act, calls=[call["call_id"] for call in known],
            agents=[call["agent_id"] for call in known if call["agent_id"]],
            case_id=case_id or first.get("case_id"), phone=phone or first.get("phone"),
        )  # fmt: skip

    return _act(
        store, complaint_id, decide, by=by, at=at, policy=policy, keys=keys, with_session=True
    )


def pause_collection(
    store: Store, complaint_id: str, *, by: str, at: datetime, policy: Policy, keys: Path
) -> Complaint:
    """Collection on the account stops: a stop flag is in force from `at` on. A call with the
    purpose `reply` is exempt.
    """
    with at_desk(store, by=by, at=at, keys=keys) as desk:
        complaint = desk.read("complaints", complaint_id)
        events = complaint_steps.decide_pause(complaint, _as_act(desk, policy))
        desk.record([*events, *_paused(desk, complaint, policy)])
    return desk.registers.complaints[complaint_id]


def report_complaint(
    store: Store, complaint_id: str, *, to: Sequence[str], **who: Any
) -> Complaint:
    """Team manager and business head (`to`) were told. `who`: by, at, policy, keys."""
    return _act(store, complaint_id, complaint_steps.decide_report, to=to, **who)


def record_contact(store: Store, complaint_id: str, *, note: str, **who: Any) -> Complaint:
    """The complainant was contacted; that alone is no reply. `who`: by, at, policy, keys."""
    return _act(store, complaint_id, complaint_steps.decide_contact, note=note, **who)


def assign_team(store: Store, complaint_id: str, *, team: str, **who: Any) -> Complaint:
    """A dedicated team takes over (media, judicial). `who`: by, at, policy, keys."""
    return _act(store, complaint_id, complaint_steps.decide_team, team=team, **who)


def triage_complaint(
    store: Store, complaint_id: str, *, triage: str, complex_case: bool = False, **who: Any
) -> Complaint:
    """The class: normal | urgent | hq_regulator_consumer | media_judicial. A complex one may
    take 30 days to decide. `who`: by, at, policy, keys.
    """
    return _act(
        store, complaint_id, complaint_steps.decide_triage, triage=triage,
        complex_case=complex_case, **who,
    )  # fmt: skip


def lock_evidence(
    store: Store, complaint_id: str, *, by: str, at: datetime, policy: Policy, keys: Path,
    documents: Sequence[Path] = (), recordings: RecordingStore | None = None,
) -> Complaint:  # fmt: skip
    """Lock what the complaint rests on: the SHA-256 of every linked call's recording (checked
    against its bytes), of its call record, and of `documents`, of which a copy is kept in the
    home folder under its hash. A call without recording is named with the reason.

    Raises RegisterError too if a recording is gone or changed, or a document can't be read.
    """
    with store.reading() as session:
        row = session.one("registers/complaint", {"complaint_id": complaint_id})
        rows = session.rows("registers/recordings_of", {"call_ids": row["calls"] if row else []})
    kept = recordings or LocalRecordingStore(store.home / "recordings")
    evidence, gaps = _recordings(rows, kept)
    copies = {}
    for path in documents:
        data = _document(path)
        sha256 = hashlib.sha256(data).hexdigest()
        evidence[f"document:{path.name}"] = sha256
        copies[document_path(store.home, sha256)] = data
    with at_desk(store, by=by, at=at, keys=keys) as desk:
        complaint = desk.read("complaints", complaint_id)
        events = complaint_steps.decide_lock(
            complaint, _as_act(desk, policy), evidence=evidence, gaps=gaps
        )
        for path, data in copies.items():
            write_artefact(path, data)
        desk.record(events)
    return desk.registers.complaints[complaint_id]


def document_path(home: Path, sha256: str) -> Path:
    """Where a complaint's document of this hash lies."""
    return home / "documents" / sha256[:2] / sha256


def check_complaint(store: Store, complaint_id: str, *, finding: str, **who: Any) -> Complaint:
    """What the preliminary check found. `who`: by, at, policy, keys."""
    return _act(store, complaint_id, complaint_steps.decide_check, finding=finding, **who)


def reply_complaint(
    store: Store, complaint_id: str, *, finding: str, progress: str, way: str, **who: Any
) -> Complaint:
    """The first reply: what was found, how it goes on, by which way. `who`: by, at, policy, keys."""
    return _act(
        store, complaint_id, complaint_steps.decide_reply, finding=finding, progress=progress,
        way=way, **who,
    )  # fmt: skip


def investigate_complaint(store: Store, complaint_id: str, **who: Any) -> Complaint:
    """It is being investigated (again). `who`: by, at, policy, keys."""
    return _act(store, complaint_id, complaint_steps.decide_investigate, **who)


def record_progress(store: Store, complaint_id: str, *, note: str, **who: Any) -> Complaint:
    """How it stands. `who`: by, at, policy, keys."""
    return _act(store, complaint_id, complaint_steps.decide_progress, note=note, **who)


def extend_complaint(store: Store, complaint_id: str, *, approval: str, **who: Any) -> Complaint:
    """The decision may take 30 days longer, under an approval. `who`: by, at, policy, keys."""
    return _act(store, complaint_id, complaint_steps.decide_extend, approval=approval, **who)


def escalate_complaint(
    store: Store, complaint_id: str, *, to: str, reason: str, **who: Any
) -> Complaint:
    """A superior takes over. `who`: by, at, policy, keys."""
    return _act(store, complaint_id, complaint_steps.decide_escalate, to=to, reason=reason, **who)


def decide_complaint(
    store: Store, complaint_id: str, *, by: str, at: datetime, policy: Policy, keys: Path,
    validity: str, decision: str, codes: Sequence[str] = (),
) -> Complaint:  # fmt: skip
    """The decision told to the complainant: upheld | partly_upheld | not_upheld. An upheld one
    names the `codes` of what was done, and reaches the cases about its calls: one that stands, or
    a new one of the first code that waits for a person's confirmation (`upheld`).
    """
    unknown = [code for code in codes if code not in policy.taxonomy.codes]
    if unknown:
        raise RegisterError(
            f"there is no code {', '.join(unknown)}",
            remedy=f"use {', '.join(policy.taxonomy.codes)}",
        )
    with at_desk(store, by=by, at=at, keys=keys) as desk:
        complaint = desk.read("complaints", complaint_id)
        desk.record(
            complaint_steps.decide_decision(
                complaint, _as_act(desk, policy), validity=validity, decision=decision, codes=codes
            )
        )
        decided = desk.registers.complaints[complaint_id]
        if decided.upheld_at is not None and decided.calls:
            feed_upheld_complaint(
                desk.log, complaint_id, call_ids=decided.calls, by=desk.by, at=desk.at,
                policy=policy, reasons=decision, code=codes[0],
            )  # fmt: skip
        if late := complaint_steps.decide_breaches(decided, at=desk.at):
            desk.record(late)
    return desk.registers.complaints[complaint_id]


def record_transfer(
    store: Store, complaint_id: str, *, how: str, from_team: bool = False,
    instruction: str | None = None, **who: Any,
) -> Complaint:  # fmt: skip
    """The collector is off the case; off the team only by the bank's instruction. `who`: by,
    at, policy, keys.
    """
    return _act(
        store, complaint_id, complaint_steps.decide_transfer, how=how, from_team=from_team,
        instruction=instruction, **who,
    )  # fmt: skip


def record_satisfaction(
    store: Store, complaint_id: str, *, satisfied: bool, statement: str, **who: Any
) -> Complaint:
    """What the complainant says to the decision. `who`: by, at, policy, keys."""
    return _act(
        store, complaint_id, complaint_steps.decide_satisfied, satisfied=satisfied,
        statement=statement, **who,
    )  # fmt: skip


def resolve_complaint(
    store: Store, complaint_id: str, *, exit_approval: str | None = None,
    reason: str | None = None, **who: Any,
) -> Complaint:  # fmt: skip
    """It is settled; collection may go on. `who`: by, at, policy, keys."""
    return _act(
        store, complaint_id, complaint_steps.decide_resolve, exit_approval=exit_approval,
        reason=reason, **who,
    )  # fmt: skip


def withdraw_complaint(
    store: Store, complaint_id: str, *, said_at: datetime, statement: str, **who: Any
) -> Complaint:
    """The complainant withdrew it at `said_at`. `who`: by, at, policy, keys."""
    return _act(
        store, complaint_id, complaint_steps.decide_withdraw, said_at=said_at,
        statement=statement, **who,
    )  # fmt: skip


def archive_complaint(store: Store, complaint_id: str, *, archive: str, **who: Any) -> Complaint:
    """The file is in the archive. `who`: by, at, policy, keys."""
    return _act(store, complaint_id, complaint_steps.decide_archive, archive=archive, **who)


def file_complaint(store: Store, complaint_id: str, *, receipt: str, **who: Any) -> Complaint:
    """The bank has the file, and gave a receipt. `who`: by, at, policy, keys."""
    return _act(store, complaint_id, complaint_steps.decide_file, receipt=receipt, **who)


def close_complaint(store: Store, complaint_id: str, **who: Any) -> Complaint:
    """It is closed. `who`: by, at, policy, keys."""
    return _act(store, complaint_id, complaint_steps.decide_close, **who)


def reopen_complaint(store: Store, complaint_id: str, *, reason: str, **who: Any) -> Complaint:
    """It is taken up again; collection is paused again. `who`: by, at, policy, keys."""
    return _act(store, complaint_id, complaint_steps.decide_reopen, reason=reason, **who)


# --- reading and deadlines -------------------------------------------------------------------


def read_complaint(store: Store, complaint_id: str) -> Complaint:
    """The complaint of this id. Raises RegisterError if there is none."""
    with store.reading() as session:
        row = session.one("registers/complaint", {"complaint_id": complaint_id})
    if row is None:
        raise RegisterError(
            f"there is no complaint {complaint_id}", remedy="see `qc complaint list`"
        )
    return from_row(Complaint, row)


def complaints_as_of(store: Store, *, as_of: datetime) -> list[dict[str, Any]]:
    """Every complaint as exported, `breached` if a clock had run out by `as_of` (aware): what
    it waits for came too late, or has not come. A declined proposal has no clocks.
    """
    with store.reading() as session:
        return session.rows("registers/complaints_as_of", {"as_of": as_of})


def record_breaches(store: Store, *, keys: Path, at: datetime | None = None) -> list[NewEvent]:
    """Record every clock of a complaint that has run out by `at` (default: now) and isn't
    recorded yet; gives the events. Run again, nothing happens.
    """
    moment = check_moment(at or datetime.now(SHANGHAI))

    def due(session: Session) -> tuple[dict[str, Complaint], list[NewEvent]]:
        known = {
            row["complaint_id"]: from_row(Complaint, row)
            for row in session.rows("registers/complaints")
        }
        return known, [
            event
            for complaint in known.values()
            for event in complaint_steps.decide_breaches(complaint, at=moment)
        ]

    with store.reading() as session:
        if not due(session)[1]:
            return []
    with writing_register(store, keys=keys) as log:
        known, events = due(log.session)
        registers = Registers(complaints=known)
        entries = log.append(events)
        save(log.session, fold(registers, entries), entries)
    return events


def day_kind(policy: Policy) -> Callable[[date], str]:
    """What kind of day a date is, under the policy's holidays."""
    return partial(classify, holidays=policy.holidays)


def _act(
    store: Store, complaint_id: str, decide: _Decide, *, by: str, at: datetime, policy: Policy,
    keys: Path, with_session: bool = False, **said: Any,
) -> Complaint:  # fmt: skip
    with at_desk(store, by=by, at=at, keys=keys) as desk:
        complaint = desk.read("complaints", complaint_id)
        if with_session:
            said["session"] = desk.log.session
        events = decide(complaint, _as_act(desk, policy), **said)
        basis = f"complaint:{complaint_id}"
        flags = flags_of(desk, basis)
        desk.record(events)
        changed = desk.registers.complaints[complaint_id]
        # Whoever acts late also records what has run out besides.
        if late := complaint_steps.decide_breaches(changed, at=desk.at):
            desk.record(late)
        if changed.state in ENDED and any(flag.state == "in_force" for flag in flags):
            desk.record(lift_all(desk, basis, reason=f"投诉 {complaint_id} {changed.state}"))
        if changed.state == "reopened":
            desk.record(_paused(desk, changed, policy))
    return desk.registers.complaints[complaint_id]


def _paused(desk: Desk, complaint: Complaint, policy: Policy) -> list[NewEvent]:
    if not (complaint.case_id or complaint.phone):
        return []
    new = NewFlag(
        "complaint", f"投诉 {complaint.complaint_id}", case_id=complaint.case_id,
        phone=None if complaint.case_id else complaint.phone,
        reason="、".join(complaint.words)[:200] or None,
        basis=f"complaint:{complaint.complaint_id}", agent_id=complaint.agent_id,
    )  # fmt: skip
    return impose(desk, new, policy=policy, count=complaint.reopened)


def _as_act(desk: Desk, policy: Policy) -> Act:
    return Act(desk.by, desk.at, policy.complaints, day_kind(policy))


def _recordings(
    rows: Sequence[Mapping[str, Any]], kept: RecordingStore
) -> tuple[dict[str, str], dict[str, str]]:
    evidence, gaps = {}, {}
    for row in rows:
        call_id = row["call_id"]
        record = hashlib.sha256(row["record"].encode()).hexdigest()
        evidence[f"call_record:{call_id}"] = record
        if row["recording_sha256"] is None or row["recording_key"] is None:
            gaps[call_id] = row["state_reason"] or row["state"]
        elif not _intact(kept, row["recording_key"]):
            raise RegisterError(
                f"the recording of call {call_id} is gone or changed",
                remedy="run `qc verify`, restore it from a backup, then lock again",
            )
        else:
            evidence[f"recording:{call_id}"] = row["recording_sha256"]
    return evidence, gaps


def _intact(kept: RecordingStore, key: str) -> bool:
    try:
        return kept.verify(key)
    except RecordingUnreadable:
        return False


def _document(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RegisterError(
            f"{path} can't be read: {error.strerror}", remedy="name the document's file"
        ) from None


def _complaining_calls(session: Session) -> list[ComplainingCall]:
    known = {row["complaint_id"] for row in session.rows("registers/complaints")}
    return [
        from_row(ComplainingCall, row)
        for row in session.rows("registers/complaining_calls")
        if complaints.complaint_id_for(row["call_id"]) not in known
    ]

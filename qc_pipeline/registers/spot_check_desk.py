"""What people do with a bank's spot checks, in one transaction each; and what they measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy import Policy
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers import spot_checks
from qc_pipeline.registers.chain import MACHINE, NewEvent
from qc_pipeline.registers.complaint_links import LinkProposal, Sought, find_calls
from qc_pipeline.registers.linked_desk import Desk, at_desk, call_of
from qc_pipeline.registers.projections import from_row
from qc_pipeline.registers.spot_checks import NewSpotCheck, SpotCheck
from qc_pipeline.store.phone_numbers import phone_key
from qc_pipeline.store.store import Session, Store


@dataclass(frozen=True, slots=True)
class MissRate:
    """What banks' spot checks say of us: of `judged` questions that name a violation in scanned
    calls, `missed` we had not found. `open` can't be judged yet. Too few say nothing.
    """

    judged: int
    missed: int
    open: int
    missed_checks: tuple[str, ...]


def read_spot_check(store: Store, check_id: str) -> SpotCheck:
    """The spot check of this id. Raises RegisterError if there is none."""
    with store.reading() as session:
        row = session.one("registers/spot_check", {"check_id": check_id})
    if row is None:
        raise RegisterError(f"there is no spot check {check_id}", remedy="see the list of them")
    return from_row(SpotCheck, row)


def propose_calls(
    store: Store, check_id: str, *, policy: Policy, most: int = 20
) -> list[LinkProposal]:
    """Calls that the question may be about, the likeliest first."""
    check = read_spot_check(store, check_id)
    # A bank that names a day means any call of that day.
    until = _times_meant(check.about_at, minutes=0)[1] if check.about_at else check.received_at
    sought = Sought(
        until=until, text=check.question, case_id=check.case_id,
        phone=check.phone, agent_ids=(check.agent_id,) if check.agent_id else (),
    )  # fmt: skip
    return find_calls(store, sought, rules=policy.complaints.linking, most=most,
                      linked=check.calls)  # fmt: skip


def link_spot_check(
    store: Store, check_id: str, *, by: str, at: datetime, keys: Path, calls: Sequence[str]
) -> SpotCheck:
    """`by` says which calls the question is about; whether we had found what the bank names is
    settled from our findings made before the question came.
    """
    with at_desk(store, by=by, at=at, keys=keys) as desk:
        check = desk.read("spot_checks", check_id)
        desk.record([_link(desk, check, calls)])
    return desk.registers.spot_checks[check_id]


def link_where_certain(
    desk: Desk, new: NewSpotCheck, check_id: str, *, policy: Policy
) -> str | None:
    """Link a question that has just been entered to the call that it names; without one to the
    only call of the case and number, and of the collector if he is named, at that time.

    Gives the call. None, with nothing done, if there is no such call or more than one.
    """
    since = until = None
    if new.about_at is not None:
        since, until = _times_meant(new.about_at, minutes=policy.complaints.linking.minutes_apart)
    wanted = {
        "call_id": new.call_id, "case_id": new.case_id, "phone_key": phone_key(new.phone),
        "agent_id": new.agent_id, "since": since, "until": until,
    }  # fmt: skip
    rows = desk.log.session.rows("registers/calls_asked_about", wanted)
    if len(rows) != 1:
        return None
    call_id: str = rows[0]["call_id"]
    desk.record([_link(desk, desk.registers.spot_checks[check_id], [call_id])])
    return call_id


def _link(desk: Desk, check: SpotCheck, calls: Sequence[str]) -> NewEvent:
    session = desk.log.session
    known = [call_of(session, call_id) for call_id in dict.fromkeys(calls)]
    call_ids = [call["call_id"] for call in known]
    found = session.rows(
        "registers/found_before",
        {"call_ids": call_ids, "code": check.code, "before": check.received_at},
    )
    scanned = session.one("registers/all_scanned", {"call_ids": call_ids})
    return spot_checks.decide_link(
        check, by=desk.by, at=desk.at, calls=call_ids,
        agents=sorted({call["agent_id"] for call in known if call["agent_id"]}),
        findings=[row["finding_id"] for row in found],
        judged=bool(scanned and scanned["all_scanned"]),
    )  # fmt: skip


def _times_meant(about_at: datetime, *, minutes: int) -> tuple[datetime, datetime]:
    """Between when a call began that is said to be of `about_at`; midnight is a bare date."""
    about_at = about_at.astimezone(SHANGHAI)
    if about_at.time() == time.min:
        return about_at, datetime.combine(about_at.date(), time.max, SHANGHAI)
    apart = timedelta(minutes=minutes)
    return about_at - apart, about_at + apart


def answer_spot_check(
    store: Store, check_id: str, *, by: str, at: datetime, keys: Path, answer: str
) -> SpotCheck:
    """The answer to the bank; too late is recorded as a breach."""
    with at_desk(store, by=by, at=at, keys=keys) as desk:
        check = desk.read("spot_checks", check_id)
        desk.record(spot_checks.decide_answer(check, by=desk.by, at=desk.at, answer=answer))
    return desk.registers.spot_checks[check_id]


def close_spot_check(
    store: Store, check_id: str, *, by: str, at: datetime, keys: Path, result: str
) -> SpotCheck:
    """What the bank made of the answer."""
    with at_desk(store, by=by, at=at, keys=keys) as desk:
        check = desk.read("spot_checks", check_id)
        desk.record([spot_checks.decide_close(check, by=desk.by, at=desk.at, result=result)])
    return desk.registers.spot_checks[check_id]


def miss_rate(store: Store) -> MissRate:
    """What the banks' questions so far say about what we miss."""
    with store.reading() as session:
        rows = [row for row in session.rows("registers/spot_checks") if row["code"] is not None]
    judged = [row for row in rows if row["had_found"] is not None]
    missed = [row["check_id"] for row in judged if not row["had_found"]]
    return MissRate(len(judged), len(missed), len(rows) - len(judged), tuple(sorted(missed)))


def record_late_spot_checks(
    store: Store, *, keys: Path, at: datetime | None = None
) -> list[NewEvent]:
    """Record every question whose date has passed without an answer; gives the events."""
    moment = at or datetime.now(SHANGHAI)

    def late(session: Session) -> tuple[dict[str, SpotCheck], list[NewEvent]]:
        rows = session.rows("registers/spot_checks")
        known = {row["check_id"]: from_row(SpotCheck, row) for row in rows}
        return known, [
            event
            for check in known.values()
            for event in spot_checks.decide_breach(check, at=moment)
        ]  # fmt: skip

    with store.reading() as session:
        if not late(session)[1]:
            return []
    with at_desk(store, by=MACHINE, at=moment, keys=keys) as desk:
        known, events = late(desk.log.session)
        desk.registers.spot_checks.update(known)
        desk.record(events)
    return events

"""The contact pass: what only several call records together can show.

Set-based over the whole store: forbidden hours and holidays, dials per number, stop flags.
Judged again are the calls that came or changed since the last pass and all calls to the same
numbers; everything, when policy, flags, approvals or phones changed. A rejudged call gets the
same findings unless something it rests on differs. A dial is judged by the limits in force when
it was made; one made when none were is not judged.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from qc_pipeline.errors import PolicyError
from qc_pipeline.policy import Policy
from qc_pipeline.policy.holidays import DayKind, classify
from qc_pipeline.records import SHANGHAI, Finding
from qc_pipeline.store.batches import FINDING, TEXT, Columns, as_batch, finding_row
from qc_pipeline.store.contact_findings import (
    RULES_VERSION,
    Facts,
    Row,
    customer_findings,
    frequency_findings,
    holiday_findings,
    quiet_hours_findings,
    refusal_heard_findings,
    stop_flag_findings,
)
from qc_pipeline.store.days import call_days, with_days
from qc_pipeline.store.store import Session, Store

_ROWS_PER_TRANSACTION = 500
_Maker = Callable[[Row, Facts], Iterable[Finding]]
_DAY: Columns = {"day": pa.date32(), "kind": TEXT}
_FLAG: Columns = {"kind": TEXT, "binds": TEXT}
# When a finding was first made doesn't matter for whether it is stored as it should be.
_SAME = ("severity", "code", "rule_id", "rule_version", "responsible_party", "matched", "score")


@dataclass(frozen=True, slots=True)
class ContactPassResult:
    """What a pass did. `dials` and `without_phone` (whose frequency nobody can judge) count all
    collection dials in the store; `unknown_years` have days that no announcement covers.
    """

    judged_all: bool
    dials: int
    without_phone: int
    unknown_years: tuple[int, ...]
    written: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True)
class ContactJudgement:
    """The contact findings under some policy, by id; the other figures as in ContactPassResult."""

    findings: Mapping[str, Finding]
    dials: int
    without_phone: int
    unknown_years: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What the database says: how far it goes, each breach with what makes a finding of it, and
    the findings stored so far.
    """

    version: str
    load_number: int
    judged_all: bool
    nothing_new: bool
    dials: int
    without_phone: int
    kinds: Mapping[date, DayKind]
    breaches: tuple[tuple[_Maker, Row, Facts], ...]
    stored: Mapping[str, Row]


def run_contact_pass(store: Store, *, policy: Policy) -> ContactPassResult:
    """Bring the findings of detector `contact` up to date. Idempotent; may be killed anywhere.

    Raises HomeError if the database can't be used.
    """
    with store.reading() as session:
        evidence = _gather(session, policy, state=session.one("contact/state"))
    wanted = _wanted(evidence)
    put = _to_put(wanted, evidence)
    gone = [
        {"finding_id": name}
        for name, row in sorted(evidence.stored.items())
        if name not in wanted and not row["superseded"]
    ]
    _write(store, "load/findings_put", FINDING, put)
    _write(store, "contact/remove", {"finding_id": TEXT}, gone)
    if not evidence.nothing_new:
        # Only now: a pass killed before this judges the same calls again.
        state = {"version": evidence.version, "load_number": evidence.load_number}
        with store.writing() as session:
            session.run("contact/state_clear")
            session.run("contact/state_add", state)
    return ContactPassResult(
        judged_all=evidence.judged_all,
        dials=evidence.dials,
        without_phone=evidence.without_phone,
        unknown_years=_unknown_years(evidence),
        written=len(put),
        removed=len(gone),
    )


def judge_contacts(store: Store, *, policy: Policy) -> ContactJudgement:
    """What a pass under `policy` would find in all dials of the store, without writing it.

    Raises HomeError if the database can't be used.
    """
    with store.reading() as session:
        evidence = _gather(session, policy, state=None)
    return ContactJudgement(
        findings={name: finding for name, (finding, _) in _wanted(evidence).items()},
        dials=evidence.dials,
        without_phone=evidence.without_phone,
        unknown_years=_unknown_years(evidence),
    )


def _wanted(evidence: _Evidence) -> dict[str, tuple[Finding, Policy]]:
    """Findings by id, each with the policy in force when the call was made."""
    return {
        finding.finding_id: (finding, facts.policy)
        for make, row, facts in evidence.breaches
        for finding in make(row, facts)
    }


def _unknown_years(evidence: _Evidence) -> tuple[int, ...]:
    return tuple(sorted({day.year for day, kind in evidence.kinds.items() if kind == "unknown"}))


def _gather(session: Session, policy: Policy, *, state: Row | None) -> _Evidence:
    basis = session.rows("contact/basis")[0]
    version = _version(policy, basis)
    everything = state is None or state["version"] != version
    after = 0 if state is None else state["load_number"]
    days = [row["day"] for row in session.rows("contact/days")]
    kinds = {day: classify(day, holidays=policy.holidays) for day in days}
    session.run("contact/scope", {"everything": everything, "after": after})
    session.run("contact/dials", _relations(policy))
    tables = frozenset(name.split(":")[0] for name in basis["tables"] or ())
    return _Evidence(
        version=version,
        load_number=basis["load_number"],
        judged_all=everything,
        nothing_new=not everything and basis["load_number"] == after,
        dials=basis["dials"],
        without_phone=basis["without_phone"],
        kinds=kinds,
        breaches=tuple(
            (make, row, Facts(then, tables))
            for then in (policy, *policy.others)
            for make, row in _breaches(session, then, kinds)
            if _judged_by(policy, row["started_at"]) is then
        ),
        stored={row["finding_id"]: row for row in session.rows("contact/existing")},
    )


def _judged_by(policy: Policy, moment: datetime) -> Policy | None:
    try:
        return policy.at(moment)
    except PolicyError:
        return None


def _breaches(
    session: Session, policy: Policy, kinds: Mapping[date, DayKind]
) -> Iterator[tuple[_Maker, Row]]:
    limits = policy.contact
    windows = [
        {"opens": str(w.start), "closes": str(w.end), "severity": w.severity}
        for w in limits.quiet_hours
    ]
    for row in session.rows("contact/quiet_hours", {"windows": windows}):
        yield quiet_hours_findings, row
    holidays = [{"day": d, "kind": kind} for d, kind in kinds.items() if kind in limits.holidays]
    for row in session.rows("contact/holidays", batch=as_batch(_DAY, holidays)):
        yield holiday_findings, row
    per_number = {
        "per_day": limits.dials_per_number_per_day,
        "per_hour": limits.dials_per_number_per_hour,
        "third_party_per_day": limits.third_party_dials_per_day,
        "third_party_per_hour": limits.third_party_dials_per_hour,
    }
    for row in session.rows("contact/frequency", per_number):
        yield frequency_findings, row
    if limits.customer_talks_per_day or limits.least_minutes_between_dials or limits.flood:
        window = {"window_minutes": limits.flood.minutes if limits.flood else 1}
        for row in session.rows("contact/customer", window):
            yield customer_findings, row
    for row in session.rows("contact/refusals_heard"):
        yield refusal_heard_findings, row
    flags = [{"kind": kind, "binds": flag.binds} for kind, flag in limits.stop_flags.items()]
    for row in session.rows("contact/stop_flags", batch=as_batch(_FLAG, flags)):
        yield stop_flag_findings, row


def _to_put(
    wanted: Mapping[str, tuple[Finding, Policy]], evidence: _Evidence
) -> list[dict[str, Any]]:
    version = {
        "rules_version": f"contact-{RULES_VERSION}",
        "created_at": datetime.now(SHANGHAI),
    }
    return [
        finding_row(finding, **version, policy_version=then.version)
        for name, (finding, then) in sorted(wanted.items())
        if not _is_stored(finding, evidence.stored.get(name), then)
    ]


def _write(store: Store, query: str, columns: Columns, rows: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(rows), _ROWS_PER_TRANSACTION):
        part = rows[start : start + _ROWS_PER_TRANSACTION]
        with store.writing() as session:
            if "day" in columns:
                part = with_days(part, call_days(session, (row["call_id"] for row in part)))
            session.run(query, batch=as_batch(columns, part))


def _relations(policy: Policy) -> dict[str, list[str]]:
    """The words that phones.csv uses for people who aren't third parties, and for nobody."""
    words = {
        role: [word.strip().lower() for word in listed]
        for role, listed in policy.contact.relations.items()
    }
    own = [word for role, listed in words.items() if role != "unknown" for word in listed]
    return {"own_relations": own, "unknown_relations": list(words.get("unknown", ()))}


def _is_stored(finding: Finding, row: Row | None, policy: Policy) -> bool:
    if row is None or row["superseded"] or row["policy_version"] != policy.version:
        return False
    return (
        row["machine_status"] == finding.status
        and tuple(row["reasons"]) == finding.reasons
        and all(row[name] == getattr(finding, name) for name in _SAME)
    )


def _version(policy: Policy, basis: Row) -> str:
    # Of one policy alone the list is as it always was: a home isn't judged again for nothing.
    dated = [[each.since.isoformat(), each.version] for each in policy.others]
    rests_on = [
        RULES_VERSION, policy.version, basis["tables"], basis["cases"], basis["register_flags"],
        *dated,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(rests_on).encode()).hexdigest()[:16]

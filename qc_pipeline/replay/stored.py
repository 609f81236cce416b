"""What a replay reads from the store: calls with all that is known about them, page by page."""

from __future__ import annotations

import dataclasses
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qc_pipeline.records import (
    Approval,
    CallEvent,
    CallRecord,
    CaseFacts,
    Designation,
    EventKind,
    Finding,
    Recording,
    RepaymentAccount,
    Severity,
    Status,
)
from qc_pipeline.replay.facts import Known, KnownTables, ScanMoment
from qc_pipeline.store.batches import TEXT, as_batch, finding_of
from qc_pipeline.store.store import Batch, Session, Store

CALLS_PER_PAGE = 500
# What is said in a call that a register, or a proposal for a stop flag, rests on.
SIGNALS: tuple[EventKind, ...] = ("complaint", "emergency", "refusal", "dispute")
_RECORDING = {
    "sha256": "recording_sha256", "key": "recording_key", "container": "recording_container",
    "codec": "recording_codec", "sample_rate": "recording_sample_rate",
    "channels": "recording_channels", "duration_s": "recording_duration_s",
    "size_bytes": "recording_bytes",
}  # fmt: skip
_Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Period:
    """Calls that began at or after `since` and before `until`; None leaves that end open."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        """Whether `moment` lies in the period."""
        return (self.since is None or self.since <= moment) and (
            self.until is None or moment < self.until
        )


@dataclass(frozen=True, slots=True)
class StoredFinding:
    """A finding with the status and severity that count, beside those the machine proposed.
    One that isn't `standing` was superseded; it is kept for its verdict.
    """

    finding: Finding
    machine_status: Status
    machine_severity: Severity
    standing: bool

    @property
    def as_proposed(self) -> Finding:
        """The finding as the machine made it."""
        return dataclasses.replace(
            self.finding, status=self.machine_status, severity=self.machine_severity
        )


@dataclass(frozen=True, slots=True)
class StoppedHit:
    """A hit that a guard stopped, and why."""

    code: str
    rule_id: str
    utterance_index: int | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredCard:
    """A call's card as the store has it, scores 0 to 100 (None: unknown)."""

    machine_score: int | None
    human_score: int | None
    passed: bool | None
    critical: int


@dataclass(frozen=True, slots=True)
class StoredCall:
    """One call as the store has it. `artefact_key` None: it was never judged to the end;
    `transcript_config` None: nobody listened to it.
    """

    call: CallRecord
    first_scan_id: str | None
    state: str
    artefact_key: str | None
    rules_version: str | None
    policy_version: str | None
    transcript_config: str | None
    recording: Recording | None
    findings: tuple[StoredFinding, ...]
    stopped: tuple[StoppedHit, ...]
    signals: tuple[CallEvent, ...]
    card: StoredCard | None

    @property
    def call_id(self) -> str:
        return self.call.call_id

    @property
    def heard(self) -> bool:
        """Whether a transcript was judged."""
        return None not in (self.artefact_key, self.transcript_config, self.recording)


@dataclass(frozen=True, slots=True)
class Page:
    """Some calls, and what was ever known about their cases."""

    calls: tuple[StoredCall, ...]
    tables: KnownTables


def count_calls(store: Store, period: Period) -> int:
    """How many call records of the period there are."""
    with store.reading() as session:
        return int(session.rows("replay/count_calls", dataclasses.asdict(period))[0]["calls"])


def scan_moments(store: Store) -> tuple[ScanMoment, ...]:
    """Every scan there was, the latest first."""
    with store.reading() as session:
        rows = session.rows("replay/scans")
    return tuple(
        ScanMoment(row["scan_id"], row["started_at"], frozenset(row["tables"] or ()))
        for row in rows
    )


def stored_calls(store: Store, period: Period, *, size: int = CALLS_PER_PAGE) -> Iterator[Page]:
    """The calls of the period by time, `size` to a page; the database is free in between."""
    after: dict[str, Any] = {"after_at": None, "after_id": None}
    while True:
        with store.reading() as session:
            rows = session.rows(
                "replay/calls", {**dataclasses.asdict(period), **after, "most": size}
            )
            page = _page(session, rows) if rows else None
        if page is None:
            return
        yield page
        after = {"after_at": rows[-1]["started_at"], "after_id": rows[-1]["call_id"]}


def calls_named(store: Store, call_ids: Sequence[str]) -> Page:
    """These calls, oldest first; one that isn't there is left out."""
    batch = as_batch({"call_id": TEXT}, [{"call_id": each} for each in sorted(set(call_ids))])
    with store.reading() as session:
        return _page(session, session.rows("replay/calls_named", batch=batch))


def _page(session: Session, rows: Sequence[_Row]) -> Page:
    calls = as_batch({"call_id": TEXT}, rows)
    findings = _by_call(session, "replay/findings", calls)
    stopped = _by_call(session, "replay/suppressed", calls)
    signals = _by_call(session, "replay/signals", calls, {"kinds": list(SIGNALS)})
    cards = _by_call(session, "replay/cards", calls)
    return Page(
        calls=tuple(
            StoredCall(
                call=_call_record(row),
                first_scan_id=row["first_scan_id"],
                state=row["state"],
                artefact_key=row["artefact_key"],
                rules_version=row["rules_version"],
                policy_version=row["policy_version"],
                transcript_config=row["transcript_config"],
                recording=_recording(row),
                findings=tuple(map(_stored_finding, findings[row["call_id"]])),
                stopped=tuple(map(_stopped_hit, stopped[row["call_id"]])),
                signals=tuple(_record(CallEvent, each) for each in signals[row["call_id"]]),
                card=next((_record(StoredCard, each) for each in cards[row["call_id"]]), None),
            )
            for row in rows
        ),
        tables=_known_tables(session, rows),
    )


def _known_tables(session: Session, rows: Sequence[_Row]) -> KnownTables:
    named = {row["case_id"] for row in rows if row["case_id"] is not None}
    batch = as_batch({"case_id": TEXT}, [{"case_id": name} for name in sorted(named)])
    cases: dict[str, list[Known[CaseFacts]]] = defaultdict(list)
    for row in session.rows("replay/cases", batch=batch):
        cases[row["case_id"]].append(_known(CaseFacts, row))
    approvals: dict[str | None, list[Known[Approval]]] = defaultdict(list)
    for row in session.rows("replay/approvals", batch=batch):
        approvals[row["case_id"]].append(_known(Approval, row))
    accounts = session.rows("replay/accounts")
    designations = session.rows("replay/designations")
    return KnownTables(
        cases=cases,
        approvals=approvals,
        accounts=[_known(RepaymentAccount, row) for row in accounts],
        designations=[_known(Designation, row) for row in designations],
    )


def _by_call(
    session: Session, query: str, calls: Batch, params: _Row | None = None
) -> dict[str, list[_Row]]:
    found: dict[str, list[_Row]] = defaultdict(list)
    for row in session.rows(query, params, batch=calls):
        found[row["call_id"]].append(row)
    return found


def _record(record: type, row: _Row) -> Any:
    return record(**{field.name: row[field.name] for field in dataclasses.fields(record)})


def _known(record: type, row: _Row) -> Known[Any]:
    return Known(_record(record, row), row["known_from"], row["known_to"])


def _call_record(row: _Row) -> CallRecord:
    return _record(CallRecord, {**row, "row": 0, "extra": json.loads(row["extra"])})  # type: ignore[no-any-return]


def _recording(row: _Row) -> Recording | None:
    values = {name: row[column] for name, column in _RECORDING.items()}
    return None if None in values.values() else Recording(**values)


def _stored_finding(row: _Row) -> StoredFinding:
    return StoredFinding(
        finding=finding_of(row),
        machine_status=row["machine_status"],
        machine_severity=row["machine_severity"],
        standing=row["superseded_at"] is None,
    )


def _stopped_hit(row: _Row) -> StoppedHit:
    return StoppedHit(row["code"], row["rule_id"], row["utterance_index"], tuple(row["reasons"]))

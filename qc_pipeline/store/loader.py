"""The one way into the database: call records, reference tables, what became of each call.

Everything here may be run again at any time, also after it was killed half-way: what is there
already is left alone, what a human decided stays. Transactions are short (about 250 ms).
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from qc_pipeline.records import (
    CallRecord,
    Coverage,
    Detection,
    Recording,
    ReferenceTables,
    Transcript,
)
from qc_pipeline.store.batches import (
    CALL,
    DAY,
    EVENT,
    FINDING,
    LISTENER,
    OUTCOME,
    REFERENCE,
    TEXT,
    UTTERANCE,
    Columns,
    as_batch,
    call_row,
    content_hash,
    event_row,
    finding_row,
    listener_row,
    reference_batch,
    utterance_row,
)
from qc_pipeline.store.days import call_days, with_days
from qc_pipeline.store.store import Session, Store

CALLS_PER_TRANSACTION = 50
_RECORDS_PER_TRANSACTION = 5_000
_TRANSACTION_S = 0.25
_WAIT_S = 2.0
_SUPPRESSED: Columns = {
    name: kind for name, kind in FINDING.items() if name not in ("rules_version", "policy_version")
}
# An outcome is there already if all of these are.
_SAME = ("artefact_key", "state", "state_reason")
_Row = dict[str, Any]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """Where one call ended, and what was made of it. Without a detection only the state is
    recorded and the call counts as still to be done.
    """

    call_id: str
    coverage: Coverage
    recording: Recording | None = None
    transcript: Transcript | None = None
    detection: Detection | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many items were written, and how many were there already."""

    written: int
    unchanged: int


def start_scan(store: Store, *, manifest: str) -> str:
    """Record that a scan of `manifest` has begun; returns its id."""
    scan_id = f"S{datetime.now():%Y%m%d%H%M%S}-{uuid.uuid4().hex[:6]}"
    with store.writing() as session:
        session.run("load/scan_start", {"scan_id": scan_id, "manifest": manifest})
    return scan_id


def finish_scan(store: Store, scan_id: str, *, summary: Mapping[str, Any]) -> None:
    """Record that a scan has ended, with its figures."""
    plain = json.dumps(summary, ensure_ascii=False, default=str)
    with store.writing() as session:
        session.run("load/scan_finish", {"scan_id": scan_id, "summary": plain})


def load_calls(store: Store, calls: Iterable[CallRecord], *, scan_id: str | None = None) -> Loaded:
    """Write call records; one whose content is known already is left alone."""
    written = unchanged = 0
    pace = _Pace(most=_RECORDS_PER_TRANSACTION)
    for chunk in _chunks(calls, pace):
        rows = {call.call_id: call_row(call) for call in chunk}
        with store.reading() as session, pace.measured():
            wanted = _differing(session, rows)
        if wanted:
            with store.writing() as session, pace.measured():
                _put_calls(session, wanted, scan_id)
        written += len(wanted)
        unchanged += len(chunk) - len(wanted)
    return Loaded(written, unchanged)


def load_rejected(store: Store, rejected: Iterable[Coverage]) -> None:
    """Record manifest rows that were refused but have a call id, so that they are counted.

    A call id that is known already keeps what it has: it belongs to a good row.
    """
    rows = [_state_row(coverage) for coverage in rejected]
    if rows:
        with store.writing() as session:
            session.run("load/rejected_add", batch=as_batch(OUTCOME, rows))


def load_tables(store: Store, tables: ReferenceTables) -> tuple[str, ...]:
    """Bring the reference tables that are present to their content; returns those that changed.

    Rows are never overwritten: what is gone stops being known from now on. A table whose file
    is missing this time keeps what it had.
    """
    present = {name.removesuffix(".csv") for name in tables.present}
    with store.reading() as session:
        latest = {r["table_name"]: r["content_hash"] for r in session.rows("load/table_latest")}
    changed = []
    for table in REFERENCE:
        if table not in present:
            continue
        batch = reference_batch(table, getattr(tables, table))
        hashes = sorted(batch.column("row_hash").to_pylist())
        content = content_hash({"rows": hashes})
        if latest.get(table) == content:
            continue
        record = {"table": table, "content_hash": content, "row_count": len(hashes)}
        with store.writing() as session:
            session.run(f"tables/{table}", batch=batch)
            session.run("load/table_record", record)
        changed.append(table)
    return tuple(changed)


def load_outcomes(store: Store, outcomes: Iterable[CallOutcome]) -> Loaded:
    """Write what became of calls, in transactions of at most 50; one whose artefact key and
    state are there already is left alone.

    Findings keep their id and a human's verdict. A finding the machine no longer makes is
    deleted, or marked superseded if a human has touched it. Contact findings aren't touched.
    """
    written = unchanged = 0
    pace = _Pace(most=CALLS_PER_TRANSACTION)
    for chunk in _chunks(outcomes, pace):
        latest = {outcome.call_id: outcome for outcome in chunk}
        with store.writing() as session, pace.measured():
            count = _put_outcomes(session, latest)
        written += count
        unchanged += len(chunk) - count
    return Loaded(written, unchanged)


def load_orphans(store: Store, recordings: Iterable[str], *, folder: str = "") -> None:
    """Bring the list of recordings below `folder` that no call record names up to date.

    `recordings` are paths relative to `folder`. One that a call of another manifest names isn't
    an orphan.
    """
    found = sorted(set(recordings))
    rows = [{"recording": recording, "reason": "没有对应的通话记录"} for recording in found]
    with store.writing() as session:
        session.run("load/orphans_clear", {"folder": folder, "recordings": found})
        batch = as_batch({"recording": TEXT, "reason": TEXT}, rows)
        session.run("load/orphans_add", {"folder": folder}, batch=batch)
        session.run("load/orphans_drop_named")


def loaded_keys(store: Store) -> dict[str, str]:
    """call_id -> key of the detection artefact the database holds, for calls that are done."""
    with store.reading() as session:
        return {row["call_id"]: row["artefact_key"] for row in session.rows("load/keys")}


def recording_owners(store: Store) -> dict[str, str]:
    """sha256 of a recording -> the call that had it first."""
    with store.reading() as session:
        rows = session.rows("load/recording_owners")
    return {row["recording_sha256"]: row["call_id"] for row in rows}


def _differing(session: Session, rows: Mapping[str, _Row]) -> list[_Row]:
    found = _known("load/calls_known", session, rows)
    known = {row["call_id"]: row["record_hash"] for row in found}
    return [row for call_id, row in rows.items() if known.get(call_id) != row["record_hash"]]


def _known(query: str, session: Session, call_ids: Iterable[str]) -> list[_Row]:
    return session.rows(query, {"call_ids": list(call_ids)})


def _put_calls(session: Session, rows: list[_Row], scan_id: str | None) -> None:
    known = {row["call_id"] for row in _known("load/calls_known", session, _ids(rows))}
    added = [row for row in rows if row["call_id"] not in known]
    changed = [row for row in rows if row["call_id"] in known]
    if added:
        session.run("load/calls_add", {"scan_id": scan_id}, batch=as_batch(CALL, added))
    if changed:
        days = call_days(session, _ids(changed))
        session.run("load/calls_change", batch=as_batch(CALL, changed))
        now = call_days(session, _ids(changed))
        moved = [{"call_id": name, "day": day} for name, day in now.items() if day != days[name]]
        if moved:
            session.run("load/days_move", batch=as_batch({"call_id": TEXT, "day": DAY}, moved))


def _put_outcomes(session: Session, outcomes: Mapping[str, CallOutcome]) -> int:
    rows = {call_id: _outcome_row(outcome) for call_id, outcome in outcomes.items()}
    known = {row["call_id"]: row for row in _known("load/outcomes_known", session, rows)}
    unknown = [row for call_id, row in rows.items() if call_id not in known]
    if unknown:
        session.run("load/rejected_add", batch=as_batch(OUTCOME, unknown))
    fresh = [
        row for call_id, row in rows.items()
        if any(known.get(call_id, {}).get(name, "") != row[name] for name in _SAME)
    ]  # fmt: skip
    done = [row for row in fresh if row["artefact_key"] is not None]
    stopped = [row for row in fresh if row["artefact_key"] is None]
    replaced = [row for row in done if known.get(row["call_id"], {}).get("loaded")]
    if replaced:
        session.run("load/outcomes_clear", batch=as_batch(OUTCOME, replaced))
    if done:
        days = call_days(session, _ids(done))
        for query, columns, content in _content([outcomes[row["call_id"]] for row in done]):
            if content:
                session.run(query, batch=as_batch(columns, with_days(content, days)))
        session.run("load/outcomes_record", batch=as_batch(OUTCOME, done))
    if stopped:
        session.run("load/outcomes_record_state", batch=as_batch(OUTCOME, stopped))
    return len(fresh)


def _content(outcomes: Iterable[CallOutcome]) -> Iterator[tuple[str, Columns, list[_Row]]]:
    utterances, findings, suppressed, events, listeners = [], [], [], [], []
    for call_id, transcript, made in ((o.call_id, o.transcript, o.detection) for o in outcomes):
        spans = made.listeners if made else ()
        for utterance in transcript.utterances if transcript else ():
            utterances.append(utterance_row(call_id, utterance, spans))
        if made is None:
            continue
        version = {
            "rules_version": made.rules_version,
            "policy_version": made.policy_version,
            "created_at": made.created_at,
        }
        # The same words under the same rule are one finding, however often they are reported.
        own = {finding.finding_id: finding for finding in made.findings}
        findings += [finding_row(finding, **version) for finding in own.values()]
        suppressed += [finding_row(finding, **version) for finding in made.suppressed]
        events += [event_row(call_id, event) for event in made.events]
        listeners += [listener_row(call_id, span) for span in spans]
    yield "load/utterances_add", UTTERANCE, utterances
    yield "load/findings_put", FINDING, findings
    yield "load/suppressed_add", _SUPPRESSED, suppressed
    yield "load/events_add", EVENT, events
    yield "load/listeners_add", LISTENER, listeners


def _ids(rows: Iterable[_Row]) -> list[str]:
    return [row["call_id"] for row in rows]


def _state_row(coverage: Coverage) -> _Row:
    return {
        "call_id": coverage.call_id,
        "state": coverage.state,
        "state_reason": coverage.reason,
        "artefact_key": None,
    }


def _outcome_row(outcome: CallOutcome) -> _Row:
    row = _state_row(outcome.coverage)
    if (recording := outcome.recording) is not None:
        row |= {
            "recording_sha256": recording.sha256,
            "recording_key": recording.key,
            "recording_container": recording.container,
            "recording_codec": recording.codec,
            "recording_sample_rate": recording.sample_rate,
            "recording_channels": recording.channels,
            "recording_duration_s": recording.duration_s,
            "recording_bytes": recording.size_bytes,
        }
    if (transcript := outcome.transcript) is not None:
        row |= {
            "transcript_config": transcript.config_hash,
            "transcript_model": transcript.model,
            "role_source": transcript.role_source,
            "role_confidence": transcript.role_confidence,
            "speech_s": transcript.speech_s,
        }
    if (made := outcome.detection) is not None:
        row |= {
            "artefact_key": made.key,
            "rules_version": made.rules_version,
            "policy_version": made.policy_version,
            "finding_ids": [finding.finding_id for finding in made.findings],
        }
    return row


class _Pace:
    """How many items go into a transaction: as many as fit its time, at most `most`.

    What counts is the work on the open database; waiting for it mustn't make batches smaller.
    """

    def __init__(self, *, most: int) -> None:
        self._most = most
        self.size = min(most, CALLS_PER_TRANSACTION)

    @contextmanager
    def measured(self) -> Iterator[None]:
        began = time.monotonic()
        yield
        took = time.monotonic() - began
        if took > _TRANSACTION_S:
            self.size = max(1, self.size // 2)
        elif took < _TRANSACTION_S / 2:
            self.size = min(self._most, self.size * 2)


def _chunks(items: Iterable[_T], pace: _Pace) -> Iterator[list[_T]]:
    """`items` in lists of the pace's size; slow ones aren't kept waiting for long."""
    chunk: list[_T] = []
    began = time.monotonic()
    for item in items:
        if not chunk:
            began = time.monotonic()
        chunk.append(item)
        if len(chunk) >= pace.size or time.monotonic() - began > _WAIT_S:
            yield chunk
            chunk = []
    if chunk:
        yield chunk

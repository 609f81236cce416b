"""What a pack is made of: everything the store and the log know about one subject."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from qc_pipeline.errors import RegisterError
from qc_pipeline.records import CallRecord
from qc_pipeline.registers.chain import Head, RegisterEvent
from qc_pipeline.registers.log import chain_id_of, last_event
from qc_pipeline.replay.facts import FactsThen
from qc_pipeline.replay.plan import facts_of
from qc_pipeline.replay.stored import calls_named, scan_moments
from qc_pipeline.store.store import Session, Store

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Subject:
    """What the pack is about: a finding, a case or a complaint, with its findings and calls.
    `whole_calls` are calls of which every standing finding belongs to it.
    """

    kind: Literal["finding", "case", "complaint"]
    id: str
    finding_ids: tuple[str, ...]
    call_ids: tuple[str, ...]
    whole_calls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Material:
    """Rows as the store has them, in order of time. `facts` are those each call was judged by;
    a call that nobody heard has none. `head` is where the log ended when this was read.
    """

    subject: Subject
    calls: tuple[CallRecord, ...]
    findings: tuple[Row, ...]
    suppressed: tuple[Row, ...]
    utterances: tuple[Row, ...]
    recordings: tuple[Row, ...]
    facts: Mapping[str, FactsThen]
    entries: tuple[RegisterEvent, ...]
    head: Head | None


def gather(store: Store, subject_id: str) -> Material:
    """Everything about the finding, case or complaint of this id.

    Raises RegisterError if there is none, HomeError if the store can't be read.
    """
    with store.reading() as session:
        subject = _subject(session, subject_id)
        calls: Row = {"call_ids": list(subject.call_ids)}
        findings = session.rows(
            "evidence/findings",
            {"finding_ids": list(subject.finding_ids), "whole_calls": list(subject.whole_calls)},
        )
        suppressed = session.rows("evidence/suppressed", calls)
        utterances = session.rows("evidence/utterances", calls)
        recordings = session.rows("evidence/recordings", calls)
        entries = _entries(session, subject, [row["finding_id"] for row in findings])
        head = _head(session)
    moments = scan_moments(store)
    page = calls_named(store, subject.call_ids)
    facts = {
        stored.call_id: facts_of(stored, stored.recording, tables=page.tables, moments=moments)
        for stored in page.calls
        if stored.recording is not None and stored.heard
    }
    return Material(
        subject=subject,
        calls=tuple(stored.call for stored in page.calls),
        findings=tuple(findings),
        suppressed=tuple(suppressed),
        utterances=tuple(utterances),
        recordings=tuple(recordings),
        facts=facts,
        entries=entries,
        head=head,
    )


def _subject(session: Session, subject_id: str) -> Subject:
    wanted = {"id": subject_id}
    if row := session.one("evidence/finding_of", wanted):
        return Subject("finding", subject_id, (subject_id,), (row["call_id"],))
    if row := session.one("evidence/case_of", wanted):
        return Subject("case", subject_id, tuple(row["findings"]), (row["call_id"],))
    if row := session.one("evidence/complaint_of", wanted):
        calls = tuple(row["calls"])
        return Subject("complaint", subject_id, (), calls, whole_calls=calls)
    raise RegisterError(
        f"there is no finding, case or complaint {subject_id}",
        remedy="see `qc review list`, `qc case list`, `qc complaint list`",
    )


def _entries(
    session: Session, subject: Subject, finding_ids: Sequence[str]
) -> tuple[RegisterEvent, ...]:
    """Entries about the subject and its findings, and about whatever they are named in: the case
    of a finding, the appeal against a case.
    """
    named = sorted({subject.id, *finding_ids})
    near = session.rows("evidence/entries", {"subjects": named, "named": named})
    subjects = sorted({*named, *(row["subject"] for row in near)})
    rows = session.rows("evidence/entries", {"subjects": subjects, "named": named})
    return tuple(RegisterEvent(**row) for row in rows)


def _head(session: Session) -> Head | None:
    last, chain_id = last_event(session), chain_id_of(session)
    if last is None or chain_id is None:
        return None
    return Head(chain_id=chain_id, home="", seq=last.seq, hash=last.hash)

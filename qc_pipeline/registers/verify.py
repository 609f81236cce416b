"""Does the home folder still hold what was put there? Reads only; changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qc_pipeline.errors import RecordingUnreadable, RegisterError
from qc_pipeline.intake.recording_store import LocalRecordingStore, RecordingStore
from qc_pipeline.records import Problem
from qc_pipeline.registers.access_log import verify_accesses
from qc_pipeline.registers.chain import (
    RegisterEvent,
    earlier_heads,
    read_head,
    read_key,
    verify_chain,
)
from qc_pipeline.registers.log import chain_id_of, read_events
from qc_pipeline.registers.projections import differences
from qc_pipeline.store.artefacts import (
    detection_path,
    read_detection,
    read_transcript,
    transcript_path,
)
from qc_pipeline.store.store import Session, Store

_RESTORE = "restore the database from a backup; keep this one as evidence"


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What was found. `notices` deserve a look but are no faults; `checked` counts by kind."""

    problems: tuple[Problem, ...]
    notices: tuple[str, ...]
    checked: Mapping[str, int]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def verify_home(
    store: Store, *, keys: Path, recordings: RecordingStore | None = None
) -> VerifyReport:
    """Check the register's chain and the access log, the projections against a replay, the bytes
    of every kept recording against its name, and that every artefact can be read.

    `recordings` defaults to the home's own folder. Raises HomeError if there is no database.
    """
    problems: list[Problem] = []
    with store.reading() as session:
        entries = read_events(session)
        chain_id = chain_id_of(session)
        wrong_rows = _wrong_rows(session, entries)
        recording_keys = [row["recording_key"] for row in session.rows("registers/recording_keys")]
        detections = [
            detection_path(store.home, row["call_id"], row["artefact_key"])
            for row in session.rows("registers/detection_keys")
        ]
        expected = {
            transcript_path(store.home, row["recording_sha256"], row["transcript_config"])
            for row in session.rows("registers/transcript_keys")
        }
    # The rest reads files: the database need not wait for it.
    problems += _chain_problems(entries, chain_id=chain_id, keys=keys)
    problems += wrong_rows
    kept = recordings or LocalRecordingStore(store.home / "recordings")
    for key in recording_keys:
        problems += _recording_problems(kept, key)
    transcripts = sorted(expected | set((store.home / "transcripts").glob("*/*.json")))
    problems += [_damaged(path) for path in transcripts if read_transcript(path) is None]
    problems += [_damaged(path) for path in detections if read_detection(path) is None]
    accesses, wrong_access = verify_accesses(store.home, keys=keys)
    if wrong_access is not None:
        problems.append(Problem("access log", str(wrong_access), "restore it from a backup"))
    checked = {
        "register_entries": len(entries),
        "accesses": accesses,
        "recordings": len(recording_keys),
        "transcripts": len(transcripts),
        "detections": len(detections),
    }
    notices = _earlier_chains(store.home, chain_id=chain_id, keys=keys)
    return VerifyReport(tuple(problems), tuple(notices), checked)


def _chain_problems(
    entries: Sequence[RegisterEvent], *, chain_id: str | None, keys: Path
) -> list[Problem]:
    if chain_id is None and not entries:
        return []
    try:
        key = read_key(keys)
        head = read_head(keys, chain_id) if chain_id else None
    except RegisterError as error:
        return [Problem("register", error.what, error.remedy)]
    if key is None:
        return [Problem("register", f"there is no key in {keys}", "set QC_KEYS, or restore it")]
    found = verify_chain(entries, key=key, chain_id=chain_id, head=head)
    return [Problem("register", str(found), _RESTORE)] if found else []


def _wrong_rows(session: Session, entries: Sequence[RegisterEvent]) -> list[Problem]:
    try:
        lines = differences(session, entries)
    except (RegisterError, KeyError, TypeError, ValueError) as error:
        return [Problem("register", f"the log can't be replayed: {error}", _RESTORE)]
    return [Problem("register", line, "restore the database from a backup") for line in lines]


def _recording_problems(kept: RecordingStore, key: str) -> list[Problem]:
    try:
        if kept.verify(key):
            return []
        what = "missing, or its bytes are not the ones that were kept"
    except RecordingUnreadable as error:
        what = error.what
    return [Problem(f"recording {key}", what, "restore it from a backup")]


def _damaged(path: Path) -> Problem:
    where = f"{path.parent.parent.name}/{path.parent.name}/{path.name}"
    return Problem(where, "missing or damaged", "run `qc scan` again: it is made anew")


def _earlier_chains(home: Path, *, chain_id: str | None, keys: Path) -> list[str]:
    try:
        heads = earlier_heads(keys, home=str(home.resolve()), chain_id=chain_id)
    except RegisterError as error:
        return [str(error)]
    return [
        f"another register in {head.home} reached entry {head.seq}: unless this home was started "
        "afresh, the database was replaced"
        for head in heads
    ]

"""Tables and transcripts out of the store, masked unless asked otherwise.

What is exported is one moment's content: it is copied aside in one short session, then masked
and written without holding the database.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO

import pyarrow as pa

from qc_pipeline.errors import HomeError, UsageError
from qc_pipeline.store.export_formats import TABLE_FORMATS, writer
from qc_pipeline.store.masks import mask_number, mask_reference, mask_text
from qc_pipeline.store.store import Batch, Session, Store
from qc_pipeline.store.subtitles import TRANSCRIPT_FORMATS, Turn, write_all, write_each

Mask = Callable[[str], str]
Reading = Callable[[], AbstractContextManager[Session]]
_EXTRA = "extra"
_SPOKEN: Mapping[str, Mask] = {
    "utterance": mask_text, "matched": mask_text, "reasons": mask_text,
}  # fmt: skip
# Which columns of each table may hold personal numbers. Identifiers are left readable.
_MASKS: Mapping[str, Mapping[str, Mask]] = {
    "calls": {
        "phone": mask_number, "agent_note": mask_text, "recording": mask_reference,
        _EXTRA: mask_text,
    },
    "utterances": {"text": mask_text, "raw_text": mask_text},
    "corrections": {"recognised": mask_text, "text": mask_text},
    "findings": _SPOKEN,
    "suppressed": _SPOKEN,
    "scores": {},
    "acoustics": {},
    "utterance_acoustics": {},
    "coverage": {"reason": mask_reference},
    "orphans": {"recording": mask_reference},
    "discipline": {"consequences": mask_reference, "open_points": mask_reference},
    "appeals": {"grounds": mask_text, "late_cause": mask_text, "reasons": mask_text},
    "coaching": {"action": mask_text, "report": mask_text, "result": mask_text},
    "stand_downs": {"reason": mask_text, "lift_reason": mask_text},
    "complaints": {
        "words": mask_text, "phone": mask_number, "complainant": mask_text, "reply": mask_text,
        "preliminary": mask_text, "decision": mask_text, "satisfaction": mask_text,
    },
    "flags": {"phone": mask_number, "reason": mask_text, "decision_note": mask_text,
              "lift_reason": mask_text},
    "disputes": {"phone": mask_number, "about": mask_text, "decision": mask_text},
    "emergencies": {"words": mask_text, "note": mask_text, "steps": mask_text,
                    "sign_note": mask_text},
    "objections": {"text": mask_text, "answer": mask_text},
    "promises": {"words": mask_text},
    "spot_checks": {"phone": mask_number, "question": mask_text, "answer": mask_text},
    "audit": {"subject": mask_reference, "payload": mask_reference},
    "verdicts": {"text": mask_text, "prev": mask_text},
}  # fmt: skip
_TRANSCRIPT_MASKS: Mapping[str, Mask] = {
    **_MASKS["utterances"], "corrected_text": mask_text,
}  # fmt: skip
TABLES = tuple(_MASKS)
OF_REGISTERS = (
    "discipline", "appeals", "coaching", "stand_downs", "complaints", "flags", "disputes",
    "emergencies", "objections", "promises", "spot_checks", "corrections", "audit",
)  # fmt: skip
"""The tables that a register's log makes: they can be had as of a past moment."""


def export_table(
    store: Store, table: str, *, format: str, target: Path | BinaryIO, unmasked: bool = False,
    reading: Reading | None = None,
) -> int:  # fmt: skip
    """Write `table` (one of TABLES) as `format` (jsonl, csv, parquet, xlsx); returns its rows.

    `reading` opens the session to read in, default: the store as it is now.

    A file appears whole or not at all. Times are ISO 8601 with their offset. Raises UsageError
    for an unknown table or format or an unwritable target, HomeError if the store can't be read.
    """
    if table not in TABLES:
        raise UsageError(f"no table {table}", remedy=f"choose one of {', '.join(TABLES)}")
    if format not in TABLE_FORMATS:
        raise UsageError(f"no format {format}", remedy=f"choose one of {', '.join(TABLE_FORMATS)}")
    masks = {} if unmasked else _MASKS[table]
    count = 0
    with _copied(store, table, reading) as (reader, extra_names), _opened(target) as file:
        shape = _Shape(reader.schema, extra_names, masks)
        with writer(format, file, title=table, schema=shape.schema) as write:
            for batch in reader:
                write(shape.apply(batch))
                count += batch.num_rows
    return count


def export_transcripts(
    store: Store, *, format: str, target: Path | BinaryIO, unmasked: bool = False
) -> int:
    """Write the transcripts as vtt, srt or json; returns how many calls.

    A folder (an existing one, or a path without a suffix) gets one file per call; a file or
    stream gets them all, one call after the other. Raises as `export_table` does.
    """
    if format not in TRANSCRIPT_FORMATS:
        known = ", ".join(TRANSCRIPT_FORMATS)
        raise UsageError(f"no format {format}", remedy=f"choose one of {known}")
    masks = {} if unmasked else _TRANSCRIPT_MASKS
    with _copied(store, "transcripts") as (reader, _):
        turns = _turns(reader, masks)
        if isinstance(target, Path) and (target.is_dir() or not target.suffix):
            with _writable(target):
                return write_each(format, turns, folder=target)
        with _opened(target) as file:
            return write_all(format, turns, file=file)


class _Shape:
    """How stored batches become exported ones: masked, the dialler's own columns spread out."""

    def __init__(self, schema: Any, extra_names: list[str], masks: Mapping[str, Mask]) -> None:
        self._masks = masks
        own = [field for field in schema if field.name != _EXTRA]
        taken = {field.name for field in own}
        self._extra = {n: f"manifest_{n}" if n in taken else n for n in extra_names}
        spread = [pa.field(shown, pa.string()) for shown in self._extra.values()]
        self.schema = pa.schema([*own, *spread])

    def apply(self, batch: Batch) -> Batch:
        columns = {name: batch.column(name) for name in batch.schema.names}
        extra = columns.pop(_EXTRA, None)
        for name, mask in self._masks.items():
            if name in columns:
                columns[name] = _masked(columns[name], mask)
        if extra is not None:
            mask = self._masks.get(_EXTRA, str)
            rows = [json.loads(text) for text in extra.to_pylist()]
            for name, shown in self._extra.items():
                values = [mask(row[name]) if name in row else None for row in rows]
                columns[shown] = pa.array(values, pa.string())
        return pa.record_batch([columns[name] for name in self.schema.names], self.schema)


def _masked(column: Any, mask: Mask) -> Any:
    values = [
        [mask(item) for item in value] if isinstance(value, list)
        else None if value is None else mask(value)
        for value in column.to_pylist()
    ]  # fmt: skip
    return pa.array(values, column.type)


@contextmanager
def _copied(
    store: Store, table: str, reading: Reading | None = None
) -> Iterator[tuple[Any, list[str]]]:
    """A reader over a copy of `table`, and the names of the extra columns; the copy has no
    name on the disk, so nothing is left of it whatever happens.
    """
    with store.reading():
        pass  # a home without a database is refused before anything is written into it
    with _spool(store.home) as spool:
        with (reading or store.reading)() as session:
            names = _extra_names(session) if table == "calls" else []
            reader = session.reader(f"export/{table}")
            with pa.ipc.new_stream(spool, reader.schema) as copy:
                for batch in reader:
                    copy.write_batch(batch)
        spool.seek(0)
        with pa.ipc.open_stream(spool) as reader:
            yield reader, names


def _spool(home: Path) -> IO[bytes]:
    try:
        return tempfile.TemporaryFile(dir=home)
    except OSError as error:
        raise HomeError(
            f"{home}: {error.strerror}", remedy="an export needs the home folder writable"
        ) from error


def _extra_names(session: Session) -> list[str]:
    return [row["name"] for row in session.rows("export/extra_names")]


def _turns(reader: Any, masks: Mapping[str, Mask]) -> Iterator[Turn]:
    for batch in reader:
        for row in batch.to_pylist():
            for name, mask in masks.items():
                row[name] = None if row[name] is None else mask(row[name])
            yield row


@contextmanager
def _opened(target: Path | BinaryIO) -> Iterator[BinaryIO]:
    """The target as a file; one with a name appears under it only when it is whole."""
    if not isinstance(target, Path):
        yield target
        return
    temporary = target.with_name(f".{target.name}.part")
    with _writable(target):
        try:
            with temporary.open("wb") as file:
                yield file
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def _writable(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"{target} can't be written: {error.strerror}", remedy="choose another -o"
        ) from error

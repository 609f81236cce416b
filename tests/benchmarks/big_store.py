"""A store as big as a year's: a million calls, twenty million utterances, three million findings.

`big_store.sql` makes it inside the database, so it has no log of verdicts (`qc verify` would say
so) and no recordings. Transcripts lie on the disk for the calls that are going to be opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import duckdb

from qc_pipeline.records import Transcript, Utterance, Word
from qc_pipeline.store.artefacts import transcript_path, write_transcript
from qc_pipeline.store.store import DATABASE, Store

_SQL = Path(__file__).with_name("big_store.sql")
_MEMORY = "4GB"


def fill(store: Store, calls: int) -> None:
    """Make `calls` calls with what belongs to them, unless the store holds some already."""
    store.migrate()
    with closing(duckdb.connect(store.home / DATABASE)) as connection:
        connection.execute("SET TimeZone = 'Asia/Shanghai'")
        connection.execute(f"SET memory_limit = '{_MEMORY}'")
        if connection.execute("SELECT count(*) FROM calls").fetchall() != [(0,)]:
            return
        connection.execute(f"SET VARIABLE calls = {calls}")
        connection.execute(_SQL.read_text("utf-8")).fetchall()


def size(store: Store) -> dict[str, int]:
    """Rows of the tables that grow with the calls."""
    with closing(duckdb.connect(store.home / DATABASE, read_only=True)) as connection:
        return {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
            for table in ("calls", "utterances", "findings", "call_tasks")
        }


def calls_to_open(store: Store, most: int) -> list[str]:
    """Calls with something to decide from all over the year, their transcripts put on the disk."""
    with closing(duckdb.connect(store.home / DATABASE, read_only=True)) as connection:
        rows = connection.execute(
            "SELECT call_id, recording_sha256, transcript_config, utterances.* EXCLUDE (call_id)"
            " FROM utterances JOIN calls USING (call_id) WHERE call_id IN"
            " (SELECT call_id FROM call_tasks ORDER BY md5(call_id) LIMIT ?)"
            " ORDER BY call_id, index",
            [most],
        )
        names = [column[0] for column in rows.description or []]
        lines: dict[str, list[dict]] = {}
        for values in rows.fetchall():
            row = dict(zip(names, values, strict=True))
            lines.setdefault(row["call_id"], []).append(row)
    for of_call in lines.values():
        _write(store.home, of_call)
    return list(lines)


def _write(home: Path, lines: Sequence[dict]) -> None:
    sha256, config = lines[0]["recording_sha256"], lines[0]["transcript_config"]
    transcript = Transcript(
        recording_sha256=sha256, config_hash=config, model="invented", language="zh",
        duration_s=lines[-1]["end_s"], channels=2, speech_s=len(lines) * 3.0,
        utterances=tuple(_utterance(line) for line in lines), role_source="channel_map",
        role_confidence=1.0,
    )  # fmt: skip
    write_transcript(transcript_path(home, sha256, config), transcript)


def _utterance(line: dict) -> Utterance:
    text, start, share = line["text"], line["start_s"], 3.2 / len(line["text"])
    words = tuple(
        Word(n, min(n + 2, len(text)), round(start + n * share, 3),
             round(start + min(n + 2, len(text)) * share, 3), 0.9)
        for n in range(0, len(text), 2)
    )  # fmt: skip
    return Utterance(
        index=line["index"], speaker=line["speaker"], start_s=start, end_s=line["end_s"],
        text=text, raw_text=text, confidence=line["confidence"], channel=line["channel"],
        words=words,
    )  # fmt: skip

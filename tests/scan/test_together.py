"""Calls worked on together end as they would alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from rapidfuzz.distance import Levenshtein

from qc_pipeline.records import SHANGHAI, CallContext, CallRecord, Recording
from qc_pipeline.scan.night import ScanRequest
from qc_pipeline.scan.run import scan
from qc_pipeline.scan.together import batches, calls_at_once, process_together
from qc_pipeline.scan.work import WorkItem, open_workbench
from qc_pipeline.settings import Settings
from qc_pipeline.store.artefacts import read_transcript
from tests.scan.conftest import Row, write_manifest

Home = Callable[[str], Settings]


def item(number: int, duration_s: float) -> WorkItem:
    call = CallRecord(
        call_id=f"c{number}", started_at=datetime(2026, 10, 1, 9, tzinfo=SHANGHAI), agent_id="A1",
        row=number,
    )  # fmt: skip
    recording = Recording(f"{number:064d}", f"{number}.wav", "wav", "pcm", 8000, 2, duration_s, 1)
    return WorkItem(CallContext(call), recording, None, None, (), "f" * 16, "k")


def test_batches_are_full_but_hold_no_more_sound_than_memory_should() -> None:
    short = [item(n, 60.0) for n in range(10)]
    assert [len(batch) for batch in batches(short, most=4)] == [4, 4, 2]
    long = [item(n, 1200.0) for n in range(3)]
    assert [len(batch) for batch in batches(long, most=4)] == [1, 1, 1]
    assert [i for batch in batches(short, most=3) for i in batch] == short
    assert list(batches([], most=4)) == []


def test_few_calls_are_spread_over_the_workers(settings_in: Home) -> None:
    settings = settings_in("home")
    assert settings.speech.calls_at_once == 4
    sizes = [calls_at_once(n, jobs=2, settings=settings) for n in (0, 1, 4, 5, 16, 1000)]
    assert sizes == [1, 1, 1, 2, 4, 4]


@pytest.mark.slow
def test_together_as_alone_and_a_fault_stays_with_its_call(
    recordings: Path, rows: list[Row], tmp_path: Path, settings_in: Home
) -> None:
    apart = settings_in("apart")
    scan(ScanRequest(write_manifest(tmp_path, rows), recordings=recordings), settings=apart)
    transcripts = {
        path.relative_to(apart.home): path for path in apart.home.glob("transcripts/*/*.json")
    }
    assert len(transcripts) == 3

    together = apart.model_copy(update={"home": tmp_path / "together"})
    (together.home / "recordings").parent.mkdir()
    (together.home / "recordings").symlink_to(apart.home / "recordings")
    kept = sorted(
        str(path.relative_to(apart.home / "recordings"))
        for path in (apart.home / "recordings").rglob("*") if path.is_file()
    )  # fmt: skip
    work = []
    for path in transcripts:
        sha256 = path.parent.name
        key = next(name for name in kept if sha256[:8] in name)
        known = item(len(work), 15.0)
        recording = Recording(sha256, key, "wav", "pcm", 16000, 2, 15.0, 1)
        call = CallRecord(
            call_id=f"c{len(work)}", started_at=known.context.call.started_at, agent_id="A1",
            row=1, channels="agent,customer",
        )  # fmt: skip
        work.append(WorkItem(CallContext(call), recording, None, None, (), path.stem, "k"))
    lost = item(9, 15.0)
    *done, fault = process_together((*work, lost), bench=open_workbench(together))
    assert all(not isinstance(each, Exception) and each.decoded for each in done)
    assert isinstance(fault, Exception) or fault.coverage.state == "unreadable"
    for path, original in transcripts.items():
        in_batch, alone = (read_transcript(file) for file in (together.home / path, original))
        assert in_batch
        assert alone
        # Not their bytes: on some processors last digits hang on what shares the batch.
        for speaker in ("agent", "customer"):
            texts = [
                "".join(u.text for u in each.utterances if u.speaker == speaker)
                for each in (in_batch, alone)
            ]
            assert Levenshtein.normalized_similarity(*texts) >= 0.7

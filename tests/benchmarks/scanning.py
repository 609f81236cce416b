"""The whole scan beside faster-whisper's own `transcribe` on the same recordings.

Peer: `faster_whisper.WhisperModel(..., cpu_threads=2).transcribe(language="zh")`, everything
else default, per channel, decoding only. Ours: intake, recognition, detection, loading, contact
pass and scoring. Same model, same audio, same machine, turn about, median of three."""

from __future__ import annotations

import csv
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz.distance import Levenshtein

from qc_pipeline.intake.decode import decode_audio
from qc_pipeline.reports.evaluate import content, evaluate
from qc_pipeline.reports.stored import stored_utterances
from qc_pipeline.reports.truth import Truth, read_truths
from qc_pipeline.scan.night import ScanRequest
from qc_pipeline.scan.run import scan
from qc_pipeline.settings import load_settings
from qc_pipeline.speech.models import get_model
from qc_pipeline.store.store import Store

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
CALLS = ("s01", "s04", "s08", "s11", "s14", "s16")
ROUNDS = 3


def main() -> None:
    """Print speed and character error rate of both, and the ratios."""
    model = str(get_model("base"))
    truths = [t for t in read_truths(SAMPLES / "truth") if t.call_id in CALLS]
    seconds = sum(decode_audio(SAMPLES / f"{call}.ogg").duration_s for call in CALLS)
    peers, ours = [], []
    peer_rate = our_rate = 0.0
    for _ in range(ROUNDS):
        peer_rate, took = _timed(lambda: _peer(model, truths))
        peers.append(took)
        our_rate, took = _timed(lambda: _ours(truths))
        ours.append(took)
    peer, our = statistics.median(peers), statistics.median(ours)
    print(f"{len(CALLS)} sample calls (synthetic speech), {seconds:.0f} s, "
          f"{os.cpu_count()} cores, median of {ROUNDS}")  # fmt: skip
    print(f"  faster-whisper transcribe: {seconds / peer:5.1f}x real time, CER {peer_rate:.3f}")
    print(f"  qc scan, everything:       {seconds / our:5.1f}x real time, CER {our_rate:.3f}")
    print(f"  ratio: {peer / our:.2f} times as fast, {our_rate / peer_rate:.2f} of the errors")


def _timed(work: Callable[[], float]) -> tuple[float, float]:
    began = time.perf_counter()
    result = work()
    return result, time.perf_counter() - began


def _peer(model: str, truths: list[Truth]) -> float:
    from faster_whisper import WhisperModel

    whisper: Any = WhisperModel(model, device="cpu", compute_type="int8", cpu_threads=2)
    edits = characters = 0
    for truth in truths:
        audio = decode_audio(SAMPLES / f"{truth.call_id}.ogg")
        for channel, role in enumerate(("agent", "customer")):
            segments, _ = whisper.transcribe(
                np.ascontiguousarray(audio.samples[channel]), language="zh"
            )
            heard = content("".join(segment.text for segment in segments))
            reference = content("".join(t.text for t in truth.turns if t.speaker == role))
            edits += Levenshtein.distance(reference, heard)
            characters += len(reference)
    return edits / characters


def _ours(truths: list[Truth]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        os.environ["QC_KEYS"] = str(Path(folder) / "keys")
        manifest = Path(folder) / "manifest.csv"
        with (SAMPLES / "manifest.csv").open(encoding="utf-8") as source:
            rows = [row for row in csv.DictReader(source) if row["call_id"] in CALLS]
        with manifest.open("w", encoding="utf-8", newline="") as target:
            writer = csv.DictWriter(target, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        request = ScanRequest(manifest, tables=SAMPLES, recordings=SAMPLES)
        scan(request, settings=load_settings(home=home))
        utterances = stored_utterances(Store(home), [truth.call_id for truth in truths])
    result = evaluate(truths, utterances=utterances, findings={})
    return result.character_error_rate


if __name__ == "__main__":
    main()

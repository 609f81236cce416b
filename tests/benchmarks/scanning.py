"""The whole scan beside faster-whisper's own `transcribe` on the same recordings.

    python -m tests.benchmarks.scanning            # all sample calls, median of three
    python -m tests.benchmarks.scanning s01,s05    # only these

Peer: `faster_whisper.WhisperModel(..., cpu_threads=2).transcribe(language="zh")`, everything
else default, per channel, decoding only. Ours: intake, recognition, detection, loading, contact
pass and scoring. Same model, same audio, same machine, turn about, median of three. What
isn't recognition is timed by a second scan that finds the transcripts made.
"""

from __future__ import annotations

import csv
import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
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
ROUNDS = 3


def main(calls: Sequence[str] = ()) -> None:
    """Print speed and character error rate of both, the ratios, and what isn't recognition."""
    model = str(get_model("base"))
    truths = [t for t in read_truths(SAMPLES / "truth") if not calls or t.call_id in calls]
    seconds = sum(decode_audio(SAMPLES / f"{t.call_id}.ogg").duration_s for t in truths)
    peers, ours, rests, processor = [], [], [], []
    peer_rate = our_rate = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(ROUNDS):
            peer_rate, took = _timed(lambda: _peer(model, truths))
            peers.append(took)
            home = Path(folder) / f"home-{number}"
            before = _processor_s()
            _, took = _timed(lambda home=home: _scan(truths, home))
            ours.append(took)
            processor.append(_processor_s() - before)
            our_rate = _error_rate(truths, home)
            again = Path(folder) / f"again-{number}"
            shutil.copytree(home / "transcripts", again / "transcripts")
            _, took = _timed(lambda again=again: _scan(truths, again))
            rests.append(took)
            print(f"  round {number + 1}: peer {peers[-1]:.1f} s, scan {ours[-1]:.1f} s, "
                  f"without recognition {rests[-1]:.1f} s", flush=True)  # fmt: skip
    peer, our, rest = (statistics.median(times) for times in (peers, ours, rests))
    print(f"{len(truths)} sample calls (synthetic speech), {seconds:.0f} s, "
          f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, median of {ROUNDS}")  # fmt: skip
    print(f"  faster-whisper transcribe: {seconds / peer:5.1f}x real time, CER {peer_rate:.3f}")
    print(f"  qc scan, everything:       {seconds / our:5.1f}x real time, CER {our_rate:.3f}")
    print(f"  ratio: {peer / our:.2f} times as fast, {our_rate / peer_rate:.2f} of the errors")
    print(f"  everything but recognition: {rest / our:.1%} of the scan")
    print(f"  an hour of calls: {3600 * statistics.median(processor) / seconds:.0f} s of processor")


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    result = work()
    return result, time.perf_counter() - began


def _processor_s() -> float:
    """Processor time of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


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


def _scan(truths: list[Truth], home: Path) -> None:
    os.environ["QC_KEYS"] = str(home.parent / "keys")
    names = {truth.call_id for truth in truths}
    manifest = home.parent / "manifest.csv"
    with (SAMPLES / "manifest.csv").open(encoding="utf-8") as source:
        rows = [row for row in csv.DictReader(source) if row["call_id"] in names]
    with manifest.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    request = ScanRequest(manifest, tables=SAMPLES, recordings=SAMPLES)
    scan(request, settings=load_settings(home=home))


def _error_rate(truths: list[Truth], home: Path) -> float:
    utterances = stored_utterances(Store(home), [truth.call_id for truth in truths])
    return evaluate(truths, utterances=utterances, findings={}).character_error_rate


if __name__ == "__main__":
    main(sys.argv[1].split(",") if len(sys.argv) > 1 else ())

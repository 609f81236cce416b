"""Character error rate, speed and word times of recognition settings on the sample calls.

    python -m tests.speech.measure                       # the defaults
    python -m tests.speech.measure beam_size=2 window_s=10
    python -m tests.speech.measure --calls s01,s05 prompt=

One process, one thread unless `threads=` is set; speed is seconds of call per second of
processor time (all threads), so that other work on the machine disturbs it little.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import yaml

from qc_pipeline.intake.decode import decode_audio
from qc_pipeline.records import Transcript
from qc_pipeline.reports.evaluate import Evaluation, evaluate
from qc_pipeline.reports.truth import Truth, read_truths
from qc_pipeline.settings import SpeechSettings
from qc_pipeline.speech.recognise import load_transcriber, recognise

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
TOLERANCE_S = 0.5


def measure(truths: tuple[Truth, ...], settings: SpeechSettings) -> tuple[Evaluation, float, float]:
    """(evaluation, speed, share of collector's utterances inside their true turn)."""
    transcriber = load_transcriber(settings)
    warmed_up = False
    transcripts: dict[str, Transcript] = {}
    spent = heard = 0.0
    for truth in truths:
        audio = decode_audio(SAMPLES / f"{truth.call_id}.ogg")
        for _ in range(1 if warmed_up else 2):
            started = time.process_time()
            transcripts[truth.call_id] = recognise(
                audio, recording_sha256="", channels="agent,customer", transcriber=transcriber,
                settings=settings,
            )  # fmt: skip
            took = time.process_time() - started
        warmed_up = True
        spent += took
        heard += audio.duration_s
    evaluation = evaluate(
        truths, utterances={name: t.utterances for name, t in transcripts.items()}, findings={}
    )
    inside = [
        _inside_its_turn(utterance.start_s, utterance.end_s, truth)
        for truth in truths
        for utterance in transcripts[truth.call_id].utterances
        if utterance.speaker == "agent"
    ]
    return evaluation, heard / spent, sum(inside) / len(inside)


def _inside_its_turn(start_s: float, end_s: float, truth: Truth) -> bool:
    return any(
        turn.start_s - TOLERANCE_S <= start_s and end_s <= turn.end_s + TOLERANCE_S
        for turn in truth.turns
        if turn.speaker == "agent"
    )


def main() -> None:
    """Measure the settings given on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", help="call ids with commas; default all sample calls")
    parser.add_argument("settings", nargs="*", help="name=value of speech settings")
    given = parser.parse_args()
    values: dict[str, Any] = {
        name: yaml.safe_load(value)
        for name, value in (pair.split("=", 1) for pair in given.settings)
    }
    values = {name: "" if value is None else value for name, value in values.items()}
    truths = read_truths(SAMPLES / "truth")
    if given.calls:
        truths = tuple(t for t in truths if t.call_id in given.calls.split(","))
    truths = tuple(t for t in truths if (SAMPLES / f"{t.call_id}.ogg").is_file())
    evaluation, speed, inside = measure(truths, SpeechSettings(**values))
    by_role = evaluation.error_rate_by_role
    print(
        f"{' '.join(given.settings) or 'defaults'}: {len(truths)} calls, "
        f"{evaluation.reference_characters} characters, "
        f"CER {evaluation.character_error_rate:.3f} "
        f"(agent {by_role['agent']:.3f}, customer {by_role['customer']:.3f}), "
        f"{speed:.1f} x real time per core, {inside:.1%} of agent turns in place",
        flush=True,
    )


if __name__ == "__main__":
    main()

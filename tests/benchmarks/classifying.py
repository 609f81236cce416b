"""The classifier beside recognition: what it adds to a scan on the processor.

Peer: recognition of the same recordings in the same process (`recognise`, Whisper base as a scan
runs it). Ours: the classifier on the collector's utterances it made out, none judged before.
Also lines per second on one thread, over written lines of the corpus. Same run, turn about."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from qc_pipeline.detect.classifier import Excerpt
from qc_pipeline.detect.learned.artefact import packaged_classifier
from qc_pipeline.detect.learned.classifier import load_classifier
from qc_pipeline.intake.decode import decode_audio
from qc_pipeline.learn.corpus import load_corpus
from qc_pipeline.records import Utterance
from qc_pipeline.settings import load_settings, packaged_dir
from qc_pipeline.speech.recognise import load_transcriber, recognise

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
CALLS = ("s01", "s08", "s11")
LINES = 600
ROUNDS = 3
MOST = 0.12
"""The share of a scan's time that the classifier may take."""


def main(calls: tuple[str, ...] = CALLS, lines: int = LINES, rounds: int = ROUNDS) -> float:
    """Print lines per second and the share of recognition and classifier together; the share."""
    settings = load_settings()
    transcriber = load_transcriber(settings.speech)
    heard: list[list[Utterance]] = []
    hearing, judging, reading = [], [], []
    written = load_corpus(packaged_dir("models") / "corpus").written["test"][:lines]
    excerpts = [Excerpt(line.text, line.previous, line.callee) for line in written]
    for _ in range(rounds):
        heard.clear()
        began = time.perf_counter()
        for call in calls:
            audio = decode_audio(SAMPLES / f"{call}.ogg")
            found = recognise(
                audio, recording_sha256=call, channels="agent,customer", transcriber=transcriber,
                settings=settings.speech,
            )  # fmt: skip
            heard.append(list(found.utterances))
        hearing.append(time.perf_counter() - began)
        asked = [collector_lines(utterances) for utterances in heard]
        fresh = load_classifier(packaged_classifier())
        judging.append(_seconds(lambda fresh=fresh, asked=asked: [fresh.judge(e) for e in asked]))  # type: ignore[misc]
        fresh = load_classifier(packaged_classifier())
        reading.append(_seconds(lambda fresh=fresh: fresh.judge(excerpts)))  # type: ignore[misc]
    hear, judge = statistics.median(hearing), statistics.median(judging)
    share = judge / (hear + judge)
    said = sum(map(len, asked))
    print(f"{len(calls)} sample calls (synthetic speech), median of {rounds}")
    print(f"  recognition, Whisper base:  {hear:7.2f} s")
    print(f"  classifier, {said:3d} utterances: {judge:7.2f} s")
    print(f"  ratio: {share:.1%} of both together (allowed {MOST:.0%})")
    print(
        f"{len(excerpts)} written lines, one thread: "
        f"{len(excerpts) / statistics.median(reading):.0f} lines/s"
    )
    return share


def collector_lines(utterances: list[Utterance]) -> list[Excerpt]:
    """What a scan asks the classifier about a call."""
    previous, asked = "", []
    for utterance in utterances:
        if utterance.speaker == "customer":
            previous = utterance.text
        elif utterance.text:
            asked.append(Excerpt(utterance.text, previous, "debtor"))
    return asked


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()

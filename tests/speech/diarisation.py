"""Diarisation error rate, and how well roles are told on one channel.

    python -m tests.speech.diarisation

measures the sample calls mixed to one channel (roles) and, where it is at hand, the two-speaker
recording of real voices (diarisation error). Recognition takes a few minutes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import numpy as np

from qc_pipeline.intake.decode import Audio, decode_audio
from qc_pipeline.records import Transcript
from qc_pipeline.reports.truth import Truth, read_truths
from qc_pipeline.settings import SpeechSettings
from qc_pipeline.speech.diarise import Diarisation, VoiceDiarizer
from qc_pipeline.speech.recognise import load_transcriber, recognise
from qc_pipeline.speech.segment import find_speech

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples"
SHARED = Path(os.environ.get("QC_SHARED", ROOT.parent / "shared"))
STEP_S = 0.01
JOINED_S = 0.4  # pauses up to this belong to a speaker's turn

Stretch = tuple[float, float, str]


@dataclass(frozen=True, slots=True)
class Errors:
    """Shares of the reference speech: missed, invented, given to the wrong speaker."""

    missed: float
    invented: float
    confused: float

    @property
    def total(self) -> float:
        """The diarisation error rate."""
        return self.missed + self.invented + self.confused


def diarisation_errors(
    reference: Sequence[Stretch], found: Sequence[Stretch], *, collar_s: float = 0.25
) -> Errors:
    """Errors under the best naming of the found speakers; overlap is scored.

    `collar_s` around every reference boundary isn't scored. Counted in steps of 10 ms.
    """
    frames = round(max(end for _, end, _ in (*reference, *found)) / STEP_S) + 1
    true, heard = (_active(stretches, frames) for stretches in (reference, found))
    scored = np.ones(frames, bool)
    for start, end, _ in reference:
        for edge in (start, end):
            scored[
                max(0, round((edge - collar_s) / STEP_S)) : round((edge + collar_s) / STEP_S)
            ] = 0
    true, heard = true[:, scored], heard[:, scored]
    rows = max(len(true), len(heard))
    true, heard = (np.pad(x, ((0, rows - len(x)), (0, 0))) for x in (true, heard))
    right = max(
        sum(int((true[i] & heard[j]).sum()) for i, j in enumerate(order))
        for order in permutations(range(rows))
    )
    speakers, claimed = true.sum(axis=0), heard.sum(axis=0)
    both = int(np.minimum(speakers, claimed).sum())
    total = int(speakers.sum())
    return Errors(
        missed=int(np.maximum(speakers - claimed, 0).sum()) / total,
        invented=int(np.maximum(claimed - speakers, 0).sum()) / total,
        confused=(both - right) / total,
    )


def as_stretches(diarisation: Diarisation) -> list[Stretch]:
    """What a diarizer found, its short pauses counted as speech as references do."""
    joined: list[Stretch] = []
    for voiced in diarisation.stretches:
        start, end, voice = voiced.start_s, voiced.end_s, str(voiced.voice)
        if joined and joined[-1][2] == voice and start - joined[-1][1] < JOINED_S:
            start = joined.pop()[0]
        joined.append((start, end, voice))
    return joined


def diarised(audio: Audio) -> Diarisation:
    """The default diarizer on the speech of a one-channel recording."""
    samples = audio.samples[0]
    spans = find_speech(samples, sample_rate=16_000, channel=0, max_s=28)
    return VoiceDiarizer().diarise(samples, spans)


def read_rttm(path: Path) -> list[Stretch]:
    """The SPEAKER lines of an RTTM file."""
    fields = (line.split() for line in path.read_text().splitlines() if line.startswith("SPEAKER"))
    return [(float(f[3]), float(f[3]) + float(f[4]), f[7]) for f in fields]


@dataclass(frozen=True, slots=True)
class RoleTimes:
    """Seconds of true speech that an utterance covers: role right, wrong, nobody named."""

    right: float
    wrong: float
    unnamed: float


def role_times(truth: Truth, transcript: Transcript) -> RoleTimes:
    """How much of what was truly said was given to the right side."""
    frames = round(transcript.duration_s / STEP_S) + 1
    turns = [(turn.start_s, turn.end_s, turn.speaker) for turn in truth.turns]
    said = {name: _active([t for t in turns if t[2] == name], frames) for name in SIDES}
    right = wrong = unnamed = np.zeros(frames, bool)
    anybody = said["agent"].any(axis=0) | said["customer"].any(axis=0)
    for utterance in transcript.utterances:
        here = np.zeros(frames, bool)
        here[round(utterance.start_s / STEP_S) : round(utterance.end_s / STEP_S)] = 1
        if utterance.speaker == "unknown":
            unnamed = unnamed | (here & anybody)
            continue
        own = said[utterance.speaker].any(axis=0)
        right = right | (here & own)
        wrong = wrong | (here & anybody & ~own)
    return RoleTimes(*(float(x.sum()) * STEP_S for x in (right, wrong & ~right, unnamed & ~right)))


SIDES = ("agent", "customer")


def _active(stretches: Sequence[Stretch], frames: int) -> np.ndarray:
    names = sorted({name for *_, name in stretches})
    active = np.zeros((max(1, len(names)), frames), bool)
    for start, end, name in stretches:
        active[names.index(name), round(start / STEP_S) : round(end / STEP_S)] = 1
    return active


def main() -> None:
    """Print the figures that docs/speech.md quotes."""
    settings = SpeechSettings()
    transcriber = load_transcriber(settings)
    total = RoleTimes(0, 0, 0)
    for truth in read_truths(SAMPLES / "truth"):
        both = decode_audio(SAMPLES / f"{truth.call_id}.ogg")
        mixed = Audio(both.samples.sum(axis=0, keepdims=True).clip(-1, 1), both.sample_rate)
        transcript = recognise(
            mixed, recording_sha256="", channels="mono", transcriber=transcriber,
            settings=settings, diarizer=VoiceDiarizer(),
        )  # fmt: skip
        times = role_times(truth, transcript)
        total = RoleTimes(*(getattr(total, f) + getattr(times, f) for f in RoleTimes.__slots__))
        print(
            f"{truth.call_id} right {times.right:6.1f} s  wrong {times.wrong:5.1f} s  "
            f"unnamed {times.unnamed:6.1f} s  voices {transcript.voices_confidence}  "
            f"roles {transcript.role_confidence}  third {transcript.third_voice_s}",
            flush=True,
        )
    named, spoken = total.right + total.wrong, total.right + total.wrong + total.unnamed
    print(
        f"roles right {total.right / named:.3f} of {named:.0f} s, unnamed {total.unnamed / spoken:.3f}"
    )
    speech = SHARED / "speech"
    if speech.is_dir():
        found = diarised(decode_audio(speech / "mix1_8k_mono_alaw.wav"))
        errors = diarisation_errors(read_rttm(speech / "mix1.rttm"), as_stretches(found))
        print(f"DER {errors.total:.3f}: {errors}; confidence {found.confidence:.2f}")


if __name__ == "__main__":
    main()

"""Character error rate, speed and word times of recognition settings.

    python -m tests.speech.measure                       # the sample calls, the defaults
    python -m tests.speech.measure beam_size=2 window_s=10
    python -m tests.speech.measure --calls s01,s05 prompt=
    python -m tests.speech.measure --curve --calls s01,s05   # a table of settings, turn about
    python -m tests.speech.measure --clips               # real voices, wide band and telephone

One process, one thread unless `threads=` is set; calls share batches as in a scan. Speed is
seconds of call per second of processor time (all threads), so that other work on the machine
disturbs it little. The clips aren't part of the project: without QC_SHARED or ../shared they
are skipped.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from qc_pipeline.intake.decode import Audio, decode_audio
from qc_pipeline.records import Transcript
from qc_pipeline.reports.evaluate import Evaluation, content, evaluate
from qc_pipeline.reports.truth import Truth, read_truths
from qc_pipeline.settings import SpeechSettings
from qc_pipeline.speech.recognise import load_transcriber, recognise
from qc_pipeline.speech.together import SharedTranscriber
from qc_pipeline.speech.transcriber import Transcriber

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples"
TOLERANCE_S = 0.5
RATE = 16_000
CURVE = (
    {"beam_size": 1}, {"beam_size": 2}, {"beam_size": 3}, {}, {"window_s": 10}, {"window_s": 26},
    {"respell": False}, {"beam_size": 1, "respell": False}, {"calls_at_once": 1},
)  # fmt: skip

Sound = NDArray[np.float32]


@dataclass(slots=True)
class Measured:
    """What one setting did: transcripts by name, processor seconds, seconds of sound."""

    transcripts: dict[str, Transcript]
    spent_s: float = 0.0
    heard_s: float = 0.0

    @property
    def speed(self) -> float:
        """Seconds of call per second of processor time."""
        return self.heard_s / self.spent_s


def recognise_all(
    sounds: Sequence[tuple[str, Callable[[], Audio], str | None]],
    *,
    transcriber: Transcriber,
    settings: SpeechSettings,
) -> Measured:
    """Every sound (name, how to get it, channel map), a few at once as in a scan."""
    measured = Measured({})
    for first in range(0, len(sounds), settings.calls_at_once):
        group = sounds[first : first + settings.calls_at_once]
        audios = [get() for _, get, _ in group]
        began = time.process_time()
        shared = SharedTranscriber(transcriber, calls=len(group))

        def one(number: int, shared: SharedTranscriber = shared, group: Any = group,
                audios: list[Audio] = audios) -> Transcript:  # fmt: skip
            with shared.taking_part():
                return recognise(
                    audios[number], recording_sha256="", channels=group[number][2],
                    transcriber=shared, settings=settings,
                )  # fmt: skip

        with ThreadPoolExecutor(len(group)) as threads:
            found = list(threads.map(one, range(len(group))))
        measured.spent_s += time.process_time() - began
        measured.heard_s += sum(audio.duration_s for audio in audios)
        measured.transcripts |= {name: t for (name, _, _), t in zip(group, found, strict=True)}
    return measured


def sample_calls(truths: Sequence[Truth]) -> list[tuple[str, Callable[[], Audio], str | None]]:
    """The sample calls as `recognise_all` takes them."""

    def of(name: str) -> Callable[[], Audio]:
        return lambda: decode_audio(SAMPLES / f"{name}.ogg")

    return [(truth.call_id, of(truth.call_id), "agent,customer") for truth in truths]


def evaluated(truths: Sequence[Truth], measured: Measured) -> Evaluation:
    """The transcripts against the truth."""
    said = {name: transcript.utterances for name, transcript in measured.transcripts.items()}
    return evaluate(truths, utterances=said, findings={})


def in_place(truths: Sequence[Truth], measured: Measured) -> float:
    """Share of the collector's utterances inside a true turn of his, 0.5 s allowed."""
    inside = [
        any(
            turn.start_s - TOLERANCE_S <= said.start_s and said.end_s <= turn.end_s + TOLERANCE_S
            for turn in truth.turns
            if turn.speaker == "agent"
        )
        for truth in truths
        for said in measured.transcripts[truth.call_id].utterances
        if said.speaker == "agent"
    ]
    return sum(inside) / len(inside)


def telephone(sound: Sound) -> Sound:
    """16 kHz sound as a telephone line brings it: 300 to 3,400 Hz, 8 kHz, mu-law, and back."""
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    spectrum[(hertz < 300) | (hertz > 3400)] = 0
    narrow = np.fft.irfft(spectrum, len(sound))[::2]
    level = np.clip(narrow / max(float(np.abs(narrow).max()), 1e-9) * 0.5, -1, 1)
    pressed = np.sign(level) * np.log1p(255 * np.abs(level)) / np.log1p(255)
    coded = np.round((pressed + 1) / 2 * 255) / 255 * 2 - 1
    decoded = np.sign(coded) * (256 ** np.abs(coded) - 1) / 255
    wide = np.zeros(len(decoded) + 1, np.complex128)
    half = np.fft.rfft(decoded)
    wide[: len(half)] = half
    return np.asarray(np.fft.irfft(wide, 2 * len(decoded)) * 2, np.float32)


def clips() -> Iterator[tuple[str, str, Sound]]:
    """(source, what is said, sound) of the real clips; none where they are absent."""
    folder = Path(os.environ.get("QC_SHARED") or ROOT.parent / "shared") / "speech"
    table = folder / "transcripts.tsv"
    if not table.is_file():
        return
    with table.open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            path = folder / "clips" / row["file"]
            if path.is_file():
                yield path.stem.split("_")[0], row["transcript"], decode_audio(path).samples[0]


def measure_clips(settings: SpeechSettings) -> None:
    """Print the error rate on real voices by source, wide band and through a telephone."""
    spoken = list(clips())
    if not spoken:
        print("the clips aren't here: skipped")
        return
    transcriber = load_transcriber(settings)
    print(f"{len(spoken)} clips of real voices, each as a call of its own; {settings}")
    for band, through in (("wide band", lambda sound: sound), ("telephone", telephone)):
        sounds = [
            (str(number), lambda sound=sound, through=through: Audio(through(sound)[None], RATE),
             "mono") for number, (_, _, sound) in enumerate(spoken)
        ]  # fmt: skip
        measured = recognise_all(sounds, transcriber=transcriber, settings=settings)
        edits: dict[str, list[int]] = {}
        for number, (source, reference, _) in enumerate(spoken):
            heard = content("".join(u.text for u in measured.transcripts[str(number)].utterances))
            said = content(reference)
            for name in (source, "all"):
                counts = edits.setdefault(name, [0, 0])
                counts[0] += Levenshtein.distance(said, heard)
                counts[1] += len(said)
        for source, (wrong, characters) in sorted(edits.items()):
            print(f"  {band}, {source}: {characters} characters, CER {wrong / characters:.3f}",
                  flush=True)  # fmt: skip


def report(given: str, truths: Sequence[Truth], measured: Measured) -> None:
    """One line on one setting."""
    evaluation = evaluated(truths, measured)
    by_role = evaluation.error_rate_by_role
    print(
        f"{given or 'defaults'}: {len(truths)} calls, "
        f"{evaluation.reference_characters} characters, "
        f"CER {evaluation.character_error_rate:.3f} "
        f"(agent {by_role['agent']:.3f}, customer {by_role['customer']:.3f}), "
        f"{measured.speed:.1f} x real time per core, "
        f"{in_place(truths, measured):.1%} of agent turns in place",
        flush=True,
    )


def main() -> None:
    """Measure the settings given on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", help="call ids with commas; default all sample calls")
    parser.add_argument("--clips", action="store_true", help="the real clips instead")
    parser.add_argument("--curve", action="store_true", help="a table of settings")
    parser.add_argument("settings", nargs="*", help="name=value of speech settings")
    given = parser.parse_args()
    values: dict[str, Any] = {
        name: yaml.safe_load(value)
        for name, value in (pair.split("=", 1) for pair in given.settings)
    }
    values = {name: "" if value is None else value for name, value in values.items()}
    if given.clips:
        measure_clips(SpeechSettings(**values))
        return
    truths = read_truths(SAMPLES / "truth")
    if given.calls:
        truths = tuple(t for t in truths if t.call_id in given.calls.split(","))
    truths = tuple(t for t in truths if (SAMPLES / f"{t.call_id}.ogg").is_file())
    for changes in CURVE if given.curve else ({},):
        settings = SpeechSettings(**values, **changes)
        transcriber = load_transcriber(settings)
        warm = sample_calls(truths[:1])
        recognise_all(warm, transcriber=transcriber, settings=settings)
        measured = recognise_all(sample_calls(truths), transcriber=transcriber, settings=settings)
        named = " ".join([*given.settings, *(f"{k}={v}" for k, v in changes.items())])
        report(named, truths, measured)


if __name__ == "__main__":
    main()

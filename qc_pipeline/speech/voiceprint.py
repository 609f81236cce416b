"""What a voice sounds like, as a vector: a small recurrent network, computed with NumPy.

The weights (`models/speakers/`, see its card) are those of Resemblyzer 0.1.4, a GE2E speaker
encoder; only the form differs, so that no deep-learning library is needed. A window of 1.6 s
becomes 256 numbers; windows of one voice lie close together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qc_pipeline.speech.segment import Samples

SAMPLE_RATE = 16_000
HOP = 160  # samples between two frames
WINDOW_FRAMES = 160  # what the network was trained on: 1.6 s
SIZE = 256

_FFT = 400
_BANDS = 40
_LAYERS = 3
_LEVEL_DBFS = -30.0
_BATCH = 256

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class VoiceEncoder:
    """The network's weights: for each layer (input, recurrent, bias), and the last projection."""

    layers: tuple[tuple[Floats, Floats, Floats], ...]
    projection: Floats
    offset: Floats

    def embed(self, windows: Floats) -> Floats:
        """Unit vectors [windows, 256] of spectrogram windows [windows, frames, 40]."""
        parts = [
            self._embed(windows[first : first + _BATCH]) for first in range(0, len(windows), _BATCH)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, SIZE), np.float32)

    def _embed(self, windows: Floats) -> Floats:
        # Time first: each step is then one contiguous block.
        sequence = np.ascontiguousarray(windows.transpose(1, 0, 2))
        for into, recurrent, bias in self.layers:
            sequence = _lstm(sequence, into, recurrent, bias)
        vectors = np.maximum(sequence[-1] @ self.projection + self.offset, 0)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: Floats = vectors / np.maximum(norms, 1e-9)
        return unit


def load_encoder(path: Path) -> VoiceEncoder:
    """The encoder whose weights lie in `path` (NumPy archive)."""
    with np.load(path) as stored:
        weights = {name: stored[name].astype(np.float32) for name in stored.files}
    layers = tuple(
        (
            np.ascontiguousarray(weights[f"lstm.weight_ih_l{n}"].T),
            np.ascontiguousarray(weights[f"lstm.weight_hh_l{n}"].T),
            weights[f"lstm.bias_ih_l{n}"] + weights[f"lstm.bias_hh_l{n}"],
        )
        for n in range(_LAYERS)
    )
    return VoiceEncoder(
        layers, np.ascontiguousarray(weights["linear.weight"].T), weights["linear.bias"]
    )


def spectrogram(samples: Samples) -> Floats:
    """Mel power spectrogram [frames, 40] of 16 kHz samples, a frame every 10 ms, its middle there.

    Quiet sound is brought up to -30 dBFS first, as the network's training data was.
    """
    if samples.size == 0:
        return np.zeros((0, _BANDS), np.float32)
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    gain = 10 ** (_LEVEL_DBFS / 20) / max(np.sqrt(power), 1e-9)
    loud = samples * np.float32(max(1.0, gain))
    padded = np.pad(loud, _FFT // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FFT)[::HOP]
    result = np.empty((len(frames), _BANDS), np.float32)
    for first in range(0, len(frames), 6000):
        spectrum = np.fft.rfft(frames[first : first + 6000] * _hann())
        result[first : first + 6000] = np.square(np.abs(spectrum)) @ _mel_bands()
    return result


def _lstm(sequence: Floats, into: Floats, recurrent: Floats, bias: Floats) -> Floats:
    steps, batch, _ = sequence.shape
    size = recurrent.shape[0]
    incoming = sequence.reshape(steps * batch, -1) @ into + bias
    incoming = incoming.reshape(steps, batch, 4 * size)
    hidden = np.zeros((batch, size), np.float32)
    cell = np.zeros((batch, size), np.float32)
    out = np.empty((steps, batch, size), np.float32)
    for step in range(steps):
        gates = incoming[step]
        gates += hidden @ recurrent
        inside = _sigmoid(gates[:, : 2 * size])
        cell = inside[:, size:] * cell + inside[:, :size] * np.tanh(gates[:, 2 * size : 3 * size])
        hidden = _sigmoid(gates[:, 3 * size :]) * np.tanh(cell)
        out[step] = hidden
    return out


def _sigmoid(values: Floats) -> Floats:
    # tanh never overflows.
    half: Floats = 0.5 * np.tanh(0.5 * values) + 0.5
    return half


@lru_cache(maxsize=1)
def _hann() -> Floats:
    angle = 2 * np.pi * np.arange(_FFT) / _FFT
    return (0.5 - 0.5 * np.cos(angle)).astype(np.float32)


@lru_cache(maxsize=1)
def _mel_bands() -> Floats:
    """Triangles [frequency bins, 40] of equal area on the Slaney mel scale, 0 to 8 kHz."""
    edges = _hertz(np.linspace(_mel(0.0), _mel(SAMPLE_RATE / 2), _BANDS + 2))
    bins = np.fft.rfftfreq(_FFT, 1 / SAMPLE_RATE)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    bands = np.maximum(0, np.minimum(rising, falling)) * 2 / (edges[2:] - edges[:-2])
    return bands.astype(np.float32)


_LINEAR_BELOW = 1000.0  # Hz; the scale is linear below and logarithmic above
_HERTZ_PER_MEL = 200 / 3
_LOG_STEP = np.log(6.4) / 27


def _mel(hertz: float) -> float:
    if hertz < _LINEAR_BELOW:
        return hertz / _HERTZ_PER_MEL
    return float(_LINEAR_BELOW / _HERTZ_PER_MEL + np.log(hertz / _LINEAR_BELOW) / _LOG_STEP)


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    bend = _LINEAR_BELOW / _HERTZ_PER_MEL
    result: NDArray[np.float64] = np.where(
        mels < bend, mels * _HERTZ_PER_MEL, _LINEAR_BELOW * np.exp(_LOG_STEP * (mels - bend))
    )
    return result

"""Is a recording whole? What its sound shows of cuts, splices, gaps and lost channels.

Everything here is a suspicion with a time and a measurement; a human decides (rulebook RI-03,
RI-12, RI-13). The sound passes through once, block by block, at the file's own sample rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qc_pipeline.intake.cut_short import what_is_missing
from qc_pipeline.intake.decode import Decoding, Samples

REVISION = 1  # raise it when stored measurements should be made again

FRAME_S = 0.02
_SILENT_DBFS = -80.0  # below the noise of any line, even 8-bit companded
_FLOOR_DBFS = -120.0
_SPOKEN_DBFS = -50.0
_LONG_ENOUGH_S = 10.0
_ONE_STEP = 1 / 65_536
_SMALL_DBFS = -60.0
_ONE_IN = 4  # samples looked at for clipping: enough for a share
_LEVELS = 2000  # steps of the amplitude histogram
_BAND_HZ = 4_300.0  # above the telephone band
_BAND_TOP_HZ = 7_400.0
_BAND_RATE = 15_000

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Gap:
    """Every channel digitally silent for `length_s` from `at_s`, with sound before and after."""

    at_s: float
    length_s: float


@dataclass(frozen=True, slots=True)
class Step:
    """A lasting change at `at_s` on one channel, from `before` to `after` (dB)."""

    at_s: float
    channel: int
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Soundness:
    """What was measured. Levels in dB of full scale, shares 0..1, one entry for each channel."""

    duration_s: float
    gaps: tuple[Gap, ...]
    floor_steps: tuple[Step, ...]
    band_steps: tuple[Step, ...]
    rate_changes_s: tuple[float, ...]
    damaged_at_s: float | None
    missing: str | None
    speech_dbfs: tuple[float, ...]
    floor_dbfs: tuple[float, ...]
    clipped: tuple[float, ...]

    @property
    def snr_db(self) -> float | None:
        """The loudest channel's words against the noise between them; None where nobody speaks,
        or too briefly for pauses.
        """
        loudest = max(range(len(self.speech_dbfs)), key=lambda n: self.speech_dbfs[n])
        if self.duration_s < _LONG_ENOUGH_S or self.speech_dbfs[loudest] < _SPOKEN_DBFS:
            return None
        return self.speech_dbfs[loudest] - self.floor_dbfs[loudest]

    @property
    def dead_channels(self) -> tuple[int, ...]:
        """Channels without any sound while another has some."""
        silent = [level < _SILENT_DBFS + 5 for level in self.speech_dbfs]
        return tuple(n for n, dead in enumerate(silent) if dead) if not all(silent) else ()


def measure_soundness(path: Path, *, sample_rate: int, container: str) -> Soundness:
    """Measure the recording in `path`, whose header says `sample_rate`.

    Raises RecordingUnreadable when nothing decodes.
    """
    decoding = Decoding(path, sample_rate=sample_rate)
    frames = max(1, round(sample_rate * FRAME_S))
    levels: list[Floats] = []
    bands: list[Floats] = []
    histogram = np.zeros((0, _LEVELS), np.int64)
    rest: Samples | None = None
    seen = 0
    for fresh in decoding.blocks():
        if not histogram.size:
            histogram = np.zeros((fresh.shape[0], _LEVELS), np.int64)
        for channel, samples in enumerate(fresh):
            some = np.abs(samples[::_ONE_IN])
            steps = np.minimum(some * _LEVELS, _LEVELS - 1).astype(np.int64)
            histogram[channel] += np.bincount(steps, minlength=_LEVELS)
        block = fresh if rest is None else np.concatenate([rest, fresh], axis=1)
        seen += fresh.shape[1]
        second = frames * 50
        whole = block.shape[1] // second * second
        levels.append(_levels(block[:, :whole], frames))
        bands.append(_bands(block[:, :whole], second, sample_rate))
        rest = block[:, whole:]
    if rest is not None:
        levels.append(_levels(rest[:, : rest.shape[1] // frames * frames], frames))
    level = np.concatenate(levels, axis=1)
    loud = [float(np.percentile(own, 95)) if own.size else _FLOOR_DBFS for own in level]
    return Soundness(
        duration_s=round(seen / sample_rate, 3),
        gaps=_gaps(level),
        floor_steps=_floor_steps(level),
        band_steps=_band_steps(np.concatenate(bands, axis=1)),
        rate_changes_s=tuple(round(b, 3) for b in decoding.rate_changes_s),
        damaged_at_s=decoding.damaged_at_s,
        missing=what_is_missing(path, container=container),
        speech_dbfs=tuple(round(value, 1) for value in loud),
        floor_dbfs=tuple(round(_floor(own), 1) for own in level),
        clipped=tuple(round(_clipped(own), 5) for own in histogram),
    )


def _levels(block: Samples, frames: int) -> Floats:
    """Level of each 20 ms, [channels, frames]."""
    cut = block.reshape(block.shape[0], -1, frames)
    power = np.mean(np.square(cut), axis=2)
    levels: Floats = (10 * np.log10(np.maximum(power, 1e-12))).astype(np.float32)
    # A-law has no zero: its silence is one small value that never changes.
    still = np.ptp(cut, axis=2) < _ONE_STEP
    levels[still & (levels < _SMALL_DBFS)] = _FLOOR_DBFS
    return levels


def _floor(levels: Floats) -> float:
    heard = levels[levels > _SILENT_DBFS]
    return float(np.percentile(heard, 10)) if heard.size else _FLOOR_DBFS


def _clipped(histogram: NDArray[np.int64]) -> float:
    """The share of samples within a tenth of the largest: speech hardly ever gets there.

    The very largest of ten thousand are left out: codecs overshoot.
    """
    total = int(histogram.sum())
    below = np.cumsum(histogram)
    top = int(np.searchsorted(below, total * (1 - 1e-4)))
    if top < _LEVELS // 20:
        return 0.0
    near = int(histogram[int(top * 0.9) :].sum())
    return near / max(1, total)


# --- gaps -----------------------------------------------------------------------------------

_GAP_FRAMES = 25  # half a second


def _gaps(levels: Floats) -> tuple[Gap, ...]:
    """Long digital silence on all channels, where the recorder otherwise never is silent."""
    quiet: NDArray[np.bool_] = np.all(levels < _SILENT_DBFS, axis=0)
    runs = [run for run in _runs(quiet) if run[0] > 0 and run[1] < len(quiet)]
    long = [run for run in runs if run[1] - run[0] >= _GAP_FRAMES]
    within = sum(last - first for first, last in long)
    # A recorder that falls silent in every pause (no comfort noise) hides a gap: nothing to say.
    if len(runs) > 3 * len(long) or within < 0.5 * sum(last - first for first, last in runs):
        return ()
    return tuple(
        Gap(round(first * FRAME_S, 2), round((last - first) * FRAME_S, 2)) for first, last in long
    )


def _runs(marks: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marks.astype(np.int8), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


# --- steps of the noise floor and of the band --------------------------------------------------

_WINDOW = 100  # frames: two seconds
_SIDE = 3  # windows on either side that must agree
_FLOOR_STEP_DB = 8.0


def _floor_steps(levels: Floats) -> tuple[Step, ...]:
    """Where the noise between the words changes for good from one moment to the next."""
    steps: list[Step] = []
    windows = levels.shape[1] // _WINDOW
    for channel, own in enumerate(levels):
        cut = own[: windows * _WINDOW].reshape(windows, _WINDOW)
        floors = np.array([
            np.percentile(w[w > _SILENT_DBFS], 5) if (w > _SILENT_DBFS).sum() > 10 else np.nan
            for w in cut
        ])  # fmt: skip
        steps += [
            Step(round(at * _WINDOW * FRAME_S, 2), channel, round(before, 1), round(after, 1))
            for at, before, after in _lasting_steps(floors, least=_FLOOR_STEP_DB)
        ]
    return tuple(steps)


def _lasting_steps(values: NDArray[np.float64], *, least: float) -> list[tuple[int, float, float]]:
    """Where `values` step by `least` or more between sides that agree within themselves."""
    found: list[tuple[int, float, float]] = []
    at = _SIDE
    while at <= len(values) - _SIDE:
        before, after = values[at - _SIDE : at], values[at : at + _SIDE]
        if not np.isnan(before).any() and not np.isnan(after).any():
            low, high = (before, after) if after.mean() > before.mean() else (after, before)
            if high.min() - low.max() >= least:
                found.append((at, float(np.median(before)), float(np.median(after))))
                at += _SIDE
                continue
        at += 1
    return found


_BAND_STEP_DB = 25.0
_REAL_BAND_DB = -45.0


def _bands(block: Samples, second: int, sample_rate: int) -> Floats:
    """For each second the level above the telephone band, against that within it; NaN where
    there is no such band or no speech.
    """
    channels, length = block.shape
    if sample_rate < _BAND_RATE or not length:
        return np.full((channels, length // second), np.nan, np.float32)
    cut = block.reshape(channels, -1, second) * np.hanning(second).astype(np.float32)
    power = np.square(np.abs(np.fft.rfft(cut, axis=2)))
    hertz = np.fft.rfftfreq(second, 1 / sample_rate)
    high = power[..., (hertz > _BAND_HZ) & (hertz < _BAND_TOP_HZ)].mean(axis=2)
    low = power[..., (hertz > 300) & (hertz < 3_000)].mean(axis=2)
    ratio = 10 * np.log10(np.maximum(high, 1e-9) / np.maximum(low, 1e-9))
    ratio[low < low.max() * 1e-4] = np.nan
    return np.asarray(ratio, np.float32)


def _band_steps(bands: Floats) -> tuple[Step, ...]:
    """Where the band above telephone quality comes or goes for good: another rate or codec."""
    steps: list[Step] = []
    for channel, own in enumerate(bands):
        seconds = np.flatnonzero(~np.isnan(own))
        steps += [
            Step(float(seconds[at]), channel, round(before, 1), round(after, 1))
            for at, before, after in _lasting_steps(
                own[seconds].astype(np.float64), least=_BAND_STEP_DB
            )
            if max(before, after) > _REAL_BAND_DB  # less is a codec's own noise
        ]
    return tuple(steps)

"""Decode a recording to float samples, its channels kept apart and its clock kept true."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from qc_pipeline.errors import RecordingUnreadable
from qc_pipeline.intake.container import (
    DECODER_FAULTS,
    EXPORT_AGAIN,
    OpenRecording,
    open_recording,
)

Samples = NDArray[np.float32]

_BLOCK_S = 10.0
_HOLE_S = 0.1  # a shorter step between two frames is rounding
_LONGEST_HOLE_S = 600.0  # a longer one is a damaged clock, not lost sound
_SCALES = {"u8": 2**7, "s16": 2**15, "s32": 2**31, "s64": 2**63}


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """Decoded sound: float32 samples [channels, frames] in -1..1 at `sample_rate` Hz.

    `damaged_at_s` is where the first stretch that couldn't be decoded begins; silence stands
    in its place when sound follows it, so that later times stay right.
    """

    samples: Samples
    sample_rate: int
    damaged_at_s: float | None = None

    @property
    def channels(self) -> int:
        """How many channels."""
        return int(self.samples.shape[0])

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return float(self.samples.shape[1] / self.sample_rate)


def decode_audio(path: Path, *, sample_rate: int = 16_000) -> Audio:
    """All channels of the recording in `path`, resampled to `sample_rate` Hz.

    What decodes is kept when the rest is damaged. Raises RecordingUnreadable when nothing does.
    """
    decoding = Decoding(path, sample_rate=sample_rate)
    return Audio(_joined(list(decoding.blocks())), sample_rate, decoding.damaged_at_s)


def _joined(blocks: list[Samples]) -> Samples:
    """The blocks in one piece; each is let go as it is copied, so that nothing is held twice."""
    whole = np.empty((blocks[0].shape[0], sum(b.shape[1] for b in blocks)), np.float32)
    end = whole.shape[1]
    while blocks:
        block = blocks.pop()
        whole[:, end - block.shape[1] : end] = block
        end -= block.shape[1]
    return whole


class Decoding:
    """A recording decoded block by block, so that a long one never fills the memory.

    `damaged_at_s` and `rate_changes_s` are complete when `blocks` has come to its end: where
    the first stretch that couldn't be decoded begins, and where the file's own sample rate
    changed on the way.
    """

    def __init__(self, path: Path, *, sample_rate: int = 16_000) -> None:
        self.sample_rate = sample_rate
        self.damaged_at_s: float | None = None
        self.rate_changes_s: tuple[float, ...] = ()
        self._path = path

    def blocks(self) -> Iterator[Samples]:
        """Float32 samples [channels, frames] in -1..1, about ten seconds at a time.

        Raises RecordingUnreadable when nothing decodes.
        """
        with open_recording(self._path) as opened:
            gathered = _Gathered(self.sample_rate)
            empty = True
            for block in _decoded(opened, gathered, self._note_damage):
                empty = False
                yield block
            self.rate_changes_s = tuple(gathered.rate_changes_s)
        if empty:
            raise RecordingUnreadable(f"{self._path.name} 里没有可解码的声音", remedy=EXPORT_AGAIN)

    def _note_damage(self, at_s: float) -> None:
        if self.damaged_at_s is None:
            self.damaged_at_s = at_s


def _decoded(
    opened: OpenRecording, gathered: _Gathered, note_damage: Callable[[float], None]
) -> Iterator[Samples]:
    """Everything that decodes; each damage is noted with its time."""
    clock = _Clock()
    try:
        for packet in opened.container.demux(opened.stream):
            try:
                frames = packet.decode()
            except DECODER_FAULTS:
                note_damage(gathered.length_s)
                continue
            for frame in frames:
                if not gathered.fits(frame):
                    note_damage(gathered.length_s)
                    yield from gathered.finished()
                    return
                lost_s = clock.lost_before(frame, gathered.length_s)
                if lost_s:
                    note_damage(gathered.length_s)
                    gathered.add_silence(lost_s)
                gathered.add(frame)
            yield from gathered.ready()
    except DECODER_FAULTS:
        note_damage(gathered.length_s)  # the container breaks off here
    yield from gathered.finished()


class _Clock:
    """Compares the frames' own times with how much sound there was before them."""

    def __init__(self) -> None:
        self._origin_s: float | None = None

    def lost_before(self, frame: Any, length_s: float) -> float:
        """Seconds of sound that are missing before `frame`; 0.0 if none."""
        if frame.time is None:
            return 0.0
        if self._origin_s is None:
            self._origin_s = frame.time - length_s
        lost_s = float(frame.time - self._origin_s - length_s)
        if _HOLE_S < lost_s <= _LONGEST_HOLE_S:
            return lost_s
        if abs(lost_s) > _HOLE_S:
            self._origin_s = frame.time - length_s  # the clock was set anew
        return 0.0


class _Gathered:
    """Frames as they come, resampled in blocks so that a long call doesn't fill the memory."""

    def __init__(self, sample_rate: int) -> None:
        self.length_s = 0.0
        self._channels = 0
        self._target = sample_rate
        self._rate = 0
        self._waiting: list[Samples] = []
        self._waiting_frames = 0
        self._resamplers: list[Any] = []
        self._done: list[Samples] = []
        self.rate_changes_s: list[float] = []

    def fits(self, frame: Any) -> bool:
        """Whether the frame has the channels of the first one; if not, who is who is lost."""
        self._channels = self._channels or frame.layout.nb_channels
        return bool(frame.layout.nb_channels == self._channels and frame.sample_rate > 0)

    def add(self, frame: Any) -> None:
        """One decoded frame that fits."""
        if frame.sample_rate != self._rate:
            self._flush()
            if self._rate:
                self.rate_changes_s.append(self.length_s)
            self._rate = frame.sample_rate
        block = _as_float(frame, self._channels)
        self._waiting.append(block)
        self._waiting_frames += block.shape[1]
        self.length_s += block.shape[1] / self._rate
        if self._waiting_frames >= _BLOCK_S * self._rate:
            self._resample()

    def add_silence(self, seconds: float) -> None:
        """Silence where sound was lost."""
        self._flush()
        self._done.append(np.zeros((self._channels, round(seconds * self._target)), np.float32))
        self.length_s += seconds

    def ready(self) -> list[Samples]:
        """What is resampled already, [channels, frames] each; it is handed over once."""
        done, self._done = self._done, []
        return [np.clip(block, -1, 1, out=block) for block in done if block.shape[1]]

    def finished(self) -> list[Samples]:
        """The rest, as `ready`."""
        self._flush()
        return self.ready()

    def _resample(self) -> None:
        if not self._waiting_frames:
            return
        # Damaged floating-point sound may hold anything; the recogniser must not see it.
        block = np.nan_to_num(np.concatenate(self._waiting, axis=1), posinf=0.0, neginf=0.0)
        np.clip(block, -1, 1, out=block)
        self._waiting, self._waiting_frames = [], 0
        if self._rate == self._target:
            self._done.append(block)
            return
        if not self._resamplers:
            # One for each channel: more than two channels need no speaker layout that way.
            self._resamplers = [
                av.AudioResampler(format="flt", layout="mono", rate=self._target)
                for _ in range(self._channels)
            ]
        self._keep([
            resampler.resample(_mono_frame(channel, self._rate))
            for resampler, channel in zip(self._resamplers, block, strict=True)
        ])  # fmt: skip

    def _flush(self) -> None:
        self._resample()
        if self._resamplers:
            self._keep([resampler.resample(None) for resampler in self._resamplers])
            self._resamplers = []

    def _keep(self, channels: list[list[Any]]) -> None:
        parts = [
            np.concatenate([np.zeros(0, np.float32), *(f.to_ndarray()[0] for f in frames)])
            for frames in channels
        ]
        self._done.append(np.stack(parts).astype(np.float32, copy=False))


def _mono_frame(channel: Samples, rate: int) -> Any:
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(channel[np.newaxis, :]), format="flt", layout="mono"
    )
    frame.sample_rate = rate
    return frame


def _as_float(frame: Any, channels: int) -> Samples:
    raw = frame.to_ndarray()
    if not frame.format.is_planar:
        raw = raw.reshape(-1, channels).T
    kind = frame.format.name.removesuffix("p")
    samples: Samples = raw.astype(np.float32)
    if kind in _SCALES:
        samples -= np.float32(2**7 if kind == "u8" else 0)
        samples /= np.float32(_SCALES[kind])
    return samples

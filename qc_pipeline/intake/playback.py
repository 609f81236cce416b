"""A copy of a recording that every browser plays, and the shape of its waveform.

Recorders write A-law, AMR or GSM; browsers don't play them. The copy is made once and kept as
`playback/<sha256 of the original>/`:

    audio.mp3      MP3, 16 kHz, constant bit rate (a place in it is a time), channels apart
    peaks.json     {"peaks_per_s", "duration_s", "channels": [[0..1, ...], ...]}
    playback.json  what the copy was made from: the original's SHA-256, the files' own

The folder appears whole or not at all. Sound passes through block by block: a recording of six
hours needs no more memory than one of six minutes.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np

from qc_pipeline.errors import HomeError
from qc_pipeline.intake.decode import Decoding, Samples

SAMPLE_RATE = 16_000
MIME_TYPE = "audio/mpeg"
AUDIO, PEAKS, SIDECAR = "audio.mp3", "peaks.json", "playback.json"

_REVISION = 1  # raise it when copies made before should be made again
_BITS_PER_S = 32_000  # for each channel
_PEAKS_PER_S = 20
_MOST_PEAKS = 12_000  # for each channel: no screen shows more
_DECIMALS = 3
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Playback:
    """A playable copy: its files, its length in seconds, where the original is damaged.

    `channels` is 1 or 2, in the original's order. An original of more channels is mixed into
    one (`mixed`).
    """

    original_sha256: str
    audio: Path
    peaks: Path
    duration_s: float
    channels: int
    mixed: bool
    damaged_at_s: float | None


def playback_of(source: Path, *, sha256: str, home: Path) -> Playback:
    """The playable copy of the recording in `source`, whose SHA-256 is `sha256`; made if need be.

    Two processes may ask at once: one copy stays. Raises RecordingUnreadable when nothing in
    `source` decodes, HomeError when `home` can't be written (no space, no permission).
    """
    found = find_playback(home, sha256)
    if found is not None:
        return found
    folder = _folder(home, sha256)
    with _writable(folder):
        building = folder.with_name(f".{sha256[:16]}.{secrets.token_hex(8)}.tmp")
        building.mkdir(parents=True)
        try:
            _make(source, sha256, building)
            _put_in_place(building, home, sha256)
        finally:
            shutil.rmtree(building, ignore_errors=True)
    made = find_playback(home, sha256)
    if made is None:
        raise HomeError(f"{folder} can't be read back", remedy="check the disk of the home folder")
    return made


def find_playback(home: Path, sha256: str) -> Playback | None:
    """The copy if it is there, whole and of today's making; None otherwise."""
    folder = _folder(home, sha256)
    try:
        about = json.loads((folder / SIDECAR).read_text("utf-8"))
        whole = about["revision"] == _REVISION and all(
            (folder / name).stat().st_size == about["files"][name]["bytes"]
            for name in (AUDIO, PEAKS)
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not whole:
        return None
    return Playback(
        original_sha256=about["original_sha256"],
        audio=folder / AUDIO,
        peaks=folder / PEAKS,
        duration_s=about["duration_s"],
        channels=about["channels"],
        mixed=about["mixed"],
        damaged_at_s=about["damaged_at_s"],
    )


def forget_playback(home: Path, sha256: str) -> bool:
    """Remove the copy, as when its original's time is up; whether there was one."""
    folder = _folder(home, sha256)
    there = folder.is_dir()
    shutil.rmtree(folder, ignore_errors=True)
    return there


def _folder(home: Path, sha256: str) -> Path:
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"not a SHA-256: {sha256[:80]!r}")
    return home / "playback" / sha256


def _make(source: Path, sha256: str, building: Path) -> None:
    decoding = Decoding(source, sample_rate=SAMPLE_RATE)
    blocks = decoding.blocks()
    first = next(blocks)
    mixed = first.shape[0] > 2
    channels = 1 if mixed else first.shape[0]
    peaks = _Peaks(channels)
    audio = building / AUDIO
    with _encoder(audio, channels) as write:
        for block in _chain(first, blocks):
            shown = block.mean(axis=0, keepdims=True) if mixed else block
            peaks.add(shown)
            write(shown)
    (building / PEAKS).write_text(peaks.as_json(), "utf-8")
    about = {
        "revision": _REVISION,
        "original_sha256": sha256,
        "codec": "mp3",
        "sample_rate": SAMPLE_RATE,
        "channels": channels,
        "mixed": mixed,
        "duration_s": round(peaks.duration_s, 3),
        "damaged_at_s": decoding.damaged_at_s,
        "files": {
            name: {"bytes": (building / name).stat().st_size, "sha256": _sha256(building / name)}
            for name in (AUDIO, PEAKS)
        },
    }
    (building / SIDECAR).write_text(json.dumps(about, indent=1), "utf-8")


def _chain(first: Samples, rest: Iterable[Samples]) -> Iterator[Samples]:
    yield first
    yield from rest


class _Peaks:
    """The loudest sample of every twentieth of a second, for each channel."""

    def __init__(self, channels: int) -> None:
        self._frames = 0
        self._rest = np.zeros((channels, 0), np.float32)
        self._done: list[Samples] = []

    @property
    def duration_s(self) -> float:
        """Seconds of sound so far."""
        return self._frames / SAMPLE_RATE

    def add(self, block: Samples) -> None:
        """The next samples, [channels, frames]."""
        self._frames += block.shape[1]
        loud = np.concatenate([self._rest, np.abs(block)], axis=1)
        step = SAMPLE_RATE // _PEAKS_PER_S
        whole = loud.shape[1] // step * step
        self._done.append(_loudest(loud[:, :whole], step))
        self._rest = loud[:, whole:]

    def as_json(self) -> str:
        """The file's content, coarser where the recording is long."""
        tail = self._rest.max(axis=1, keepdims=True) if self._rest.size else self._rest
        peaks = np.concatenate([*self._done, tail], axis=1)
        fold = -(-peaks.shape[1] // _MOST_PEAKS) or 1
        missing = -peaks.shape[1] % fold
        peaks = _loudest(np.pad(peaks, ((0, 0), (0, missing))), fold)
        return json.dumps(
            {
                "peaks_per_s": _PEAKS_PER_S / fold,
                "duration_s": round(self.duration_s, 3),
                "channels": [[round(float(v), _DECIMALS) for v in row] for row in peaks],
            },
            separators=(",", ":"),
        )


def _loudest(samples: Samples, step: int) -> Samples:
    folded: Samples = samples.reshape(samples.shape[0], -1, step).max(axis=2)
    return folded


@contextmanager
def _encoder(path: Path, channels: int) -> Iterator[Any]:
    layout = "mono" if channels == 1 else "stereo"
    with av.open(str(path), "w", format="mp3") as out:
        # Joint stereo would let one side be heard in the other.
        options = {"joint_stereo": "0", "compression_level": "7"}
        stream = out.add_stream("libmp3lame", rate=SAMPLE_RATE, layout=layout, options=options)
        stream.bit_rate = _BITS_PER_S * channels
        written = 0

        def write(block: Samples) -> None:
            nonlocal written
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(block), format="fltp", layout=layout
            )
            frame.sample_rate = SAMPLE_RATE
            frame.pts = written
            written += block.shape[1]
            for packet in stream.encode(frame):
                out.mux(packet)

        yield write
        for packet in stream.encode(None):
            out.mux(packet)


def _put_in_place(building: Path, home: Path, sha256: str) -> None:
    folder = _folder(home, sha256)
    for name in (AUDIO, PEAKS, SIDECAR):
        _sync(building / name, os.O_RDONLY)
    _sync(building, os.O_RDONLY | os.O_DIRECTORY)
    with (folder.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if find_playback(home, sha256) is not None:
            return  # another process was quicker; its copy is as good
        if folder.exists():  # of an older making, or damaged
            shutil.rmtree(folder)
        building.rename(folder)
    _sync(folder.parent, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise HomeError(
            f"{folder} can't be written: {error.strerror}",
            remedy="free some space on the disk of the home folder, or make it writable",
        ) from error

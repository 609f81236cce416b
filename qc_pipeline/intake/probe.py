"""What a recording is, before it is transcribed: format, length, checksum."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from qc_pipeline.errors import RecordingUnreadable
from qc_pipeline.intake.container import (
    DECODER_FAULTS,
    EXPORT_AGAIN,
    OpenRecording,
    open_recording,
)
from qc_pipeline.records import Recording

# A header is believed when the packets behind it add up to about the same length.
_AGREE_S, _AGREE_RATIO = 0.5, 0.01
_PACKETS_TRIED = 200


def probe_recording(path: Path, *, max_duration_s: float | None = None) -> Recording:
    """Format, length in seconds and SHA-256 of the recording in `path`; `key` is empty.

    The length is the header's when the packets bear it out, else that of what decodes. Raises
    RecordingUnreadable when nothing in the file decodes as sound, the file is damaged beyond
    use, or it is longer than `max_duration_s`.
    """
    with open_recording(path) as opened:
        kind, codec, header_s = opened.kind, opened.codec, opened.header_duration_s
        first, counted_s = _listen(path, opened, max_duration_s)
    if header_s is not None and abs(header_s - counted_s) <= max(_AGREE_S, _AGREE_RATIO * header_s):
        duration_s = header_s
    else:
        duration_s = _decoded_s(path, max_duration_s)
    if duration_s <= 0:
        raise RecordingUnreadable(f"{path.name} 里没有声音（时长为 0）", remedy=EXPORT_AGAIN)
    sha256, size = _checksum(path)
    return Recording(
        sha256=sha256,
        key="",
        container=kind,
        codec=codec,
        sample_rate=first.sample_rate,
        channels=first.layout.nb_channels,
        duration_s=round(duration_s, 3),
        size_bytes=size,
    )


def _listen(path: Path, opened: OpenRecording, max_duration_s: float | None) -> tuple[Any, float]:
    """The first frame that decodes, which knows better than the header how many channels there
    are, and the seconds all packets add up to.
    """
    total = 0
    first = None
    tried = 0
    time_base = float(opened.stream.time_base)
    # Zeros are silence in plain samples; elsewhere they are what a broken transfer left.
    plain = opened.codec.startswith("pcm")
    try:
        for packet in opened.container.demux(opened.stream):
            if plain or bytes(packet).strip(b"\0"):
                total += packet.duration or 0
            if first is None and tried < _PACKETS_TRIED:
                tried += 1
                first = _first_frame(packet)
            _refuse_longer(path, total * time_base, max_duration_s)
    except DECODER_FAULTS:
        pass  # The rest is damaged: the sum is too small, and decoding says how much there is.
    if first is None:
        raise RecordingUnreadable(f"{path.name} 里没有可解码的声音", remedy=EXPORT_AGAIN)
    return first, total * time_base


def _first_frame(packet: Any) -> Any | None:
    try:
        return next((frame for frame in packet.decode() if frame.samples), None)
    except DECODER_FAULTS:
        return None


def _decoded_s(path: Path, max_duration_s: float | None) -> float:
    """Seconds of sound that come out of the decoder."""
    seconds = 0.0
    with open_recording(path) as opened:
        try:
            for packet in opened.container.demux(opened.stream):
                try:
                    frames = packet.decode()
                except DECODER_FAULTS:
                    continue
                for frame in frames:
                    seconds += frame.samples / (frame.sample_rate or opened.sample_rate)
                _refuse_longer(path, seconds, max_duration_s)
        except DECODER_FAULTS:
            return seconds  # The container breaks off here.
    return seconds


def _refuse_longer(path: Path, seconds: float, max_duration_s: float | None) -> None:
    if max_duration_s is not None and seconds > max_duration_s:
        raise RecordingUnreadable(
            f"{path.name} 超过 {max_duration_s:.0f} 秒的上限",
            remedy="请拆分录音，或提高设置 intake.max_duration_s",
        )


def _checksum(path: Path) -> tuple[str, int]:
    try:
        with path.open("rb") as source:
            digest = hashlib.file_digest(source, "sha256").hexdigest()
            return digest, source.tell()
    except OSError as error:
        raise RecordingUnreadable(
            f"{path.name} 读取中断：{error.strerror}", remedy="请检查磁盘和网络盘"
        ) from None

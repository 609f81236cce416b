"""Open a recording for reading: only audio formats, only the file itself, only sane headers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import av
import av.error

from qc_pipeline.errors import RecordingUnreadable

# What FFmpeg calls a format, and what this project does. Playlists and the like, which make
# FFmpeg open other files or addresses, aren't among them.
_FORMATS = {
    "wav": "wav",
    "w64": "w64",
    "mp3": "mp3",
    "ogg": "ogg",
    "flac": "flac",
    "mov,mp4,m4a,3gp,3g2,mj2": "m4a",
    "amr": "amr",
    "amrnb": "amr",
    "amrwb": "amr",
    "aac": "aac",
    "matroska,webm": "webm",
    "asf": "wma",
    "aiff": "aiff",
    "au": "au",
    "caf": "caf",
    "gsm": "gsm",
}
_WHITELIST = ",".join(_FORMATS)
_MAGIC = (b"RIFF", b"OggS", b"fLaC", b"#!AMR", b"ID3", b"\x1aE\xdf\xa3")
_RATES = range(2_000, 768_001)
_CHANNELS = range(1, 65)

# What PyAV raises on damaged headers and data, besides its own errors.
DECODER_FAULTS = (av.error.FFmpegError, ValueError, OverflowError)
EXPORT_AGAIN = "请从录音系统重新导出"


@dataclass(frozen=True, slots=True)
class OpenRecording:
    """An open container and its only audio stream (PyAV objects)."""

    container: Any
    stream: Any
    kind: str

    @property
    def sample_rate(self) -> int:
        """Frames per second, as the header has it."""
        return int(self.stream.codec_context.sample_rate)

    @property
    def codec(self) -> str:
        """The codec's name."""
        return str(self.stream.codec_context.codec.canonical_name)

    @property
    def header_duration_s(self) -> float | None:
        """The length the header claims, if it claims one."""
        if self.stream.duration:
            return float(self.stream.duration * self.stream.time_base)
        return self.container.duration / av.time_base if self.container.duration else None


@contextmanager
def open_recording(path: Path) -> Iterator[OpenRecording]:
    """Open `path` by its content, whatever its name says.

    Raises RecordingUnreadable when it is missing, empty, not audio, of more than one audio
    track, or its header is damaged.
    """
    try:
        size = path.stat().st_size
        source = path.open("rb")
    except OSError as error:
        raise RecordingUnreadable(
            f"{path.name} 无法打开：{error.strerror}", remedy="请检查文件和权限"
        ) from None
    with source:
        if size == 0:
            raise RecordingUnreadable(f"{path.name} 是空文件（0 字节）", remedy=EXPORT_AGAIN)
        container = _open(path, source, {})
        try:
            if _header_hides_data(container, size):
                container.close()
                source.seek(0)
                container = _open(path, source, {"ignore_length": "1"})
            yield _checked(path, container)
        finally:
            container.close()


def _open(path: Path, source: BinaryIO, options: dict[str, str]) -> Any:
    # An open file instead of a name: nothing in the name or the content leads elsewhere.
    try:
        return av.open(
            source,
            options={"format_whitelist": _WHITELIST, **options},
            metadata_errors="replace",
        )
    except DECODER_FAULTS:
        raise RecordingUnreadable(
            f"{path.name} {_what_it_is(source)}", remedy=EXPORT_AGAIN
        ) from None


def _header_hides_data(container: Any, size: int) -> bool:
    # A recorder that died left a WAV header written at the start, with a length of then.
    streams = container.streams.audio
    if container.format.name != "wav" or len(streams) != 1 or streams[0].codec_context is None:
        return False
    stream = streams[0]
    if not stream.duration or not stream.bit_rate:
        return False
    claimed = float(stream.duration * stream.time_base) * stream.bit_rate / 8
    return bool(claimed < size / 2)


def _checked(path: Path, container: Any) -> OpenRecording:
    streams = container.streams.audio
    if not streams:
        raise RecordingUnreadable(f"{path.name} 里没有音轨", remedy=EXPORT_AGAIN)
    if len(streams) > 1:
        raise RecordingUnreadable(
            f"{path.name} 含 {len(streams)} 条音轨，无法确定用哪一条",
            remedy="请合并成一个多声道文件",
        )
    context = streams[0].codec_context
    if context is None:
        raise RecordingUnreadable(f"{path.name} 的编码格式不受支持", remedy="请转成 wav 或 mp3")
    if context.sample_rate not in _RATES or context.channels not in _CHANNELS:
        raise RecordingUnreadable(
            f"{path.name} 的文件头不可信：{context.sample_rate} Hz，{context.channels} 声道",
            remedy=EXPORT_AGAIN,
        )
    return OpenRecording(container, streams[0], _FORMATS[container.format.name])


def _what_it_is(source: BinaryIO) -> str:
    source.seek(0)
    head = source.read(64)
    if head.startswith(_MAGIC) or head[4:8] == b"ftyp":
        return "不完整或已损坏（文件头之后缺少数据，可能没有写完）"
    if not head.strip(b"\0"):
        return "不是音频（全是零字节）"
    if head.isascii() or b"\n" in head:
        return "不是音频（看起来是文本）"
    return f"不是音频（文件开头 {head[:4].hex(' ')}）"

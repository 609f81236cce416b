"""Recordings damaged on purpose, from a sample call: what was done, and what must be said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from qc_pipeline.intake.decode import decode_audio
from tests.intake.conftest import encode

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
RATE = 8000
TALK_S = 14

Sound = np.ndarray


@dataclass(frozen=True, slots=True)
class Damaged:
    """One recording: how it is made, what the manifest says of it, and what must come of it.

    `state` is the coverage state; `says` stands in the coverage reason or in the finding of rule
    `rule` (None: there must be none); `also` is a second rule that may agree.
    """

    name: str
    make: Callable[[Path], object]
    state: str
    says: str = ""
    rule: str | None = None
    also: str | None = None
    channels: str = "agent,customer"
    talk_s: float | None = None


def call(
    start_s: float = 0.0, length_s: float = TALK_S, *, of: str = "s01", rate: int = RATE
) -> Sound:
    """A piece of a sample call, [channels, frames]."""
    samples = decode_audio(SAMPLES / f"{of}.ogg", sample_rate=rate).samples
    return samples[:, round(start_s * rate) : round((start_s + length_s) * rate)].copy()


def _noisy(sound: Sound, dbfs: float) -> Sound:
    noise = np.random.default_rng(1).normal(0, 10 ** (dbfs / 20), sound.shape)
    return (sound + noise).astype(np.float32)


def _pcm(sound: Sound, **more: int) -> Callable[[Path], object]:
    return lambda path: encode(path, np.clip(sound, -1, 1), codec="pcm_s16le", kind="wav", **more)


def _with_gap(sound: Sound) -> Sound:
    sound[:, 6 * RATE : 9 * RATE] = 0
    return sound


def _spliced() -> Sound:
    return np.concatenate([call(), _noisy(call(of="s03"), -40), call(20)], axis=1)


def _dead(sound: Sound) -> Sound:
    sound[1] = 0
    return sound


def _leaking(sound: Sound) -> Sound:
    return sound + 0.05 * sound[::-1]


def _cut_off(path: Path) -> None:
    """A WAV whose header still says how long it was."""
    whole = encode(path, call(), codec="pcm_s16le", kind="wav")
    whole.write_bytes(whole.read_bytes()[: 44 + 9 * RATE * 4])


def _half_an_ogg(path: Path) -> None:
    whole = encode(path, call(length_s=40), codec="libopus", kind="ogg")
    data = whole.read_bytes()
    whole.write_bytes(data[: len(data) // 2])


def _lost_in_the_middle(path: Path) -> None:
    encode(path, call(length_s=40), codec="libopus", kind="ogg")
    data = bytearray(path.read_bytes())
    third = len(data) // 3
    data[third : third + third // 2] = bytes(third // 2)
    path.write_bytes(data)


def _changing_rate(path: Path) -> None:
    """Two MP3 files of different sample rates, one after the other."""
    parts = []
    for number, rate in enumerate((8000, 16000)):
        part = path.with_name(f"{path.name}.{number}.mp3")
        encode(part, call(20.0 * number, rate=rate), codec="libmp3lame", rate=rate)
        parts.append(part.read_bytes())
        part.unlink()
    path.write_bytes(b"".join(parts))


def _variable_bit_rate(path: Path) -> None:
    options = {"flags": "+qscale", "global_quality": "590"}
    with av.open(str(path), "w", format="mp3") as out:
        stream = out.add_stream("libmp3lame", rate=RATE, layout="stereo", options=options)
        frame = av.AudioFrame.from_ndarray(call(9), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = RATE, 0
        packets = [*stream.encode(frame), *stream.encode(None)]
        assert len({packet.size for packet in packets}) > 3
        for packet in packets:
            out.mux(packet)


def _broken_header(path: Path) -> None:
    """A WAV header that asks the decoder for the impossible."""
    encode(path, call(length_s=2), codec="pcm_s16le", kind="wav")
    data = bytearray(path.read_bytes())
    data[20:36] = (
        b"\xff\xff" + b"\xff\x7f" + b"\xff\xff\xff\x7f" + b"\xff\xff\xff\xff" + b"\xff\x7f\xff\x7f"
    )
    path.write_bytes(data)


def _six_hours(path: Path) -> None:
    """A few seconds of talk, then silence until six hours are full, compressed."""
    minute = np.zeros((2, 60 * RATE), np.float32)
    with av.open(str(path), "w", format="flac") as out:
        stream = out.add_stream("flac", rate=RATE, layout="stereo")
        written = 0
        for number in range(360):
            part = minute.copy()
            if number == 0:
                part[:, : TALK_S * RATE] = call(12)
            pcm = np.ascontiguousarray((part.T * 32767).astype(np.int16).reshape(1, -1))
            frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="stereo")
            frame.sample_rate, frame.pts = RATE, written
            written += part.shape[1]
            for packet in stream.encode(frame):
                out.mux(packet)
        for packet in stream.encode(None):
            out.mux(packet)


DAMAGED = (
    Damaged("whole.wav", _pcm(call()), "scanned"),
    Damaged("whole.ogg", lambda p: encode(p, call(1), codec="libopus"), "scanned"),
    Damaged("cut.wav", _pcm(call(length_s=8)), "mismatch", "录音可能被截断",
            "integrity.length", talk_s=TALK_S),
    Damaged("cut-off.wav", _cut_off, "scanned", "文件头称声音数据有", "integrity.cut_short"),
    Damaged("half.ogg", _half_an_ogg, "scanned", "数据页", "integrity.cut_short"),
    Damaged("lost.ogg", _lost_in_the_middle, "scanned", "无法解码或缺失", "integrity.cut_short"),
    Damaged("spliced.wav", _pcm(_spliced()), "scanned", "底噪由", "integrity.splice"),
    Damaged("rates.mp3", _changing_rate, "scanned", "采样率改变", "integrity.splice",
            also="integrity.cut_short"),
    Damaged("gap.wav", _pcm(_with_gap(call())), "scanned", "6.0 秒起 3.0 秒", "integrity.gap"),
    Damaged("swapped.wav", _pcm(call(length_s=60)[::-1]), "scanned", "疑似左右声道颠倒"),
    Damaged("crosstalk.wav", _pcm(_leaking(call(2))), "scanned"),
    Damaged("clipped.wav", _pcm(np.clip(call(3) * 8, -0.9, 0.9)), "scanned", "削波",
            "integrity.poor_sound"),
    Damaged("noisy.wav", _pcm(_noisy(call(4), -20)), "scanned", "信噪比", "integrity.poor_sound"),
    Damaged("dead.wav", _pcm(_dead(call(5))), "scanned", "第 2 声道", "integrity.dead_channel"),
    Damaged("really-mp3.wav", lambda p: encode(p, call(6), codec="libmp3lame", kind="mp3"), "scanned"),
    Damaged("48khz.wav", _pcm(call(7, rate=48_000), rate=48_000), "scanned"),
    Damaged("8bit.wav", lambda p: encode(p, call(8), codec="pcm_u8", kind="wav"), "scanned"),
    Damaged("vbr.mp3", _variable_bit_rate, "scanned"),
    Damaged("mono.wav", _pcm(call(10).sum(axis=0, keepdims=True)), "scanned",
            "录音有 1 个声道"),
    Damaged("stereo-as-mono.wav", _pcm(call(11)), "scanned", "清单称单声道", channels="mono"),
    Damaged("six-hours.flac", _six_hours, "scanned"),
    Damaged("50ms.wav", _pcm(call(2, 0.05)), "silent", "没有语音"),
    Damaged("header.wav", _broken_header, "unreadable", "", "integrity.unreadable"),
    Damaged("empty.wav", lambda p: p.write_bytes(b""), "unreadable", "空文件",
            "integrity.unreadable"),
    Damaged("text.wav", lambda p: p.write_text("这不是录音"), "unreadable", "不是音频",
            "integrity.unreadable"),
)  # fmt: skip

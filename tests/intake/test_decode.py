"""Recordings become samples: channels apart, times true, damage said."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qc_pipeline.errors import RecordingUnreadable
from qc_pipeline.intake.decode import decode_audio
from tests.intake.conftest import encode, main_frequency, tones
from tests.intake.test_probe import FORMATS


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_keeps_its_channels_apart(tmp_path: Path, name: str) -> None:
    codec, kind, channels, _ = FORMATS[name]
    path = encode(tmp_path / name, tones(seconds=4, channels=channels), codec=codec, kind=kind)
    audio = decode_audio(path)
    assert (audio.samples.dtype, audio.sample_rate, audio.channels) == (np.float32, 16000, channels)
    assert audio.duration_s == pytest.approx(4, abs=0.2)
    assert audio.damaged_at_s is None
    for number, channel in enumerate(audio.samples):
        assert main_frequency(channel, 16000) == pytest.approx(300 * (number + 1), abs=3)
        assert 0.2 < np.abs(channel[1600:-1600]).max() < 0.45


def test_a_silent_channel_stays_silent(tmp_path: Path) -> None:
    samples = tones(seconds=2)
    samples[1] = 0
    audio = decode_audio(encode(tmp_path / "a.wav", samples, codec="pcm_s16le"))
    assert np.abs(audio.samples[1]).max() < 1e-4
    assert np.abs(audio.samples[0]).max() > 0.2


def test_mono_stays_mono(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.wav", tones(seconds=1, channels=1), codec="pcm_s16le")
    assert decode_audio(path).channels == 1


def test_more_than_two_channels_are_all_kept(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.wav", tones(seconds=2, channels=4), codec="pcm_s16le")
    audio = decode_audio(path)
    assert [round(main_frequency(c, 16000), -1) for c in audio.samples] == [300, 600, 900, 1200]


def test_unresampled_samples_are_exact(tmp_path: Path) -> None:
    samples = tones(seconds=1)
    path = encode(tmp_path / "a.wav", samples, codec="pcm_s16le")
    assert np.abs(decode_audio(path, sample_rate=8000).samples - samples).max() <= 1 / 32768


def test_a_long_recording_has_no_seams(tmp_path: Path) -> None:
    # Longer than one resampling block; a seam would show as a jump of the sine.
    path = encode(tmp_path / "a.wav", tones(seconds=25, channels=1), codec="pcm_s16le")
    (channel,) = decode_audio(path).samples
    assert len(channel) == pytest.approx(25 * 16000, abs=64)
    steepest = 0.3 * 2 * np.pi * 300 / 16000
    assert np.abs(np.diff(channel[800:-800])).max() < 1.05 * steepest


def test_a_damaged_tail_keeps_what_decoded(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp3", tones(seconds=6), codec="libmp3lame")
    data = bytearray(path.read_bytes())
    half = len(data) // 2
    data[half:] = bytes(len(data) - half)
    path.write_bytes(data)
    audio = decode_audio(path)
    assert audio.duration_s == pytest.approx(3, abs=0.5)
    assert audio.damaged_at_s == pytest.approx(audio.duration_s, abs=0.1)
    assert main_frequency(audio.samples[0], 16000) == pytest.approx(300, abs=3)


def test_a_lost_stretch_is_silence_of_its_length_and_is_said(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.ogg", tones(seconds=9), codec="libopus")
    data = bytearray(path.read_bytes())
    third = len(data) // 3
    data[third : third + third // 2] = bytes(third // 2)
    path.write_bytes(data)
    audio = decode_audio(path)
    assert audio.duration_s == pytest.approx(9, abs=0.2)
    assert audio.damaged_at_s is not None
    assert 1 < audio.damaged_at_s < 4
    lost = audio.samples[0][round((audio.damaged_at_s + 0.2) * 16000) :][:8000]
    assert np.abs(lost).max() < 0.01
    assert np.abs(audio.samples[0][-16000:]).max() > 0.2


def test_a_change_of_channels_ends_the_usable_part(tmp_path: Path) -> None:
    stereo = encode(tmp_path / "s.mp3", tones(seconds=3), codec="libmp3lame").read_bytes()
    mono = encode(tmp_path / "m.mp3", tones(seconds=3, channels=1), codec="libmp3lame").read_bytes()
    path = tmp_path / "both.mp3"
    path.write_bytes(stereo + mono)
    audio = decode_audio(path)
    assert audio.channels == 2
    assert audio.damaged_at_s == pytest.approx(3, abs=0.3)
    assert audio.duration_s == pytest.approx(3, abs=0.3)


def test_floating_point_rubbish_never_leaves_the_range(tmp_path: Path) -> None:
    samples = tones(seconds=1)
    samples[:, 100:200] = np.nan
    samples[:, 300] = np.inf
    samples[:, 400] = 1e30
    audio = decode_audio(encode_float(tmp_path / "a.wav", samples))
    assert np.isfinite(audio.samples).all()
    assert np.abs(audio.samples).max() <= 1


def test_nothing_decodable_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF\x24\0\0\0WAVE")
    with pytest.raises(RecordingUnreadable):
        decode_audio(path)


@given(
    seconds=st.floats(0.05, 3),
    rate=st.sampled_from([8000, 11025, 16000, 44100]),
    channels=st.sampled_from([1, 2]),
    target=st.sampled_from([8000, 16000]),
)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)
def test_the_length_survives_any_resampling(
    tmp_path: Path, seconds: float, rate: int, channels: int, target: int
) -> None:
    samples = tones(seconds=seconds, channels=channels, rate=rate)
    path = encode(tmp_path / "a.wav", samples, codec="pcm_s16le", rate=rate)
    audio = decode_audio(path, sample_rate=target)
    assert audio.samples.shape[0] == channels
    assert audio.duration_s == pytest.approx(samples.shape[1] / rate, abs=0.005)


def encode_float(path: Path, samples: np.ndarray) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("pcm_f32le", rate=8000, layout="stereo")
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples.T.reshape(1, -1)), format="flt", layout="stereo"
        )
        frame.sample_rate = 8000
        for packet in (*stream.encode(frame), *stream.encode(None)):
            out.mux(packet)
    return path

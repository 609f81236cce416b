"""What a recording is, found out from its content; what it isn't, said clearly."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qc_pipeline.errors import RecordingUnreadable
from qc_pipeline.intake.decode import decode_audio
from qc_pipeline.intake.probe import probe_recording
from tests.intake.conftest import encode, tones

# name -> (codec, container for FFmpeg, channels, what the probe calls it)
FORMATS = {
    "pcm.wav": ("pcm_s16le", None, 2, ("wav", "pcm_s16le")),
    "eight-bit.wav": ("pcm_u8", None, 2, ("wav", "pcm_u8")),
    "alaw.wav": ("pcm_alaw", None, 2, ("wav", "pcm_alaw")),
    "mulaw.wav": ("pcm_mulaw", None, 1, ("wav", "pcm_mulaw")),
    "call.mp3": ("libmp3lame", None, 2, ("mp3", "mp3")),
    "call.ogg": ("libopus", None, 2, ("ogg", "opus")),
    "call.m4a": ("aac", "ipod", 2, ("m4a", "aac")),
    "call.flac": ("flac", None, 2, ("flac", "flac")),
    "call.amr": ("libopencore_amrnb", None, 1, ("amr", "amr_nb")),
    "call.webm": ("libopus", None, 2, ("webm", "opus")),
}


def refused(path: Path, **limits: float) -> str:
    with pytest.raises(RecordingUnreadable) as error:
        probe_recording(path, **limits)
    assert path.name in str(error.value)
    assert error.value.remedy
    return str(error.value)


def patched(source: Path, target: Path, after: bytes, offset: int, value: bytes) -> Path:
    """A copy of `source` with `value` written `offset` bytes behind the end of `after`."""
    data = source.read_bytes()
    at = data.index(after) + len(after) + offset
    target.write_bytes(data[:at] + value + data[at + len(value) :])
    return target


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_recognised(tmp_path: Path, name: str) -> None:
    codec, kind, channels, expected = FORMATS[name]
    path = encode(tmp_path / name, tones(seconds=4, channels=channels), codec=codec, kind=kind)
    recording = probe_recording(path)
    assert (recording.container, recording.codec) == expected
    assert recording.channels == channels
    assert recording.sample_rate == (48000 if "opus" in codec else 8000)
    assert recording.duration_s == pytest.approx(4, abs=0.2)  # AAC pads its first frame
    assert recording.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert recording.size_bytes == path.stat().st_size
    assert recording.key == ""


def test_a_wrong_suffix_is_no_fault(tmp_path: Path) -> None:
    mp3 = encode(tmp_path / "a.mp3", tones(seconds=2), codec="libmp3lame")
    renamed = mp3.rename(tmp_path / "a.wav")
    assert probe_recording(renamed).container == "mp3"


@pytest.mark.parametrize("claimed", [0, 1600, 10**8, 2**32 - 1])
def test_a_wav_header_that_lies_about_its_length(
    stereo_wav: Path, tmp_path: Path, claimed: int
) -> None:
    path = patched(stereo_wav, tmp_path / "lie.wav", b"data", 0, struct.pack("<I", claimed))
    assert probe_recording(path).duration_s == pytest.approx(5, abs=0.05)
    assert decode_audio(path).duration_s == pytest.approx(5, abs=0.05)


def test_a_file_cut_off_is_as_long_as_what_is_left(stereo_wav: Path, tmp_path: Path) -> None:
    for source in (stereo_wav, encode(tmp_path / "a.ogg", tones(seconds=5), codec="libopus")):
        data = source.read_bytes()
        cut = tmp_path / f"cut{source.suffix}"
        cut.write_bytes(data[: len(data) // 2])
        assert probe_recording(cut).duration_s == pytest.approx(2.5, abs=0.6)


def test_a_hole_is_not_counted_as_sound(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.ogg", tones(seconds=9), codec="libopus")
    data = bytearray(path.read_bytes())
    third = len(data) // 3
    data[third : 2 * third] = bytes(third)
    path.write_bytes(data)
    assert probe_recording(path).duration_s < 7


def test_zeros_that_a_broken_transfer_left_are_not_counted_as_sound(tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    with av.open(
        str(path), "w", format="ipod", container_options={"movflags": "+faststart"}
    ) as out:
        stream = out.add_stream("aac", rate=8000, layout="stereo")
        frame = av.AudioFrame.from_ndarray(tones(seconds=6), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = 8000, 0
        for packet in (*stream.encode(frame), *stream.encode(None)):
            out.mux(packet)
    half = path.stat().st_size // 2
    path.write_bytes(path.read_bytes()[:half] + bytes(half))
    assert probe_recording(path).duration_s == pytest.approx(3, abs=0.4)


def test_silence_is_counted(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.wav", 0 * tones(seconds=3), codec="pcm_s16le")
    assert probe_recording(path).duration_s == 3


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "空文件"),
        (bytes(50_000), "全是零字节"),
        ("这是一段说明文字。\n".encode() * 500, "文本"),
        (b"<html>not found</html>", "文本"),
        (b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40, "不是音频"),
        (b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n", "文本"),
        (b"ffconcat version 1.0\nfile '/etc/passwd'\n", "文本"),
    ],
)
@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".ogg"])
def test_what_is_not_audio_is_refused_with_what_it_is(
    tmp_path: Path, data: bytes, said: str, suffix: str
) -> None:
    path = tmp_path / f"r{suffix}"
    path.write_bytes(data)
    reason = refused(path)
    assert said in reason or "文件头不可信" in reason


def test_a_playlist_leads_nowhere(stereo_wav: Path, tmp_path: Path) -> None:
    playlist = tmp_path / "list.wav"
    playlist.write_text(f"ffconcat version 1.0\nfile '{stereo_wav.name}'\n")
    refused(playlist)


def test_a_file_whose_index_never_arrived_is_refused(tmp_path: Path) -> None:
    whole = encode(tmp_path / "a.m4a", tones(seconds=5), codec="aac", kind="ipod")
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    assert "没有写完" in refused(whole)


def test_headers_without_sound_are_refused(stereo_wav: Path, tmp_path: Path) -> None:
    data = stereo_wav.read_bytes()
    path = tmp_path / "header.wav"
    path.write_bytes(data[: data.index(b"data") + 8])
    assert "没有可解码的声音" in refused(path)


@pytest.mark.parametrize(
    ("offset", "value"),
    [
        (6, struct.pack("<H", 0)),  # channels
        (6, struct.pack("<H", 300)),
        (6, struct.pack("<H", 65535)),
        (8, struct.pack("<I", 0)),  # sample rate
        (8, struct.pack("<I", 1)),
        (8, struct.pack("<I", 2**31 - 1)),
        (4, struct.pack("<H", 0x9999)),  # codec
        (18, struct.pack("<H", 0)),  # bits per sample
    ],
)
def test_headers_that_would_crash_a_decoder_are_refused(
    stereo_wav: Path, tmp_path: Path, offset: int, value: bytes
) -> None:
    refused(patched(stereo_wav, tmp_path / "bad.wav", b"fmt ", offset, value))


def test_two_tracks_are_refused_rather_than_one_lost(tmp_path: Path) -> None:
    path = tmp_path / "two.mka"
    with av.open(str(path), "w", format="matroska") as out:
        streams = [out.add_stream("pcm_s16le", rate=8000, layout="mono") for _ in range(2)]
        for stream in streams:
            frame = av.AudioFrame.from_ndarray(
                (tones(seconds=1, channels=1) * 32767).astype("int16"), format="s16", layout="mono"
            )
            frame.sample_rate = 8000
            for packet in (*stream.encode(frame), *stream.encode(None)):
                out.mux(packet)
    assert "2 条音轨" in refused(path)


def test_longer_than_the_limit_is_refused(stereo_wav: Path) -> None:
    assert probe_recording(stereo_wav, max_duration_s=5).duration_s == 5
    assert "max_duration_s" in refused(stereo_wav, max_duration_s=4.9)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    refused(tmp_path / "no.wav")
    refused(tmp_path)


@given(
    name=st.sampled_from(["pcm.wav", "call.mp3", "call.ogg", "call.m4a", "call.flac", "call.amr"]),
    damage=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=40),
    kept=st.floats(0, 1),
)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150
)
def test_any_damage_is_survived(
    damaged_sources: dict[str, bytes], tmp_path: Path, name: str,
    damage: list[tuple[float, int]], kept: float,
) -> None:  # fmt: skip
    data = bytearray(damaged_sources[name])
    for place, value in damage:
        data[int(place**3 * len(data))] = value  # mostly in the headers
    path = tmp_path / name
    path.write_bytes(data[: int(kept * len(data)) + 1])
    try:
        recording = probe_recording(path, max_duration_s=3600)
        audio = decode_audio(path)
    except RecordingUnreadable:
        return
    assert recording.duration_s > 0
    assert audio.channels == recording.channels
    assert abs(audio.samples).max() <= 1


@pytest.fixture(scope="module")
def damaged_sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Sound recordings of 2 s, to be damaged."""
    folder = tmp_path_factory.mktemp("sound")
    return {
        name: encode(
            folder / name, tones(seconds=2, channels=channels), codec=codec, kind=kind
        ).read_bytes()
        for name, (codec, kind, channels, _) in FORMATS.items()
    }

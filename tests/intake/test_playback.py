"""What a reviewer hears: a copy every browser plays, made once, never out of step."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import numpy as np
import pytest

from qc_pipeline.errors import HomeError, RecordingUnreadable
from qc_pipeline.intake.decode import decode_audio
from qc_pipeline.intake.playback import Playback, find_playback, forget_playback, playback_of
from tests.intake.conftest import encode, main_frequency, tones
from tests.intake.test_probe import FORMATS


def copy_of(path: Path, home: Path) -> Playback:
    return playback_of(path, sha256=hashlib.sha256(path.read_bytes()).hexdigest(), home=home)


def made_in(home: Path) -> list[str]:
    return [path.name for path in (home / "playback").iterdir() if path.name != ".lock"]


@pytest.mark.parametrize("name", FORMATS)
def test_each_accepted_codec_becomes_an_mp3_of_the_same_channels(tmp_path: Path, name: str) -> None:
    codec, kind, channels, _ = FORMATS[name]
    path = encode(tmp_path / name, tones(seconds=4, channels=channels), codec=codec, kind=kind)
    copy = copy_of(path, tmp_path / "home")
    heard = decode_audio(copy.audio)
    assert (copy.channels, heard.channels) == (channels, channels)
    assert heard.duration_s == pytest.approx(copy.duration_s, abs=0.1)
    for number, channel in enumerate(heard.samples):
        assert main_frequency(channel, 16000) == pytest.approx(300 * (number + 1), abs=3)
    with av.open(str(copy.audio)) as opened:
        assert (opened.format.name, opened.streams.audio[0].codec.name[:3]) == ("mp3", "mp3")


def test_a_place_in_the_copy_is_the_same_place_in_the_original(tmp_path: Path) -> None:
    samples = np.zeros((2, 8000 * 60), np.float32)
    burst = tones(seconds=0.2)[0]
    samples[0, 8000 * 7 :][:1600] = burst
    samples[1, 8000 * 53 :][:1600] = burst
    copy = copy_of(encode(tmp_path / "a.wav", samples, codec="pcm_alaw"), tmp_path / "home")
    left, right = decode_audio(copy.audio).samples
    starts = [np.flatnonzero(np.abs(channel) > 0.1)[0] / 16000 for channel in (left, right)]
    assert starts == pytest.approx([7, 53], abs=0.02)
    # What one side says is not heard on the other.
    assert np.abs(right[16000 * 7 :][:3200]).max() < 0.01


def test_the_waveform_shows_each_channel_where_it_is_loud(tmp_path: Path) -> None:
    samples = tones(seconds=10)
    samples[0, : 8000 * 4] = 0
    samples[1] *= 0.5
    copy = copy_of(encode(tmp_path / "a.wav", samples, codec="pcm_s16le"), tmp_path / "home")
    shape = json.loads(copy.peaks.read_text())
    per_s = shape["peaks_per_s"]
    assert shape["duration_s"] == pytest.approx(10, abs=0.01)
    assert [len(peaks) for peaks in shape["channels"]] == pytest.approx([10 * per_s] * 2, abs=1)
    left, right = (np.array(peaks) for peaks in shape["channels"])
    assert left[: int(3.9 * per_s)].max() < 0.01
    assert left[int(4.1 * per_s) : -1].min() == pytest.approx(0.3, abs=0.02)
    assert right[1:-1].max() == pytest.approx(0.15, abs=0.01)


def test_it_is_made_once_and_names_the_original(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.wav", tones(seconds=1), codec="pcm_s16le")
    copy = copy_of(path, tmp_path / "home")
    made = copy.audio.stat().st_mtime_ns
    path_gone = tmp_path / "gone.wav"
    assert playback_of(path_gone, sha256=copy.original_sha256, home=tmp_path / "home") == copy
    assert copy.audio.stat().st_mtime_ns == made
    about = json.loads((copy.audio.parent / "playback.json").read_text())
    assert about["original_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    for file in (copy.audio, copy.peaks):
        assert about["files"][file.name]["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.mark.parametrize("left", ["audio.mp3", "peaks.json", "playback.json"])
def test_a_copy_that_lost_a_part_is_made_again(tmp_path: Path, left: str) -> None:
    path = encode(tmp_path / "a.wav", tones(seconds=1), codec="pcm_s16le")
    copy = copy_of(path, tmp_path / "home")
    (copy.audio.parent / left).write_bytes(b"")
    assert find_playback(tmp_path / "home", copy.original_sha256) is None
    again = copy_of(path, tmp_path / "home")
    assert decode_audio(again.audio).duration_s == pytest.approx(1, abs=0.1)
    assert made_in(tmp_path / "home") == [copy.original_sha256]


def test_several_may_ask_at_once(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.wav", tones(seconds=5), codec="pcm_s16le")
    with ThreadPoolExecutor(4) as pool:
        copies = list(pool.map(lambda _: copy_of(path, tmp_path / "home"), range(4)))
    assert len(set(copies)) == 1
    assert made_in(tmp_path / "home") == [copies[0].original_sha256]


def test_damage_is_said_and_what_decodes_plays(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp3", tones(seconds=6), codec="libmp3lame")
    data = bytearray(path.read_bytes())
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    path.write_bytes(data)
    copy = copy_of(path, tmp_path / "home")
    assert copy.damaged_at_s == pytest.approx(3, abs=0.5)


def test_nothing_playable_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF\x24\0\0\0WAVE")
    with pytest.raises(RecordingUnreadable):
        copy_of(path, tmp_path / "home")
    assert made_in(tmp_path / "home") == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.wav", tones(seconds=1), codec="pcm_s16le")
    (tmp_path / "home").write_text("a file stands here")
    with pytest.raises(HomeError, match="playback"):
        copy_of(path, tmp_path / "home")


def test_more_channels_than_a_browser_has_are_mixed_and_said(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.wav", tones(seconds=2, channels=4), codec="pcm_s16le")
    copy = copy_of(path, tmp_path / "home")
    assert (copy.channels, copy.mixed) == (1, True)


def test_it_can_be_forgotten(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.wav", tones(seconds=1), codec="pcm_s16le")
    sha256 = copy_of(path, tmp_path / "home").original_sha256
    assert forget_playback(tmp_path / "home", sha256)
    assert not forget_playback(tmp_path / "home", sha256)
    assert find_playback(tmp_path / "home", sha256) is None


def test_memory_does_not_grow_with_the_length(tmp_path: Path) -> None:
    """Ten minutes as float samples are 77 MB."""
    used_kb = [_memory_for(minutes, tmp_path) for minutes in (2, 10)]
    assert used_kb[1] - used_kb[0] < 20_000


def _memory_for(minutes: int, folder: Path) -> int:
    path = folder / f"{minutes}.wav"
    encode(path, np.zeros((2, 8000 * 60 * minutes), np.float32), codec="pcm_alaw")
    program = (
        "import re, sys; from pathlib import Path;"
        "from qc_pipeline.intake.playback import playback_of;"
        "playback_of(Path(sys.argv[1]), sha256=64 * sys.argv[2], home=Path(sys.argv[3]));"
        "print(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])"
    )
    command = [sys.executable, "-c", program, str(path), str(minutes)[0], str(folder / "home")]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

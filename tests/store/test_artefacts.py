"""Artefacts: whole or absent, and never taken for another."""

import errno
import hashlib
import json
import logging
import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_pipeline.errors import HomeError
from qc_pipeline.records import CallEvent, LineJudgements, ListenerSpan, Word
from qc_pipeline.store.artefacts import (
    detection_key,
    detection_path,
    read_detection,
    read_transcript,
    safe_name,
    sweep_temporary,
    transcript_path,
    write_artefact,
    write_detection,
    write_transcript,
)

from .builders import a_detection, a_finding, a_transcript, an_utterance


def test_a_transcript_comes_back_as_it_was(tmp_path: Path) -> None:
    words = (Word(0, 1, 0.1, 0.2, 0.9), Word(1, 3, 0.2, 0.4, 0.5))
    transcript = a_transcript("r", an_utterance(words=words), an_utterance(1, "嗯", suspect="短"))
    path = transcript_path(tmp_path, transcript.recording_sha256, transcript.config_hash)
    write_transcript(path, transcript)
    assert read_transcript(path) == transcript
    assert path.relative_to(tmp_path).parts == (
        "transcripts", transcript.recording_sha256, "c0ffee.json",
    )  # fmt: skip


def test_a_detection_comes_back_as_it_was(tmp_path: Path) -> None:
    detection = a_detection(
        "通话/1", a_finding("通话/1"),
        suppressed=(a_finding("通话/1", "threat_intimidation"),),
        events=(CallEvent("complaint", 3, 12.5, "我要投诉"),),
        listeners=(ListenerSpan(0, "debtor", "confirmed"),),
    )  # fmt: skip
    path = detection_path(tmp_path, "通话/1", "k1")
    write_detection(path, detection)
    assert read_detection(path) == detection


def test_a_detection_knows_what_a_classifier_made_of_its_lines(tmp_path: Path) -> None:
    judged = LineJudgements("m1", ("abuse_insult", "impersonation"),
                            (("a" * 20, (0.25, 1e-06)), ("b" * 20, ())))  # fmt: skip
    detection = replace(a_detection("c"), judgements=judged)
    path = detection_path(tmp_path, "c", "k1")
    write_detection(path, detection)
    assert read_detection(path) == detection


def test_a_detection_from_before_judgements_were_kept_is_still_read(tmp_path: Path) -> None:
    path = detection_path(tmp_path, "c", "k1")
    write_detection(path, a_detection("c"))
    body = json.loads(path.read_text("utf-8"))["body"]
    del body["judgements"]
    older = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    head = f'{{"kind":"detection","format":1,"sha256":"{hashlib.sha256(older).hexdigest()}","body":'
    path.write_bytes(head.encode() + older + b"}\n")
    assert read_detection(path) == a_detection("c")


def test_an_artefact_is_ordinary_json_that_only_its_owner_reads(tmp_path: Path) -> None:
    path = transcript_path(tmp_path, a_transcript("r").recording_sha256, "c0ffee")
    write_transcript(path, a_transcript("r"))
    loaded = json.loads(path.read_text("utf-8"))
    assert loaded["kind"] == "transcript"
    assert loaded["body"]["utterances"][0]["text"] == "你这个骗子"
    assert path.stat().st_mode & 0o077 == 0


def test_what_is_absent_is_none(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert read_transcript(tmp_path / "transcripts" / "x" / "y.json") is None
    assert caplog.records == []


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda data: data[:-20], "cut off"),
        (lambda data: b"", "cut off"),
        (lambda data: b"\x00" * len(data), "cut off"),
        (lambda data: data.replace("骗子".encode(), "好人".encode()), "checksum"),
        (lambda data: data.replace(b'"kind":"transcript"', b'"kind":"detection"'), "not a"),
        (lambda data: data.replace(b'"format":1', b'"format":2'), "format 1"),
    ],
)
def test_what_is_damaged_counts_as_absent_and_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage, reason: str
) -> None:
    path = transcript_path(tmp_path, a_transcript("r").recording_sha256, "c0ffee")
    write_transcript(path, a_transcript("r"))
    path.write_bytes(damage(path.read_bytes()))
    with caplog.at_level(logging.WARNING):
        assert read_transcript(path) is None
    assert reason in caplog.records[0].reason
    write_transcript(path, a_transcript("r"))  # and is made again
    assert read_transcript(path) is not None


def test_an_artefact_under_another_name_counts_as_absent(tmp_path: Path) -> None:
    own = detection_path(tmp_path, "C1", "k1")
    write_detection(own, a_detection("C1"))
    for other in (detection_path(tmp_path, "C2", "k1"), detection_path(tmp_path, "C1", "k2")):
        other.parent.mkdir(exist_ok=True)
        other.write_bytes(own.read_bytes())
        assert read_detection(other) is None


def test_what_could_not_be_read_back_is_not_written(tmp_path: Path) -> None:
    transcript = replace(a_transcript("r"), speech_s=float("nan"))
    with pytest.raises(ValueError, match="read back"):
        write_transcript(tmp_path / "t.json", transcript)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_named_and_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    folder = tmp_path / "transcripts"
    folder.mkdir()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(HomeError, match="free some space"):
        write_artefact(folder / "a.json", b"x")
    assert list(folder.iterdir()) == []


WRITE_FOR_EVER = """
    import sys
    from pathlib import Path
    from qc_pipeline.store.artefacts import write_artefact
    folder, turn = Path(sys.argv[1]), 0
    while True:
        write_artefact(folder / "transcripts" / "r" / "a.json", str(turn % 10).encode() * 2_000_000)
        print("written", flush=True)
        turn += 1
"""


def test_a_writer_killed_at_any_moment_leaves_a_whole_file(tmp_path: Path) -> None:
    target = tmp_path / "transcripts" / "r" / "a.json"
    for _ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(WRITE_FOR_EVER), str(tmp_path)],
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.communicate()
        data = target.read_bytes()
        assert len(data) == 2_000_000
        assert len(set(data)) == 1
    sweep_temporary(tmp_path)
    assert list(target.parent.iterdir()) == [target]


def test_left_over_temporary_files_are_swept(tmp_path: Path) -> None:
    path = detection_path(tmp_path, ".hidden.tmp", "k1")
    write_detection(path, a_detection(".hidden.tmp"))
    (path.parent / ".k2.json.0123.tmp").write_bytes(b"half")
    assert sweep_temporary(tmp_path) == 1
    assert list(path.parent.iterdir()) == [path]


@given(st.text(max_size=200), st.text(max_size=200))
def test_two_call_ids_never_share_a_folder(one: str, other: str) -> None:
    assert (safe_name(one) == safe_name(other)) == (one == other)


@given(st.text(max_size=400))
def test_any_call_id_makes_a_usable_file_name(call_id: str) -> None:
    name = safe_name(call_id)
    assert name.isascii()
    assert 0 < len(name) <= 125
    assert "/" not in name
    assert not name.startswith(".")


def test_a_long_call_id_cannot_pose_as_another(tmp_path: Path) -> None:
    long_name = safe_name("长" * 100)
    assert safe_name(long_name) != long_name


def test_the_key_of_a_detection_changes_with_each_part() -> None:
    parts = {"transcript": "t/c", "rules_version": "r", "policy_version": "p", "facts": "f"}
    keys = {detection_key(**parts)}
    keys |= {detection_key(**{**parts, name: parts[name] + "x"}) for name in parts}
    keys.add(detection_key(**{**parts, "rules_version": "rp", "policy_version": ""}))
    assert len(keys) == 6
    assert detection_key(**parts) in keys

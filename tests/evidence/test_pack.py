"""An evidence pack holds what a verdict rests on, and proves that nothing in it was changed."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import wave
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qc_pipeline.cli import cli
from qc_pipeline.errors import RegisterError, UsageError
from qc_pipeline.evidence.check import PackReport, verify_pack
from qc_pipeline.evidence.pack import make_pack
from qc_pipeline.evidence.signing import published_key
from qc_pipeline.registers.access_log import read_accesses
from qc_pipeline.registers.desk import correct_line
from tests.evidence.conftest import PHONE, SAMPLE, Judged
from tests.replay.homes import later


def packed(judged: Judged, subject: str, target: Path, **options) -> PackReport:
    make_pack(
        judged.store, subject, target=target, by="officer", at=later(120), policy=judged.policy,
        recordings=judged.recordings, keys=judged.settings.keys, **options,
    )  # fmt: skip
    return verify_pack(target, keys=judged.settings.keys)


def content(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_pack_of_a_finding_holds_what_the_verdict_rests_on(
    judged: Judged, tmp_path: Path
) -> None:
    path = tmp_path / "finding.zip"
    report = packed(judged, judged.finding_id, path)
    assert report.ok
    assert report.notices == ()
    files = content(path)
    (finding,) = json.loads(files["findings.json"])
    assert (finding["finding_id"], finding["status"]) == (judged.finding_id, "confirmed")
    (recording,) = json.loads(files["recordings.json"])
    assert recording["sha256"] == hashlib.sha256(SAMPLE.read_bytes()).hexdigest()
    with wave.open(io.BytesIO(files[f"clips/{judged.finding_id}.wav"])) as clip:
        # Two turns before the words to the reply after: here that is the whole talk.
        turns = json.loads(files["transcripts.json"])
        assert clip.getnchannels() == 2
        seconds = clip.getnframes() / clip.getframerate()
        assert seconds == pytest.approx(turns[3]["end_s"] - turns[0]["start_s"], abs=0.01)
    facts = json.loads(files["facts.json"])["20260303-A01"]
    assert facts["proven"] is True
    assert facts["case"]["days_overdue"] == 40
    entries = json.loads(files["entries.json"])
    assert [each["action"] for each in entries if each["subject"] == judged.finding_id] == [
        "finding.first_confirmed",
        "finding.confirmed",
    ]
    # The case it led to is in it, too.
    assert judged.case_id in {each["subject"] for each in entries}
    assert f"policy/{finding['policy_version']}/discipline.yaml" in files
    rules = [name for name in files if name.startswith("rules/")]
    assert rules == [f"rules/{finding['rules_version']}/threat_intimidation.yaml"]
    page = files["index.html"].decode()
    assert "威胁" in page
    assert f"<mark>{finding['matched']}" in page or "<mark>" in page


def test_numbers_are_masked_unless_asked_for(judged: Judged, tmp_path: Path) -> None:
    masked = tmp_path / "masked.zip"
    assert packed(judged, judged.case_id, masked).ok
    assert all(PHONE.encode() not in data for data in content(masked).values())
    unmasked = tmp_path / "unmasked.zip"
    packed(judged, judged.case_id, unmasked, unmasked=True, whole_recordings=True)
    files = content(unmasked)
    assert PHONE in files["transcripts.json"].decode()
    (name,) = [name for name in files if name.startswith("recordings/")]
    assert files[name] == SAMPLE.read_bytes()
    made = [entry for entry in read_accesses(judged.store.home) if entry.action == "evidence.made"]
    assert [entry.details["masked"] for entry in made] == [True, False]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_changed_byte_is_found_wherever_it_is(judged: Judged, tmp_path: Path, data) -> None:
    path = tmp_path / "pack.zip"
    if not path.exists():
        packed(judged, judged.finding_id, path)
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    bit = data.draw(st.integers(0, 7))
    changed = tmp_path / "changed.zip"
    changed.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << bit)]) + whole[at + 1 :])
    assert not verify_pack(changed, keys=judged.settings.keys).ok
    changed.write_bytes(whole[:at] + whole[at + 1 :])
    assert not verify_pack(changed, keys=judged.settings.keys).ok
    changed.write_bytes(whole + b"\0")
    assert not verify_pack(changed, keys=judged.settings.keys).ok


def test_a_pack_is_verified_on_a_machine_that_has_nothing_else(
    judged: Judged, tmp_path: Path
) -> None:
    path = tmp_path / "pack.zip"
    signed_by = packed(judged, judged.finding_id, path).signed_by
    public = published_key(judged.settings.keys)
    assert public is not None
    shutil.rmtree(judged.settings.home)
    elsewhere = tmp_path / "elsewhere"
    report = verify_pack(path, keys=elsewhere)
    assert report.ok
    assert any(signed_by in notice for notice in report.notices)
    assert verify_pack(path, keys=elsewhere, public_key=public).ok
    assert not verify_pack(path, keys=elsewhere, public_key="00" * 32).ok


def test_a_pack_signed_by_somebody_else_is_not_ours(judged: Judged, tmp_path: Path) -> None:
    path = tmp_path / "pack.zip"
    packed(judged, judged.finding_id, path)
    other = replace(judged, settings=judged.settings.model_copy(update={"keys": tmp_path / "k2"}))
    shutil.copytree(judged.settings.keys, tmp_path / "k2")
    for name in ("evidence.key", "evidence.pub"):
        (tmp_path / "k2" / name).unlink()
    packed(other, judged.finding_id, tmp_path / "theirs.zip")
    assert not verify_pack(tmp_path / "theirs.zip", keys=judged.settings.keys).ok


def test_a_corrected_line_stands_beside_what_was_recognised(judged: Judged, tmp_path: Path) -> None:
    path = tmp_path / "pack.zip"
    packed(judged, judged.finding_id, path)
    (finding,) = json.loads(content(path)["findings.json"])
    correct_line(
        judged.store, finding["call_id"], finding["utterance_index"], "我的电话13912345678",
        by="r1", at=later(110), keys=judged.settings.keys,
    )  # fmt: skip
    assert packed(judged, judged.finding_id, path).ok
    files = content(path)
    turn = json.loads(files["transcripts.json"])[finding["utterance_index"]]
    assert turn["text"] == finding["utterance"]
    assert turn["corrected_text"] == "我的电话" + "＊" * 11
    page = files["index.html"].decode()
    assert "〔更正：我的电话＊" in page
    assert f"<mark>{finding['matched']}" in page


def test_what_is_missing_is_said(judged: Judged, tmp_path: Path) -> None:
    shutil.rmtree(judged.store.home / "versions")
    shutil.rmtree(judged.store.home / "recordings")
    report = packed(judged, judged.finding_id, tmp_path / "pack.zip")
    assert report.ok
    assert len(report.notices) == 3
    page = content(tmp_path / "pack.zip")["index.html"].decode()
    assert "录音片段" in page
    assert "文本未留存" in page


def test_an_unknown_subject_or_an_unwritable_target_is_refused(
    judged: Judged, tmp_path: Path
) -> None:
    with pytest.raises(RegisterError, match="F404"):
        packed(judged, "F404", tmp_path / "pack.zip")
    with pytest.raises(UsageError, match="nowhere"):
        packed(judged, judged.finding_id, tmp_path / "nowhere" / "pack.zip")
    assert list(tmp_path.glob("*.zip")) == []


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"hello", b"\0" * 4096])
def test_what_is_no_pack_is_told_so(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "pack.zip"
    path.write_bytes(data)
    report = verify_pack(path)
    assert not report.ok
    assert "不是证据包" in report.problems[0]


def test_a_damaged_pack_is_told_in_our_own_words(judged: Judged, tmp_path: Path) -> None:
    whole = tmp_path / "pack.zip"
    packed(judged, judged.finding_id, whole)
    data = whole.read_bytes()
    directory = data.rindex(b"PK\x01\x02")
    damaged = {
        "cut off": data[: len(data) // 2],
        "a byte of a file": data.replace(b"threat_intimidation", b"Threat_intimidation", 1),
        "another packing": data[: directory + 10] + b"\x08" + data[directory + 11 :],
        "encrypted": data[: directory + 8] + b"\x01" + data[directory + 9 :],
    }
    for what, changed in damaged.items():
        path = tmp_path / "changed.zip"
        path.write_bytes(changed)
        [problem] = verify_pack(path, keys=judged.settings.keys).problems
        assert problem.startswith("文件不是证据包，或已损坏："), what
        assert "请向制作方重新索取" in problem, what
        zh, _, _ = problem.partition(" (")
        for word in ("CRC", "zip file", "password", "invalid", "Error"):
            assert word not in zh, f"{what}: {problem}"


def test_the_commands(judged: Judged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QC_KEYS", str(judged.settings.keys))
    path = tmp_path / "pack.zip"
    made = CliRunner().invoke(
        cli, ["evidence", judged.case_id, "-o", str(path), "--by", "officer", "--home",
              str(judged.store.home)]
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    good = CliRunner().invoke(cli, ["verify", str(path)])
    assert (good.exit_code, "全部一致" in good.output) == (0, True)
    path.write_bytes(path.read_bytes().replace(b"threat_intimidation", b"Threat_intimidation"))
    bad = CliRunner().invoke(cli, ["verify", str(path), "--json"])
    assert bad.exit_code == 1
    assert json.loads(bad.output)[0]["problems"]

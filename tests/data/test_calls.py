"""The unseen calls are written as a truth file needs them, and half of them are innocent."""

from __future__ import annotations

import json
import wave
from pathlib import Path

from qc_pipeline.intake.manifest import read_manifest
from qc_pipeline.learn.corpus import CODES
from qc_pipeline.reports.evaluate import FoundCode
from qc_pipeline.reports.truth import META_CODES, MISSING_CODES, Truth, TruthTurn
from tests.data.calls import CallCounts, main, whole_calls, write_tables, written_calls


def test_every_call_has_what_a_truth_file_needs() -> None:
    calls = written_calls()
    assert len({call["id"] for call in calls}) == len(calls) == 24
    for call in calls:
        labels = {label for turn in call["turns"] for label in turn["labels"]}
        assert labels == set(call["violations"]) <= set(CODES)
        assert set(call["missing"]) <= set(MISSING_CODES)
        assert set(call["meta"]) <= set(META_CODES)
        assert call["note_kind"] in (None, "false", "omission")
        assert all(turn["speaker"] == "agent" for turn in call["turns"] if turn["labels"])
        assert not any(letter.isascii() for turn in call["turns"] for letter in turn["text"])


def test_half_the_calls_are_innocent_and_a_third_served_in_choosing() -> None:
    calls = written_calls()
    assert sum(not call["violations"] for call in calls) == 12
    assert sum(call["set"] == "choosing" for call in calls) == 8
    violations = {code for call in calls for code in call["violations"]}
    assert violations == set(CODES) - {"service_conduct"}


def test_spoken_calls_become_call_records(tmp_path: Path) -> None:
    calls = written_calls()[:3]
    for call in calls:
        with wave.open(str(tmp_path / f"{call['id']}.wav"), "wb") as sound:
            sound.setnchannels(2)
            sound.setsampwidth(2)
            sound.setframerate(8000)
            sound.writeframes(b"\0" * 8000 * 4 * 3)
    records = read_manifest(write_tables(tmp_path, calls)).calls
    assert [record.call_id for record in records] == [call["id"] for call in calls]
    assert records[2].callee == "third_party"


def test_without_sound_it_says_how_to_make_it(tmp_path: Path, capsys, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("sys.argv", ["calls", str(tmp_path)])
    main()
    assert "speak.py" in capsys.readouterr().out


def test_whole_calls_are_counted_by_guilt() -> None:
    def truth(name: str, *codes: str) -> Truth:
        return Truth(name, (TruthTurn("agent", "话", 0, 1, codes),), frozenset(codes))

    truths = [truth("a", "abuse_insult"), truth("b", "abuse_insult"), truth("c"), truth("d")]
    found = {"a": [FoundCode("private_payment", 0, 1)], "c": [FoundCode("abuse_insult", 0, 1)]}
    assert whole_calls(truths, found) == CallCounts(2, 1, 2, 1)


def test_the_files_are_as_they_were_written() -> None:
    for path in (Path(__file__).parent / "calls").glob("*.json"):
        text = path.read_text("utf-8")
        assert json.dumps(json.loads(text), ensure_ascii=False, indent=1) + "\n" == text

"""What `qc evaluate` counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_pipeline.errors import UsageError
from qc_pipeline.records import Speaker, Utterance
from qc_pipeline.reports.evaluate import CodeScore, FoundCode, content, evaluate
from qc_pipeline.reports.truth import Truth, TruthTurn, read_truths


def said(speaker: Speaker, text: str, start: float, end: float, index: int = 0) -> Utterance:
    return Utterance(index, speaker, start, end, text, text, 0.9)


def truth(*codes: str) -> Truth:
    turns = (
        TruthTurn("agent", "明天我带人上门。", 0.0, 2.0, ("threat_intimidation",)),
        TruthTurn("customer", "你敢！", 2.5, 3.0, ()),
    )
    return Truth("c1", turns, frozenset(codes))


HEARD = [said("agent", "明天我带人上门", 0.1, 2.0), said("customer", "你敢", 2.5, 3.0, 1)]


def test_a_perfect_scan_scores_perfectly() -> None:
    result = evaluate(
        [truth("threat_intimidation")],
        utterances={"c1": HEARD},
        findings={"c1": [FoundCode("threat_intimidation", 0.1, 2.0)]},
    )
    assert result.character_error_rate == 0
    assert result.role_accuracy == 1
    assert (result.overall.precision, result.overall.recall) == (1, 1)
    assert (result.turns_found, result.turns_labelled) == (1, 1)


def test_a_missed_code_and_a_false_flag_are_named() -> None:
    result = evaluate(
        [truth("threat_intimidation")],
        utterances={"c1": HEARD},
        findings={"c1": [FoundCode("abuse_insult", 0.1, 2.0)]},
    )
    assert result.missed == (("c1", "threat_intimidation"),)
    assert result.false_flags == (("c1", "abuse_insult"),)
    assert result.overall.f_score(2) == 0


def test_punctuation_and_traditional_characters_are_no_errors() -> None:
    heard = [said("agent", "明天，我帶人上門！", 0, 2), HEARD[1]]
    result = evaluate([truth()], utterances={"c1": heard}, findings={})
    assert result.character_error_rate == 0


def test_swapped_roles_are_wrong_in_both_measures() -> None:
    heard = [said("customer", "明天我带人上门", 0.1, 2.0), said("agent", "你敢", 2.5, 3.0, 1)]
    result = evaluate([truth()], utterances={"c1": heard}, findings={})
    assert result.role_accuracy == 0
    assert result.character_error_rate > 0.9


def test_codes_a_truth_file_cannot_express_are_left_out() -> None:
    found = [
        FoundCode("service_conduct", 0, 1),
        FoundCode("record_integrity/ri_recording", None, None),
        FoundCode("contact_frequency_breach", None, None),
    ]
    result = evaluate([truth()], utterances={"c1": HEARD}, findings={"c1": found})
    assert result.codes == ()


def test_a_call_that_was_not_scanned_is_named_and_left_out() -> None:
    result = evaluate([truth("abuse_insult")], utterances={}, findings={})
    assert result.not_scanned == ("c1",)
    assert result.overall.recall is None


@given(tp=st.integers(0, 50), fp=st.integers(0, 50), fn=st.integers(0, 50))
def test_f_scores_lie_between_precision_and_recall(tp: int, fp: int, fn: int) -> None:
    score = CodeScore("x", tp, fp, fn)
    if score.precision is None or score.recall is None:
        return
    low, high = sorted((score.precision, score.recall))
    for beta in (1.0, 2.0):
        value = score.f_score(beta)
        assert value is not None
        assert low - 1e-9 <= value <= high + 1e-9


@given(st.text(alphabet="你我，。！A1 　", max_size=30))
def test_content_is_stable(text: str) -> None:
    assert content(content(text)) == content(text)


def test_truth_files_are_read_with_all_their_codes(tmp_path: Path) -> None:
    raw = {
        "id": "t9",
        "turns": [{"speaker": "agent", "text": "喂", "start": 0, "end": 1, "labels": []}],
        "violations": ["abuse_insult"],
        "missing": ["promise_details", "identity_check", "self_identification"],
        "meta": ["quiet_hours"],
        "note_kind": "false",
    }
    (tmp_path / "t9.truth.json").write_text(json.dumps(raw), "utf-8")
    (read,) = read_truths(tmp_path)
    assert read.codes == {
        "abuse_insult", "record_integrity/ri_ptp", "identity_unverified", "opening_incomplete",
        "contact_time_breach", "record_integrity/ri_note",
    }  # fmt: skip


def test_a_broken_truth_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.truth.json").write_text("{}", "utf-8")
    with pytest.raises(UsageError, match=r"bad\.truth\.json"):
        read_truths(tmp_path)


def test_a_folder_without_truths_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="truth"):
        read_truths(tmp_path)

"""What the sample calls' truth says is missing must be found in their true words."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from qc_pipeline.detect.context_lexicon import ContextLexicon
from qc_pipeline.policy.load import Policy
from tests.detect.calls import Judged, context_of, judge, spoken

PROJECT = Path(__file__).parents[2]
FOLDERS = (
    PROJECT / "samples" / "truth",
    Path(os.environ.get("QC_SHARED", PROJECT.parent / "shared")) / "calls",
)
MISSING = {
    "self_identification": "opening_incomplete",
    "identity_check": "identity_unverified",
    "promise_details": "record_integrity",
}


def truths() -> list[dict[str, Any]]:
    for folder in FOLDERS:
        paths = sorted(folder.glob("*.truth.json"))
        if paths:
            return [json.loads(path.read_text("utf-8")) for path in paths]
    return []


pytestmark = pytest.mark.skipif(not truths(), reason="no sample calls at hand")


def judged(truth: dict[str, Any], lexicon: ContextLexicon, policy: Policy) -> Judged:
    call = {**truth, "note": truth["agent_note"], "first_call": True}
    turns = [(turn["speaker"], turn["text"]) for turn in truth["turns"]]
    return judge(context_of(call), spoken(turns), lexicon=lexicon, policy=policy)


@pytest.mark.parametrize("truth", truths(), ids=lambda truth: truth["id"])
def test_what_is_missing_is_found_and_nothing_else(
    truth: dict[str, Any], lexicon: ContextLexicon, policy: Policy
) -> None:
    said = judged(truth, lexicon, policy)
    assert said.codes() == sorted(MISSING[name] for name in truth["missing"])


@pytest.mark.parametrize("truth", truths(), ids=lambda truth: truth["id"])
def test_the_note_is_judged_as_the_truth_says(
    truth: dict[str, Any], lexicon: ContextLexicon, policy: Policy
) -> None:
    kinds = {kind.removeprefix("note_") for kind in judged(truth, lexicon, policy).note_kinds()}
    assert kinds == ({truth["note_kind"]} if truth["note_kind"] else set())


@pytest.mark.parametrize("truth", truths(), ids=lambda truth: truth["id"])
def test_the_listener_ends_up_as_the_truth_says(
    truth: dict[str, Any], lexicon: ContextLexicon, policy: Policy
) -> None:
    assert judged(truth, lexicon, policy).listeners[-1].role == truth["callee"]

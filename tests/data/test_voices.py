"""The invented voices are sound data: read, labelled by the 13 spoken codes, balanced, not copies."""

import json
import re
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

VOICES = Path(__file__).parent / "voices"
FILES = sorted(VOICES.glob("*.jsonl"))

SPOKEN_CODES = {
    "threat_intimidation",
    "abuse_insult",
    "impersonation",
    "false_legal_claim",
    "false_credit_claim",
    "third_party_disclosure",
    "third_party_harassment",
    "unauthorized_promise",
    "private_payment",
    "off_channel_contact",
    "induce_borrowing",
    "debt_misinformation",
    "escalation_failure",
}
CALLEES = {"debtor", "guarantor", "third_party"}
STYLES = {"blunt", "veiled", "sarcastic", "conditional", "story", "caring", "long"}
KEYS = {"id", "text", "speaker", "callee", "prev", "labels", "near_miss_of", "style"}

MAX_JACCARD = 0.5
NOT_SPOKEN = re.compile(r"[\W_]+")

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def four_grams(text: str) -> frozenset[str]:
    spoken = NOT_SPOKEN.sub("", text)
    return frozenset(spoken[i : i + 4] for i in range(max(1, len(spoken) - 3)))


def jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    shared = len(a & b)
    return shared / (len(a) + len(b) - shared)


def test_there_are_voices() -> None:
    assert FILES


@each_file
def test_every_line_has_the_fields_of_a_voice(path: Path) -> None:
    for row in rows_of(path):
        assert row.keys() == KEYS, row
        assert isinstance(row["text"], str), row
        assert row["text"].strip(), row
        assert row["prev"] is None or row["prev"].strip(), row
        assert row["speaker"] == "agent", row
        assert row["callee"] in CALLEES, row
        assert row["style"] in STYLES, row


@each_file
def test_labels_are_spoken_codes(path: Path) -> None:
    for row in rows_of(path):
        assert set(row["labels"]) <= SPOKEN_CODES, row
        assert len(set(row["labels"])) == len(row["labels"]), row


@each_file
def test_a_line_is_a_violation_or_a_near_miss(path: Path) -> None:
    for row in rows_of(path):
        if row["labels"]:
            assert row["near_miss_of"] is None, row
        else:
            assert row["near_miss_of"] in SPOKEN_CODES, row


@each_file
def test_violations_are_about_half(path: Path) -> None:
    rows = rows_of(path)
    violations = sum(bool(row["labels"]) for row in rows)
    assert 0.45 <= violations / len(rows) <= 0.55


@each_file
def test_every_code_has_violations_and_near_misses(path: Path) -> None:
    rows = rows_of(path)
    assert {row["labels"][0] for row in rows if row["labels"]} == SPOKEN_CODES
    assert {row["near_miss_of"] for row in rows if row["near_miss_of"]} == SPOKEN_CODES


def test_ids_are_unique() -> None:
    counts = Counter(row["id"] for path in FILES for row in rows_of(path))
    assert [key for key, count in counts.items() if count > 1] == []


def test_no_line_is_nearly_another() -> None:
    grams = [(row["id"], four_grams(row["text"])) for path in FILES for row in rows_of(path)]
    alike = [
        (first, second)
        for (first, a), (second, b) in combinations(grams, 2)
        if jaccard(a, b) >= MAX_JACCARD
    ]
    assert alike == []

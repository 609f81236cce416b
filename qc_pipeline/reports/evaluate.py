"""How well a scan did against truth files: recognition, roles and codes.

Character error rate is edits over reference characters, both sides reduced to their
letters, digits and hanzi in simplified form. Codes are judged per call: a code counts as
found when the call has a finding of it that nobody rejected, quarantined ones included.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import opencc
from rapidfuzz.distance import Levenshtein

from qc_pipeline.records import Utterance
from qc_pipeline.reports.truth import Truth

# A truth file can't express these, so they are left out of its scores.
NOT_JUDGED = frozenset(
    {
        "contact_frequency_breach",
        "stop_flag_breach",
        "service_conduct",
        "record_integrity/ri_recording",
    }
)


@dataclass(frozen=True, slots=True)
class FoundCode:
    """A finding as evaluation sees it: code (with sub-code), where, and which turn it marks."""

    code: str
    start_s: float | None
    end_s: float | None


@dataclass(frozen=True, slots=True)
class CodeScore:
    """Counts over calls for one code."""

    code: str
    true_positive: int
    false_positive: int
    false_negative: int

    @property
    def precision(self) -> float | None:
        found = self.true_positive + self.false_positive
        return self.true_positive / found if found else None

    @property
    def recall(self) -> float | None:
        real = self.true_positive + self.false_negative
        return self.true_positive / real if real else None

    def f_score(self, beta: float) -> float | None:
        """F-beta; None when neither found nor real."""
        weighted = (1 + beta**2) * self.true_positive
        total = weighted + beta**2 * self.false_negative + self.false_positive
        return weighted / total if total else None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The result over all calls that have both a truth and a transcript."""

    calls: tuple[str, ...]
    not_scanned: tuple[str, ...]
    reference_characters: int
    character_error_rate: float
    error_rate_by_role: Mapping[str, float]
    role_accuracy: float
    role_unknown: float
    codes: tuple[CodeScore, ...]
    overall: CodeScore
    turns_labelled: int
    turns_found: int
    missed: tuple[tuple[str, str], ...]
    false_flags: tuple[tuple[str, str], ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`; ratios between 0 and 1, None where undefined."""
        return {
            "calls": list(self.calls),
            "not_scanned": list(self.not_scanned),
            "reference_characters": self.reference_characters,
            "cer": self.character_error_rate,
            "cer_by_role": dict(self.error_rate_by_role),
            "role_accuracy": self.role_accuracy,
            "role_unknown": self.role_unknown,
            "overall": _code_json(self.overall),
            "codes": {score.code: _code_json(score) for score in self.codes},
            "labelled_turns": self.turns_labelled,
            "labelled_turns_found": self.turns_found,
            "missed": [list(pair) for pair in self.missed],
            "false_flags": [list(pair) for pair in self.false_flags],
        }


def evaluate(
    truths: Sequence[Truth],
    *,
    utterances: Mapping[str, Sequence[Utterance]],
    findings: Mapping[str, Sequence[FoundCode]],
) -> Evaluation:
    """Compare. `utterances` and `findings` are by call_id; a call without utterances counts
    as not scanned and is left out of every figure.
    """
    judged = [truth for truth in truths if utterances.get(truth.call_id)]
    edits = {"agent": 0, "customer": 0}
    characters = {"agent": 0, "customer": 0}
    right_s = unknown_s = total_s = 0.0
    counts: dict[str, list[int]] = {}
    missed: list[tuple[str, str]] = []
    false_flags: list[tuple[str, str]] = []
    turns_labelled = turns_found = 0
    for truth in judged:
        spoken = utterances[truth.call_id]
        for role in edits:
            reference = content("".join(t.text for t in truth.turns if t.speaker == role))
            heard = content("".join(u.text for u in spoken if u.speaker == role))
            edits[role] += Levenshtein.distance(reference, heard)
            characters[role] += len(reference)
        for utterance in spoken:
            length = utterance.end_s - utterance.start_s
            total_s += length
            unknown_s += length * (utterance.speaker == "unknown")
            right_s += length * (utterance.speaker == _true_speaker(truth, utterance))
        found = [f for f in findings.get(truth.call_id, ()) if f.code not in NOT_JUDGED]
        found_codes = {finding.code for finding in found}
        for code in found_codes | truth.codes:
            tally = counts.setdefault(code, [0, 0, 0])
            if code in found_codes and code in truth.codes:
                tally[0] += 1
            elif code in found_codes:
                tally[1] += 1
                false_flags.append((truth.call_id, code))
            else:
                tally[2] += 1
                missed.append((truth.call_id, code))
        for turn in truth.turns:
            for label in turn.labels:
                turns_labelled += 1
                turns_found += any(
                    f.code == label and _overlap(f.start_s, f.end_s, turn.start_s, turn.end_s) > 0
                    for f in found
                )
    scores = tuple(CodeScore(code, *counts[code]) for code in sorted(counts))
    total = sum(characters.values())
    return Evaluation(
        calls=tuple(truth.call_id for truth in judged),
        not_scanned=tuple(t.call_id for t in truths if not utterances.get(t.call_id)),
        reference_characters=total,
        character_error_rate=sum(edits.values()) / total if total else 0.0,
        error_rate_by_role={
            role: edits[role] / characters[role] for role in edits if characters[role]
        },
        role_accuracy=right_s / total_s if total_s else 0.0,
        role_unknown=unknown_s / total_s if total_s else 0.0,
        codes=scores,
        overall=_sum(scores),
        turns_labelled=turns_labelled,
        turns_found=turns_found,
        missed=tuple(sorted(missed)),
        false_flags=tuple(sorted(false_flags)),
    )


def content(text: str) -> str:
    """Letters, digits and hanzi only, lower case, simplified."""
    kept = "".join(c for c in text if unicodedata.category(c)[0] in "LN").lower()
    return str(_to_simplified().convert(kept))


@cache
def _to_simplified() -> Any:
    return opencc.OpenCC("t2s")


def _true_speaker(truth: Truth, utterance: Utterance) -> str | None:
    overlaps = [
        (_overlap(utterance.start_s, utterance.end_s, turn.start_s, turn.end_s), turn.speaker)
        for turn in truth.turns
    ]
    best = max(overlaps, default=(0.0, "unknown"))
    return best[1] if best[0] > 0 else None


def _overlap(a: float | None, b: float | None, c: float, d: float) -> float:
    if a is None or b is None:
        return 0.0
    return min(b, d) - max(a, c)


def _sum(scores: Iterable[CodeScore]) -> CodeScore:
    scores = tuple(scores)
    return CodeScore(
        "all",
        sum(s.true_positive for s in scores),
        sum(s.false_positive for s in scores),
        sum(s.false_negative for s in scores),
    )


def _code_json(score: CodeScore) -> dict[str, Any]:
    return {
        "true_positive": score.true_positive,
        "false_positive": score.false_positive,
        "false_negative": score.false_negative,
        "precision": score.precision,
        "recall": score.recall,
        "f1": score.f_score(1),
        "f2": score.f_score(2),
    }

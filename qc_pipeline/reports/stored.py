"""What reports read from the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qc_pipeline.detect.notes import FORM_RULES
from qc_pipeline.records import Utterance
from qc_pipeline.reports.evaluate import FoundCode
from qc_pipeline.store.store import Store


@dataclass(frozen=True, slots=True)
class CallLine:
    """One call as the scan's table shows it; times in seconds, `score` 0 to 100."""

    call_id: str
    state: str
    state_reason: str
    score: int | None
    critical: int
    codes: tuple[str, ...]
    waiting_codes: tuple[str, ...]
    finding_id: str | None
    code: str | None
    status: str | None
    start_s: float | None
    end_s: float | None
    utterance: str
    reasons: tuple[str, ...]


def stored_utterances(store: Store, call_ids: Sequence[str]) -> dict[str, list[Utterance]]:
    """The recognised utterances of these calls, in order."""
    found: dict[str, list[Utterance]] = {}
    with store.reading() as session:
        for row in session.rows("reports/utterances_of_calls", {"call_ids": list(call_ids)}):
            call_id = row.pop("call_id")
            found.setdefault(call_id, []).append(Utterance(**row))
    return found


def found_codes(store: Store, call_ids: Sequence[str]) -> dict[str, list[FoundCode]]:
    """Findings nobody rejected, by call; record_integrity by its sub-code. A note that is
    only badly kept (`form`) isn't a note that differs from the recording.
    """
    found: dict[str, list[FoundCode]] = {}
    with store.reading() as session:
        for row in session.rows("reports/codes_of_calls", {"call_ids": list(call_ids)}):
            if row["rule_id"] in FORM_RULES:
                continue
            code = f"{row['code']}/{row['sub_code']}" if row["sub_code"] else row["code"]
            found.setdefault(row["call_id"], []).append(
                FoundCode(code, row["start_s"], row["end_s"])
            )
    return found


def count_by_state(store: Store) -> dict[str, int]:
    """Call records by the state they ended in: the denominator of everything."""
    with store.reading() as session:
        return {row["state"]: row["calls"] for row in session.rows("reports/count_by_state")}


@dataclass(frozen=True, slots=True)
class Doubts:
    """How much of what was heard may be invented or badly heard: utterances marked `suspect`,
    of how many, and the calls that are doubtful throughout.
    """

    utterances: int
    suspect: int
    hard_calls: int


def count_doubts(store: Store) -> Doubts:
    """Over every call in the store."""
    with store.reading() as session:
        (row,) = session.rows("reports/doubtful_utterances")
    return Doubts(row["utterances"], row["suspect"], row["hard_calls"])


def count_by_code(store: Store) -> dict[str, int]:
    """Calls with at least one standing finding of a code."""
    with store.reading() as session:
        return {row["code"]: row["calls"] for row in session.rows("reports/count_by_code")}


def worst_calls(store: Store, *, most: int) -> tuple[CallLine, ...]:
    """Calls by score, worst first, each with the finding to hear first."""
    with store.reading() as session:
        rows = session.rows("reports/worst_of_calls", {"most": most})
    return tuple(
        CallLine(
            call_id=row["call_id"],
            state=row["state"],
            state_reason=row["state_reason"],
            score=row["machine_score"],
            critical=row["critical"] or 0,
            codes=tuple(row["open_codes"] or ()),
            waiting_codes=tuple(row["waiting_codes"] or ()),
            finding_id=row["finding_id"],
            code=row["worst_code"],
            status=row["worst_status"],
            start_s=row["start_s"],
            end_s=row["end_s"],
            utterance=row["utterance"] or "",
            reasons=tuple(row["reasons"] or ()),
        )
        for row in rows
    )


def stored_cases(store: Store) -> list[dict[str, Any]]:
    """Every disciplinary case, by time of conduct."""
    with store.reading() as session:
        return session.rows("reports/cases")


def stored_complaints(store: Store) -> list[dict[str, Any]]:
    """Every complaint, the one due first at the top."""
    with store.reading() as session:
        return session.rows("reports/complaints")

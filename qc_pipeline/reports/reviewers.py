"""How reviewers work: how fast, how much of it stands, how far two of them agree.

For whoever runs the desk; collectors are never shown who reviewed them (POLICY "Discipline").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from qc_pipeline.policy import Policy
from qc_pipeline.reports.figures import FEWEST_LABELS, Row, Span, share_of
from qc_pipeline.store.store import Store


def reviewer_work(
    store: Store, span: Span, *, policy: Policy, fewest: int = FEWEST_LABELS
) -> list[Row]:
    """Per reviewer, of verdicts given in the span: how many stand, and how many an hour.

    Rows: reviewer, acts (everything said of findings), decided (verdicts that count), overturned
    (by an appeal), contradicted (by the second reviewer), overturn_rate with low and high (95 %),
    hours, correct_per_hour (verdicts that stand; None if no hours are known), state. Hours are
    measured from act to act; a gap longer than a call's lock (`lock_minutes`) was a pause.
    """
    wanted = {"since": span.since, "until": span.until}
    with store.reading() as session:
        pace = session.rows(
            "reports/reviewer_pace", {**wanted, "pause": policy.review.lock_minutes}
        )
        verdicts = {
            row["reviewer"]: row for row in session.rows("reports/reviewer_verdicts", wanted)
        }
    return [_work(row, verdicts.get(row["reviewer"]), fewest) for row in pace]


def _work(pace: Row, verdicts: Row | None, fewest: int) -> Row:
    counted = verdicts or {"decided": 0, "overturned": 0, "contradicted": 0, "standing": 0}
    rate = share_of(counted["overturned"], counted["decided"], fewest=fewest)
    standing = counted["standing"] / counted["decided"] if counted["decided"] else None
    hours = float(pace["hours"])
    known = hours > 0 and standing is not None
    return {
        "reviewer": pace["reviewer"],
        "acts": pace["acts"],
        "decided": counted["decided"],
        "overturned": counted["overturned"],
        "contradicted": counted["contradicted"],
        "overturn_rate": rate.share,
        "low": rate.low,
        "high": rate.high,
        "hours": round(hours, 2),
        "correct_per_hour": (
            round(pace["timed"] / hours * standing, 1) if known and standing is not None else None
        ),
        "state": rate.state,
    }


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often the second of two reviewers said what the first had said (the same code and
    severity), and Cohen's kappa (1960): what is left of it beyond chance. None is unknown: nobody
    was judged twice, or everybody always says the same.
    """

    pairs: int
    same: int
    agreement: float | None
    low: float
    high: float
    kappa: float | None
    state: Literal["known", "too_few", "none"]


def agreement(store: Store, span: Span, *, fewest: int = FEWEST_LABELS) -> Agreement:
    """Agreement of first and second reviewers on findings decided in the span."""
    with store.reading() as session:
        rows = session.rows("reports/second_opinions", {"since": span.since, "until": span.until})
    counts = {(row["first"], row["second"]): int(row["findings"]) for row in rows}
    pairs = sum(counts.values())
    same = sum(count for (first, second), count in counts.items() if first == second)
    known = share_of(same, pairs, fewest=fewest)
    return Agreement(pairs, same, known.share, known.low, known.high, kappa(counts), known.state)


def kappa(counts: Mapping[tuple[str, str], int]) -> float | None:
    """Cohen's kappa of two people's labels, counted by (first, second). None without pairs, or
    where chance alone explains everything.
    """
    total = sum(counts.values())
    if not total:
        return None
    first, second = Counter[str](), Counter[str]()
    for (one, other), count in counts.items():
        first[one] += count
        second[other] += count
    observed = sum(count for (one, other), count in counts.items() if one == other) / total
    expected = sum(first[label] * second[label] for label in first) / total**2
    return None if expected == 1 else (observed - expected) / (1 - expected)

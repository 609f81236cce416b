"""The figures a compliance officer asks for: each with its denominator and how sure it is.

Shares are 0..1, intervals 95 % (Wilson 1927). Too few labels is a state, not a number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from qc_pipeline.errors import UsageError
from qc_pipeline.policy import Policy
from qc_pipeline.reports.intervals import wilson
from qc_pipeline.store.phone_numbers import phone_key
from qc_pipeline.store.store import Store

Part = Literal["agent", "team", "bank", "month", "week", "hour"]
PARTS: tuple[Part, ...] = get_args(Part)
FEWEST_LABELS = 30
"""Verdicts below which a share says too little to be shown as one."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Span:
    """Calls that began at or after `since` and before `until`, of one bank, team or collector;
    None is no limit.
    """

    since: datetime | None = None
    until: datetime | None = None
    bank: str | None = None
    team: str | None = None
    agent: str | None = None

    def params(self) -> dict[str, Any]:
        """As the queries want them."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its interval; `state` says whether there was enough to go by."""

    share: float | None
    low: float
    high: float
    of: float
    state: Literal["known", "too_few", "none"]


def share_of(hits: float, of: float, *, fewest: int = FEWEST_LABELS) -> Share:
    """`hits` of `of` with its interval."""
    low, high = wilson(hits, of)
    if of <= 0:
        return Share(None, low, high, 0, "none")
    return Share(hits / of, low, high, of, "known" if of >= fewest else "too_few")


def precision(
    store: Store, span: Span, *, by: Literal["rule", "code"] = "rule", fewest: int = FEWEST_LABELS
) -> list[Row]:
    """Per rule, or per code: of the findings people decided, how many were confirmed as that code.

    Rows: code, rule_id (by rule), rule_version (by rule), found, confirmed, recoded, rejected,
    overturned, waiting, precision, low, high, state.
    """
    with store.reading() as session:
        rows = session.rows("reports/precision", span.params())
    if by == "code":
        rows = _summed(rows)
    return [{**row, **_precision(row, fewest)} for row in rows]


def _summed(rows: Sequence[Row]) -> list[Row]:
    names = ("found", "confirmed", "recoded", "rejected", "overturned")
    by_code: dict[str, Row] = {}
    for row in rows:
        total = by_code.setdefault(row["code"], {"code": row["code"], **dict.fromkeys(names, 0)})
        for name in names:
            total[name] += row[name]
    return list(by_code.values())


def _precision(row: Row, fewest: int) -> Row:
    decided = row["confirmed"] + row["recoded"] + row["rejected"] + row["overturned"]
    known = share_of(row["confirmed"], decided, fewest=fewest)
    return {
        "waiting": row["found"] - decided, "precision": known.share, "low": known.low,
        "high": known.high, "state": known.state,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recall:
    """What the blind sample says was missed, over calls.

    `found`: calls in which people confirmed a finding of the machine. `quiet`: calls heard without
    one; `heard` of those were listened to, `unclean` had something. `missed_share` of quiet calls
    (weighted by how likely each was to be chosen), `recall` with its bounds; empty if unknown.
    """

    found: int
    waiting: int
    quiet: int
    heard: int
    unclean: int
    missed_share: float | None
    recall: float | None
    low: float | None
    high: float | None
    state: Literal["known", "too_few", "none"]


def recall(store: Store, span: Span, *, policy: Policy, fewest: int = FEWEST_LABELS) -> Recall:
    """How many of the calls with a violation the machine found, estimated.

    The number of quiet calls with a violation is estimated from the sample (Horvitz and Thompson
    1952: each heard call stands for the inverse of its chance), its interval is Wilson's at the
    effective sample size (Kish 1965). Calls whose findings still wait are left out of `found`.
    """
    rules = policy.review.sample
    with store.reading() as session:
        counts = session.rows("reports/quiet_calls", span.params())[0]
        wanted = {**span.params(), "share": rules.share, "least": rules.least_per_agent_month}
        sample = session.rows("reports/sample_heard", wanted)
    weights = [1 / max(row["chance"], 1e-9) for row in sample]
    bad = [weight for row, weight in zip(sample, weights, strict=True) if row["codes"]]
    found, quiet = int(counts["violating"]), int(counts["quiet"])
    effective = sum(weights) ** 2 / sum(w * w for w in weights) if weights else 0.0
    missed = share_of(
        effective * sum(bad) / sum(weights) if weights else 0, effective, fewest=fewest
    )
    known = missed.share is not None
    return Recall(
        found=found, waiting=int(counts["waiting"]), quiet=quiet, heard=len(sample),
        unclean=len(bad), missed_share=missed.share,
        recall=_recall(found, quiet, missed.share) if missed.share is not None else None,
        low=_recall(found, quiet, missed.high) if known else None,
        high=_recall(found, quiet, missed.low) if known else None,
        state=missed.state,
    )  # fmt: skip


def _recall(found: int, quiet: int, missed_share: float) -> float | None:
    violating = found + quiet * missed_share
    return found / violating if violating else None


def rates(store: Store, span: Span, *, by: Part, code: str | None = None) -> list[Row]:
    """Violations confirmed against collectors per 100 calls heard, by part.

    Rows: part, calls, heard, violating, confirmed, critical, waiting, per_100, low_100, high_100,
    first_cases, repeat_cases. The critical count stands beside the rate: no mean hides it.
    """
    if by not in PARTS:
        raise UsageError(f"there is no part {by!r}", remedy=f"use one of {', '.join(PARTS)}")
    wanted = {**span.params(), "by": by, "code": code}
    with store.reading() as session:
        rows = session.rows("reports/rates", wanted)
        cases = {row.pop("part"): row for row in session.rows("reports/repeats", wanted)}
    shown = []
    for row in rows:
        known = share_of(row["violating"], row["heard"], fewest=1)
        counted = cases.get(row["part"], {"first_cases": 0, "repeat_cases": 0})
        shown.append(
            {
                **row,
                "per_100": None if known.share is None else round(100 * known.share, 2),
                "low_100": round(100 * known.low, 2),
                "high_100": round(100 * known.high, 2),
                **counted,
            }
        )
    return shown


def by_code(store: Store, span: Span) -> list[Row]:
    """Violations by code: code, violating (calls), critical, waiting."""
    with store.reading() as session:
        return session.rows("reports/by_code", span.params())


def heat(store: Store, span: Span) -> list[Row]:
    """Calls heard and calls with a violation by weekday (1 = Monday) and hour."""
    with store.reading() as session:
        return session.rows("reports/heat", span.params())


def coverage(store: Store, span: Span) -> list[Row]:
    """Call records of the period by the state they ended in: state, calls, share."""
    with store.reading() as session:
        rows = session.rows("reports/coverage", span.params())
    total = sum(row["calls"] for row in rows)
    return [{**row, "share": row["calls"] / total} for row in rows]


def call_list(store: Store, span: Span) -> list[Row]:
    """Every call record of the period, whether its recording is kept, and why not."""
    with store.reading() as session:
        return session.rows("reports/call_list", span.params())


def retrieval(store: Store, span: Span) -> Share:
    """Of how many answered calls the recording can be had."""
    with store.reading() as session:
        row = session.rows("reports/retrieval", span.params())[0]
    return share_of(row["kept"], row["answered"], fewest=1)


def complaint_timeliness(store: Store, span: Span, *, as_of: datetime) -> list[Row]:
    """Complaints received in the period by channel: how many, first replies in time, late,
    waiting and overdue, decisions likewise.
    """
    with store.reading() as session:
        return session.rows("reports/complaint_timeliness", {**span.params(), "as_of": as_of})


def contact_trail(store: Store, customer_id: str) -> list[Row]:
    """Everything that was done to reach one customer, by time. Raises UsageError if nothing is
    known of him.
    """
    with store.reading() as session:
        rows = session.rows("reports/contact_trail", {"customer": customer_id})
    if not rows:
        raise UsageError(
            f"nothing is known of customer {customer_id}",
            remedy="see the column customer_id of `qc export calls`",
        )
    return rows


def dial_counts(store: Store, phone: str, span: Span) -> list[Row]:
    """Dials of one number by day: dials, answered, the most in any rolling hour.

    Raises UsageError if `phone` is no number.
    """
    key = phone_key(phone)
    if key is None:
        raise UsageError(f"{phone!r} is no telephone number", remedy="give its digits")
    wanted: Mapping[str, Any] = {"phone_key": key, "since": span.since, "until": span.until}
    with store.reading() as session:
        return session.rows("reports/dial_counts", wanted)

"""The triage queue: what a person should look at next, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, Literal

from qc_pipeline.policy import Policy
from qc_pipeline.policy.holidays import classify
from qc_pipeline.records import SEVERITIES, SHANGHAI, Severity
from qc_pipeline.registers.timeline import due_date
from qc_pipeline.store.store import Store

Tier = Literal[
    "emergency", "complaint", "critical", "waiting_for_fact", "major", "minor", "info"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One thing to decide: a finding, a proposed complaint (`complaint_id`) or an emergency.

    Times inside the call are seconds; `why` are strings `code: 中文说明`. `due_at` is when it
    should be decided, `overdue` whether that has passed.
    """

    tier: Tier
    call_id: str
    agent_id: str | None
    started_at: datetime
    finding_id: str | None
    complaint_id: str | None
    code: str | None
    severity: Severity | None
    score: float | None
    utterance: str
    matched: str
    start_s: float | None
    end_s: float | None
    awaiting_second: bool
    first_by: str | None
    due_at: datetime | None
    overdue: bool
    why: tuple[str, ...]


def list_queue(
    store: Store, *, policy: Policy, limit: int = 50, reviewer: str | None = None,
    as_of: datetime | None = None,
) -> list[QueueRow]:  # fmt: skip
    """The next `limit` things to decide, in the order of POLICY "Triage order".

    Tiers: emergencies nobody has taken over, proposed complaints by the clock, critical
    findings, findings that wait for a fact, major, minor, info; inside a tier by severity
    times score, with the policy's share of uncertain ones moved up for learning. For a
    `reviewer`, what he may not decide is left out: his own calls and what waits for another than
    him. `as_of` (default: now) is what `overdue` is measured against.
    """
    moment = as_of or datetime.now(SHANGHAI)
    with store.reading() as session:
        emergencies = session.rows("registers/queue_emergencies", {"most": limit})
        complaints = session.rows("registers/queue_complaints", {"most": limit})
        points: dict[str, Any] = {name: policy.taxonomy.points[name] for name in SEVERITIES}
        wanted = {
            **points, "reviewer": reviewer, "most": limit,
            "uncertain_share": policy.review.uncertain_share,
        }  # fmt: skip
        findings = session.rows("registers/queue_findings", wanted)
    day_kind = partial(classify, holidays=policy.holidays)
    rows = [
        *(_emergency(row) for row in emergencies),
        *(_complaint(row, as_of=moment) for row in complaints),
        *(_finding(row, policy=policy, as_of=moment, day_kind=day_kind) for row in findings),
    ]
    return [row for row in rows if reviewer is None or row.agent_id != reviewer][:limit]


def _emergency(row: Mapping[str, Any]) -> QueueRow:
    return QueueRow(
        tier="emergency",
        call_id=row["call_id"],
        agent_id=row["agent_id"],
        started_at=row["started_at"],
        finding_id=None,
        complaint_id=None,
        code=None,
        severity=None,
        score=None,
        utterance=row["utterance"],
        matched=row["matched"],
        start_s=row["start_s"],
        end_s=row["end_s"],
        awaiting_second=False,
        first_by=None,
        due_at=row["started_at"],
        overdue=True,
        why=("emergency: 通话中出现紧急情况，须立即由上级接手；签字前不得恢复催收",),
    )


def _complaint(row: Mapping[str, Any], *, as_of: datetime) -> QueueRow:
    why = [f"complaint: 客户表示投诉，首次答复期限 {row['first_reply_due']:%Y-%m-%d %H:%M}"]
    if row["due_uncertain"]:
        why.append(f"due_uncertain: {row['due_uncertain']}")
    matched = "、".join(row["words"])
    return QueueRow(
        tier="complaint",
        call_id=row["call_id"],
        agent_id=row["agent_id"],
        started_at=row["received_at"],
        finding_id=None,
        complaint_id=row["complaint_id"],
        code=None,
        severity=None,
        score=None,
        utterance=row["utterance"] or matched,
        matched=matched,
        start_s=row["start_s"],
        end_s=row["end_s"],
        awaiting_second=False,
        first_by=None,
        due_at=row["first_reply_due"],
        overdue=as_of > row["first_reply_due"],
        why=tuple(why),
    )


def _finding(
    row: Mapping[str, Any], *, policy: Policy, as_of: datetime, day_kind: Callable[[date], str]
) -> QueueRow:
    tier: Tier = "waiting_for_fact" if row["status"] == "quarantined" else row["severity"]
    why = list(row["reasons"])
    if row["first_by"] is not None:
        why.append("awaiting_second: 已有一人确认，请独立判断")
    if row["unsure"]:
        why.append(f"unsure: {row['unsure']} 人不确定，请另一位判断")
    limit = policy.review.age_limits.get(row["severity"])
    due = due_date(row["created_at"], limit, day_kind=day_kind) if limit else None
    if due is not None and due.uncertain:
        why.append(f"due_uncertain: {due.uncertain}")
    return QueueRow(
        tier=tier,
        call_id=row["call_id"],
        agent_id=row["agent_id"],
        started_at=row["started_at"],
        finding_id=row["finding_id"],
        complaint_id=None,
        code=row["code"],
        severity=row["severity"],
        score=row["score"],
        utterance=row["utterance"],
        matched=row["matched"],
        start_s=row["start_s"],
        end_s=row["end_s"],
        awaiting_second=row["first_by"] is not None,
        first_by=row["first_by"],
        due_at=due.at if due else None,
        overdue=due is not None and as_of > due.at,
        why=tuple(why),
    )

"""Which calls a complaint may be about: proposals with a score and reasons. A person decides."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy import Policy
from qc_pipeline.policy.complaints import Linking
from qc_pipeline.registers.complaints import Complaint
from qc_pipeline.registers.projections import from_row
from qc_pipeline.store.phone_numbers import phone_key
from qc_pipeline.store.store import Store

_MOST_CALLS = 500


@dataclass(frozen=True, slots=True)
class LinkProposal:
    """A call that a complaint may be about; `score` 0 to 1, `reasons` in words."""

    call_id: str
    agent_id: str
    started_at: datetime
    score: float
    reasons: tuple[str, ...]
    linked: bool


@dataclass(frozen=True, slots=True)
class Sought:
    """What is known of the call that is sought; None means unknown."""

    until: datetime
    text: str = ""
    case_id: str | None = None
    phone: str | None = None
    customer_id: str | None = None
    agent_ids: tuple[str, ...] = ()


def propose_links(
    store: Store, complaint_id: str, *, policy: Policy, most: int = 20
) -> list[LinkProposal]:
    """Calls before the complaint that share its case, number, customer or collector, the
    likeliest first. Raises RegisterError if there is no such complaint.
    """
    with store.reading() as session:
        row = session.one("registers/complaint", {"complaint_id": complaint_id})
    if row is None:
        raise RegisterError(
            f"there is no complaint {complaint_id}", remedy="see `qc complaint list`"
        )
    complaint = from_row(Complaint, row)
    sought = Sought(
        until=complaint.received_at, text="".join(complaint.words), case_id=complaint.case_id,
        phone=complaint.phone, customer_id=complaint.customer_id, agent_ids=complaint.agents,
    )  # fmt: skip
    return find_calls(store, sought, rules=policy.complaints.linking, most=most,
                      linked=complaint.calls)  # fmt: skip


def find_calls(
    store: Store, sought: Sought, *, rules: Linking, most: int = 20, linked: Iterable[str] = ()
) -> list[LinkProposal]:
    """Calls that fit what is sought, scored by case, number, customer, collector, time, words."""
    known = frozenset(linked)
    wanted = {
        "case_id": sought.case_id,
        "phone_key": phone_key(sought.phone),
        "customer_id": sought.customer_id,
        "agent_ids": list(sought.agent_ids),
        "since": sought.until - timedelta(days=rules.days_before),
        "until": sought.until,
        "most": _MOST_CALLS,
    }
    with store.reading() as session:
        calls = session.rows("registers/calls_to_link", wanted)
        said = defaultdict(list)
        for row in session.rows(
            "registers/words_of_calls", {"call_ids": [call["call_id"] for call in calls]}
        ):
            said[row["call_id"]].append(row["text"])
    proposals = [_scored(call, said[call["call_id"]], sought, wanted, rules, known)
                 for call in calls]  # fmt: skip
    good = [each for each in proposals if each.score >= rules.least_score or each.linked]
    return sorted(good, key=lambda each: (-each.score, each.started_at, each.call_id))[:most]


def _scored(
    call: Mapping[str, Any], said: list[str], sought: Sought, wanted: Mapping[str, Any],
    rules: Linking, known: frozenset[str],
) -> LinkProposal:  # fmt: skip
    score, reasons = 0.0, []
    for name, weight, zh in (
        ("case_id", rules.same_case, "同一案件"),
        ("phone_key", rules.same_phone, "同一号码"),
        ("customer_id", rules.same_customer, "同一客户"),
    ):
        if wanted[name] is not None and call[name] == wanted[name]:
            score += weight
            reasons.append(zh)
    if call["agent_id"] in sought.agent_ids:
        score += rules.same_agent
        reasons.append("被投诉坐席")
    days = (sought.until - call["started_at"]) / timedelta(days=1)
    score += rules.near_in_time * max(0.0, 1 - days / rules.days_before)
    reasons.append(f"投诉前 {days:.1f} 天")
    share, words = _in_common(sought.text, said)
    if share > 0:
        score += rules.words * share
        reasons.append(f"通话中有相近的话：「{words}」")
    return LinkProposal(
        call["call_id"], call["agent_id"], call["started_at"], round(min(score, 1.0), 3),
        tuple(reasons), call["call_id"] in known,
    )  # fmt: skip


def _in_common(text: str, said: Iterable[str]) -> tuple[float, str]:
    """The share of a text's pairs of characters that the likest utterance holds, and it."""
    pairs = _pairs(text)
    if not pairs:
        return 0.0, ""
    best, words = 0.0, ""
    for utterance in said:
        share = len(pairs & _pairs(utterance)) / len(pairs)
        if share > best:
            best, words = share, utterance
    return (best, words[:40]) if best >= 0.1 else (0.0, "")


def _pairs(text: str) -> set[str]:
    plain = re.sub(r"[\W_]+", "", text)
    return {plain[n : n + 2] for n in range(len(plain) - 1)}

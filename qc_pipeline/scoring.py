"""From findings to a call's card (POLICY "Severity and points").

Points and pass line are those in force when the call was made (DESIGN 8).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

import pyarrow as pa

from qc_pipeline.errors import PolicyError
from qc_pipeline.policy import Policy, Taxonomy
from qc_pipeline.records import SEVERITIES, CallScore, Deduction, Finding
from qc_pipeline.store.batches import DEDUCTION, SCORE, TEXT, as_batch, finding_of
from qc_pipeline.store.store import Batch, Session, Store

FULL_MARKS = 100
UNDECIDED = ("open", "quarantined")
DECIDED = ("confirmed", "rejected", "overturned")
# Somebody listened, or there was nothing to hear: a spoken item can't have been missed there.
TALK_KNOWN = frozenset({"scanned", "mismatch", "unanswered", "silent", "too_short"})
_CARDS_PER_TRANSACTION = 2_000


def score_call(
    call_id: str, findings: Sequence[Finding], *, taxonomy: Taxonomy, policy_version: str,
    talk_known: bool = True,
) -> CallScore:  # fmt: skip
    """The card of one call from all its findings, whatever their status.

    Each code counts once, with the points of its worst severity. Only what is the collector's
    own doing deducts; what is quarantined never does. `machine_score` takes open and confirmed
    findings, `human_score` confirmed ones, once a human has decided anything. The card is
    final, and passes or fails, when nothing waits for a decision any more.

    Of a call that nobody heard (`talk_known` false) only what can't change is known: a score of
    0. Any other is unknown, and so is whether it passes.
    """
    deductions = _deductions(findings, ("open", "confirmed"), taxonomy)
    decided = any(finding.status in DECIDED for finding in findings)
    waiting = any(finding.status in UNDECIDED for finding in findings)
    human_score = None
    if decided:
        confirmed = _deductions(findings, ("confirmed",), taxonomy)
        human_score = _score(confirmed, talk_known=talk_known)
    final = decided and not waiting and human_score is not None
    standing = [f for f in findings if f.status not in ("rejected", "overturned")]
    return CallScore(
        call_id=call_id,
        policy_version=policy_version,
        machine_score=_score(deductions, talk_known=talk_known),
        human_score=human_score,
        state="final" if final else "provisional",
        passed=human_score > taxonomy.pass_above if final and human_score is not None else None,
        critical=sum(finding.severity == "critical" for finding in standing),
        codes=tuple(_in_order({finding.code for finding in standing}, taxonomy)),
        deductions=deductions,
    )


def score_calls(store: Store, call_ids: Iterable[str] | None, *, policy: Policy) -> int:
    """Bring the cards of `call_ids` (None: of all calls) up to date; returns how many changed.

    A call gets a card if it was listened to, or if something was found about it: a call that
    nobody heard isn't a clean one. One made when no policy was in force gets none, see
    `without_policy`.
    """
    chosen = _chosen(call_ids)
    with store.reading() as session:
        cards = list(_changed_cards(session, chosen, policy, without=_too_old(session, policy)))
        gone = session.rows("scoring/no_card", chosen)
    for start in range(0, len(cards), _CARDS_PER_TRANSACTION):
        with store.writing() as session:
            _put(session, cards[start : start + _CARDS_PER_TRANSACTION])
    if gone:
        with store.writing() as session:
            _remove(session, gone)
    return len(cards) + len(gone)


def without_policy(store: Store, *, policy: Policy) -> list[str]:
    """Calls that have no card because no policy was in force when they were made: id, why."""
    with store.reading() as session:
        calls = session.rows("scoring/without_policy", _since_first(policy))
    return [f"{row['call_id']}: {_why_none(row['started_at'], policy)}" for row in calls]


def rescore(session: Session, call_ids: Iterable[str], *, policy: Policy) -> int:
    """`score_calls` inside a transaction that is open already, for a few calls: a verdict and
    the card it changes are then one step. Raises PolicyError if no policy was in force when one
    of them was made.
    """
    chosen = _chosen(call_ids)
    cards = list(_changed_cards(session, chosen, policy))
    gone = session.rows("scoring/no_card", chosen)
    _put(session, cards)
    _remove(session, gone)
    return len(cards) + len(gone)


def card_if(
    session: Session, call_id: str, verdicts: Mapping[str, tuple[str, str]], *, policy: Policy
) -> CallScore | None:
    """The card of a call if its findings had these `verdicts` ((status, severity) by id); writes
    nothing. None for a call without findings. Raises PolicyError as `rescore` does.
    """
    chosen = _chosen([call_id])
    findings = [finding_of(row) for row in session.rows("scoring/findings", chosen)]
    if not findings:
        return None
    (call,) = session.rows("scoring/judged_calls", chosen)
    said = [
        replace(each, status=verdicts[each.finding_id][0], severity=verdicts[each.finding_id][1])  # type: ignore[arg-type]
        if each.finding_id in verdicts
        else each
        for each in findings
    ]
    return _card(call, said, policy)


def _chosen(call_ids: Iterable[str] | None) -> dict[str, Any]:
    ids = [] if call_ids is None else sorted(set(call_ids))
    return {"everything": call_ids is None, "call_ids": ids}


def _put(session: Session, cards: Sequence[CallScore]) -> None:
    if cards:
        session.run("scoring/scores_put", batch=as_batch(SCORE, map(_card_row, cards)))
    deductions = [row for card in cards for row in _deduction_rows(card)]
    if deductions:
        session.run("scoring/deductions_add", batch=as_batch(DEDUCTION, deductions))


def _remove(session: Session, calls: Sequence[Mapping[str, Any]]) -> None:
    if calls:
        session.run("scoring/remove", batch=as_batch({"call_id": TEXT}, calls))


def _changed_cards(
    session: Session, chosen: Mapping[str, Any], policy: Policy,
    *, without: frozenset[str] = frozenset(),
) -> Iterator[CallScore]:  # fmt: skip
    by_call: dict[str, list[Finding]] = defaultdict(list)
    for row in session.rows("scoring/findings", chosen):
        by_call[row["call_id"]].append(finding_of(row))
    calls = {row["call_id"]: row for row in session.rows("scoring/judged_calls", chosen)}
    stored = {row["call_id"]: _stored_card(row) for row in session.rows("scoring/stored", chosen)}
    for call_id, findings in by_call.items():
        if call_id in without:
            continue
        card = _card(calls[call_id], findings, policy)
        if stored.get(call_id) != card:
            yield card
    clean = {**chosen, "machine_score": FULL_MARKS}
    for row in session.rows("scoring/clean_calls", clean, batch=_policies(policy)):
        yield score_call(
            row["call_id"], (), taxonomy=policy.taxonomy, policy_version=row["policy_version"]
        )


def _card(call: Mapping[str, Any], findings: Sequence[Finding], policy: Policy) -> CallScore:
    then = policy.at(call["started_at"])
    return score_call(
        call["call_id"], findings, taxonomy=then.taxonomy, policy_version=then.version,
        talk_known=call["state"] in TALK_KNOWN,
    )  # fmt: skip


def _policies(policy: Policy) -> Batch:
    every = (policy, *policy.others)
    return pa.table(
        {
            "since": pa.array([each.since for each in every], pa.date32()),
            "version": pa.array([each.version for each in every], pa.string()),
        }
    )


def _since_first(policy: Policy) -> dict[str, Any]:
    return {**_chosen(None), "first_day": policy.first_day}


def _too_old(session: Session, policy: Policy) -> frozenset[str]:
    rows = session.rows("scoring/without_policy", _since_first(policy))
    return frozenset(row["call_id"] for row in rows)


def _why_none(started_at: datetime | None, policy: Policy) -> str:
    try:
        policy.at(started_at)
    except PolicyError as error:
        return error.what
    return ""


def _deductions(
    findings: Iterable[Finding], statuses: tuple[str, ...], taxonomy: Taxonomy
) -> tuple[Deduction, ...]:
    by_code: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.status in statuses and finding.responsible_party == "agent":
            by_code[finding.code].append(finding)
    taken = []
    for code in _in_order(by_code, taxonomy):
        worst = min((f.severity for f in by_code[code]), key=SEVERITIES.index)
        points = taxonomy.points[worst]
        if points:
            ids = tuple(sorted(f.finding_id for f in by_code[code]))
            taken.append(Deduction(code, worst, points, ids))
    return tuple(taken)


def _score(deductions: Iterable[Deduction], *, talk_known: bool) -> int | None:
    score = max(0, FULL_MARKS - sum(deduction.points for deduction in deductions))
    return score if talk_known or score == 0 else None


def _in_order(codes: Iterable[str], taxonomy: Taxonomy) -> list[str]:
    order = {code: position for position, code in enumerate(taxonomy.codes)}
    return sorted(codes, key=lambda code: (order.get(code, len(order)), code))


def _card_row(card: CallScore) -> dict[str, Any]:
    return {**asdict(card), "codes": list(card.codes)}


def _deduction_rows(card: CallScore) -> Iterator[dict[str, Any]]:
    for position, deduction in enumerate(card.deductions):
        yield {**asdict(deduction), "call_id": card.call_id, "position": position}


def _stored_card(row: Mapping[str, Any]) -> CallScore:
    deductions = tuple(
        Deduction(**{**taken, "finding_ids": tuple(taken["finding_ids"])})
        for taken in row["deductions"] or ()
    )
    return CallScore(**{**row, "codes": tuple(row["codes"]), "deductions": deductions})

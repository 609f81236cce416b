"""Notice of a case or a sanction, its receipt, and what the person concerned says to it.

The window to object (POLICY "Discipline") begins with the receipt, not with the sending.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy.discipline import Discipline
from qc_pipeline.registers.chain import NewEvent, iso
from qc_pipeline.registers.discipline import (
    OBJECTED,
    RECEIVED,
    SANCTION_NOTIFIED,
    SANCTION_RECEIVED,
    Case,
    decide_move,
    decide_note,
)
from qc_pipeline.registers.hands import Hand, check_hand, in_words, listed
from qc_pipeline.registers.people import same_person
from qc_pipeline.registers.timeline import DayKind, due_date


def decide_notify(
    case: Case, hand: Hand, *, way: str, rules: Discipline, note: str | None = None
) -> NewEvent:
    """`hand` informs the person concerned: of a confirmed case, or of an approved sanction.

    From the notice of the case on, further conduct is a repeat. Raises RegisterError for an
    unknown way, in another state, or a second time.
    """
    check_hand(case, hand)
    if way not in rules.notice_ways:
        raise RegisterError(
            f"there is no way of notice {way!r}", remedy=f"use {listed(rules.notice_ways)}"
        )
    if case.state == "approved":
        if case.sanction_notified_at is not None:
            raise RegisterError(
                f"the sanction of case {case.case_id} was made known on "
                f"{case.sanction_notified_at:%Y-%m-%d %H:%M}",
                remedy="record its receipt",
            )
        return decide_note(
            case, SANCTION_NOTIFIED, by=hand.by, at=hand.at, sanction_notified_at=iso(hand.at),
            way=way, note=note,
        )  # fmt: skip
    return decide_move(case, "notified", by=hand.by, at=hand.at, note=note, notice_way=way)


def decide_receipt(
    case: Case, hand: Hand, *, rules: Discipline, day_kind: DayKind, witness: str | None = None,
    note: str | None = None,
) -> NewEvent:  # fmt: skip
    """The person concerned (`hand`) acknowledges the notice of the case or of the sanction; the
    window to object, or to appeal, begins. If he refuses to sign, somebody else records that
    with a `witness`, a third person, and the window begins all the same.
    """
    is_sanction = case.state == "approved"
    given = case.sanction_notified_at if is_sanction else case.notified_at
    known = case.sanction_received_at if is_sanction else case.received_at
    if case.state in ("notified", "approved") and given is None:
        raise RegisterError(
            f"the sanction of case {case.case_id} has not been made known",
            remedy="record the notice first",
        )
    if case.state in ("notified", "approved") and known is not None:
        raise RegisterError(
            f"receipt for case {case.case_id} was recorded on {known:%Y-%m-%d %H:%M}",
            remedy="nothing is left to do here",
        )
    himself = same_person(hand.by, case.agent_id)
    if himself and witness is not None:
        raise RegisterError("a witness belongs to a refused receipt", remedy="leave it out")
    if not himself and not (witness and witness.strip()):
        raise RegisterError(
            f"only {case.agent_id} acknowledges receipt for case {case.case_id}",
            remedy="if he refuses to sign, name a witness",
        )
    if not himself and (same_person(witness, hand.by) or same_person(witness, case.agent_id)):
        raise RegisterError("the witness has to be a third person", remedy="name another one")
    receipt = "本人签收" if himself else f"拒签，见证人{witness}"
    window = rules.windows.sanction if is_sanction else rules.windows.finding
    due = due_date(hand.at, window, day_kind=day_kind)
    details: dict[str, Any] = {"receipt": receipt, "due_uncertain": due.uncertain, "note": note}
    if is_sanction:
        details |= {"sanction_received_at": iso(hand.at), "appeal_due": iso(due.at)}
        return decide_note(case, SANCTION_RECEIVED, by=hand.by, at=hand.at, **details)
    details |= {"received_at": iso(hand.at), "objection_due": iso(due.at)}
    return decide_note(case, RECEIVED, by=hand.by, at=hand.at, **details)


def decide_object(case: Case, hand: Hand, *, text: str) -> NewEvent:
    """The person concerned objects, within the window. Raises RegisterError for anybody else,
    too late, twice, or without words.
    """
    if not same_person(hand.by, case.agent_id):
        raise RegisterError(
            f"case {case.case_id} concerns {case.agent_id}", remedy="only he can object"
        )
    if case.objected_at is not None:
        raise RegisterError(
            f"{case.agent_id} objected in case {case.case_id} on {case.objected_at:%Y-%m-%d %H:%M}",
            remedy="further points belong into the hearing",
        )
    if case.objection_due is not None and hand.at > case.objection_due:
        raise RegisterError(
            f"the window of case {case.case_id} ended on {case.objection_due:%Y-%m-%d %H:%M}",
            remedy="an appeal with the cause of the delay is still possible: `qc appeal file`",
        )
    return decide_note(
        case, OBJECTED, by=hand.by, at=hand.at, objected_at=iso(hand.at),
        objection=in_words(text, "an objection needs words", "say what is contested"),
    )  # fmt: skip


def decide_hearing(case: Case, hand: Hand, *, record: str) -> NewEvent:
    """`hand` heard the objection; `record` says what was said and found."""
    check_hand(case, hand)
    if case.state == "notified" and case.objected_at is None:
        raise RegisterError(
            f"nobody has objected in case {case.case_id}",
            remedy="record the objection, or that there is none",
        )
    record = in_words(record, "a hearing needs a record", "say what was said and found")
    return decide_move(
        case, "objection_heard", by=hand.by, at=hand.at, hearing=f"{hand.by}：{record}"
    )


def decide_no_objection(case: Case, hand: Hand, *, note: str | None = None) -> NewEvent:
    """There is no objection: the person concerned says so (`hand`), or the window is over."""
    if case.state == "notified" and case.objected_at is not None:
        raise RegisterError(
            f"{case.agent_id} has objected in case {case.case_id}", remedy="record the hearing"
        )
    if case.state == "notified" and case.objection_due is None:
        raise RegisterError(
            f"receipt of the notice of case {case.case_id} is not recorded",
            remedy="the window begins with it: `qc case receipt`",
        )
    if same_person(hand.by, case.agent_id):
        # He may say that of his own case: the step is decided as nobody's, then given his name.
        step = decide_move(case, "no_objection", by="", at=hand.at, note=note)
        return replace(step, actor=hand.by)
    check_hand(case, hand)
    if case.state == "notified" and case.objection_due and hand.at <= case.objection_due:
        raise RegisterError(
            f"the window of case {case.case_id} is open until {case.objection_due:%Y-%m-%d %H:%M}",
            remedy=f"wait, or let {case.agent_id} say that he doesn't object",
        )
    return decide_move(case, "no_objection", by=hand.by, at=hand.at, note=note)

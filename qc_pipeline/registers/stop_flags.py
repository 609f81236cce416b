"""Stop flags: proposed, approved or refused, in force, lifted; who, when and why of each.

A flag that the machine or a collector proposes binds nobody until somebody else approves it
(POLICY "Stop flags"); until then it is a warning to the next caller. A complaint, dispute or
emergency in hand imposes its own. A third party's refusal has no end but the same person's
later consent (rulebook 3.3).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy.load import StopFlagKind
from qc_pipeline.registers.chain import MACHINE, NewEvent, RegisterEvent
from qc_pipeline.registers.people import same_person
from qc_pipeline.registers.steps import Machine, applied, in_words, opening, step
from qc_pipeline.store.phone_numbers import phone_key

FlagState = Literal["proposed", "refused", "in_force", "lifted"]
PROPOSED, IMPOSED = "flag.proposed", "flag.imposed"
APPROVED, REFUSED, LIFTED = "flag.approved", "flag.refused", "flag.lifted"
THIRD_PARTY_REFUSED = "third_party_refused"


@dataclass(frozen=True, slots=True)
class StopFlag:
    """A flag on a case, a number, or both (a row of `stop_flags`).

    It binds dials from `decided_at` (or `valid_from`, if later) until `valid_to` or `lifted_at`.
    `basis` names what it rests on: `complaint:ID`, `dispute:ID`, `emergency:CALL`, `call:CALL`.
    """

    flag_id: str
    state: FlagState
    kind: str
    source: str
    proposed_by: str
    proposed_at: datetime
    case_id: str | None = None
    phone: str | None = None
    phone_key: str | None = None
    reason: str | None = None
    basis: str | None = None
    agent_id: str | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    decision_note: str | None = None
    lifted_by: str | None = None
    lifted_at: datetime | None = None
    lift_reason: str | None = None
    consent: str | None = None


MACHINE_OF_FLAGS = Machine(
    what="stop flag",
    record=StopFlag,
    key="flag_id",
    transitions={
        "proposed": frozenset({"in_force", "refused"}),
        "refused": frozenset(),
        "in_force": frozenset({"lifted"}),
        "lifted": frozenset(),
    },
    leads={
        PROPOSED: "proposed", IMPOSED: "in_force", APPROVED: "in_force", REFUSED: "refused",
        LIFTED: "lifted",
    },
    opens=frozenset({PROPOSED, IMPOSED}),
    stays_in={},
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewFlag:
    """A flag as somebody asks for it. `source` says where it comes from, in words."""

    kind: str
    source: str
    case_id: str | None = None
    phone: str | None = None
    reason: str | None = None
    basis: str | None = None
    agent_id: str | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None


def flag_id_for(*parts: str) -> str:
    """The id of the flag that these parts name: the same cause, the same flag."""
    return "F" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


def decide_propose(
    new: NewFlag, flag_id: str, *, by: str, at: datetime, kinds: Mapping[str, StopFlagKind]
) -> NewEvent:
    """`by`, or the machine, proposes a flag. It binds nobody yet.

    Raises RegisterError for an unknown kind, no source, neither case nor number, a number
    without digits, or an end before the beginning.
    """
    return opening(
        MACHINE_OF_FLAGS, PROPOSED, flag_id, by=by, at=at, **_values(new, kinds=kinds),
        proposed_by=by, proposed_at=at,
    )  # fmt: skip


def decide_impose(
    new: NewFlag, flag_id: str, *, by: str, at: datetime, kinds: Mapping[str, StopFlagKind]
) -> NewEvent:
    """`by` puts a flag in force at once, because a register demands it (3.3). Raises as above."""
    return opening(
        MACHINE_OF_FLAGS, IMPOSED, flag_id, by=by, at=at, **_values(new, kinds=kinds),
        proposed_by=by, proposed_at=at, decided_by=by, decided_at=at,
    )  # fmt: skip


def decide_approve(flag: StopFlag, *, by: str, at: datetime, note: str | None = None) -> NewEvent:
    """`by`, not who proposed it, puts the flag in force from now on.

    Raises RegisterError if it isn't proposed any more, or `by` proposed it.
    """
    if flag.proposed_by != MACHINE and same_person(by, flag.proposed_by):
        raise RegisterError(
            f"{by} proposed stop flag {flag.flag_id}", remedy="somebody else has to approve it"
        )
    return step(
        MACHINE_OF_FLAGS, flag, APPROVED, by=by, at=at, decided_by=by, decided_at=at,
        decision_note=note,
    )  # fmt: skip


def decide_refuse(flag: StopFlag, *, by: str, at: datetime, note: str) -> NewEvent:
    """`by` refuses a proposed flag, with the reason. Whoever heard it may not (CP-10).

    Raises RegisterError if it isn't proposed any more, the note is empty, or `by` is the
    collector it came from.
    """
    note = in_words(note, f"refusing stop flag {flag.flag_id} needs a note", "say why")
    if same_person(by, flag.agent_id):
        raise RegisterError(
            f"stop flag {flag.flag_id} comes from a call of {by}",
            remedy="somebody else has to decide on it",
        )
    return step(
        MACHINE_OF_FLAGS, flag, REFUSED, by=by, at=at, decided_by=by, decided_at=at,
        decision_note=note,
    )  # fmt: skip


def decide_lift(
    flag: StopFlag, *, by: str, at: datetime, reason: str, consent: str | None = None
) -> NewEvent:
    """`by` lifts a flag that is in force; later dials are allowed again.

    Raises RegisterError if it isn't in force, there is no reason, `by` is the collector it came
    from, or a third party's refusal is lifted without naming that person's later `consent`.
    """
    reason = in_words(reason, f"lifting stop flag {flag.flag_id} needs a reason", "say why")
    if same_person(by, flag.agent_id):
        raise RegisterError(
            f"stop flag {flag.flag_id} comes from a call of {by}",
            remedy="somebody else has to lift it",
        )
    if flag.kind == THIRD_PARTY_REFUSED:
        consent = in_words(
            consent,
            f"stop flag {flag.flag_id} is a third party's refusal",
            "name the call or paper in which the same person consented",
        )
    return step(
        MACHINE_OF_FLAGS, flag, LIFTED, by=by, at=at, lifted_by=by, lifted_at=at,
        lift_reason=reason, consent=consent,
    )  # fmt: skip


def apply(flag: StopFlag | None, event: RegisterEvent) -> StopFlag:
    """The flag after `event`. Raises RegisterError if the event can't follow the state."""
    changed: StopFlag = applied(MACHINE_OF_FLAGS, flag, event)
    return changed


def _values(new: NewFlag, *, kinds: Mapping[str, StopFlagKind]) -> dict[str, Any]:
    if new.kind not in kinds:
        raise RegisterError(
            f"there is no kind of stop flag {new.kind!r}", remedy=f"use {', '.join(kinds)}"
        )
    source = in_words(new.source, "a stop flag needs its source", "say where it comes from")
    key = phone_key(new.phone)
    if new.phone and key is None:
        raise RegisterError(f"{new.phone!r} is no phone number", remedy="give its digits")
    if not new.case_id and key is None:
        raise RegisterError(
            "a stop flag stops a case or a number", remedy="give the case, the number or both"
        )
    if new.kind == THIRD_PARTY_REFUSED and new.valid_to is not None:
        raise RegisterError(
            "a third party's refusal has no end", remedy="it is lifted by later consent only"
        )
    if new.valid_from and new.valid_to and new.valid_to < new.valid_from:
        raise RegisterError("the stop flag ends before it begins", remedy="check both times")
    return {
        "kind": new.kind, "source": source, "case_id": new.case_id, "phone": new.phone,
        "phone_key": key, "reason": new.reason, "basis": new.basis, "agent_id": new.agent_id,
        "valid_from": new.valid_from, "valid_to": new.valid_to,
    }  # fmt: skip

"""The one vocabulary: frozen records that travel between rooms.

Times inside a recording are seconds from its start (float). Points in time are aware
datetimes in Asia/Shanghai. Character spans are half-open code-point offsets into
`Utterance.text`. Money is yuan (Decimal).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

Speaker = Literal["agent", "customer", "unknown"]
Role = Literal["debtor", "guarantor", "co_borrower", "authorised_agent", "third_party", "unknown"]
Severity = Literal["critical", "major", "minor", "info"]
SEVERITIES: tuple[Severity, ...] = ("critical", "major", "minor", "info")
Status = Literal["open", "quarantined", "confirmed", "rejected", "overturned"]
ResponsibleParty = Literal["agent", "dialler", "platform", "unknown"]
CoverageState = Literal[
    "scanned",
    "duplicate",
    "no_recording",
    "unanswered",
    "too_short",
    "silent",
    "unreadable",
    "mismatch",
    "quarantined",
    "deferred",
    "failed",
]
Direction = Literal["outbound", "inbound"]
Purpose = Literal["collection", "reply", "survey"]
DialMode = Literal["manual", "predictive", "robot"]
Source = Literal["phone", "field_visit"]
EventKind = Literal[
    "complaint", "dispute", "emergency", "refusal", "promise", "objection",
    "identity_asked", "identity_confirmed", "debt_word", "message_only",
]  # fmt: skip


# --- intake ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One row of the call manifest; None means unknown."""

    call_id: str
    started_at: datetime
    agent_id: str
    row: int = 0
    recording: str | None = None
    duration_s: float | None = None
    answered_at: datetime | None = None
    talk_s: float | None = None
    answered: bool | None = None
    direction: Direction | None = None
    purpose: Purpose | None = None
    dial_mode: DialMode | None = None
    hangup_cause: str | None = None
    team: str | None = None
    phone: str | None = None
    callee: Role = "unknown"
    customer_id: str | None = None
    case_id: str | None = None
    bank: str | None = None
    product: str | None = None
    channels: Literal["agent,customer", "customer,agent", "mono"] | None = None
    agent_note: str | None = None
    note_at: datetime | None = None
    source: Source = "phone"
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with one row or file: where, what, and the remedy."""

    where: str
    what: str
    remedy: str = ""
    call_id: str | None = None

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f" ({self.remedy})" if self.remedy else "")


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """A row of cases.csv, in force from `as_of`."""

    case_id: str
    customer_id: str | None = None
    bank: str | None = None
    product: str | None = None
    assigned_at: datetime | None = None
    as_of: datetime | None = None
    amount_due: Decimal | None = None
    min_due: Decimal | None = None
    days_overdue: int | None = None
    legal_status: Literal["none", "filed", "judgment"] | None = None
    credit_reportable: bool | None = None
    account_tail: str | None = None


@dataclass(frozen=True, slots=True)
class StopFlag:
    """A row of flags.csv."""

    case_id: str | None
    phone: str | None
    kind: str
    valid_from: datetime | None
    valid_to: datetime | None
    approved_at: datetime | None
    source: str | None


@dataclass(frozen=True, slots=True)
class Approval:
    """A row of approvals.csv; an empty case_id means campaign-wide."""

    case_id: str | None
    bank: str | None
    product: str | None
    kind: str
    valid_from: datetime | None
    until: datetime | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class RepaymentAccount:
    """A row of accounts.csv: an account the bank approved for repayment."""

    bank: str | None
    account: str
    holder: str | None


@dataclass(frozen=True, slots=True)
class Designation:
    """A row of designations.csv: wording the bank approved for how a collector names himself."""

    bank: str | None
    wording: str


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A row of staff.csv."""

    agent_id: str
    name: str | None
    team: str | None
    supervisor_id: str | None
    department_head_id: str | None
    valid_from: datetime | None
    valid_to: datetime | None


@dataclass(frozen=True, slots=True)
class PhoneEntry:
    """A row of phones.csv."""

    case_id: str | None
    phone: str
    relation: str | None
    source: str | None
    verified: bool | None


@dataclass(frozen=True, slots=True)
class Payment:
    """A row of payments.csv."""

    case_id: str
    paid_at: datetime
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Message:
    """A row of messages.csv."""

    case_id: str | None
    phone: str | None
    sent_at: datetime
    channel: str | None
    text: str


@dataclass(frozen=True, slots=True)
class ReferenceTables:
    """Everything read from the tables folder. `present` names the files that were there:
    a fact that is absent because its table is absent is *unknown*, never false.
    """

    cases: tuple[CaseFacts, ...] = ()
    flags: tuple[StopFlag, ...] = ()
    approvals: tuple[Approval, ...] = ()
    accounts: tuple[RepaymentAccount, ...] = ()
    designations: tuple[Designation, ...] = ()
    staff: tuple[StaffMember, ...] = ()
    phones: tuple[PhoneEntry, ...] = ()
    payments: tuple[Payment, ...] = ()
    messages: tuple[Message, ...] = ()
    present: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording as probed. `key` finds it in the recording store."""

    sha256: str
    key: str
    container: str
    codec: str
    sample_rate: int
    channels: int
    duration_s: float
    size_bytes: int


# --- speech ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word; `start`/`end` are code-point offsets into the utterance's text."""

    start: int
    end: int
    start_s: float
    end_s: float
    probability: float


@dataclass(frozen=True, slots=True)
class UtteranceSound:
    """How something was said. Levels in dB, times in seconds; None where it can't be measured.

    `louder_db`: against the same side's usual level in this call. `pace`: characters a second.
    `pause_before_s`: how long nobody had spoken. `overlap_s`: while the other side spoke too.
    `interrupts`: begins over the other side, for more than 0.8 s, and the other side gives way.
    """

    level_dbfs: float
    louder_db: float
    pace: float
    pause_before_s: float
    overlap_s: float | None = None
    interrupts: bool | None = None


@dataclass(frozen=True, slots=True)
class Utterance:
    """One stretch of speech by one speaker. `suspect` says why the text may be invented;
    `other_text` is what the hearing that wasn't believed made of it, None where it was heard once.
    """

    index: int
    speaker: Speaker
    start_s: float
    end_s: float
    text: str
    raw_text: str
    confidence: float
    suspect: str | None = None
    channel: int = 0
    words: tuple[Word, ...] = ()
    sound: UtteranceSound | None = None
    other_text: str | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """What recognition made of one recording under one configuration (artefact 1).

    `third_voice_s` is when a further person seems to join (a call passed on); `voices_confidence`
    how surely two voices were told apart on one channel, None where that wasn't tried.
    """

    recording_sha256: str
    config_hash: str
    model: str
    language: str
    duration_s: float
    channels: int
    speech_s: float
    utterances: tuple[Utterance, ...]
    role_source: Literal["channel_map", "content", "voices", "contradicted", "single", "none"] = (
        "none"
    )
    role_confidence: float = 0.0
    third_voice_s: float | None = None
    voices_confidence: float | None = None
    damaged_at_s: float | None = None


# --- detect ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CallContext:
    """What was known about a call when it was made: the facts detection may use."""

    call: CallRecord
    case: CaseFacts | None = None
    accounts: tuple[RepaymentAccount, ...] = ()
    designations: tuple[Designation, ...] = ()
    approvals: tuple[Approval, ...] = ()
    tables_present: frozenset[str] = frozenset()
    first_call_of_case: bool | None = None
    settled_listener: Role | None = None


@dataclass(frozen=True, slots=True)
class BuiltInRule:
    """A rule that is code, not an entry of a lexicon. Its findings carry its id and code, and
    cite rows of `rulebook`: the rows whose breaches it looks for.
    """

    id: str
    code: str
    name: str
    rulebook: tuple[str, ...]

    def cites(self, *rows: str) -> str:
        """The rows of the rulebook as reasons name them; with `rows`, only these of its own."""
        if not set(rows) <= set(self.rulebook):
            raise ValueError(f"rule {self.id} cites {rows}, but stands for {self.rulebook}")
        return "、".join(rows or self.rulebook)


@dataclass(frozen=True, slots=True)
class Finding:
    """A proposed violation, or (in `Detection.suppressed`) one that a guard stopped.

    `reasons` are strings `code: 中文说明`. `start`/`end` span `utterance`'s text.
    """

    finding_id: str
    call_id: str
    code: str
    sub_code: str | None
    severity: Severity
    detector: str
    rule_id: str
    rule_version: str
    speaker: Speaker
    listener: Role
    responsible_party: ResponsibleParty
    utterance_index: int | None
    start: int | None
    end: int | None
    start_s: float | None
    end_s: float | None
    utterance: str
    matched: str
    score: float
    status: Status
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CallEvent:
    """Something said that a register or another rule may need (a complaint, a refusal ...)."""

    kind: EventKind
    utterance_index: int
    start_s: float
    matched: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ListenerSpan:
    """From this utterance on, the collector talks to `role`; `reason` says what settled it."""

    from_utterance: int
    role: Role
    reason: str


@dataclass(frozen=True, slots=True)
class LineJudgements:
    """What a classifier (named by its version) made of a call's lines, so that judging the call
    by other rules needs no model. `lines`: a hash of what was read, and a probability 0..1 for
    each of `codes` (none for no words).
    """

    classifier: str
    codes: tuple[str, ...]
    lines: tuple[tuple[str, tuple[float, ...]], ...]


@dataclass(frozen=True, slots=True)
class Detection:
    """Everything detection says about one call (artefact 2)."""

    call_id: str
    key: str
    rules_version: str
    policy_version: str
    transcript_sha256: str
    findings: tuple[Finding, ...]
    suppressed: tuple[Finding, ...]
    events: tuple[CallEvent, ...]
    listeners: tuple[ListenerSpan, ...]
    created_at: datetime
    judgements: LineJudgements | None = None


# --- scan and scoring -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Coverage:
    """Where one call record ended, and why."""

    call_id: str
    state: CoverageState
    reason: str


@dataclass(frozen=True, slots=True)
class Deduction:
    """Points taken from a call's card for one code."""

    code: str
    severity: Severity
    points: int
    finding_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CallScore:
    """A call's card. `machine_score` counts open findings, `human_score` confirmed ones; None is
    unknown: nobody heard the call, or nobody has decided.
    """

    call_id: str
    policy_version: str
    machine_score: int | None
    human_score: int | None
    state: Literal["provisional", "final"]
    passed: bool | None
    critical: int
    codes: tuple[str, ...]
    deductions: tuple[Deduction, ...]


def finding_id(
    *, call_id: str, code: str, rule_id: str, utterance_index: int | None,
    start: int | None, end: int | None,
) -> str:  # fmt: skip
    """A stable name, so that a verdict survives a re-run: the same words under the same rule."""
    parts = [call_id, code, rule_id, str(utterance_index), str(start), str(end)]
    return "F" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:20]

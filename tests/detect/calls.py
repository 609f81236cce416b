"""Small calls for the tests of listener, events, required actions and notes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from qc_pipeline.detect.context_lexicon import ContextLexicon
from qc_pipeline.detect.events import call_events
from qc_pipeline.detect.listener import listener_timeline
from qc_pipeline.detect.notes import note_findings
from qc_pipeline.detect.required import required_findings
from qc_pipeline.policy.load import Policy
from qc_pipeline.records import (
    CallContext,
    CallEvent,
    CallRecord,
    Designation,
    Finding,
    ListenerSpan,
    Speaker,
    Utterance,
)

DATA = Path(__file__).parent / "data"
SPEAKERS: Mapping[str, Speaker] = {
    "a": "agent",
    "c": "customer",
    "?": "unknown",
    "agent": "agent",
    "customer": "customer",
}
NOON = "2026-03-11T12:00:00+08:00"  # a Wednesday

# What lawful calls start with, for tests of what comes after.
GREETING: tuple[tuple[str, str], ...] = (
    ("a", "您好，请问是葛平先生吗？我是德信公司的小李，工号三二一，松岭银行委托。"),
    ("c", "是我。"),
    ("a", "身份证后四位核对一下。"),
    ("c", "二五八零。"),
)


@dataclass(frozen=True)
class Judged:
    """Everything that is said about one call."""

    listeners: tuple[ListenerSpan, ...]
    events: tuple[CallEvent, ...]
    findings: tuple[Finding, ...]
    suppressed: tuple[Finding, ...]
    notes: tuple[Finding, ...]

    def codes(self, *, status: str = "open") -> list[str]:
        return sorted(finding.code for finding in self.findings if finding.status == status)

    def kinds(self) -> set[str]:
        return {event.kind for event in self.events}

    def roles(self) -> list[tuple[int, str]]:
        return [(span.from_utterance, span.role) for span in self.listeners[1:]]

    def promises(self) -> list[dict[str, Any]]:
        return [json.loads(event.detail) for event in self.events if event.kind == "promise"]

    def note_kinds(self) -> list[str]:
        return [finding.reasons[0].split(":")[0] for finding in self.notes]


def read(name: str) -> Any:
    return json.loads((DATA / name).read_text("utf-8"))


def spoken(turns: Iterable[Sequence[str]], *, confidence: float = 0.8) -> tuple[Utterance, ...]:
    return tuple(
        Utterance(
            index=index,
            speaker=SPEAKERS[turn[0]],
            start_s=index * 4.0,
            end_s=index * 4.0 + 3.5,
            text=turn[1],
            raw_text=turn[1],
            confidence=confidence,
        )
        for index, turn in enumerate(turns)
    )


def context_of(call: Mapping[str, Any] | None = None) -> CallContext:
    """A call's facts from a data row; outbound to a debtor unless it says otherwise."""
    row = dict(call or {})
    bank = row.get("bank", "松岭银行")
    return CallContext(
        call=CallRecord(
            call_id=row.get("id", "T1"),
            started_at=datetime.fromisoformat(row.get("started_at", NOON)),
            agent_id="A1",
            callee=row.get("callee", "debtor"),
            bank=bank,
            direction=row.get("direction", "outbound"),
            source=row.get("source", "phone"),
            agent_note=row.get("note"),
            duration_s=row.get("duration_s"),
            note_at=datetime.fromisoformat(row["note_at"]) if "note_at" in row else None,
        ),
        designations=tuple(Designation(bank, wording) for wording in row.get("designations", ())),
        first_call_of_case=row.get("first_call"),
        settled_listener=row.get("settled_listener"),
    )


def judge(
    context: CallContext,
    utterances: Sequence[Utterance],
    *,
    lexicon: ContextLexicon,
    policy: Policy,
) -> Judged:
    listeners = listener_timeline(context, utterances, lexicon=lexicon)
    events = call_events(context, utterances, listeners=listeners, lexicon=lexicon)
    findings, suppressed = required_findings(
        context, utterances, listeners=listeners, events=events, policy=policy, lexicon=lexicon
    )
    notes = note_findings(
        context, utterances, events=events, listeners=listeners, policy=policy, lexicon=lexicon
    )
    return Judged(listeners, events, findings, suppressed, notes)

"""Lines of a transcript as a reviewer heard them, beside what was recognised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qc_pipeline.errors import RegisterError
from qc_pipeline.registers.chain import NewEvent, RegisterEvent

CORRECTED = "transcript.corrected"
_LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Wording:
    """The latest correction of one line (a row of `transcript_corrections`)."""

    line_id: str
    call_id: str
    index: int
    text: str
    recognised: str
    corrected_by: str
    corrected_at: datetime


def line_id(call_id: str, index: int) -> str:
    """How the log names a line."""
    return f"{call_id}#{index}"


def decide_correct(
    line: Mapping[str, Any] | None, *, call_id: str, index: int, text: str, by: str, at: datetime
) -> NewEvent:
    """The event of `by` correcting a line. Raises RegisterError for an unknown line, or a text
    that is empty, too long, or what was recognised.
    """
    if line is None:
        raise RegisterError(
            f"call {call_id} has no line {index}", remedy="see `qc export transcripts`"
        )
    words = " ".join(text.split())
    if not words or len(words) > _LONGEST:
        raise RegisterError(
            f"a line has 1 to {_LONGEST} characters", remedy="write what was said, nothing else"
        )
    payload = {"call_id": call_id, "index": index, "text": words, "recognised": line["text"]}
    return NewEvent(at, by, CORRECTED, line_id(call_id, index), payload)


def apply(known: Wording | None, event: RegisterEvent) -> Wording:
    """The state after `event`: the last correction holds, earlier ones stay in the log."""
    del known
    if event.action != CORRECTED:
        raise RegisterError(f"entry {event.seq}: there is no action {event.action}")
    return Wording(
        line_id=event.subject, corrected_by=event.actor, corrected_at=event.at, **event.details
    )

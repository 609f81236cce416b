"""Detection on a single written line, with the line before it and a few facts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, get_args

from qc_pipeline.detect.events import call_events
from qc_pipeline.detect.judge import detect_scene
from qc_pipeline.detect.rules import RuleSet
from qc_pipeline.detect.scene import Scene, build_scene, other_side
from qc_pipeline.errors import LineError
from qc_pipeline.policy.load import Policy
from qc_pipeline.records import (
    SHANGHAI,
    CallContext,
    CallEvent,
    CallRecord,
    CaseFacts,
    Finding,
    ListenerSpan,
    Role,
    Speaker,
    Utterance,
)

# Lines carry no time of their own; facts given with a line hold at that line.
_NO_DATE = datetime(1970, 1, 1, tzinfo=SHANGHAI)
SECONDS_PER_LINE = 5.0
_REPORTABLE = {
    "none": None, "": None, "unknown": None,
    "1": True, "true": True, "0": False, "false": False,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line: who said what to whom (settled), what the other side said before.
    `confidence` 0..1: of the recogniser that made it out; 1 for written text.
    """

    id: str
    text: str
    speaker: Speaker = "agent"
    callee: Role = "debtor"
    prev: str | None = None
    case: Mapping[str, Any] = field(default_factory=dict)
    confidence: float = 1.0


def parse_line(written: str) -> TextLine:
    """One line of JSON: `{"id", "text", "speaker", "callee", "prev"?, "case"?, "confidence"?}`.

    Raises LineError saying which field is wrong.
    """
    try:
        value = json.loads(written)
    except json.JSONDecodeError as error:
        raise LineError(f"not JSON: {error.msg} at character {error.pos + 1}") from None
    if not isinstance(value, dict):
        raise LineError("a line is a JSON object")
    for name in ("id", "text"):
        if name not in value:
            raise LineError(f"field {name!r} is missing")
    line_id, text, prev = value["id"], value["text"], value.get("prev")
    if not isinstance(line_id, str | int) or isinstance(line_id, bool):
        raise LineError("`id` must be a text or a whole number")
    if not isinstance(text, str) or not isinstance(prev, str | None):
        raise LineError("`text` and `prev` must be texts")
    case = value.get("case")
    if not isinstance(case, Mapping | None):
        raise LineError("`case` must be an object")
    line = TextLine(
        id=str(line_id),
        text=text,
        speaker=_one_of("speaker", value.get("speaker") or "agent", get_args(Speaker)),
        callee=_one_of("callee", value.get("callee") or "unknown", get_args(Role)),
        prev=prev,
        case=case or {},
        confidence=_confidence(value.get("confidence", 1.0)),
    )
    case_facts(line.case)
    return line


def _confidence(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise LineError(f"`confidence` is {value!r}, not a number from 0 to 1")
    return float(value)


def _one_of(name: str, value: Any, known: tuple[str, ...]) -> Any:
    if value not in known:
        raise LineError(f"`{name}` is {value!r}; known: {', '.join(known)}")
    return value


def case_facts(case: Mapping[str, Any]) -> CaseFacts | None:
    """The facts given with a line; None when there are none. Unknown fields are ignored.

    Raises LineError.
    """
    if not case:
        return None
    legal = case.get("legal_status")
    if legal not in (None, "", "unknown", "none", "filed", "judgment"):
        raise LineError(f"`case.legal_status` is {legal!r}; known: none, filed, judgment")
    reportable = case.get("credit_reportable")
    if str(reportable).lower() not in _REPORTABLE:
        raise LineError(f"`case.credit_reportable` is {reportable!r}; known: 0, 1")
    return CaseFacts(
        case_id=str(case.get("case_id", "")),
        bank=case.get("bank"),
        product=case.get("product"),
        amount_due=_amount("amount_due", case.get("amount_due")),
        min_due=_amount("min_due", case.get("min_due")),
        legal_status=legal if legal in ("none", "filed", "judgment") else None,
        credit_reportable=_REPORTABLE[str(reportable).lower()],
    )


def _amount(name: str, value: Any) -> Decimal | None:
    if value in (None, ""):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise LineError(f"`case.{name}` is {value!r}, not an amount") from None


def line_scene(line: TextLine, *, rules: RuleSet) -> Scene:
    """The line as the last utterance of a scene of one or two."""
    said = [(other_side(line.speaker) or "unknown", line.prev)] if line.prev else []
    said.append((line.speaker, line.text))
    utterances = [
        written_utterance(
            place, speaker, text, start_s=place * SECONDS_PER_LINE, confidence=line.confidence
        )
        for place, (speaker, text) in enumerate(said)
    ]
    context = line_context(line.id, callee=line.callee, case=line.case)
    return written_scene(context, utterances, rules=rules, text_only=True)


def line_context(call_id: str, *, callee: Role, case: Mapping[str, Any]) -> CallContext:
    """A call of which only the listener (settled) and some facts are known."""
    return CallContext(
        call=CallRecord(call_id=call_id, started_at=_NO_DATE, agent_id="", callee=callee),
        case=case_facts(case),
        settled_listener=callee,
    )


def written_utterance(
    index: int, speaker: Speaker, text: str, *, start_s: float, confidence: float = 1.0
) -> Utterance:
    """An utterance as text; certain in every character unless said otherwise."""
    return Utterance(
        index=index,
        speaker=speaker,
        start_s=start_s,
        end_s=start_s + SECONDS_PER_LINE - 1,
        text=text,
        raw_text=text,
        confidence=confidence,
    )


def written_scene(
    context: CallContext, utterances: Sequence[Utterance], *, rules: RuleSet, text_only: bool
) -> Scene:
    """The scene of written utterances; `text_only` as in `Scene`."""
    events: tuple[CallEvent, ...] = ()
    if rules.uses_events:
        role = context.settled_listener or "unknown"
        listeners = (ListenerSpan(0, role, "随文本给定"),)
        events = call_events(context, utterances, listeners=listeners, lexicon=rules.context)
    return build_scene(context, utterances, bank=rules.bank, events=events, text_only=text_only)


def detect_line(
    line: TextLine, *, rules: RuleSet, policy: Policy
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Findings and suppressed hits of one line; `prev` only serves as context."""
    scene = line_scene(line, rules=rules)
    return detect_scene(scene, rules=rules, policy=policy, places=[len(scene.turns) - 1])

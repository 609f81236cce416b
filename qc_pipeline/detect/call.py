"""Detection on a whole call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qc_pipeline.detect.events import call_events
from qc_pipeline.detect.judge import detect_scene
from qc_pipeline.detect.listener import listener_timeline
from qc_pipeline.detect.notes import note_findings
from qc_pipeline.detect.required import required_findings
from qc_pipeline.detect.rules import RuleSet
from qc_pipeline.detect.scene import build_scene
from qc_pipeline.policy.load import Policy
from qc_pipeline.records import CallContext, CallEvent, Finding, ListenerSpan, Utterance


@dataclass(frozen=True, slots=True)
class CallDetection:
    """What detection says about a call; findings in order of time."""

    findings: tuple[Finding, ...]
    suppressed: tuple[Finding, ...]
    events: tuple[CallEvent, ...]
    listeners: tuple[ListenerSpan, ...]


def detect_call(
    context: CallContext, utterances: Sequence[Utterance], *, rules: RuleSet, policy: Policy
) -> CallDetection:
    """Everything the rules, the required actions and the note say about a call whose utterances are in
    order of time. Judged by the facts in `context`, which are those in force at the call.
    """
    lexicon = rules.context
    listeners = listener_timeline(context, utterances, lexicon=lexicon)
    events = call_events(context, utterances, listeners=listeners, lexicon=lexicon)
    scene = build_scene(context, utterances, bank=rules.bank, listeners=listeners, events=events)
    spoken = detect_scene(scene, rules=rules, policy=policy)
    required = required_findings(
        context, utterances, listeners=listeners, events=events, policy=policy, lexicon=lexicon
    )
    notes = note_findings(
        context, utterances, events=events, listeners=listeners, policy=policy, lexicon=lexicon
    )
    return CallDetection(
        findings=_in_order(spoken[0] + required[0] + notes),
        suppressed=_in_order(spoken[1] + required[1]),
        events=tuple(events),
        listeners=tuple(listeners),
    )


def _in_order(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """By time; what concerns the whole call comes first."""
    return tuple(
        sorted(
            findings,
            key=lambda f: (
                -1 if f.utterance_index is None else f.utterance_index,
                f.start or 0,
                f.code,
                f.rule_id,
            ),
        )
    )

"""Guards: what else must be true before words become a finding.

Each guard is a small function from a judged hit to a verdict. Guards never delete a hit:
they suppress it, send it to a human (quarantine) or make it count less (lower), and say why
in one line that a reviewer understands.
"""

from __future__ import annotations

from collections.abc import Mapping

from qc_pipeline.detect.guards.denial import negation
from qc_pipeline.detect.guards.excuses import worded
from qc_pipeline.detect.guards.facts import fact, lawful
from qc_pipeline.detect.guards.judged import Guard, Judged, Outcome, Verdict
from qc_pipeline.detect.guards.people import listener, speaker
from qc_pipeline.detect.guards.quoting import question, quotation, reported_speech
from qc_pipeline.detect.guards.reliability import correction, low_confidence
from qc_pipeline.detect.rule_models import GuardName

__all__ = ["GUARDS", "Guard", "Judged", "Outcome", "Verdict", "verdicts"]

GUARDS: Mapping[GuardName, Guard] = {
    "speaker": speaker,
    "listener": listener,
    "quotation": quotation,
    "reported_speech": reported_speech,
    "negation": negation,
    "question": question,
    "lawful": lawful,
    "advice": worded("advice"),
    "denial": worded("denial"),
    "rule_quoted": worded("rule_quoted"),
    "referral": worded("referral"),
    "refusal": worded("refusal"),
    "retraction": worded("retraction"),
    "inquiry": worded("inquiry"),
    "care": worded("care"),
    "fact": fact,
    "correction": correction,
    "low_confidence": low_confidence,
}
"""Every guard, in the order in which they speak."""


def verdicts(judged: Judged) -> tuple[Verdict, ...]:
    """What the guards that apply to the rule say; ends with the first that suppresses."""
    said: list[Verdict] = []
    for name, guard in GUARDS.items():
        if name in judged.rule.guards_off:
            continue
        verdict = guard(judged)
        if verdict is not None:
            said.append(verdict)
            if verdict.outcome == "suppress":
                break
    return tuple(said)

"""What a collector must do in every call: opening, identity before debt, promises pinned down."""

from __future__ import annotations

from collections.abc import Sequence

from qc_pipeline.detect.context_lexicon import ContextLexicon
from qc_pipeline.detect.field_visit import visit_findings
from qc_pipeline.detect.identity import identity_findings
from qc_pipeline.detect.opening import message_only_opening, opening_findings
from qc_pipeline.detect.promise import promise_findings
from qc_pipeline.policy.load import Policy
from qc_pipeline.records import CallContext, CallEvent, Finding, ListenerSpan, Utterance


def required_findings(
    context: CallContext,
    utterances: Sequence[Utterance],
    *,
    listeners: Sequence[ListenerSpan],
    events: Sequence[CallEvent],
    policy: Policy,
    lexicon: ContextLexicon,
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """(findings, suppressed) of detector "required".

    A call that only left a message with a third party (an event of `events`) is not judged by
    its opening: what would be said against it is suppressed.
    """
    opening = opening_findings(
        context, utterances, listeners=listeners, lexicon=lexicon, policy=policy
    )
    identity = identity_findings(
        context, utterances, listeners=listeners, lexicon=lexicon, policy=policy
    )
    promise = promise_findings(
        context, utterances, listeners=listeners, lexicon=lexicon, policy=policy
    )
    visit = visit_findings(context, utterances, lexicon=lexicon, policy=policy)
    message = next((event for event in events if event.kind == "message_only"), None)
    suppressed: tuple[Finding, ...] = ()
    if message is not None and not opening:
        suppressed = message_only_opening(
            context,
            utterances,
            listeners=listeners,
            lexicon=lexicon,
            policy=policy,
            message_at=message.utterance_index,
        )
    return (*opening, *identity, *promise, *visit), suppressed

"""Who speaks, and to whom."""

from __future__ import annotations

from qc_pipeline.detect.guards.judged import Judged, Verdict

ROLE_NAMES = {
    "debtor": "本人",
    "guarantor": "担保人",
    "co_borrower": "共同借款人",
    "authorised_agent": "授权代理人",
    "third_party": "第三方",
    "unknown": "身份未明",
}
SPEAKER_NAMES = {"agent": "坐席", "customer": "对方", "unknown": "说话人未明"}


def speaker(judged: Judged) -> Verdict | None:
    """Only the side a rule names can break it; with an unknown speaker a human decides
    (rulebook 0.4, 1).
    """
    wanted, actual = judged.rule.speaker, judged.turn.speaker
    if wanted in ("any", actual):
        return None
    if actual == "unknown":
        return Verdict("quarantine", "speaker: 分不清是坐席还是对方说的，请听录音确认")
    return Verdict("suppress", f"speaker: 这句是{SPEAKER_NAMES[actual]}说的，不算坐席违规")


def listener(judged: Judged) -> Verdict | None:
    """A rule for certain listeners needs a listener who is known to be one (rulebook 0.4, 6)."""
    wanted, actual = judged.rule.listener, judged.turn.listener
    if not wanted or actual in wanted:
        return None
    names = "、".join(ROLE_NAMES[role] for role in wanted)
    if actual == "unknown" and _for_identity_check(judged):
        return Verdict(
            "suppress", f"listener: 对方未被认定为{names}；未核实身份即谈债务，另按“未核实身份”判断"
        )
    if actual == "unknown":
        return Verdict("quarantine", f"listener: 对方身份未明，如是{names}则违规，请核对")
    return Verdict("suppress", f"listener: 对方是{ROLE_NAMES[actual]}，此规则只针对{names}")


def _for_identity_check(judged: Judged) -> bool:
    """Whether an unknown listener is the identity check's business: the collector, heard as
    such, speaks in a call to somebody he takes for the person he meant to reach
    (POLICY "Who answered, not whom we meant to call"). Of a line without a call around it this
    is assumed unless it speaks of somebody else.
    """
    if judged.rule.code not in judged.limits.needs_settled_listener:
        return False
    if judged.turn.speaker != "agent" or judged.scene.context.call.callee == "third_party":
        return False
    another = any(word in judged.content.text for word in judged.limits.speaks_of_another)
    return not (judged.scene.text_only and another)

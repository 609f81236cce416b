"""Whether the absence of words proves anything: reasons to leave a finding to a human."""

from __future__ import annotations

import math
from collections.abc import Sequence

from qc_pipeline.detect.content import fold
from qc_pipeline.detect.dialogue import heard, mean_confidence, speakers_known
from qc_pipeline.policy.load import Policy
from qc_pipeline.records import Speaker, Utterance


def doubts_about(
    utterances: Sequence[Utterance],
    *,
    policy: Policy,
    until_s: float = math.inf,
    speakers: frozenset[Speaker] = frozenset({"agent", "unknown"}),
) -> tuple[str, ...]:
    """Why what `speakers` did not say up to `until_s` may only have been lost: unknown
    speakers, too little recognised, badly recognised or suspect text. Empty when nothing speaks
    against it.
    """
    limits = policy.required
    concerned = [u for u in utterances if u.start_s <= until_s and u.speaker in speakers]
    spoken = heard(concerned)
    doubts: list[str] = []
    if not speakers_known(utterances):
        doubts.append("speaker_unknown: 分不清说话人，请人工判断")
    if sum(len(fold(u.text)) for u in spoken) < limits.certain_least_characters:
        doubts.append("too_little_text: 识别出的话太少，请人工判断")
    elif mean_confidence(spoken) < limits.certain_confidence:
        doubts.append("low_confidence: 识别把握不足，请人工判断")
    elif any(utterance.suspect for utterance in concerned):
        doubts.append("suspect_text: 其中有识别可疑的话，请听录音确认")
    return tuple(doubts)

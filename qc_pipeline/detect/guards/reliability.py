"""How far the words can be trusted, and whether they were taken back."""

from __future__ import annotations

import re

from qc_pipeline.detect.guards.judged import Judged, Verdict
from qc_pipeline.detect.guards.wording import either

_TAKEN_BACK = re.compile(
    either("""
    说错 口误 嘴快 嘴瓢 更正 纠正
    收回(?!来|去|贷款|额度|房|车|抵押|卡|[你您]) 说重了 说过了头 说过头 言重了 话重了 话说重 表述(?:有误|不当|不准)
    (?:不该|不应该|不能)(?:这么|那么|这样|那样)(?:[跟和][您你])?[说讲]
    (?:刚才|刚刚)(?:那句|那话|这句|的话|的说法|说的|这么说|那么说)?，?[^，。！？]{0,8}?(?:不对|不妥|不准确|不恰当|不合适|有误|错了|欠妥|不算)
    (?:对不起|抱歉|不好意思)，?我?(?:刚才|刚刚)?(?:语气|态度|说话|话|措辞)[^，。！？]{0,4}?(?:不好|重|冲|急|不当)
    """)
)
_SOON = 200


def correction(judged: Judged) -> Verdict | None:
    """An immediate retraction, in the same or the speaker's next utterance, makes the finding
    count less but never deletes it (rulebook 0.4, 8).
    """
    content = judged.content
    said_after = content.spoken[content.spoken_at(judged.hit.end - 1) + 1 :]
    following = judged.scene.after(judged.place, judged.turn.speaker)[:1]
    for text in (said_after, *(turn.content.spoken for turn in following)):
        found = _TAKEN_BACK.search(text[:_SOON])
        if found is not None:
            words = found.group().replace("，", "")
            return Verdict("lower", f"correction: 随后更正（「{words}」），降一级处理")
    return None


def low_confidence(judged: Judged) -> Verdict | None:
    """Doubtful words go to a human, never straight onto a card (rulebook 0.4, 10)."""
    utterance = judged.turn.utterance
    if utterance.suspect:
        return Verdict(
            "quarantine", f"low_confidence: 识别可疑（{utterance.suspect}），请听录音确认"
        )
    start, end = judged.content.span(judged.hit.start, judged.hit.end)
    heard = [w.probability for w in utterance.words if w.start < end and w.end > start]
    confidence = sum(heard) / len(heard) if heard else utterance.confidence
    if confidence < judged.limits.low_confidence:
        return Verdict(
            "quarantine", f"low_confidence: 识别把握低（{confidence:.0%}），请听录音确认"
        )
    return None

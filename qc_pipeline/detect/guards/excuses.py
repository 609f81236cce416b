"""Guards that know an innocent hit by the words around it (`lexicons/guards/*.yaml`).

What is done with the loaded words decides: 「别借网贷」 advises against, 「微信加不了」 refuses,
「投诉我给您登记」 helps. Such words excuse a hit in their own clause and in earlier ones; a
group marked `forward` also what follows it. They excuse nothing once a threat or a condition
follows (「我没说要打你，可我兄弟就不好说了」).
"""

from __future__ import annotations

import re

from qc_pipeline.detect.guard_words import CLAUSE_ENDS, PAUSE, Phrase, PhraseGroup, WordedGuard
from qc_pipeline.detect.guards.judged import Guard, Judged, Verdict
from qc_pipeline.detect.guards.reliability import correction
from qc_pipeline.detect.guards.wording import either

_BETWEEN_CLAUSES = frozenset(CLAUSE_ENDS)
_LONGEST_SHOWN = 16
# Words said earlier, or by somebody else, are only mentioned.
_MENTIONED = re.compile(
    either("""
    刚才 刚刚 方才 刚说 上一句 上次 上回 前面 之前 前一 先前 上一通 那句 这句 这话 那话 的话 同事 他说 她说 有人
    这个?词 那个?词
    """)
)


def worded(name: WordedGuard) -> Guard:
    """The guard that reads the words of `name`."""

    def guard(judged: Judged) -> Verdict | None:
        if judged.turn.speaker == "customer":
            return None
        words, code, spoken = judged.rule.guard_words, judged.rule.code, judged.content.spoken
        for group in words.groups(name):
            if group.excuses is None or code in group.excuses:
                phrase = _excusing(group, judged, spoken)
                if phrase is not None:
                    shown = phrase.text[:_LONGEST_SHOWN].replace(PAUSE, "")
                    return Verdict("suppress", f"{name}: {words.says(name)}（「{shown}」）")
        return None

    return guard


def _excusing(group: PhraseGroup, judged: Judged, spoken: str) -> Phrase | None:
    phrases = group.find(spoken)
    if not phrases:
        return None
    start, end = judged.span
    for phrase in phrases:
        if phrase.end <= start and _apart(spoken[phrase.end : start]):
            excused = group.forward
        elif phrase.start >= end and _apart(spoken[end : phrase.start]):
            excused = not _takes_back(judged)
        else:
            excused = True
        if excused and not _stung(judged, since=phrase.start):
            return phrase
    return None


def _apart(between: str) -> bool:
    return not _BETWEEN_CLAUSES.isdisjoint(between)


def _takes_back(judged: Judged) -> bool:
    """Whether the speaker takes back what he has just said himself, which lowers a finding
    but never deletes it.
    """
    return correction(judged) is not None and not _MENTIONED.search(judged.sentence)


def threat_follows(judged: Judged) -> bool:
    """Whether a threat comes after the hit in the same utterance."""
    return _stung(judged, since=judged.span[1], kinds=("threatens",))


def _stung(judged: Judged, *, since: int, kinds: tuple[str, ...] = ()) -> bool:
    """Whether a threat or a condition comes after character `since` of what is spoken."""
    spoken = judged.content.spoken
    return any(
        phrase.start >= since
        for group in judged.rule.guard_words.groups("sting")
        if not kinds or group.name in kinds
        for phrase in group.find(spoken)
    )

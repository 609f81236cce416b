"""Rules and classifier together: what either found, what both say, what one of them denies.

Stated once, here and in docs/classifier.md:
- a rule's hit and the model: their log-odds are added; agreement makes the finding surer, a
  doubt of the model sends it to a human, a firm denial suppresses it with that reason;
- the model alone: for a human, unless it is very sure and nothing else speaks against it;
- a guard that stopped a rule's hit on these words counts against the model too;
- words that a recogniser made out have bands and weights of their own: there the model knows
  less and overrules a rule more rarely.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from qc_pipeline.detect.classifier import Classifier, Meaning, Weighing
from qc_pipeline.detect.conditions import NotMeasured
from qc_pipeline.detect.guards import GUARDS, Verdict, verdicts
from qc_pipeline.detect.guards.judged import Judged
from qc_pipeline.detect.matching import Hit
from qc_pipeline.detect.rules import Rule, RuleSet
from qc_pipeline.detect.scene import Scene
from qc_pipeline.policy.load import Policy
from qc_pipeline.records import Finding, Role, finding_id

DETECTOR = "classifier"
# The others read the words around a hit; the model read the whole utterance itself.
_GUARDS_OF_THE_MODEL = frozenset({"speaker", "listener", "correction", "low_confidence"})
_WORD_GUARDS = frozenset(GUARDS) - _GUARDS_OF_THE_MODEL
_ONLY_TO: dict[str, tuple[Role, ...]] = {
    "third_party_disclosure": ("third_party",),
    "third_party_harassment": ("third_party",),
}
_AGREES_FROM = 0.5
_LEAST = 1e-6

Sorted = tuple[list[Finding], list[Finding]]


def weigh(
    scene: Scene,
    place: int,
    *,
    found: Sequence[Finding],
    stopped: Sequence[Finding],
    rules: RuleSet,
    policy: Policy,
) -> Sorted:
    """Findings and suppressed hits of one utterance, from those of the rules and the model's
    judgement in `scene.meanings`.
    """
    classifier = rules.classifier
    meaning = scene.meanings[place] if scene.meanings else None
    if classifier is None or meaning is None or not meaning.chances:
        return list(found), list(stopped)
    weighing = weighing_for(scene, place, classifier=classifier)
    kept: list[Finding] = []
    dropped = list(stopped)
    for finding in found:
        stands, weighed = _with_rule(finding, meaning, weighing=weighing)
        (kept if stands else dropped).append(weighed)
    for code, chance in meaning.chances.items():
        if chance < weighing.bands[code].quarantined or any(f.code == code for f in found):
            continue
        stands, alone = _alone(
            scene, place, _as_rule(code, rules=rules, classifier=classifier, policy=policy),
            meaning, stopped=stopped, classifier=classifier, policy=policy,
        )  # fmt: skip
        (kept if stands else dropped).append(alone)
    return kept, dropped


def weighing_for(scene: Scene, place: int, *, classifier: Classifier) -> Weighing:
    """How to weigh an utterance: by whether its words are certain."""
    certain = scene.turns[place].utterance.confidence >= 1.0
    return classifier.written if certain else classifier.heard


def joint(chance: float, standing: str, *, weighing: Weighing) -> float:
    """Probability from the model's and a rule's evidence, whose log-odds are added."""
    return _chance(_odds(chance) + weighing.rule_weights[standing])


def standing_of(finding: Finding) -> str:
    """How a rule's hit stands: as written and open, by sound, or left to a human."""
    if finding.status == "quarantined":
        return "quarantined"
    return "phonetic" if finding.detector == "phonetic" else "open"


def _with_rule(finding: Finding, meaning: Meaning, *, weighing: Weighing) -> tuple[bool, Finding]:
    """What a rule found, with the model's word on it."""
    chance = meaning.chances.get(finding.code)
    if chance is None:
        return True, finding
    both = joint(chance, standing_of(finding), weighing=weighing)
    if both < weighing.dismissed_below:
        reason = f"classifier: 规则命中，但模型认为不是（模型 {chance:.0%}，合计 {both:.0%}）"
        return False, _said(finding, reason, score=both)
    if chance >= _AGREES_FROM:
        return True, _said(finding, f"classifier: 模型同样认为是（{chance:.0%}）",
                           score=max(finding.score, both))  # fmt: skip
    if chance >= weighing.bands[finding.code].quarantined:
        return True, _said(finding, f"classifier: 模型也有此疑（{chance:.0%}）", score=both)
    reason = f"classifier: 模型不这样看（{chance:.0%}），与规则不一致，请人工判断"
    return True, replace(_said(finding, reason, score=both), status="quarantined")


def _alone(
    scene: Scene,
    place: int,
    rule: Rule,
    meaning: Meaning,
    *,
    stopped: Sequence[Finding],
    classifier: Classifier,
    policy: Policy,
) -> tuple[bool, Finding]:
    """What only the model found, after the guards that a whole utterance can be put to."""
    code = rule.code
    judged = Judged(
        rule=rule,
        scene=scene,
        place=place,
        hit=Hit(0, len(scene.turns[place].content.text)),
        limits=policy.detection,
    )
    said = verdicts(judged)
    sure_from = weighing_for(scene, place, classifier=classifier).bands[code].open
    doubts = tuple(_doubts(code, meaning, stopped=stopped, sure_from=sure_from, policy=policy))
    suppressed = any(verdict.outcome == "suppress" for verdict in said)
    lowered = any(verdict.outcome == "lower" for verdict in said)
    if any(each.code == code for each in stopped):
        # A guard spoke against these words: only a judgement that would stand alone is shown.
        suppressed = suppressed or meaning.chances[code] < sure_from
    open_ = not doubts and not any(verdict.outcome == "quarantine" for verdict in said)
    score = meaning.chances[code] * (policy.detection.correction_weight if lowered else 1)
    turn = scene.turns[place]
    utterance = turn.utterance
    call_id = scene.context.call.call_id
    return not suppressed, Finding(
        finding_id=finding_id(
            call_id=call_id, code=code, rule_id=rule.id,
            utterance_index=utterance.index, start=0, end=len(utterance.text),
        ),
        call_id=call_id,
        code=code,
        sub_code=None,
        severity=rule.severity,
        detector=DETECTOR,
        rule_id=rule.id,
        rule_version=classifier.version,
        speaker=turn.speaker,
        listener=turn.listener,
        responsible_party="agent" if turn.speaker == "agent" else "unknown",
        utterance_index=utterance.index,
        start=0,
        end=len(utterance.text),
        start_s=utterance.start_s,
        end_s=utterance.end_s,
        utterance=utterance.text,
        matched=utterance.text,
        score=round(score, 4),
        status="open" if open_ else "quarantined",
        reasons=(*_why(code, meaning, classifier, policy), *doubts, *_reasons(said)),
    )  # fmt: skip


def _doubts(
    code: str,
    meaning: Meaning,
    *,
    stopped: Sequence[Finding],
    sure_from: float,
    policy: Policy,
) -> list[str]:
    doubts = []
    if meaning.chances[code] < sure_from:
        doubts.append("alone: 只有模型这样看，把握不够，请人工判断")
    elif code in policy.detection.model_alone_quarantined:
        doubts.append("alone: 此项取决于事实，模型不能单独认定，请人工判断")
    if guard := next((f.reasons[-1] for f in stopped if f.code == code), None):
        doubts.append(f"guard: 规则命中曾被排除（{guard}）")
    return doubts


def _why(code: str, meaning: Meaning, classifier: Classifier, policy: Policy) -> tuple[str, ...]:
    name = policy.taxonomy.codes[code].zh
    said = f"classifier: 模型判断有{name}之意（{meaning.chances[code]:.0%}）"
    near = classifier.nearest(meaning, code)
    if near is None:
        return (said,)
    return (said, f"nearest: 与训练例句「{near.text}」意思相近（{near.likeness:.0%}）")


def _reasons(said: Sequence[Verdict]) -> tuple[str, ...]:
    return tuple(verdict.reason for verdict in said)


def _as_rule(code: str, *, rules: RuleSet, classifier: Classifier, policy: Policy) -> Rule:
    """The model's judgement of a code in the shape of a rule, for the guards."""
    return replace(
        rules.rules[0],
        id=f"{DETECTOR}.{code}",
        version=0,
        name=policy.taxonomy.codes[code].zh,
        code=code,
        sub_code=None,
        severity=policy.taxonomy.codes[code].severity,
        rulebook=(),
        speaker="agent",
        listener=_ONLY_TO.get(code, ()),
        confidence=1.0,
        turns_on=None,
        guards_off=_WORD_GUARDS,
        condition=NotMeasured(),
        hits=(),
        misses=(),
        where=f"{DETECTOR} {classifier.version}",
    )


def _said(finding: Finding, reason: str, *, score: float) -> Finding:
    return replace(finding, reasons=(*finding.reasons, reason), score=round(score, 4))


def _odds(chance: float) -> float:
    inside = min(max(chance, _LEAST), 1 - _LEAST)
    return math.log(inside / (1 - inside))


def _chance(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))

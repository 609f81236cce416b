"""From the words of a scene to findings: rules propose, guards dispose, duplicates merge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from qc_pipeline.detect.conditions import Proof
from qc_pipeline.detect.guards import Judged, Verdict, verdicts
from qc_pipeline.detect.learned.weighing import weigh
from qc_pipeline.detect.matching import Hit
from qc_pipeline.detect.rules import Rule, RuleSet
from qc_pipeline.detect.scene import Scene, judged_by
from qc_pipeline.policy.load import Policy
from qc_pipeline.records import SEVERITIES, Finding, Severity, finding_id


@dataclass(frozen=True, slots=True)
class _Weighed:
    """A hit with what the guards said about it."""

    hit: Hit
    said: tuple[Verdict, ...]
    score: float

    @property
    def stands(self) -> bool:
        return all(verdict.outcome != "suppress" for verdict in self.said)

    @property
    def status(self) -> Literal["open", "quarantined"]:
        quarantined = any(verdict.outcome == "quarantine" for verdict in self.said)
        return "quarantined" if quarantined else "open"

    @property
    def rank(self) -> tuple[bool, bool, float, int]:
        longer = self.hit.end - self.hit.start
        return self.stands, self.status == "open", self.score, longer


def detect_scene(
    scene: Scene, *, rules: RuleSet, policy: Policy, places: Iterable[int] | None = None
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Findings and suppressed hits of a scene (of the utterances at `places`), in order.

    One finding per rule and utterance; rules of one code on the same words are one finding
    that names the others.
    """
    findings: list[Finding] = []
    suppressed: list[Finding] = []
    asked = range(len(scene.turns)) if places is None else list(places)
    if rules.classifier is not None:
        scene = judged_by(scene, rules.classifier, places=asked)
    for place in asked:
        judged = [
            each
            for rule in rules.awake(scene.turns[place].scanned)
            if (each := judge(rule, scene, place, policy=policy)) is not None
        ]
        found = _merged(finding for stands, finding in judged if stands)
        stopped = _merged(finding for stands, finding in judged if stands is False)
        if rules.classifier is not None:
            found, stopped = weigh(
                scene, place, found=found, stopped=stopped, rules=rules, policy=policy
            )
        findings += found
        suppressed += stopped
        # Last, so that an exception that a rule knows says nothing about what others found.
        suppressed += _merged(finding for stands, finding in judged if stands is None)
    return tuple(findings), tuple(suppressed)


def judge(
    rule: Rule, scene: Scene, place: int, *, policy: Policy
) -> tuple[bool | None, Finding] | None:
    """What one rule says about one utterance: whether the finding stands (None: one of the
    rule's own exceptions bars it), and the finding. None when the rule's condition doesn't hold.
    """
    best: _Weighed | None = None
    proofs, barred = rule.condition.outcome(scene, place)
    for proof in proofs:
        weighed = _weigh_proof(rule, scene, place, proof, policy=policy)
        if weighed is not None and (best is None or weighed.rank > best.rank):
            best = weighed
    if best is not None:
        return best.stands, _finding(rule, scene, place, best)
    if barred is None:
        return None
    hit, exception = barred
    content = scene.turns[place].content
    words = content.text[exception.start : exception.end]
    verdict = Verdict("suppress", f"exception: 规则把「{words}」这样的说法除外")
    return None, _finding(rule, scene, place, _Weighed(hit, (verdict,), 0.0))


def _weigh_proof(
    rule: Rule, scene: Scene, place: int, proof: Proof, *, policy: Policy
) -> _Weighed | None:
    """The best hit of the first group, provided that every group keeps a hit that stands."""
    everything = len(scene.turns[place].content.text)
    if everything == 0:
        return None
    groups = proof or ((Hit(0, everything),),)
    best = [
        max((_weigh(rule, scene, place, hit, policy=policy) for hit in group), key=lambda w: w.rank)
        for group in groups
    ]
    fallen = [weighed for weighed in best if not weighed.stands]
    return fallen[0] if fallen else best[0]


def _weigh(rule: Rule, scene: Scene, place: int, hit: Hit, *, policy: Policy) -> _Weighed:
    judged = Judged(rule=rule, scene=scene, place=place, hit=hit, limits=policy.detection)
    said = verdicts(judged)
    score = rule.confidence
    if hit.channel == "phonetic":
        score *= policy.detection.sound_alike_weight * hit.likeness**0.5
    if any(verdict.outcome == "lower" for verdict in said):
        score *= policy.detection.correction_weight
    return _Weighed(hit=hit, said=said, score=round(score, 4))


def _finding(rule: Rule, scene: Scene, place: int, weighed: _Weighed) -> Finding:
    turn = scene.turns[place]
    utterance, hit = turn.utterance, weighed.hit
    start, end = turn.content.span(hit.start, hit.end)
    spoken = [word for word in utterance.words if word.start < end and word.end > start]
    call_id = scene.context.call.call_id
    lowered = any(verdict.outcome == "lower" for verdict in weighed.said)
    return Finding(
        finding_id=finding_id(
            call_id=call_id,
            code=rule.code,
            rule_id=rule.id,
            utterance_index=utterance.index,
            start=start,
            end=end,
        ),
        call_id=call_id,
        code=rule.code,
        sub_code=rule.sub_code,
        severity=_one_lower(rule.severity) if lowered else rule.severity,
        detector=hit.channel,
        rule_id=rule.id,
        rule_version=str(rule.version),
        speaker=turn.speaker,
        listener=turn.listener,
        responsible_party="agent" if turn.speaker == "agent" else "unknown",
        utterance_index=utterance.index,
        start=start,
        end=end,
        start_s=spoken[0].start_s if spoken else utterance.start_s,
        end_s=spoken[-1].end_s if spoken else utterance.end_s,
        utterance=utterance.text,
        matched=utterance.text[start:end],
        score=weighed.score,
        status=weighed.status,
        reasons=(_rule_reason(rule, hit), *(verdict.reason for verdict in weighed.said)),
    )


def _rule_reason(rule: Rule, hit: Hit) -> str:
    rows = f"（{'、'.join(rule.rulebook)}）" if rule.rulebook else ""
    if hit.channel == "phonetic":
        return f"sound_alike: 读音与「{rule.name}」的用语相近{rows}，字面 {hit.likeness:.0%} 相同"
    return f"rule: {rule.name}{rows}"


def _one_lower(severity: Severity) -> Severity:
    return SEVERITIES[min(SEVERITIES.index(severity) + 1, len(SEVERITIES) - 1)]


def _merged(findings: Iterable[Finding]) -> list[Finding]:
    """Findings of one code on the same words as one: the strongest, which names the others."""
    kept: list[Finding] = []
    also: dict[str, list[str]] = {}
    for finding in sorted(findings, key=_strength):
        stronger = next((each for each in kept if _same_words(each, finding)), None)
        if stronger is None:
            kept.append(finding)
        else:
            also.setdefault(stronger.finding_id, []).append(finding.rule_id)
    kept.sort(key=lambda each: (each.start or 0, each.end or 0, each.rule_id))
    return [
        replace(each, reasons=(*each.reasons, f"also: 同时命中 {'、'.join(also[each.finding_id])}"))
        if each.finding_id in also
        else each
        for each in kept
    ]


def _strength(finding: Finding) -> tuple[int, bool, bool, float, int, str]:
    """Sorts the strongest first."""
    return (
        SEVERITIES.index(finding.severity),
        finding.status != "open",
        finding.detector == "phonetic",
        -finding.score,
        (finding.start or 0) - (finding.end or 0),
        finding.rule_id,
    )


def _same_words(one: Finding, two: Finding) -> bool:
    if one.code != two.code or None in (one.start, one.end, two.start, two.end):
        return False
    return one.start < two.end and two.start < one.end  # type: ignore[operator]

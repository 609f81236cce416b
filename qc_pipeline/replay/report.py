"""What a replay tells, as one frozen record and as JSON. Personal numbers are masked in JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from qc_pipeline.replay.compare import FindingChange, ScoreChange, Shape
from qc_pipeline.replay.registers import CaseChange, DueChange, EntryChange
from qc_pipeline.replay.stored import Period
from qc_pipeline.store.masks import mask_text


@dataclass(frozen=True, slots=True)
class Versions:
    """Which versions judged the stored calls (version -> calls), and which is tried."""

    stored: Mapping[str, int]
    tried: str


@dataclass(frozen=True, slots=True)
class Unreplayed:
    """A call that couldn't be judged again: its findings count as they are stored."""

    call_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class CallCounts:
    """Call records of the period; of those `heard` (with a transcript) how many were judged again
    and how many results could be reused. `missing` have no usable transcript any more, `failed`
    for a reason of ours. `facts_not_proven`: judged by the facts known when the call came, because
    the facts its stored result was made from couldn't be identified.
    """

    in_period: int
    heard: int
    judged_again: int
    reused: int
    utterances: int
    facts_not_proven: int
    missing: tuple[Unreplayed, ...]
    failed: tuple[Unreplayed, ...]


@dataclass(frozen=True, slots=True)
class RuleCounts:
    """Findings of one rule gained, lost and changed; `replaced` of those gained and lost have a
    counterpart: the same code in the same utterance.
    """

    code: str
    rule_id: str
    rule_name: str
    gained: int
    lost: int
    replaced: int
    changed: int


@dataclass(frozen=True, slots=True)
class ContactCounts:
    """How many dials the contact rules judged, how many have no number (nobody can judge their
    frequency), and the years whose holidays aren't known.
    """

    dials: int
    without_phone: int
    unknown_years: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What would differ if the calls of the period were judged by other rules or policy.

    `changes` are findings gained, lost and changed, by time; `rule_names` and `resting_cases`
    (finding -> disciplinary cases that rest on it) go with them.
    """

    period: Period
    rules: Versions
    policy: Versions
    calls: CallCounts
    contact: ContactCounts
    by_rule: tuple[RuleCounts, ...]
    changes: tuple[FindingChange, ...]
    rule_names: Mapping[str, str]
    resting_cases: Mapping[str, tuple[str, ...]]
    scores: tuple[ScoreChange, ...]
    cases: tuple[CaseChange, ...]
    entries: tuple[EntryChange, ...]
    due: tuple[DueChange, ...]
    notices: tuple[str, ...]

    @property
    def confirmed_lost(self) -> tuple[FindingChange, ...]:
        """Lost findings that a human confirmed."""
        return tuple(c for c in self.changes if c.change == "lost" and c.verdict == "confirmed")

    @property
    def differs(self) -> bool:
        """Whether anything would change."""
        return any((self.changes, self.scores, self.cases, self.entries, self.due))

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json` (docs/rules.md)."""
        kinds = [change.change for change in self.changes]
        return {
            "period": _plain(asdict(self.period)),
            "rules": asdict(self.rules),
            "policy": asdict(self.policy),
            "calls": _plain(asdict(self.calls)),
            "contact": _plain(asdict(self.contact)),
            "findings": {
                "gained": kinds.count("gained"),
                "lost": kinds.count("lost"),
                "changed": kinds.count("changed"),
                "replaced": sum(
                    c.change == "lost" and c.counterpart is not None for c in self.changes
                ),
                "confirmed_lost": [change.finding.finding_id for change in self.confirmed_lost],
                "by_rule": [asdict(counts) for counts in self.by_rule],
                "changes": [self._finding(change) for change in self.changes],
            },
            "scores": {
                **score_counts(self.scores),
                "changes": [_plain(asdict(change)) for change in self.scores],
            },
            "registers": {
                "cases": [_plain(asdict(change)) for change in self.cases],
                "entries": [_entry(change) for change in self.entries],
                "due": [_plain(asdict(change)) for change in self.due],
            },
            "notices": list(self.notices),
            "differs": self.differs,
        }

    def _finding(self, change: FindingChange) -> dict[str, Any]:
        finding = change.finding
        return {
            "change": change.change,
            "finding_id": finding.finding_id,
            "call_id": finding.call_id,
            "agent_id": change.agent_id,
            "started_at": change.started_at.isoformat(),
            "code": finding.code,
            "sub_code": finding.sub_code,
            "rule_id": finding.rule_id,
            "rule_name": self.rule_names.get(finding.rule_id, finding.rule_id),
            "detector": finding.detector,
            "before": _shape(change.before),
            "after": _shape(change.after),
            "utterance_index": finding.utterance_index,
            "start_s": finding.start_s,
            "end_s": finding.end_s,
            "utterance": mask_text(finding.utterance),
            "matched": mask_text(finding.matched),
            "reasons": [mask_text(reason) for reason in finding.reasons],
            "verdict": change.verdict,
            "counterpart": change.counterpart,
            "stopped_by": [mask_text(reason) for reason in change.stopped_by],
            "cases": list(self.resting_cases.get(finding.finding_id, ())),
        }


def score_counts(changes: Sequence[ScoreChange]) -> dict[str, int]:
    """How many cards change, and how many cross the pass line or get or lose a critical finding."""
    return {
        "changed": len(changes),
        "newly_failing": sum(
            c.passes_before is not False and c.passes_after is False for c in changes
        ),
        "newly_passing": sum(
            c.passes_before is False and c.passes_after is not False for c in changes
        ),
        "newly_critical": sum(not c.critical_before and c.critical_after > 0 for c in changes),
        "no_longer_critical": sum(c.critical_before > 0 and not c.critical_after for c in changes),
        "results_changed": sum(c.passed_before != c.passed_after for c in changes),
    }


def _shape(shape: Shape | None) -> dict[str, Any] | None:
    return None if shape is None else asdict(shape)


def _entry(change: EntryChange) -> dict[str, Any]:
    values: dict[str, Any] = _plain(asdict(change))
    signal = values.pop("signal")
    return {**values, **signal, "words": mask_text(signal["words"])}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value

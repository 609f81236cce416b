"""What has to be done again for one stored call, and what is known already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qc_pipeline.detect.rules import RuleSet
from qc_pipeline.intake.integrity import LENGTH
from qc_pipeline.policy import Policy
from qc_pipeline.records import CallContext, Finding, Recording
from qc_pipeline.replay.facts import FactsThen, KnownTables, ScanMoment, facts_then
from qc_pipeline.replay.stored import StoredCall
from qc_pipeline.scan.integrity import LENGTH_REASON, length_mismatch
from qc_pipeline.scan.work import WorkItem, key_of_work

# What of a policy is looked at only after detection. Whatever else differs, calls are judged again.
AFTER_DETECTION = frozenset(
    {"version", "since", "others", "texts", "contact", "review", "discipline", "complaints"}
)
_POINTS: Mapping[str, Any] = {"version": 0, "effective_from": None, "points": {}, "pass_above": 0}


@dataclass(frozen=True, slots=True)
class Trial:
    """The rules and the policy to try, beside the policy that is installed."""

    rules: RuleSet
    policy: Policy
    installed_policy: Policy
    moments: Sequence[ScanMoment]


@dataclass(frozen=True, slots=True)
class Planned:
    """A stored call with its work. `known`: the stored result is what the work would give."""

    stored: StoredCall
    item: WorkItem
    proven: bool
    known: bool


def plan_call(
    stored: StoredCall, recording: Recording, *, tables: KnownTables, trial: Trial
) -> Planned:
    """Name the work that would judge a call, of which `recording` was heard, again.

    The facts are those that the stored result was made from. The stored result is known to hold
    if its key is that of the work, or if only such policy differs as detection never looks at.
    """
    facts = facts_of(stored, recording, tables=tables, moments=trial.moments)
    policy = trial.policy.at(stored.call.started_at)
    mismatch, findings = length_mismatch(stored.call, recording, policy=policy)
    key = key_of_work(
        facts.context,
        transcript=_transcript(stored, recording),
        rules_version=trial.rules.version,
        policy_version=policy.version,
        coverage=None,
        mismatch=mismatch,
        findings=findings,
    )
    item = WorkItem(
        facts.context, recording, None, mismatch, findings, stored.transcript_config or "", key
    )
    return Planned(
        stored, item, facts.proven, known=facts.proven and _holds(stored, key=key, trial=trial)
    )


def same_for_detection(one: Policy, other: Policy) -> bool:
    """Whether two policies differ only in what is looked at after detection: points, contact
    limits, review, discipline, complaints.
    """
    return all(
        getattr(one, name) == getattr(other, name)
        for name in type(one).model_fields
        if name not in AFTER_DETECTION and name != "taxonomy"
    ) and one.taxonomy.model_copy(update=_POINTS) == other.taxonomy.model_copy(update=_POINTS)


def _holds(stored: StoredCall, *, key: str, trial: Trial) -> bool:
    if stored.artefact_key == key:
        return True
    installed = trial.installed_policy.at(stored.call.started_at)
    return (
        stored.rules_version == trial.rules.version
        and stored.policy_version == installed.version
        and same_for_detection(installed, trial.policy.at(stored.call.started_at))
    )


def facts_of(
    stored: StoredCall,
    recording: Recording,
    *,
    tables: KnownTables,
    moments: Sequence[ScanMoment],
) -> FactsThen:
    """The facts that the stored result of a call, of which `recording` was heard, was made from."""
    said = [
        each.finding
        for each in stored.findings
        if each.standing and each.finding.rule_id == LENGTH.id
    ]

    def made_from(context: CallContext) -> bool:
        key = key_of_work(
            context,
            transcript=_transcript(stored, recording),
            rules_version=stored.rules_version or "",
            policy_version=stored.policy_version or "",
            coverage=None,
            mismatch=_mismatch(said),
            findings=said,
        )
        return key == stored.artefact_key

    return facts_then(
        stored.call,
        first_scan_id=stored.first_scan_id,
        tables=tables,
        moments=moments,
        made_from=made_from,
    )


def _transcript(stored: StoredCall, recording: Recording) -> str:
    return f"{recording.sha256}/{stored.transcript_config}"


def _mismatch(findings: Sequence[Finding]) -> str | None:
    return findings[0].reasons[0].removeprefix(LENGTH_REASON) if findings else None

"""`replay`: the stored calls of a period judged again by other rules or another policy.

Nothing is written: calls are read page by page in short sessions, transcripts and detections
from their artefacts, and what would change is only told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from qc_pipeline.detect.detectors import load_detectors
from qc_pipeline.detect.rules import RuleSet
from qc_pipeline.errors import ModelError
from qc_pipeline.policy import load_policy
from qc_pipeline.records import SHANGHAI, CallRecord, Severity
from qc_pipeline.registers.projections import Registers, load_registers
from qc_pipeline.replay.compare import (
    FindingChange,
    ScoreChange,
    SignalChange,
    finding_changes,
    score_change,
    signal_changes,
)
from qc_pipeline.replay.judging import CallAfter, judge_calls
from qc_pipeline.replay.plan import Trial
from qc_pipeline.replay.registers import JudgedAgain, case_changes, due_changes, entry_changes
from qc_pipeline.replay.report import (
    CallCounts,
    ContactCounts,
    ReplayReport,
    RuleCounts,
    Unreplayed,
    Versions,
)
from qc_pipeline.replay.stored import Period, count_calls, scan_moments
from qc_pipeline.reports.rulebook_coverage import built_in_rules
from qc_pipeline.settings import Settings
from qc_pipeline.store.contact import ContactJudgement, judge_contacts
from qc_pipeline.store.store import Store

ALWAYS = Period()


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """What to try: a folder of rules, of policy, of a trained classifier (None: the installed
    one), and on which calls.
    """

    lexicons: Path | None = None
    policy: Path | None = None
    classifier: Path | None = None
    period: Period = ALWAYS


@dataclass(slots=True)
class _Tally:
    """What was seen so far."""

    in_period: int = 0
    heard: int = 0
    judged_again: int = 0
    utterances: int = 0
    facts_not_proven: int = 0
    missing: list[Unreplayed] = field(default_factory=list)
    failed: list[Unreplayed] = field(default_factory=list)
    rules_versions: Counter[str] = field(default_factory=Counter)
    policy_versions: Counter[str] = field(default_factory=Counter)
    changes: list[FindingChange] = field(default_factory=list)
    scores: list[ScoreChange] = field(default_factory=list)
    signals: list[SignalChange] = field(default_factory=list)
    severities: dict[str, Severity] = field(default_factory=dict)
    reviewed_calls: dict[str, CallRecord] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Replay:
    """A replay under way: what is tried beside what is installed, what people have decided."""

    period: Period
    trial: Trial
    installed_rules: RuleSet
    without_classifier: str | None
    registers: Registers
    contact: ContactJudgement
    tally: _Tally = field(default_factory=_Tally)


def replay(
    request: ReplayRequest,
    *,
    settings: Settings,
    on_start: Callable[[int], None] = lambda calls: None,
    on_call: Callable[[], None] = lambda: None,
) -> ReplayReport:
    """What would change if the calls of the period were judged by other rules or policy.

    Every call is judged by the facts its stored result was made from; verdicts are never touched.
    Writes nothing. Raises RuleError, PolicyError, ModelError (the classifier to try can't be
    used), HomeError (no store); a call that can't be judged again is named in the report.
    """
    tried = settings.model_copy(
        update={
            "lexicons": request.lexicons or settings.lexicons,
            "policy": request.policy or settings.policy,
            "classifier": request.classifier or settings.classifier,
        }
    )
    store = Store(settings.home)
    calls = count_calls(store, request.period)
    policy, installed = load_policy(tried.policy_dir), load_policy(settings.policy_dir)
    detectors = load_detectors(tried, policy=policy)
    if request.classifier is not None and detectors.without_classifier is not None:
        raise ModelError(
            f"{request.classifier}: {detectors.without_classifier}",
            remedy="name the folder of a trained classifier",
        )
    rules = detectors.rules
    _ = rules.context  # read now, so that a fault in it is told before any work
    on_start(calls)
    with store.reading() as session:
        registers = load_registers(session)
    work = _Replay(
        period=request.period,
        trial=Trial(rules, policy, installed, scan_moments(store)),
        installed_rules=(
            rules if tried == settings else load_detectors(settings, policy=installed).rules
        ),
        without_classifier=detectors.without_classifier,
        registers=registers,
        contact=judge_contacts(store, policy=policy),
    )

    def take(after: CallAfter) -> None:
        _count(after, work.tally)
        _compare(after, work)
        on_call()

    judge_calls(
        store, request.period, trial=work.trial, contact=work.contact, settings=tried, take=take
    )
    return _report(work)


def _count(after: CallAfter, tally: _Tally) -> None:
    stored = after.stored
    tally.in_period += 1
    if not stored.heard:
        return
    tally.heard += 1
    tally.judged_again += after.anew
    tally.utterances += after.utterances
    tally.facts_not_proven += not after.proven
    tally.rules_versions[stored.rules_version or ""] += 1
    tally.policy_versions[stored.policy_version or ""] += 1
    if after.missing:
        tally.missing.append(Unreplayed(stored.call_id, "转写文件缺失或损坏"))
    if after.fault is not None:
        tally.failed.append(Unreplayed(stored.call_id, after.fault))


def _compare(after: CallAfter, work: _Replay) -> None:
    tally, trial, stored = work.tally, work.trial, after.stored
    tally.changes += finding_changes(stored, after.findings, stopped=after.stopped)
    then = trial.policy.at(stored.call.started_at)
    score = score_change(
        stored,
        after.findings,
        taxonomy=then.taxonomy,
        pass_above_before=trial.installed_policy.at(stored.call.started_at).taxonomy.pass_above,
        policy_version=then.version,
    )
    if score is not None:
        tally.scores.append(score)
    tally.signals += signal_changes(stored, after.signals)
    reviews = work.registers.reviews
    for finding in after.findings:
        if finding.finding_id in reviews:
            tally.severities[finding.finding_id] = finding.severity
    if any(each.finding.finding_id in reviews for each in stored.findings):
        tally.reviewed_calls[stored.call_id] = stored.call


# --- telling ---------------------------------------------------------------------------------


def _report(work: _Replay) -> ReplayReport:
    tally, trial, registers = work.tally, work.trial, work.registers
    changes = sorted(tally.changes, key=_by_time)
    lost = frozenset(c.finding.finding_id for c in changes if c.change == "lost")
    again = JudgedAgain(lost, tally.severities, tally.reviewed_calls)
    contact = work.contact
    names = _rule_names(changes, work)
    return ReplayReport(
        period=work.period,
        rules=Versions(dict(tally.rules_versions), trial.rules.version),
        policy=Versions(dict(tally.policy_versions), trial.policy.version),
        calls=_call_counts(tally),
        contact=ContactCounts(contact.dials, contact.without_phone, contact.unknown_years),
        by_rule=_by_rule(changes, names),
        changes=tuple(changes),
        rule_names=names,
        resting_cases=_resting_cases(registers, lost),
        scores=tuple(sorted(tally.scores, key=lambda each: (each.started_at, each.call_id))),
        cases=tuple(
            case_changes(
                registers, again, before=trial.installed_policy, after=trial.policy,
                period=work.period, at=datetime.now(SHANGHAI),
            )
        ),
        entries=tuple(
            entry_changes(
                registers, sorted(tally.signals, key=lambda s: (s.started_at, s.call_id, s.kind))
            )
        ),
        due=tuple(due_changes(registers, after=trial.policy, period=work.period)),
        notices=tuple(_notices(work)),
    )  # fmt: skip


def _call_counts(tally: _Tally) -> CallCounts:
    def in_order(calls: Iterable[Unreplayed]) -> tuple[Unreplayed, ...]:
        return tuple(sorted(calls, key=lambda each: each.call_id))

    return CallCounts(
        in_period=tally.in_period,
        heard=tally.heard,
        judged_again=tally.judged_again,
        reused=tally.heard - tally.judged_again - len(tally.missing) - len(tally.failed),
        utterances=tally.utterances,
        facts_not_proven=tally.facts_not_proven,
        missing=in_order(tally.missing),
        failed=in_order(tally.failed),
    )


def _by_time(change: FindingChange) -> tuple[datetime, str, float, str]:
    finding = change.finding
    return change.started_at, finding.call_id, finding.start_s or 0.0, finding.finding_id


def _rule_names(changes: Iterable[FindingChange], work: _Replay) -> dict[str, str]:
    """Names of the rules concerned: as tried, else as installed, else what the code is called."""
    names = {rule.id: rule.name for rule in built_in_rules(work.trial.policy)}
    names |= {rule.id: rule.name for rule in work.installed_rules.rules}
    names |= {rule.id: rule.name for rule in work.trial.rules.rules}
    codes = work.trial.policy.taxonomy.codes
    shown = {change.finding.rule_id: change.finding.code for change in changes}
    return {
        rule_id: names.get(rule_id) or (codes[code].zh if code in codes else rule_id)
        for rule_id, code in sorted(shown.items())
    }


def _by_rule(changes: Iterable[FindingChange], names: Mapping[str, str]) -> tuple[RuleCounts, ...]:
    counts: Counter[tuple[str, str, str]] = Counter()
    for change in changes:
        code, rule_id = change.finding.code, change.finding.rule_id
        counts[code, rule_id, change.change] += 1
        counts[code, rule_id, "replaced"] += change.counterpart is not None
    return tuple(
        RuleCounts(
            code=code,
            rule_id=rule_id,
            rule_name=names[rule_id],
            gained=counts[code, rule_id, "gained"],
            lost=counts[code, rule_id, "lost"],
            replaced=counts[code, rule_id, "replaced"],
            changed=counts[code, rule_id, "changed"],
        )
        for code, rule_id in sorted({(code, rule_id) for code, rule_id, _ in counts})
    )


def _resting_cases(registers: Registers, lost: frozenset[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for case in registers.cases.values():
        for name in lost.intersection(case.findings):
            found[name] = (*found.get(name, ()), case.case_id)
    return found


def _notices(work: _Replay) -> Iterator[str]:
    tally, installed = work.tally, work.trial.installed_policy
    if work.without_classifier is not None:
        yield work.without_classifier
    for what, versions, now in (
        ("规则", tally.rules_versions, work.installed_rules.version),
        ("政策", tally.policy_versions, installed.version),
    ):
        others = sum(count for version, count in versions.items() if version != now)
        if others:
            yield (
                f"{others} 通的现有结果不是按当前安装的{what}得出的，差异中含版本更新带来的部分；"
                "先运行一次 qc scan 即可分开"
            )
    if tally.facts_not_proven:
        yield (
            f"{tally.facts_not_proven} 通无法确认现有结果所依据的事实表，按通话入库时已知的事实判断"
        )
    for year in work.contact.unknown_years:
        yield f"{year} 年没有节假日安排数据：调休日未知，仅按法定日判断"

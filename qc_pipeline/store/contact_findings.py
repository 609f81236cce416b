"""How a breach of a contact rule reads as a finding.

Rule ids are `contact.<rule>`; reasons are `code: 中文说明` and name the rulebook row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qc_pipeline.policy import Policy, StopFlagKind
from qc_pipeline.records import BuiltInRule, Finding, ResponsibleParty, Severity, Status, finding_id

RULES_VERSION = "2"
_TIME, _FREQUENCY = "contact_time_breach", "contact_frequency_breach"
QUIET_HOURS = BuiltInRule("contact.quiet_hours", _TIME, "禁呼时段拨打", ("MD-01",))
HOLIDAY = BuiltInRule("contact.holiday", _TIME, "法定节假日拨打", ("MD-03",))
HOLIDAY_PERIOD = BuiltInRule("contact.holiday_period", _TIME, "放假期间拨打", ("MD-03",))
DIALS: Mapping[tuple[str, bool], BuiltInRule] = {  # (window, to a third party)
    (window, third): BuiltInRule(f"contact.{name}", _FREQUENCY, zh, (row,))
    for window, third, name, zh, row in (
        ("day", False, "dials_per_day", "同一号码当日拨打超限", "MD-05"),
        ("hour", False, "dials_per_hour", "同一号码一小时内拨打超限", "MD-06"),
        ("day", True, "third_party_dials_per_day", "第三方号码当日拨打超限", "MD-09"),
        ("hour", True, "third_party_dials_per_hour", "第三方号码一小时内拨打超限", "MD-10"),
    )
}
CUSTOMER_TALKS = BuiltInRule(
    "contact.customer_talks_per_day", _FREQUENCY, "同一客户当日接通超限", ("MD-08",)
)
LEAST_GAP = BuiltInRule("contact.least_gap", _FREQUENCY, "两次拨打间隔过短", ("MD-08",))
FLOOD = BuiltInRule("contact.flood", _FREQUENCY, "高频连拨（呼死你）", ("MD-11",))
REFUSAL_HEARD = BuiltInRule(
    "contact.refusal_heard", "stop_flag_breach", "本人听到拒绝后又拨打该号码", ("MD-15",)
)
_PARTIES: Mapping[str | None, ResponsibleParty] = {
    "manual": "agent",
    "predictive": "dialler",
    "robot": "dialler",
}

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """What every contact finding needs to know: the policy, and which tables were ever given."""

    policy: Policy
    tables: frozenset[str]


def contact_rules(policy: Policy) -> tuple[BuiltInRule, ...]:
    """Every rule of the contact pass; each kind of stop flag in the policy is one."""
    flags = policy.contact.stop_flags
    return (
        QUIET_HOURS, HOLIDAY, HOLIDAY_PERIOD, *DIALS.values(), REFUSAL_HEARD,
        *([CUSTOMER_TALKS] if policy.contact.customer_talks_per_day else ()),
        *([LEAST_GAP] if policy.contact.least_minutes_between_dials else ()),
        *([FLOOD] if policy.contact.flood else ()),
        *(_stop_flag_rule(name, kind) for name, kind in flags.items()),
    )  # fmt: skip


def _stop_flag_rule(name: str, kind: StopFlagKind) -> BuiltInRule:
    rows = (kind.rulebook,)
    return BuiltInRule(f"contact.stop_flag.{name}", kind.code, f"停催标志“{kind.zh}”后拨打", rows)


def quiet_hours_findings(row: Row, facts: Facts) -> Iterator[Finding]:
    """A dial inside quiet hours without consent on record (MD-01)."""
    opens, closes = f"{row['opens']:%H:%M}", f"{row['closes']:%H:%M}"
    yield _finding(
        row, facts,
        rule=QUIET_HOURS, severity=row["severity"],
        matched=_moment(row["started_at"]),
        reason=f"quiet_hours: {row['started_at']:%H:%M:%S} 拨出，处于禁呼时段 {opens}–{closes}，"
        f"无客户授权或预约记录（{QUIET_HOURS.cites()}）",
    )  # fmt: skip


def holiday_findings(row: Row, facts: Facts) -> Iterator[Finding]:
    """A dial on a statutory holiday, or on another day of the official holiday (MD-03)."""
    statutory = row["kind"] == "statutory"
    rule = HOLIDAY if statutory else HOLIDAY_PERIOD
    what = "为法定节假日" if statutory else "属于国家公布的放假安排（非法定节日当天），仅提示"
    yield _finding(
        row, facts,
        rule=rule,
        severity=facts.policy.contact.holidays[row["kind"]],
        matched=_moment(row["started_at"]),
        reason=f"{row['kind']}: {row['day']} {what}，无预约记录（{rule.cites()}）",
    )  # fmt: skip


def frequency_findings(row: Row, facts: Facts) -> Iterator[Finding]:
    """A dial over the limit of its number's day (MD-05, MD-09) or hour (MD-06, MD-10)."""
    limits = facts.policy.contact
    third = bool(row["third_party"])
    whose = "第三方号码" if third else "同一号码"
    per_day = limits.third_party_dials_per_day if third else limits.dials_per_number_per_day
    per_hour = limits.third_party_dials_per_hour if third else limits.dials_per_number_per_hour
    for window, zh, limit in (("day", "当日", per_day), ("hour", "连续60分钟内", per_hour)):
        count = row[f"in_{window}"]
        if count <= limit:
            continue
        rule = DIALS[window, third]
        reasons = []
        if row[f"sure_in_{window}"] <= limit:
            reasons.append("uncertain_dials: 计入的拨打中有呼叫方向或预约情况不明的，需人工核实")
        yield _finding(
            row, facts,
            rule=rule, severity=facts.policy.taxonomy.severity_of(rule.code),
            matched=f"第{count}次",
            reason=f"dials_per_{window}: {zh}第 {count} 次拨打{whose}，上限 {limit} 次"
            f"（含未接通，{rule.cites()}）",
            doubts=reasons,
        )  # fmt: skip


def customer_findings(row: Row, facts: Facts) -> Iterator[Finding]:
    """A dial over a limit that somebody has set: answered calls of one customer and day, the gap
    between two dials of one number (MD-08), flooding (MD-11).
    """
    limits = facts.policy.contact
    severity = facts.policy.taxonomy.severity_of(_FREQUENCY)
    most, gap, flood = (
        limits.customer_talks_per_day, limits.least_minutes_between_dials, limits.flood
    )  # fmt: skip
    if most is not None and row["talks"] is not None and row["talks"] > most:
        yield _finding(
            row,
            facts,
            rule=CUSTOMER_TALKS,
            severity=severity,
            matched=f"第{row['talks']}次",
            reason=f"customer_talks: 当日第 {row['talks']} 次接通该客户，上限 {most} 次（MD-08）",
        )
    if gap is not None and row["gap_minutes"] is not None and row["gap_minutes"] < gap:
        yield _finding(
            row, facts, rule=LEAST_GAP, severity=severity, matched=_moment(row["started_at"]),
            reason=f"least_gap: 距上次拨打该号码 {row['gap_minutes']:.1f} 分钟，"
            f"至少应隔 {gap} 分钟（MD-08）",
        )  # fmt: skip
    if flood is not None and row["in_window"] >= flood.dials:
        yield _finding(
            row,
            facts,
            rule=FLOOD,
            severity="critical",
            matched=f"第{row['in_window']}次",
            reason=f"flood: {flood.minutes} 分钟内第 {row['in_window']} 次拨打同一号码（MD-11）",
        )


def refusal_heard_findings(row: Row, facts: Facts) -> Iterator[Finding]:
    """A dial by the collector who had heard the refusal of this number himself (POLICY "Stop
    flags", MD-15). Unless a third party refused, a person has to look.
    """
    third = row["listener"] == "third_party"
    doubts = [] if third else ["refusal_scope: 拒绝者不是确定的第三方，需人工核实所拒范围"]
    yield _finding(
        row, facts,
        rule=REFUSAL_HEARD,
        severity="critical" if third else "major",
        matched=row["words"],
        reason=f"refusal_heard: 该坐席在通话 {row['heard_in']}（{_moment(row['heard_at'])}）中"
        f"听到拒绝「{row['words']}」，此后仍拨打该号码（MD-15）",
        doubts=doubts,
    )  # fmt: skip


def stop_flag_findings(row: Row, facts: Facts) -> Iterator[Finding]:
    """A dial despite a stop flag that was approved and visible before it (MD-15 to MD-18)."""
    kind: StopFlagKind = facts.policy.contact.stop_flags[row["kind"]]
    rule = _stop_flag_rule(row["kind"], kind)
    source = f"，来源 {row['source']}" if row["source"] else ""
    doubts = []
    if row["end_unknown"]:
        doubts.append("end_unknown: 未说明不便时段何时结束，需人工核实")
    yield _finding(
        row, facts,
        rule=rule, severity=kind.severity,
        matched=kind.zh,
        reason=f"{row['kind']}: 停催标志“{kind.zh}”自 {_moment(row['valid_from'])} 起生效，"
        f"{_moment(row['approved_at'])} 批准{source}，此后仍拨打（{rule.cites()}）",
        doubts=doubts,
    )  # fmt: skip


def _finding(
    row: Row,
    facts: Facts,
    *,
    rule: BuiltInRule,
    severity: Severity,
    matched: str,
    reason: str,
    doubts: list[str] | None = None,
) -> Finding:
    reasons = [reason]
    doubts = list(doubts or ())
    if not row["certain"]:
        doubts.append("direction_unknown: 呼叫方向未知，需人工核实")
    if row["grant_undated"]:
        doubts.append("approval_undated: 批准记录没有生效时间，需人工核实")
    if "approvals" not in facts.tables:
        reasons.append("approvals_missing: 未提供批准表，按无授权处理")
    party = _PARTIES.get(row["dial_mode"], "unknown")
    if party == "unknown":
        reasons.append("dial_mode_unknown: 拨号方式未知，责任方待定")
    status: Status = "quarantined" if doubts else "open"
    return Finding(
        finding_id=finding_id(
            call_id=row["call_id"], code=rule.code, rule_id=rule.id,
            utterance_index=None, start=None, end=None,
        ),
        call_id=row["call_id"],
        code=rule.code,
        sub_code=None,
        severity=severity,
        detector="contact",
        rule_id=rule.id,
        rule_version=RULES_VERSION,
        speaker="unknown",
        listener="unknown",
        responsible_party=party,
        utterance_index=None,
        start=None,
        end=None,
        start_s=None,
        end_s=None,
        utterance="",
        matched=matched,
        score=0.5 if doubts else 1.0,
        status=status,
        reasons=(*reasons, *doubts),
    )  # fmt: skip


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"

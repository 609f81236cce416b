"""The contact pass against the rulebook's rows, by their ids."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qc_pipeline.policy import Policy
from qc_pipeline.records import (
    SHANGHAI,
    Approval,
    CallRecord,
    CaseFacts,
    PhoneEntry,
    ReferenceTables,
    StopFlag,
)
from qc_pipeline.store.contact import ContactPassResult, judge_contacts, run_contact_pass
from qc_pipeline.store.loader import load_calls, load_tables
from qc_pipeline.store.store import Store

from .builders import AS_FOUND, a_call, at, query
from .conftest import NewStore

# 2026-03-03 is an ordinary Tuesday; 13800138000 and K1 are the builders' number and case.
DAY = "2026-03-03"
QUIET, HOLIDAY, PERIOD = "quiet_hours", "holiday", "holiday_period"
PER_DAY, PER_HOUR = "dials_per_day", "dials_per_hour"
THIRD_DAY, THIRD_HOUR = "third_party_dials_per_day", "third_party_dials_per_hour"


def tables(**rows: Any) -> ReferenceTables:
    found = {"approvals": (), "flags": (), "phones": (), **rows}
    return ReferenceTables(
        **{name: tuple(listed) for name, listed in found.items()}, present=frozenset(found)
    )


def dials(*times: str, **more: Any) -> list[CallRecord]:
    """One call per time of day, named by it."""
    return [a_call(time, f"{DAY} {time.split('#')[0]}", **more) for time in times]


def approval(kind: str, since: str | None, until: str | None, **more: Any) -> Approval:
    values = {"case_id": "K1", "bank": None, "product": None, "detail": None, **more}
    return Approval(
        kind=kind, valid_from=at(since) if since else None, until=at(until) if until else None,
        **values,
    )  # fmt: skip


def flag(kind: str, **more: Any) -> StopFlag:
    values = {
        "case_id": "K1", "phone": None, "valid_from": None, "valid_to": None,
        "approved_at": at("2026-03-01 09:00:00"), "source": None, **more,
    }  # fmt: skip
    return StopFlag(kind=kind, **values)


def findings(store: Store) -> list[dict[str, Any]]:
    names = (
        "call_id", "rule_id", "code", "severity", "status", "responsible_party", "reasons",
        "finding_id", "detector", "created_at",
    )  # fmt: skip
    rows = query(
        store,
        f"SELECT {', '.join(names)} FROM findings WHERE superseded_at IS NULL"
        " ORDER BY call_id, rule_id",
    )
    return [dict(zip(names, row, strict=True)) for row in rows]


def judge(
    store: Store, policy: Policy, calls: Iterable[CallRecord],
    given: ReferenceTables | None = None,
) -> dict[str, list[str]]:  # fmt: skip
    """Load and judge; per call the rules that it broke."""
    load_tables(store, given or tables())
    load_calls(store, calls)
    run_contact_pass(store, policy=policy)
    broken: dict[str, list[str]] = {}
    for row in findings(store):
        broken.setdefault(row["call_id"], []).append(row["rule_id"].removeprefix("contact."))
    return broken


# --- hours ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clock", "severity"),
    [
        ("07:59:59", "critical"),
        ("08:00:00", None),
        ("10:00:00", None),
        ("20:59:59", None),
        ("21:00:00", "major"),
        ("21:59:59", "major"),
        ("22:00:00", "critical"),
        ("23:10:00", "critical"),
        ("00:00:00", "critical"),
    ],
)
def test_md_01_quiet_hours_by_the_time_of_the_dial(
    store: Store, policy: Policy, clock: str, severity: str | None
) -> None:
    broken = judge(store, policy, dials(clock))
    assert broken == ({} if severity is None else {clock: [QUIET]})
    assert [row["severity"] for row in findings(store)] == ([severity] if severity else [])


def test_md_01_names_time_window_and_row(store: Store, policy: Policy) -> None:
    judge(store, policy, dials("21:05:12"))
    (row,) = findings(store)
    assert row["code"] == "contact_time_breach"
    assert row["detector"] == "contact"
    assert row["reasons"] == [
        "quiet_hours: 21:05:12 拨出，处于禁呼时段 21:00–22:00，无客户授权或预约记录（MD-01）"
    ]


def test_md_01_hours_are_shanghai_hours_whatever_the_offset_of_the_record(
    store: Store, policy: Policy
) -> None:
    utc = datetime.fromisoformat("2026-03-03T13:00:00+00:00")
    assert judge(store, policy, [replace(a_call("C1"), started_at=utc)]) == {"C1": [QUIET]}


@pytest.mark.parametrize(
    "more", [{"direction": "inbound"}, {"purpose": "reply"}, {"purpose": "survey"},
             {"source": "field_visit"}],
)  # fmt: skip
def test_what_is_not_our_dial_to_collect_is_never_judged(
    store: Store, policy: Policy, more: dict[str, str]
) -> None:
    calls = dials("21:10:00", "21:20:00", "21:30:00", "21:40:00", "21:50:00", **more)
    assert judge(store, policy, calls, tables(flags=[flag("deceased")])) == {}


@pytest.mark.parametrize(
    ("granted", "status"),
    [
        (approval("callback", f"{DAY} 20:00:00", f"{DAY} 22:00:00"), None),
        (approval("night_call", "2026-03-01 00:00:00", None), None),
        (approval("night_call", "2026-03-01 00:00:00", None, case_id=None, bank="甲银行"), None),
        (approval("night_call", "2026-03-01 00:00:00", None, case_id=None, bank="乙银行"), "open"),
        (approval("callback", f"{DAY} 21:31:00", f"{DAY} 22:00:00"), "open"),  # after the dial
        (approval("callback", f"{DAY} 19:00:00", f"{DAY} 21:00:00"), "open"),  # run out
        (approval("callback", f"{DAY} 20:00:00", None, case_id="K2"), "open"),
        (approval("waiver", f"{DAY} 20:00:00", None), "open"),
        (approval("callback", None, None), "quarantined"),  # nobody knows since when
    ],
)
def test_md_01_an_approval_in_force_and_given_before_the_dial_exempts(
    store: Store, policy: Policy, granted: Approval, status: str | None
) -> None:
    calls = dials("21:30:00", bank="甲银行")
    judge(store, policy, calls, tables(approvals=[granted]))
    assert [row["status"] for row in findings(store)] == ([status] if status else [])


def test_an_approval_for_a_bank_is_found_through_the_case(store: Store, policy: Policy) -> None:
    granted = approval("night_call", f"{DAY} 00:00:00", None, case_id=None, bank="甲银行")
    case = CaseFacts("K1", bank="甲银行", as_of=at("2026-03-01 00:00:00"))
    assert judge(store, policy, dials("21:30:00"), tables(approvals=[granted], cases=[case])) == {}


def test_without_a_table_of_approvals_the_reason_says_so(store: Store, policy: Policy) -> None:
    judge(store, policy, dials("21:30:00"), ReferenceTables())
    (row,) = findings(store)
    assert row["status"] == "open"
    assert "approvals_missing: 未提供批准表，按无授权处理" in row["reasons"]


# --- holidays ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "rule", "severity"),
    [
        ("2026-02-17", HOLIDAY, "major"),  # New Year's Day of the lunar calendar
        ("2026-10-01", HOLIDAY, "major"),
        ("2026-02-21", PERIOD, "info"),
        ("2026-02-28", None, None),  # a Saturday worked in exchange
        ("2026-09-20", None, None),  # a Sunday worked in exchange
        ("2026-03-07", None, None),  # a plain Saturday
        ("2027-02-06", HOLIDAY, "major"),  # fixed by law, though nothing is announced yet
    ],
)
def test_md_03_statutory_holidays_break_the_rule_other_days_off_are_a_hint(
    store: Store, policy: Policy, day: str, rule: str | None, severity: str | None
) -> None:
    broken = judge(store, policy, [a_call("C1", f"{day} 10:20:00")])
    assert broken == ({"C1": [rule]} if rule else {})
    assert [row["severity"] for row in findings(store)] == ([severity] if severity else [])


def test_md_03_a_customer_who_calls_on_a_holiday_may_be_answered(
    store: Store, policy: Policy
) -> None:
    call = a_call("C1", "2026-02-17 10:20:00", direction="inbound")
    assert judge(store, policy, [call]) == {}


def test_a_year_that_nobody_announced_is_reported_not_judged(store: Store, policy: Policy) -> None:
    load_calls(store, [a_call("C1", "2027-03-09 10:00:00"), a_call("C2", "2026-03-09 10:00:00")])
    assert run_contact_pass(store, policy=policy).unknown_years == (2027,)
    # and again, when there is nothing new to judge
    assert run_contact_pass(store, policy=policy).unknown_years == (2027,)
    assert findings(store) == []


# --- frequency --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "calls", "broken"),
    [
        ("MD-05", dials("08:10:00", "10:00:00", "14:00:00", "16:00:00", "19:00:00"),
         {"19:00:00": [PER_DAY]}),
        ("MD-05", dials("08:10:00", "10:00:00", "14:00:00", "16:00:00"), {}),
        ("MD-05", dials("08:10:00", "10:00:00", "14:00:00", "16:00:00")
         + dials("19:00:00", agent_id="A2", case_id="K2"), {"19:00:00": [PER_DAY]}),
        ("MD-05", dials("08:10:00", "10:00:00", "14:00:00", "16:00:00", "19:00:00",
                        answered=False, duration_s=0.0), {"19:00:00": [PER_DAY]}),
        ("MD-05", dials("08:10:00", "10:00:00", "14:00:00")
         + dials("16:00:00", "19:00:00", phone="02187654321"), {}),
        ("MD-05", dials("08:10:00", "10:00:00", "14:00:00")
         + dials("16:00:00", "19:00:00", phone="+86 138-0013-8000"), {"19:00:00": [PER_DAY]}),
        ("MD-06", dials("14:00:00", "14:20:00", "14:59:00"), {"14:59:00": [PER_HOUR]}),
        ("MD-06", dials("14:05:00", "14:31:00", "15:02:00"), {"15:02:00": [PER_HOUR]}),
        ("MD-06", dials("14:00:00", "14:30:00", "15:01:00"), {}),
        ("MD-06", dials("14:00:00", "14:30:00", "15:00:00"), {}),  # the window is half-open
        ("MD-06", dials("14:00:00", "14:30:00", "14:59:59"), {"14:59:59": [PER_HOUR]}),
        ("MD-06", dials("14:00:00", "14:30:00"), {}),
        ("MD-06", dials("14:00:00", "14:30:00")
         + dials("14:25:00", direction="inbound"), {}),
        ("MD-06", dials("14:00:00#a", "14:00:00#b", "14:00:00#c"),
         {"14:00:00#c": [PER_HOUR]}),
        ("MD-09", dials("09:00:00", "11:00:00", "13:00:00", "15:00:00", callee="third_party"),
         {"15:00:00": [THIRD_DAY]}),
        ("MD-09", dials("09:00:00", "11:00:00", "13:00:00", callee="third_party"), {}),
        ("MD-09", dials("09:00:00", "11:00:00", callee="third_party")
         + dials("13:00:00", "15:00:00", callee="third_party", phone="13900139000"), {}),
        ("MD-10", dials("10:00:00", "10:20:00", "10:45:00", callee="third_party"),
         {"10:45:00": [THIRD_HOUR]}),
        ("MD-10", dials("10:00:00", "10:30:00", "11:05:00", callee="third_party"), {}),
    ],
)  # fmt: skip
def test_dials_over_the_limit_of_their_number(
    store: Store, policy: Policy, row: str, calls: list[CallRecord], broken: dict[str, list[str]]
) -> None:
    assert judge(store, policy, calls) == broken
    for finding in findings(store):
        assert finding["code"] == "contact_frequency_breach"
        assert row in finding["reasons"][0]


def test_md_05_the_day_ends_at_midnight(store: Store, policy: Policy) -> None:
    calls = [
        a_call(f"C{n}", when)
        for n, when in enumerate(
            ["2026-03-03 09:00:00", "2026-03-03 12:00:00", "2026-03-03 15:00:00",
             "2026-03-03 20:00:00", "2026-03-04 08:00:00"]
        )
    ]  # fmt: skip
    assert judge(store, policy, calls) == {}


def test_md_05_a_callback_that_was_agreed_does_not_count(store: Store, policy: Policy) -> None:
    calls = dials("08:10:00", "10:00:00", "14:00:00", "16:00:00", "19:00:00")
    agreed = [
        approval("callback", f"{DAY} 13:30:00", f"{DAY} 14:30:00"),
        approval("callback", f"{DAY} 18:30:00", f"{DAY} 19:30:00"),
    ]
    assert judge(store, policy, calls, tables(approvals=agreed)) == {}


def test_the_reason_counts(store: Store, policy: Policy) -> None:
    judge(store, policy, dials("09:00:00", "09:10:00", "09:20:00"))
    assert findings(store)[0]["reasons"] == [
        "dials_per_hour: 连续60分钟内第 3 次拨打同一号码，上限 2 次（含未接通，MD-06）"
    ]


@pytest.mark.parametrize(
    ("relation", "callee", "third_party"),
    [
        ("同事", "debtor", True),
        ("third_party", "unknown", True),
        (" 本人 ", "third_party", False),
        ("担保人", "unknown", False),
        ("Debtor", "third_party", False),
        ("未知", "third_party", True),
        (None, "third_party", True),
        (None, "unknown", False),
    ],
)
def test_md_09_whose_number_it_is_is_settled_by_the_table_of_phones_first(
    store: Store, policy: Policy, relation: str | None, callee: str, third_party: bool
) -> None:
    phones = [PhoneEntry("K1", "138 0013 8000", relation, "bank", True)]
    calls = dials("09:00:00", "11:00:00", "13:00:00", "15:00:00", callee=callee)
    broken = judge(store, policy, calls, tables(phones=phones))
    assert broken == ({"15:00:00": [THIRD_DAY]} if third_party else {})


def test_calls_without_a_number_are_counted_as_not_judgeable(store: Store, policy: Policy) -> None:
    load_calls(store, dials(*(f"1{n}:00:00" for n in range(6)), phone=None))
    result = run_contact_pass(store, policy=policy)
    assert (result.dials, result.without_phone) == (6, 6)
    assert findings(store) == []


@pytest.mark.parametrize(
    ("known", "status"), [(["outbound"] * 5, "open"), (["outbound"] * 4 + [None], "quarantined"),
                          ([None] + ["outbound"] * 4, "quarantined"),
                          ([None] + ["outbound"] * 5, "open")],
)  # fmt: skip
def test_an_unknown_direction_leaves_the_judgement_to_a_human(
    store: Store, policy: Policy, known: list[str | None], status: str
) -> None:
    clocks = ["08:10:00", "10:00:00", "12:00:00", "14:00:00", "16:00:00", "18:00:00"]
    calls = [
        a_call(clock, f"{DAY} {clock}", direction=direction)
        for clock, direction in zip(clocks, known, strict=False)
    ]
    judge(store, policy, calls)
    assert findings(store)[-1]["status"] == status


# --- stop flags -------------------------------------------------------------------------------


CASE_FLAGS = {  # kind -> (rulebook row, how grave a dial despite it is)
    "do_not_collect": ("MD-16", "critical"),
    "paused": ("MD-17", "critical"),
    "deceased": ("MD-17", "critical"),
    "in_custody": ("MD-17", "critical"),
    "litigation": ("MD-17", "critical"),
    "dispute": ("CC-62", "critical"),
    "emergency": ("CC-64", "critical"),
    "complaint": ("CC-73", "major"),
    "hardship_plan": ("MD-18", "major"),
}
NUMBER_FLAGS = {"third_party_refused": "MD-15", "inconvenient_time": "MD-04"}  # below, one by one


def test_no_kind_of_stop_flag_is_without_a_row_here(policy: Policy) -> None:
    kinds = policy.contact.stop_flags
    bound = {name: each.binds for name, each in kinds.items()}
    assert bound == dict.fromkeys(CASE_FLAGS, "case") | dict.fromkeys(NUMBER_FLAGS, "phone")
    cited = NUMBER_FLAGS | {name: row for name, (row, _) in CASE_FLAGS.items()}
    assert {name: each.rulebook for name, each in kinds.items()} == cited


@pytest.mark.parametrize(
    ("row", "kind", "severity"), [(row, kind, how) for kind, (row, how) in CASE_FLAGS.items()]
)
def test_a_dial_despite_a_flag_on_its_case(
    store: Store, policy: Policy, row: str, kind: str, severity: str
) -> None:
    calls = dials("10:00:00") + dials("11:00:00", case_id="K2", phone="13900139000")
    assert judge(store, policy, calls, tables(flags=[flag(kind)])) == {
        "10:00:00": [f"stop_flag.{kind}"]
    }
    (finding,) = findings(store)
    assert (finding["code"], finding["severity"]) == ("stop_flag_breach", severity)
    assert "2026-03-01 09:00:00 批准" in finding["reasons"][0]
    assert row in finding["reasons"][0]


@pytest.mark.parametrize(
    ("more", "bound"),
    [
        ({"approved_at": None}, False),  # a proposal binds nobody
        ({"approved_at": at(f"{DAY} 10:00:00")}, False),  # not visible before the dial
        ({"approved_at": at(f"{DAY} 09:59:59")}, True),
        ({"valid_from": at(f"{DAY} 10:00:01")}, False),
        ({"valid_from": at(f"{DAY} 10:00:00")}, True),
        ({"valid_to": at(f"{DAY} 10:00:00")}, False),
        ({"valid_to": at(f"{DAY} 10:00:01")}, True),
    ],
)
def test_a_flag_binds_from_its_approval_to_its_end(
    store: Store, policy: Policy, more: dict[str, Any], bound: bool
) -> None:
    broken = judge(store, policy, dials("10:00:00"), tables(flags=[flag("paused", **more)]))
    assert broken == ({"10:00:00": ["stop_flag.paused"]} if bound else {})


def test_md_15_a_refusal_stops_the_number_across_cases_and_only_it(
    store: Store, policy: Policy
) -> None:
    calls = [
        a_call("same case", f"{DAY} 10:00:00"),
        a_call("other case", f"{DAY} 12:00:00", case_id="K2", agent_id="A2"),
        a_call("other number", f"{DAY} 13:00:00", phone="13900139000"),
        a_call("before", "2026-02-25 10:00:00"),
    ]
    refused = flag("third_party_refused", phone="+8613800138000")
    rule = ["stop_flag.third_party_refused"]
    assert judge(store, policy, calls, tables(flags=[refused])) == {
        "same case": rule, "other case": rule,
    }  # fmt: skip


def test_md_15_a_refusal_without_a_number_stops_the_cases_third_parties(
    store: Store, policy: Policy
) -> None:
    calls = [
        a_call("third", f"{DAY} 10:00:00", phone="13900139000", callee="third_party"),
        a_call("debtor", f"{DAY} 10:00:00", callee="debtor"),
    ]
    broken = judge(store, policy, calls, tables(flags=[flag("third_party_refused")]))
    assert list(broken) == ["third"]


def test_a_flag_on_a_number_without_a_case_binds_the_number(store: Store, policy: Policy) -> None:
    calls = dials("10:00:00") + dials("11:00:00", phone="13900139000")
    do_not = flag("do_not_collect", case_id=None, phone="13800138000")
    assert list(judge(store, policy, calls, tables(flags=[do_not]))) == ["10:00:00"]


def test_md_04_a_time_the_customer_called_inconvenient(store: Store, policy: Policy) -> None:
    surgery = flag(
        "inconvenient_time", phone="13800138000", approved_at=at(f"{DAY} 08:30:00"),
        valid_from=at(f"{DAY} 08:30:00"), valid_to=at(f"{DAY} 12:00:00"),
    )  # fmt: skip
    calls = dials("11:00:00", "15:00:00")
    assert list(judge(store, policy, calls, tables(flags=[surgery]))) == ["11:00:00"]
    (finding,) = findings(store)
    assert (finding["code"], finding["severity"]) == ("contact_time_breach", "major")


def test_md_04_an_agreed_callback_beats_an_inconvenient_time(store: Store, policy: Policy) -> None:
    busy = flag("inconvenient_time", valid_to=at("2026-03-04 00:00:00"))
    agreed = approval("callback", f"{DAY} 10:30:00", f"{DAY} 11:30:00")
    assert judge(store, policy, dials("11:00:00"), tables(flags=[busy], approvals=[agreed])) == {}


def test_md_04_an_inconvenient_time_without_an_end_waits_for_a_human(
    store: Store, policy: Policy
) -> None:
    judge(store, policy, dials("11:00:00"), tables(flags=[flag("inconvenient_time")]))
    assert [row["status"] for row in findings(store)] == ["quarantined"]


def test_several_rows_of_one_kind_are_one_finding_several_kinds_are_several(
    store: Store, policy: Policy
) -> None:
    given = [flag("paused"), flag("paused", source="银行通知"), flag("deceased")]
    assert judge(store, policy, dials("10:00:00"), tables(flags=given)) == {
        "10:00:00": ["stop_flag.deceased", "stop_flag.paused"]
    }


# --- whose doing ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dial_mode", "party"),
    [("manual", "agent"), ("predictive", "dialler"), ("robot", "dialler"), (None, "unknown")],
)
def test_a_machine_that_dials_is_not_the_collectors_doing(
    store: Store, policy: Policy, dial_mode: str | None, party: str
) -> None:
    judge(store, policy, dials("21:30:00", dial_mode=dial_mode))
    assert [row["responsible_party"] for row in findings(store)] == [party]


# --- running it again -------------------------------------------------------------------------


def test_running_again_gives_the_same_rows_and_writes_nothing(store: Store, policy: Policy) -> None:
    judge(store, policy, dials("21:30:00", "21:40:00", "21:50:00"), tables(flags=[flag("paused")]))
    before = findings(store)
    again = run_contact_pass(store, policy=policy)
    assert (again.judged_all, again.written, again.removed) == (False, 0, 0)
    assert findings(store) == before


def test_a_late_record_changes_only_the_number_it_touches(store: Store, policy: Policy) -> None:
    others = [a_call(f"other {n}", f"{DAY} 1{n}:00:00", phone="13900139000") for n in range(5)]
    judge(store, policy, dials("10:00:00", "10:50:00") + others)
    before = {row["finding_id"]: row for row in findings(store)}
    load_calls(store, dials("10:20:00"))
    result = run_contact_pass(store, policy=policy)
    assert (result.judged_all, result.written, result.removed) == (False, 1, 0)
    after = {row["finding_id"]: row for row in findings(store)}
    (new,) = after.keys() - before.keys()
    assert after.pop(new)["call_id"] == "10:50:00"
    assert after == before


def test_a_record_that_moves_to_another_number_frees_the_old_one(
    store: Store, policy: Policy
) -> None:
    assert judge(store, policy, dials("10:00:00", "10:20:00", "10:50:00")) != {}
    load_calls(store, dials("10:20:00", phone="13900139000"))
    result = run_contact_pass(store, policy=policy)
    assert (result.judged_all, result.removed) == (False, 1)
    assert findings(store) == []


def test_a_flag_that_comes_later_judges_old_calls_again(store: Store, policy: Policy) -> None:
    assert judge(store, policy, dials("10:00:00")) == {}
    load_tables(store, tables(flags=[flag("paused")]))
    assert run_contact_pass(store, policy=policy).judged_all
    assert len(findings(store)) == 1


def test_another_limit_judges_everything_again(store: Store, policy: Policy) -> None:
    assert judge(store, policy, dials("10:00:00", "12:00:00")) == {}
    limits = policy.contact.model_copy(update={"dials_per_number_per_day": 1})
    stricter = policy.model_copy(update={"contact": limits, "version": "stricter"})
    run_contact_pass(store, policy=stricter)
    assert [row["call_id"] for row in findings(store)] == ["12:00:00"]


def test_a_verdict_survives_and_a_vanished_finding_with_one_stays_marked(
    store: Store, policy: Policy
) -> None:
    judge(store, policy, dials("10:00:00", "10:20:00", "10:50:00"))
    (finding,) = findings(store)
    with store.writing() as session:
        session.run(
            "registers/mark_finding",
            {
                **AS_FOUND,
                "finding_id": finding["finding_id"],
                "status": "confirmed",
                "severity": "minor",
            },
        )
    assert run_contact_pass(store, policy=policy).written == 0
    load_calls(store, dials("10:20:00", direction="inbound"))
    run_contact_pass(store, policy=policy)
    assert findings(store) == []
    assert query(store, "SELECT status, severity FROM findings") == [("confirmed", "minor")]
    load_calls(store, dials("10:20:00"))
    run_contact_pass(store, policy=policy)
    assert [(row["status"], row["severity"]) for row in findings(store)] == [("confirmed", "minor")]


PHONES = ("13800138000", "13900139000", None)
some_calls = st.lists(
    st.tuples(
        st.integers(0, 26 * 60), st.sampled_from(PHONES), st.sampled_from(["K1", "K2", None]),
        st.sampled_from(["outbound", "inbound", None]), st.sampled_from(["debtor", "third_party"]),
    ),
    min_size=1, max_size=14,
)  # fmt: skip
GIVEN = tables(
    flags=[
        flag("paused", valid_from=at(f"{DAY} 12:00:00")),
        flag("third_party_refused", case_id=None, phone=PHONES[1],
             approved_at=at(f"{DAY} 15:00:00")),
    ],
    approvals=[approval("callback", f"{DAY} 20:00:00", f"{DAY} 23:00:00")],
)  # fmt: skip


def as_calls(drawn: list[tuple[Any, ...]]) -> list[CallRecord]:
    start = datetime(2026, 3, 3, tzinfo=SHANGHAI)
    return [
        replace(
            a_call(f"C{n:02}", phone=phone, case_id=case, direction=direction, callee=callee),
            started_at=start + timedelta(minutes=minute),
        )
        for n, (minute, phone, case, direction, callee) in enumerate(drawn)
    ]


def content(store: Store) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if k != "created_at"} for row in findings(store)]


def passes(
    store: Store, policy: Policy, *loads: list[CallRecord]
) -> tuple[list[dict[str, Any]], ContactPassResult]:
    load_tables(store, GIVEN)
    for calls in loads:
        load_calls(store, calls)
        result = run_contact_pass(store, policy=policy)
    return content(store), result


LIGHT = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@LIGHT
@given(drawn=some_calls, cut=st.integers(0, 14))
def test_in_whatever_portions_calls_arrive_the_result_is_the_same(
    new_store: NewStore, policy: Policy, drawn: list[Any], cut: int
) -> None:
    calls = as_calls(drawn)
    at_once, _ = passes(new_store(), policy, calls)
    # Later calls first, then the rest: what comes late must be counted where it belongs.
    in_two, last = passes(new_store(), policy, calls[cut:], calls[:cut])
    assert in_two == at_once
    assert not last.judged_all


@LIGHT
@given(drawn=some_calls)
def test_a_call_to_another_number_and_case_changes_nothing(
    new_store: NewStore, policy: Policy, drawn: list[Any]
) -> None:
    calls = as_calls(drawn)
    alone, _ = passes(new_store(), policy, calls)
    unrelated = a_call("Z", f"{DAY} 10:00:00", phone="13700137000", case_id="K9")
    together, _ = passes(new_store(), policy, [*calls, unrelated])
    assert together == alone


def test_a_judgement_finds_what_a_pass_would_and_leaves_the_store_alone(
    store: Store, policy: Policy
) -> None:
    load_calls(store, dials("10:00:00", "10:10:00", "10:20:00", "22:30:00"))
    run_contact_pass(store, policy=policy)
    held = query(store, "SELECT * FROM findings ORDER BY finding_id")
    stricter = policy.model_copy(
        update={
            "version": "stricter",
            "contact": policy.contact.model_copy(update={"dials_per_number_per_day": 1}),
        }
    )
    judged = judge_contacts(store, policy=stricter)
    assert query(store, "SELECT * FROM findings ORDER BY finding_id") == held
    assert judge_contacts(store, policy=policy).findings.keys() < judged.findings.keys()
    run_contact_pass(store, policy=stricter)
    written = {row[0] for row in query(store, "SELECT finding_id FROM findings")}
    assert written == judged.findings.keys()
    assert (judged.dials, judged.without_phone) == (4, 0)


# --- the policy in force ----------------------------------------------------------------------


def from_march_4(policy: Policy) -> Policy:
    """The policy, and before 2026-03-04 one that allowed two dials a day until 23:00."""
    windows = (policy.contact.quiet_hours[1].model_copy(update={"start": time(23)}),)
    limits = {"dials_per_number_per_day": 2, "quiet_hours": windows}
    earlier = policy.model_copy(
        update={
            "version": "earlier",
            "since": date(2026, 3, 1),
            "contact": policy.contact.model_copy(update=limits),
        }
    )
    return policy.model_copy(update={"since": date(2026, 3, 4), "others": (earlier,)})


def test_a_dial_is_judged_by_the_limits_in_force_when_it_was_made(
    store: Store, policy: Policy
) -> None:
    """DESIGN 8."""
    times = ("09:00:00", "11:00:00", "13:00:00", "21:30:00")
    calls = [
        a_call(f"{day} {clock}", f"2026-03-{day} {clock}", phone=f"138001380{day}")
        for day in ("03", "04") for clock in times
    ]  # fmt: skip
    dated = from_march_4(policy)
    assert judge(store, dated, calls) == {
        "03 13:00:00": [PER_DAY], "03 21:30:00": [PER_DAY], "04 21:30:00": [QUIET],
    }  # fmt: skip
    versions = dict(query(store, "SELECT call_id, policy_version FROM findings"))
    assert versions["03 13:00:00"] == "earlier"
    assert versions["04 21:30:00"] == policy.version
    assert run_contact_pass(store, policy=dated).written == 0


def test_a_dial_older_than_any_policy_is_not_judged(store: Store, policy: Policy) -> None:
    assert judge(store, from_march_4(policy), [a_call("old", "2026-02-28 23:30:00")]) == {}


def test_another_version_of_the_past_judges_the_past_again(store: Store, policy: Policy) -> None:
    calls = [a_call("C1", "2026-03-03 21:30:00")]
    assert judge(store, policy, calls) == {"C1": [QUIET]}
    assert judge(store, from_march_4(policy), calls) == {}

"""Each clock of rulebook 3.3: its own start, its own kind of days, and its breach."""

import pytest

from qc_pipeline.errors import RegisterError
from qc_pipeline.registers.complaint_clocks import read
from tests.registers.complaint_file import File, at, heard

MONDAY = at("2026-03-02T16:00")


@pytest.mark.parametrize(
    ("row", "clock", "known", "due"),
    [
        ("CP-01 same or next day", "first_reply", {}, "2026-03-03T23:59:59"),
        ("POLICY bank_due_at", "bank_reply", {"bank_due_at": at("2026-03-04T12:00")},
         "2026-03-04T12:00"),
        ("3.3 pause at once (10 min)", "pause", {}, "2026-03-02T16:10"),
        ("CP-11 report at once (10 min)", "report", {}, "2026-03-02T16:10"),
        ("3.3 decision 15 d from logging", "decision", {"logged": at("2026-03-03T09:00")},
         "2026-03-18T23:59:59"),
    ],
)  # fmt: skip
def test_a_clock_that_runs_from_the_beginning(row, clock, known, due, policy):
    file = File(policy, MONDAY, **known)
    assert read(file.complaint.clocks)[clock] == at(due), row


@pytest.mark.parametrize(
    ("row", "triage", "clock", "due"),
    [
        ("CP-02 urgent: at once (30 min)", "urgent", "urgent_contact", "2026-03-02T16:30"),
        ("CP-02 urgent: progress daily", "urgent", "urgent_progress", "2026-03-03T23:59:59"),
        ("CP-03 head office, regulator", "hq_regulator_consumer", "priority_contact",
         "2026-03-02T18:00"),
        ("CP-04 media, judicial: team", "media_judicial", "special_team", "2026-03-02T18:00"),
    ],
)  # fmt: skip
def test_a_clock_of_a_class_runs_from_receipt(row, triage, clock, due, policy):
    file = File(policy, MONDAY).do("pause")
    assert clock not in read(file.complaint.clocks)
    file.do("triage", triage=triage)
    assert read(file.complaint.clocks)[clock] == at(due), row


def test_3_3_a_complex_decision_has_30_days_and_30_more_with_an_approval(policy):
    file = File(policy, MONDAY, logged=MONDAY).do("pause").do("triage", complex_case=True)
    assert file.complaint.decision_due == at("2026-04-01T23:59:59")
    file.do("lock").do("check").do("reply").do("investigate")
    with pytest.raises(RegisterError, match="needs an approval"):
        file.do("extend", approval=" ")
    file.do("extend")
    assert file.complaint.decision_due == at("2026-05-01T23:59:59")
    file.do("investigate")
    with pytest.raises(RegisterError, match="was extended under YQ-1"):
        file.do("extend")


def test_cp_06_filing_has_five_working_days_from_the_resolution(policy):
    file = File(policy, MONDAY).walk("satisfied").do("resolve", at=at("2026-04-30T10:00"))
    # 1 to 5 May 2026 are the holiday, 9 May a Saturday worked in exchange.
    assert read(file.complaint.clocks)["filing"] == at("2026-05-11T23:59:59")


def test_cp_08_the_collector_is_off_the_case_before_the_next_call_list(policy):
    file = File(policy, MONDAY).walk("investigate").do("decision", at=at("2026-03-05T11:00"))
    assert read(file.complaint.clocks)["transfer"] == at("2026-03-05T23:59:59")
    with pytest.raises(RegisterError, match="the bank's instruction"):
        file.do("transfer", from_team=True)
    file.do("transfer", at=at("2026-03-06T00:10"))
    assert "transfer" in file.breached


def test_3_3_a_withdrawal_ends_the_same_day_and_every_other_clock(policy):
    file = File(policy, MONDAY).do("pause")
    said = at("2026-03-03T10:00")
    file.do("withdraw", at=at("2026-03-03T17:00"), said_at=said, statement="来电撤回")
    assert file.breached == ["report"], "what had run out before stays a breach"
    assert set(read(file.complaint.clocks)) == {"pause", "report", "withdrawal", "filing"}
    late = File(policy, MONDAY).do(
        "withdraw", at=at("2026-03-04T00:01"), said_at=said, statement="来电撤回"
    )
    assert "withdrawal" in late.breached


@pytest.mark.parametrize(
    ("row", "replied", "late"),
    [
        ("CP-01: 10:00, same day 17:00", "2026-03-02T17:00", False),
        ("CP-01: next day", "2026-03-03T23:59:59", False),
        ("CP-01: two days later", "2026-03-04T00:00:01", True),
    ],
)
def test_a_late_first_reply_leaves_a_breach(row, replied, late, policy):
    file = File(policy, MONDAY).walk("check").do("reply", at=at(replied))
    assert ("first_reply" in file.breached) == late, row
    before = list(file.breached)
    file.deadline_pass(at("2026-03-05T00:00"))
    assert [name for name in file.breached if name == "first_reply"] == ["first_reply"] * late
    assert file.breached[: len(before)] == before


def test_the_deadline_pass_records_a_breach_once_and_a_late_reply_does_not_hide_it(policy):
    file = File(policy, MONDAY).walk("check").do("report")
    file.deadline_pass(at("2026-03-03T23:59:59"))
    assert file.breached == []
    file.deadline_pass(at("2026-03-04T08:00")).deadline_pass(at("2026-03-04T09:00"))
    assert file.breached == ["first_reply"]
    file.do("reply", at=at("2026-03-04T10:00"))
    assert file.breached == ["first_reply"]
    assert file.complaint.first_reply_at == at("2026-03-04T10:00")


@pytest.mark.parametrize(
    "text", ["已收到", "您好，您的投诉我们已收到，请耐心等待", "正在处理", " ", "处理完毕。"]
)
def test_cp_14_that_it_was_received_is_no_reply(text, policy):
    file = File(policy, MONDAY).walk("check")
    with pytest.raises(RegisterError, match="CP-14"):
        file.do("reply", finding=text)
    with pytest.raises(RegisterError, match="CP-14"):
        file.do("reply", progress=text)
    file.do("contact", note=text or "x") if text.strip() else None
    assert file.deadline_pass(at("2026-03-04T08:00")).breached.count("first_reply") == 1


def test_what_was_done_before_the_class_was_known_counts(policy):
    file = File(policy, MONDAY).do("contact", at=at("2026-03-02T17:00")).do("pause")
    file.do("triage", triage="hq_regulator_consumer", at=at("2026-03-02T19:00"))
    assert "priority_contact" not in file.breached
    file = File(policy, MONDAY).do("contact", at=at("2026-03-02T18:30")).do("pause")
    file.do("triage", triage="hq_regulator_consumer")
    assert "priority_contact" in file.breached


def test_cp_02_an_urgent_complaint_needs_progress_every_day(policy):
    file = File(policy, MONDAY).do("pause").do("triage", triage="urgent")
    file.do("progress", at=at("2026-03-03T20:00")).do("progress", at=at("2026-03-04T20:00"))
    assert file.breached.count("urgent_progress") == 0
    file.do("progress", at=at("2026-03-06T09:00")).deadline_pass(at("2026-03-08T09:00"))
    assert file.breached.count("urgent_progress") == 2, "each day that was missed"


def test_clocks_of_a_heard_complaint_run_from_the_call_but_breaches_need_a_complaint(policy):
    file = heard(MONDAY, policy, proposed=at("2026-03-03T02:00"))
    clocks = read(file.complaint.clocks)
    assert clocks["first_reply"] == at("2026-03-03T23:59:59")
    assert clocks["pause"] == at("2026-03-03T02:10"), "detected in the night"
    assert "decision" not in clocks, "nobody has accepted it"
    assert file.deadline_pass(at("2026-03-05T00:00")).breached == []

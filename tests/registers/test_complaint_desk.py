"""Complaints and stop flags in the store: linked calls, locked evidence, paused collection."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qc_pipeline.errors import RegisterError, TableError
from qc_pipeline.intake.column_map import ColumnMap
from qc_pipeline.policy import load_policy
from qc_pipeline.records import CallEvent, ReferenceTables
from qc_pipeline.registers import complaint_desk as desk
from qc_pipeline.registers import linked_desk, promise_desk, spot_check_desk
from qc_pipeline.registers.complaint_links import propose_links
from qc_pipeline.registers.complaints import NewComplaint
from qc_pipeline.registers.log import read_events
from qc_pipeline.registers.projections import Registers, fold, load_registers
from qc_pipeline.registers.register_import import import_complaints, import_spot_checks
from qc_pipeline.registers.stop_flags import NewFlag
from qc_pipeline.registers.verify import verify_home
from qc_pipeline.settings import Settings
from qc_pipeline.store.contact import run_contact_pass
from qc_pipeline.store.loader import load_calls, load_tables
from qc_pipeline.store.store import Store
from tests.registers.making import a_call, a_finding, on, scanned

PHONE = "13800138000"


def stops(store, policy):
    """Calls with a stop flag's finding, after a contact pass."""
    run_contact_pass(store, policy=policy)
    with store.reading() as session:
        return {
            row["call_id"]
            for row in session.rows("export/findings")
            if row["rule_id"].startswith("contact.stop_flag")
        }


def dial(call_id, at, **known):
    values = {"case_id": "K1", "phone": PHONE, "direction": "outbound", "purpose": "collection",
              "dial_mode": "manual", **known}  # fmt: skip
    return a_call(call_id, at=at, **values)


def verified(store, keys):
    assert not [p for p in verify_home(store, keys=keys).problems if p.where == "register"]
    with store.reading() as session:
        assert fold(Registers(), read_events(session)) == load_registers(session)


@pytest.fixture
def who(policy, keys):
    return {"by": "officer", "policy": policy, "keys": keys}


def from_the_bank(store, who, **changed):
    new = NewComplaint(
        "bank", on(2, 9), "坐席威胁要去我单位闹", "B-1", bank="甲银行", bank_due_at=on(4),
        case_id="K1",
    )  # fmt: skip
    return desk.add_complaint(store, replace(new, **changed), at=on(2, 10), **who).complaint_id


def test_a_paused_account_is_not_called_but_the_reply_is(store, policy, who, keys):
    complaint_id = from_the_bank(store, who)
    desk.pause_collection(store, complaint_id, at=on(2, 11), **who)
    load_tables(store, ReferenceTables(present=frozenset({"approvals", "flags", "phones"})))
    load_calls(
        store,
        [
            dial("before", on(2, 10)),
            dial("after", on(2, 12)),
            dial("reply", on(2, 13), purpose="reply"),
            dial("inbound", on(2, 14), direction="inbound"),
            dial("other", on(2, 15), case_id="K2"),
        ],
    )
    assert stops(store, policy) == {"after"}
    desk.withdraw_complaint(
        store, complaint_id, at=on(3), said_at=on(3, 11), statement="来电撤回", **who
    )
    load_calls(store, [dial("later", on(3, 13))])
    assert stops(store, policy) == {"after"}
    with store.reading() as session:
        [flag] = session.rows("registers/stop_flags")
    assert (flag["state"], flag["lifted_at"], flag["source"]) == (
        "lifted",
        on(3),
        f"投诉 {complaint_id}",
    )
    verified(store, keys)


def test_calls_are_proposed_with_reasons_and_their_collectors_never_handle_it(
    store, policy, who, keys
):
    for call_id, known in {
        "c1": {"case_id": "K1", "phone": PHONE, "at": on(1)},
        "c2": {"case_id": "K9", "phone": "13900139000", "at": on(1)},
        "c3": {"case_id": "K1", "phone": PHONE, "at": on(20)},
    }.items():
        scanned(store, a_call(call_id, **known), [a_finding(call_id)])
    complaint_id = from_the_bank(store, who, phone=PHONE)
    [proposal] = propose_links(store, complaint_id, policy=policy)
    assert proposal.call_id == "c1"
    assert proposal.score > 0.6
    assert {"同一案件", "同一号码"} <= set(proposal.reasons)
    linked = desk.link_complaint(store, complaint_id, calls=["c1"], at=on(2), **who)
    assert (linked.calls, linked.agents) == (("c1",), ("A01",))
    with pytest.raises(RegisterError, match="there is no call c404"):
        desk.link_complaint(store, complaint_id, calls=["c404"], at=on(2), **who)
    with pytest.raises(RegisterError, match="never handles it"):
        desk.pause_collection(store, complaint_id, at=on(2), **{**who, "by": "a01"})


def test_evidence_names_hashes_gaps_and_documents(store, policy, who, keys, tmp_path):
    scanned(store, a_call("c1", at=on(1)))
    letter = tmp_path / "投诉信.pdf"
    letter.write_bytes(b"%PDF sample letter")
    complaint_id = from_the_bank(store, who)
    desk.link_complaint(store, complaint_id, calls=["c1"], at=on(2), **who)
    desk.pause_collection(store, complaint_id, at=on(2), **who)
    desk.triage_complaint(store, complaint_id, triage="normal", at=on(2), **who)
    with pytest.raises(RegisterError, match=r"missing\.pdf can't be read"):
        desk.lock_evidence(store, complaint_id, at=on(2), documents=[tmp_path / "missing.pdf"],
                           **who)  # fmt: skip
    locked = desk.lock_evidence(store, complaint_id, at=on(2), documents=[letter], **who)
    assert locked.state == "evidence_locked"
    assert [gap.partition(":")[0] for gap in locked.gaps] == ["c1"]
    [entry] = [each for each in locked.evidence if each.startswith("document:")]
    assert desk.document_path(store.home, entry.split("=")[1]).read_bytes() == letter.read_bytes()


def test_an_upheld_complaint_reaches_discipline(store, policy, who, keys):
    scanned(store, a_call("c1", at=on(1)))
    complaint_id = from_the_bank(store, who)
    desk.link_complaint(store, complaint_id, calls=["c1"], at=on(2), **who)
    desk.pause_collection(store, complaint_id, at=on(2), **who)
    desk.triage_complaint(store, complaint_id, triage="normal", at=on(2), **who)
    desk.lock_evidence(store, complaint_id, at=on(2), **who)
    desk.check_complaint(store, complaint_id, finding="录音属实", at=on(2), **who)
    desk.reply_complaint(store, complaint_id, finding="核查属实", progress="三日内答复", way="phone",
                         at=on(5), **who)  # fmt: skip
    desk.investigate_complaint(store, complaint_id, at=on(5), **who)
    with pytest.raises(RegisterError, match="there is no code rude"):
        desk.decide_complaint(store, complaint_id, validity="upheld", decision="属实",
                              codes=["rude"], at=on(5), **who)  # fmt: skip
    decided = desk.decide_complaint(
        store, complaint_id, validity="upheld", decision="属实", codes=["threat_intimidation"],
        at=on(5), **who,
    )  # fmt: skip
    assert {entry.partition("=")[0] for entry in decided.breaches} >= {"first_reply", "bank_reply"}
    with store.reading() as session:
        [case] = session.rows("registers/cases")
    assert (case["agent_id"], case["state"], case["complaints"]) == (
        "A01",
        "under_review",
        [complaint_id],
    )
    verified(store, keys)


def test_the_deadline_pass_runs_twice_for_nothing(store, policy, who, keys):
    complaint_id = from_the_bank(store, who)
    late = desk.record_breaches(store, keys=keys, at=on(20))
    assert {event.subject for event in late} == {complaint_id}
    assert "complaint.breached" in {event.action for event in late}
    assert desk.record_breaches(store, keys=keys, at=on(20)) == []
    with pytest.raises(RegisterError, match="is in the register as"):
        from_the_bank(store, who)


CSV = """编号,收到时间,渠道,案件,要求答复,内容
B-1,2026-03-02 09:00,银行转办,K1,2026-03-05,坐席威胁客户
B-2,2026-13-02 09:00,银行转办,K2,,时间不对
B-3,2099-03-02 09:00,银行转办,K3,,还没发生
,2026-03-02 09:00,银行转办,K4,,没有编号
B-5,2026-03-03 10:00,银行转办,K5,,泄露给同事
B-5,2026-03-03 10:00,银行转办,K5,,泄露给同事
"""
MAP = ColumnMap(
    columns={"reference": "编号", "received_at": "收到时间", "channel": "渠道", "case_id": "案件",
             "bank_due_at": "要求答复", "text": "内容"},
    values={"channel": {"银行转办": "bank"}},
)  # fmt: skip


def test_a_file_with_half_its_rows_wrong_brings_the_good_ones_once(store, who, keys, tmp_path):
    path = tmp_path / "bank.csv"
    path.write_text(CSV, "utf-8")
    done = import_complaints(store, path, at=on(20), bank="甲银行", column_map=MAP, **who)
    assert (len(done.new), done.known, len(done.rejected)) == (2, 1, 3)
    assert [problem.where.rpartition(" ")[2] for problem in done.rejected] == ["3)", "4)", "5)"]
    assert all(problem.remedy for problem in done.rejected)
    held = desk.read_complaint(store, done.new[0])
    assert (held.state, held.bank, held.bank_due_at.day) == ("logged", "甲银行", 5)
    again = import_complaints(store, path, at=on(21), bank="甲银行", column_map=MAP, **who)
    assert (again.new, again.known, len(again.rejected)) == ((), 3, 3)
    with pytest.raises(TableError, match="lacks the column"):
        import_complaints(store, path, at=on(21), **who)
    verified(store, keys)


def test_a_banks_spot_checks_measure_what_was_missed(store, policy, who, keys, tmp_path):
    scanned(store, a_call("c1", at=on(1)), [a_finding("c1")])
    scanned(store, a_call("c2", at=on(1)))
    path = tmp_path / "checks.csv"
    path.write_text(
        "reference,received_at,question,code,due_at\n"
        "ZX-1,2026-03-10 09:00,有无威胁,threat_intimidation,2026-03-12\n"
        "ZX-2,2026-03-10 09:00,有无威胁,threat_intimidation,2026-03-12\n"
        "ZX-3,,没有时间,,\n",
        "utf-8",
    )
    done = import_spot_checks(store, path, at=on(10), bank="甲银行", **who)
    assert (len(done.new), len(done.rejected)) == (2, 1)
    said = {"by": "officer", "at": on(11), "keys": keys}
    for check_id, call_id in zip(done.new, ("c1", "c2"), strict=True):
        spot_check_desk.link_spot_check(store, check_id, calls=[call_id], **said)
    rate = spot_check_desk.miss_rate(store)
    assert (rate.judged, rate.missed, rate.missed_checks) == (2, 1, (done.new[1],))
    assert len(spot_check_desk.record_late_spot_checks(store, keys=keys, at=on(13))) == 2
    verified(store, keys)


@pytest.mark.parametrize(
    ("row", "call_id"),
    [
        ("c2,,,,", "c2"),  # named
        ("c2,K9,,,", "c2"),  # the name counts, whatever else is said
        ("c404,K1,,2026-03-01 09:00,", None),  # a call that isn't ours is no guess at another
        (",K1,,2026-03-01 09:08,", "c1"),
        (",K1,,2026-03-01 09:11,", None),  # further away than `minutes_apart`
        (",K1,13800138000,2026-03-01 09:00,", "c1"),
        (",K1,13900139000,2026-03-01 09:00,", None),  # the number is another's
        (",,138-0013-8000,2026-03-02,", "c3"),  # a bare date: any time of that day
        (",K1,,2026-03-01,", None),  # two calls of that day fit
        (",K1,,2026-03-01,A02", "c2"),  # one of the collector
        (",K1,,,", None),  # no time
        (",,,2026-03-01 09:00,", None),  # neither case nor number
    ],
)
def test_a_banks_spot_check_is_linked_where_only_one_call_can_be_meant(
    store, policy, who, keys, tmp_path, row, call_id
):
    load_calls(
        store,
        [
            dial("c1", on(1, 9)),
            dial("c2", on(1, 15), agent_id="A02"),
            dial("c3", on(2, 23), case_id="K3"),
        ],
    )
    path = tmp_path / "checks.csv"
    columns = "reference,received_at,question,call_id,case_id,phone,about_at,agent_id"
    path.write_text(f"{columns}\nZX-1,2026-03-10,有无威胁,{row}\n", "utf-8")
    done = import_spot_checks(store, path, at=on(10), bank="甲银行", **who)
    [check_id] = done.new
    check = spot_check_desk.read_spot_check(store, check_id)
    assert check.calls == (() if call_id is None else (call_id,))
    assert check.state == ("received" if call_id is None else "linked")
    assert done.linked == (() if call_id is None else ((check_id, call_id),))
    assert any("没有通话 c404" in notice for notice in done.notices) == row.startswith("c404")
    again = import_spot_checks(store, path, at=on(11), bank="甲银行", **who)
    assert (again.new, again.linked) == ((), ())
    verified(store, keys)


def test_a_day_that_the_bank_names_is_searched_to_its_end(store, policy, who, tmp_path):
    load_calls(store, [dial("c1", on(1, 15)), dial("c2", on(1, 16))])
    path = tmp_path / "checks.csv"
    path.write_text(
        "reference,received_at,question,case_id,about_at\nZX-1,2026-03-10,有无威胁,K1,2026-03-01\n",
        "utf-8",
    )
    [check_id] = import_spot_checks(store, path, at=on(10), bank="甲银行", **who).new
    proposed = spot_check_desk.propose_calls(store, check_id, policy=policy)
    assert {each.call_id for each in proposed} == {"c1", "c2"}


def test_words_in_a_call_propose_flags_that_warn_and_bind_nobody(store, policy, keys):
    scanned(
        store, dial("c1", on(2), callee="third_party"),
        events=[CallEvent("refusal", 0, 3.0, "别再打这个电话")],
    )  # fmt: skip
    [flag] = linked_desk.propose_flags_from_calls(store, policy=policy, keys=keys, at=on(3))
    assert (flag.kind, flag.state, flag.source) == ("third_party_refused", "proposed", "通话 c1")
    assert linked_desk.propose_flags_from_calls(store, policy=policy, keys=keys) == []
    load_calls(store, [dial("c2", on(4), case_id="K7")])
    assert stops(store, policy) == set()
    [warning] = linked_desk.warnings_for(store, phone="138-0013-8000")
    assert (warning["state"], warning["flag_id"]) == ("proposed", flag.flag_id)
    linked_desk.approve_flag(store, flag.flag_id, by="boss", at=on(5), keys=keys)
    load_calls(store, [dial("c3", on(6), case_id="K7")])
    assert stops(store, policy) == {"c3"}, "that number, across cases, after the approval"


def test_no_collection_until_a_superior_signs_an_emergency(store, policy, keys):
    scanned(store, dial("c1", on(2)), events=[CallEvent("emergency", 0, 3.0, "不想活了")])
    said = {"by": "duty", "keys": keys, "note": "已联系家属"}
    linked_desk.acknowledge_emergency(store, "c1", at=on(2, 13), policy=policy, **said)
    load_calls(store, [dial("c2", on(3))])
    for step in ("calmed", "notified"):
        linked_desk.record_emergency_step(store, "c1", step, at=on(3), superior="boss", **said)
    with pytest.raises(RegisterError, match="not known as a superior"):
        linked_desk.sign_emergency(store, "c1", at=on(3, 14), **said)
    signed = {**said, "by": "boss"}
    linked_desk.sign_emergency(store, "c1", at=on(3, 15), **signed)
    load_calls(store, [dial("c3", on(4))])
    assert stops(store, policy) == {"c2"}
    verified(store, keys)


def test_a_promise_waits_for_payments(store, keys):
    made = promise_desk.record_promise(
        store, by="officer", at=on(2), keys=keys, amount="500", promised_at=on(2), due_at=on(9),
        case_id="K1",
    )  # fmt: skip
    assert promise_desk.settle_promises(store, keys=keys, at=on(20)) == []
    assert made.state == "promised"
    with pytest.raises(RegisterError, match="no amount of yuan"):
        promise_desk.record_promise(
            store, by="officer", at=on(2), keys=keys, amount="五百", promised_at=on(2),
            due_at=on(9), case_id="K1",
        )  # fmt: skip


@given(
    flagged=st.tuples(st.integers(0, 20), st.integers(1, 10)),
    dials=st.lists(st.integers(0, 40), min_size=1, max_size=8, unique=True),
    lifted=st.booleans(),
)
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_3_3_no_outbound_collection_call_goes_unflagged_while_a_stop_is_active(
    tmp_path_factory, flagged, dials, lifted
):
    policy = load_policy(Settings().policy_dir)
    folder = tmp_path_factory.mktemp("flags")
    store, keys = Store(folder / "home"), folder / "keys"
    store.migrate()
    start, length = flagged
    moments = [on(1 + n // 8, 9 + n % 8) for n in range(41)]
    approved, ended = moments[start], moments[min(start + length, 40)]
    flag = linked_desk.propose_flag(
        store, NewFlag("do_not_collect", "银行邮件", case_id="K1"), by="officer", at=approved,
        policy=policy, keys=keys,
    )  # fmt: skip
    linked_desk.approve_flag(store, flag.flag_id, by="boss", at=approved, keys=keys)
    if lifted:
        linked_desk.lift_flag(
            store, flag.flag_id, by="boss", at=ended, keys=keys, reason="银行撤销"
        )
    load_calls(store, [dial(f"c{n}", moments[n]) for n in dials])
    assert stops(store, policy) == {
        f"c{n}" for n in dials if moments[n] > approved and not (lifted and moments[n] >= ended)
    }

"""Cases of other people: superiors who answer for it, bystanders who were silent, and what an
upheld complaint brings (rulebook 3.2, DS-09 to DS-11, DS-19, CP-08).
"""

from dataclasses import replace

import pytest

from qc_pipeline.errors import RegisterError
from qc_pipeline.records import ReferenceTables, StaffMember
from qc_pipeline.registers import appeal_desk
from qc_pipeline.registers.log import writing_register
from qc_pipeline.registers.reversal import Decision
from qc_pipeline.registers.upheld import feed_upheld_complaint
from qc_pipeline.store.loader import load_tables
from tests.registers.cases import Office
from tests.registers.making import a_call, on, scanned


def staff(agent_id, supervisor, head, *, since=None, until=None):
    return StaffMember(agent_id, None, None, supervisor, head, since, until)


@pytest.fixture
def office(store, policy, keys):
    rows = (
        staff("A01", "M09", "D09", until=on(1)),
        staff("A01", "M01", "D01", since=on(2, 0), until=on(10)),
        staff("A01", "M02", "D01", since=on(11)),
        staff("M01", "D01", "D01"),
        staff("D01", "G01", None),
    )
    load_tables(store, ReferenceTables(staff=rows, present=frozenset({"staff"})))
    return Office(store, policy, keys)


def linked(office, case):
    cases = office.tables().cases.values()
    return {each.agent_id: each for each in cases if each.linked_to == case.case_id}


@pytest.mark.parametrize(
    ("said", "superiors"),
    [
        ({"loss_yuan": "50000"}, set()),  # DS-09: exactly 50,000 doesn't trigger
        ({"loss_yuan": "50000.00"}, set()),
        ({"loss_yuan": "50000.01"}, {"M01", "D01"}),
        ({"fact": "lasting_harm"}, {"M01", "D01"}),
        ({"fact": "significant_effect"}, set()),
    ],
)
def test_who_answers_for_it_on_the_day_of_the_conduct(office, said, superiors):
    """DS-09, DS-19; the superior is that of 2 March, not today's."""
    case = office.case(at=on(2))
    office.act("record_circumstance", case, "boss", evidence="损失认定书", **said)
    found = linked(office, case)
    assert set(found) == superiors
    for each in found.values():
        assert (each.state, each.basis, each.conduct_at, each.findings) == (
            "detected", "joint_liability", case.conduct_at, case.findings,
        )  # fmt: skip
        assert not each.counts
    assert office.register_problems() == []


def test_nobody_is_proposed_twice_and_nobody_for_himself(office):
    case = office.case(at=on(2))
    for _ in range(2):
        office.act("record_circumstance", case, "boss", loss_yuan="60000", evidence="认定书")
    office.act("record_circumstance", case, "boss", fact="lasting_harm", evidence="银行来函")
    assert len(linked(office, case)) == 2
    own = office.case("c2", agent_id="M01", at=on(3))
    office.act("record_circumstance", own, "boss", loss_yuan="60000", evidence="认定书")
    assert set(linked(office, own)) == {"D01"}


def test_without_a_staff_table_nobody_is_guessed(store, policy, keys):
    office = Office(store, policy, keys)
    case = office.case()
    case = office.act("record_circumstance", case, "boss", loss_yuan="60000", evidence="认定书")
    assert linked(office, case) == {}
    assert "joint_liability" in case.consequences, "it stays visible that superiors answer for it"


def test_people_decide_on_a_superior_and_it_is_no_occurrence_of_his_own(office):
    case = office.case(at=on(2))
    office.act("record_circumstance", case, "boss", loss_yuan="60000", evidence="认定书")
    joint = linked(office, case)["M01"]
    with pytest.raises(RegisterError, match="can't become confirmed"):
        office.act("confirm_case", joint, "boss", reason="失察")
    office.act("take_up", joint, "boss")
    with pytest.raises(RegisterError, match="concerns M01"):
        office.act("confirm_case", joint, "M01", reason="失察")
    with pytest.raises(RegisterError, match="needs a reason"):
        office.act("confirm_case", joint, "boss", reason=" ")
    joint = office.act("confirm_case", joint, "boss", reason="疏于管理")
    assert (joint.state, joint.occurrence_same, joint.level) == ("confirmed", None, None)
    own = office.case("c2", agent_id="M01", at=on(5))
    assert (own.occurrence_same, own.occurrence_any) == (1, 1)
    office.heard(joint)
    with pytest.raises(RegisterError, match="needs a reason"):
        office.act("propose_sanction", joint, "p1", level="L3")
    office.act("propose_sanction", joint, "p1", level="L2", reason="失察，情节较轻")
    office.act("approve_sanction", joint, "p2")
    assert office.register_problems() == []


def test_who_has_a_stake_handles_neither_case(office):
    case = office.case(at=on(2))
    office.act("record_circumstance", case, "boss", loss_yuan="60000", evidence="认定书")
    joint = linked(office, case)["M01"]
    for about, by in ((case, "M01"), (case, "D01"), (joint, "A01"), (joint, "D01")):
        what = "notify" if about is case else "take_up"
        with pytest.raises(RegisterError, match="is concerned by a case linked"):
            office.act(what, about, by)


def test_a_superior_who_knew_and_was_silent_is_linked_as_an_offender(office):
    """DS-10; same-rank bystanders: no rule in the source."""
    case = office.case(at=on(2))
    for person, said, message in (
        ("A02", {}, "not known to stand above"),
        ("M02", {}, "not known to stand above"),  # the superior of later
        ("M01", {"evidence": " "}, "needs evidence"),
        ("M01", {"by": "M01"}, "would concern M01"),
    ):
        with pytest.raises(RegisterError, match=message):
            office.act(
                "link_bystander", case, said.get("by", "boss"), person=person,
                evidence=said.get("evidence", "监控显示其在场"),
            )  # fmt: skip
    for person in ("M01", "G01"):  # the superior, and the superior of the department head
        bystander = office.act("link_bystander", case, "boss", person=person, evidence="在场")
        assert (bystander.agent_id, bystander.basis, bystander.state) == (
            person, "bystander", "detected",
        )  # fmt: skip
    with pytest.raises(RegisterError, match="has a case linked"):
        office.act("link_bystander", case, "boss", person="G01", evidence="在场")
    office.act("take_up", bystander, "boss")
    with pytest.raises(RegisterError, match="boss proposed"):
        office.act("confirm_case", bystander, "boss", reason="属实")
    bystander = office.act("confirm_case", bystander, "chief", reason="属实")
    assert (bystander.occurrence_any, bystander.level) == (1, "L1"), "treated as who did it"
    with pytest.raises(RegisterError, match="link to the case of who did it"):
        office.act("link_bystander", bystander, "boss", person="D01", evidence="在场")
    assert office.register_problems() == []


def test_linked_cases_end_when_their_ground_is_reversed(office):
    case = office.case(at=on(2))
    office.act("record_circumstance", case, "boss", loss_yuan="60000", evidence="认定书")
    superior = linked(office, case)["M01"]
    office.act("take_up", superior, "boss")
    office.act("confirm_case", superior, "boss", reason="失察")
    appeal = appeal_desk.file_appeal(
        office.store, by="A01", at=office.at, policy=office.policy, keys=office.keys,
        grounds="说话人是客户", finding_id=case.findings[0],
    )  # fmt: skip
    decision = Decision("upheld", "声道核对属实")
    with pytest.raises(RegisterError, match="had a hand"):
        appeal_desk.preview_appeal(
            office.store, appeal.appeal_id, decision, by="D01", at=office.at, policy=office.policy
        )
    done = appeal_desk.decide_appeal(
        office.store, appeal.appeal_id, decision, by="judge", at=office.at, policy=office.policy,
        keys=office.keys,
    )  # fmt: skip
    assert {each.agent_id: each.after.state for each in done.reversal.cases} == {
        "A01": "reversed", "M01": "reversed", "D01": "rejected",
    }  # fmt: skip
    assert office.register_problems() == []


# --- upheld complaints ----------------------------------------------------------------------------


def feed(office, call_ids, *, by="cs", **said):
    given = {"reasons": "录音核对属实", **said}
    with writing_register(office.store, keys=office.keys) as log:
        return feed_upheld_complaint(
            log, "C1", call_ids=call_ids, by=by, at=office.at, policy=office.policy, **given
        )


def test_an_upheld_complaint_reaches_the_case_about_its_call(office):
    """DS-11: with the complaint's number; CP-08: removal only on the bank's instruction."""
    case = office.case(at=on(2))
    [fed] = feed(office, ["c1"])
    assert (fed.case_id, fed.facts, fed.complaints) == (
        case.case_id, ("complaint_upheld",), ("C1",),
    )  # fmt: skip
    assert "complaint_upheld" in fed.ladder_rows
    assert "team_removal" in fed.consequences
    log = office.log()
    [again] = feed(office, ["c1"])
    assert (again, office.log()) == (fed, log), "twice is once"
    office.heard(case)
    chosen = office.act("propose_sanction", case, "p1", level="L1")
    assert chosen.chosen_consequences == ()
    office.act("return_sanction", case, "p2", reason="银行有指示")
    office.act("record_circumstance", case, "boss", fact="bank_instruction", evidence="来函 88")
    chosen = office.act("propose_sanction", case, "p1", level="L1")
    assert chosen.chosen_consequences == ("team_removal",)
    assert office.register_problems() == []


def test_without_a_case_it_opens_one_that_waits_for_a_person(office):
    scanned(office.store, a_call("c7", at=on(3)))
    with pytest.raises(RegisterError, match="no disciplinary case about c7"):
        feed(office, ["c7"])
    [fed] = feed(office, ["c7"], code="service_conduct")
    assert (fed.state, fed.severity, fed.findings, fed.facts) == (
        "under_review", "minor", (), ("complaint_upheld",),
    )  # fmt: skip
    fed = office.act("confirm_case", fed, "boss", reason="投诉核查报告")
    assert (fed.state, fed.level, fed.occurrence_any) == ("confirmed", "L1", 1)
    assert office.register_problems() == []


def test_a_case_without_a_finding_is_appealed_as_a_whole(office):
    scanned(office.store, a_call("c7", at=on(3)))
    [fed] = feed(office, ["c7"], code="service_conduct")
    known = {"at": office.at, "policy": office.policy, "keys": office.keys}
    with pytest.raises(RegisterError, match="only a confirmed case"):
        appeal_desk.file_appeal(
            office.store, by="A01", grounds="不实", case_id=fed.case_id, whole=True, **known
        )
    office.act("confirm_case", fed, "boss", reason="投诉核查报告")
    fed = office.noticed(fed)
    own = office.case(at=on(2))
    known["at"] = office.at
    with pytest.raises(RegisterError, match="rests on findings"):
        appeal_desk.file_appeal(
            office.store, by="A01", grounds="不实", case_id=own.case_id, whole=True, **known
        )
    with pytest.raises(RegisterError, match="window to appeal"):
        appeal_desk.file_appeal(
            office.store, by="A01", grounds="不实", case_id=fed.case_id, whole=True,
            **{**known, "at": on(30)},
        )  # fmt: skip
    appeal = appeal_desk.file_appeal(
        office.store, by="A01", grounds="不实", case_id=fed.case_id, whole=True, **known
    )
    with pytest.raises(RegisterError, match="had a hand"):
        appeal_desk.decide_appeal(
            office.store, appeal.appeal_id, Decision("upheld", "x"), by="boss", **known
        )
    partly = Decision("partly_upheld", "x", level="L1")
    with pytest.raises(RegisterError, match="stands or falls"):
        appeal_desk.decide_appeal(office.store, appeal.appeal_id, partly, by="judge", **known)
    said = appeal_desk.preview_appeal(
        office.store, appeal.appeal_id, Decision("upheld", "录音无此话"), by="judge",
        at=office.at, policy=office.policy,
    )  # fmt: skip
    done = appeal_desk.decide_appeal(
        office.store, appeal.appeal_id, Decision("upheld", "录音无此话"), by="judge", **known
    )
    assert done == said
    assert office.now(fed).state == "reversed"
    assert office.register_problems() == []


@pytest.mark.parametrize(
    ("calls", "said", "message"),
    [
        (["c0"], {}, "no call c0"),
        (["c1"], {"by": "A01"}, "concerns A01"),
        (["c1", "c0"], {}, "no call c0"),
        (["c1"], {"code": "rudeness"}, "no code"),
        (["c1"], {"reasons": "x", "agent_id": "A05"}, None),
    ],
)
def test_a_feed_that_is_refused_changes_nothing(office, calls, said, message):
    office.case(at=on(2))
    before = office.tables()
    if message is None:
        assert feed(office, calls, **said) == []
    else:
        with pytest.raises(RegisterError, match=message):
            feed(office, calls, **said)
    assert office.tables() == before


def test_a_closed_case_is_left_alone(office):
    case = office.executed(office.case(at=on(2)))
    office.act("close_case", case, "p3")
    assert feed(office, ["c1"]) == []
    assert replace(office.now(case)) == office.now(case)

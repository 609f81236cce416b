"""A case from confirmation to its end: who may do what, when, and what is refused."""

from datetime import timedelta
from decimal import Decimal

import pytest

from qc_pipeline.errors import PolicyError, RegisterError
from tests.registers.cases import Office, repeat, with_money
from tests.registers.making import on


@pytest.fixture
def office(store, policy, keys):
    return Office(store, policy, keys)


@pytest.fixture
def paying(store, policy, keys):
    return Office(store, with_money(policy), keys)


WAGE = {"month": "2026-03", "wage_yuan": "6000", "acknowledgement": "签收表2026-017"}


def test_the_whole_way_of_a_case(office):
    case = office.case()
    assert (case.state, case.level, case.level_to) == ("confirmed", "L1", "L4")
    case = office.act("notify", case, "boss", way="written", note="交本人")
    assert (case.state, case.notified_at, case.notice_way) == ("notified", office.at, "written")
    case = office.act("acknowledge_receipt", case, "A01")
    assert (case.receipt, case.received_at) == ("本人签收", office.at)
    case = office.act("object_to", case, "A01", text="客户先辱骂，我随后更正")
    case = office.act("record_hearing", case, "boss", record="听取申辩，录音与其说法不符")
    assert case.state == "objection_heard"
    case = office.act("propose_sanction", case, "p1", level="L2")
    assert (case.state, case.chosen_level, case.proposed_by) == ("sanction_proposed", "L2", "p1")
    case = office.act("approve_sanction", case, "p2")
    office.act("notify", case, "boss")
    case = office.act("acknowledge_receipt", case, "A01")
    assert case.appeal_due is not None
    case = office.act("execute_sanction", case, "p3", at=case.appeal_due + timedelta(seconds=1))
    assert (case.state, case.executed_by) == ("executed", "p3")
    assert office.act("close_case", case, "p3").state == "closed"
    assert office.register_problems() == []


@pytest.mark.parametrize(
    ("what", "by", "said", "message"),
    [
        ("notify", "A01", {}, "concerns A01"),
        ("notify", "boss", {"way": "rumour"}, "no way of notice"),
        ("notify", "", {}, "nobody is named"),
        ("notify", "boss", {"at": on(1)}, "last changed"),
        ("notify", "boss", {"at": on(1, month=1).replace(year=2099)}, "in the future"),
        ("notify", "boss", {"at": on(21).replace(tzinfo=None)}, "no offset"),
        ("acknowledge_receipt", "A01", {}, "can't be recorded now"),
        ("object_to", "A01", {"text": "不服"}, "can't be recorded now"),
        ("record_hearing", "boss", {"record": "听取"}, "can't become objection_heard"),
        ("record_no_objection", "A01", {}, "can't become no_objection"),
        ("propose_sanction", "p1", {"level": "L2"}, "can't become sanction_proposed"),
        ("approve_sanction", "p2", {}, "can't become approved"),
        ("return_sanction", "p2", {"reason": "偏重"}, "can't become returned"),
        ("pass_gate", "hr", WAGE, "can't be recorded now"),
        ("accept_sanction", "A01", {}, "can't be recorded now"),
        ("execute_sanction", "p3", {}, "can't become executed"),
        ("close_case", "p3", {}, "can't become closed"),
        ("suspend_case", "boss", {"reason": "holiday"}, "no reason"),
        ("resume_case", "boss", {}, "not suspended"),
        ("take_up", "boss", {}, "can't become under_review"),
        ("confirm_case", "boss", {"reason": "属实"}, "follows its findings"),
        ("refer_to_authority", "legal", {"number": " ", "authority": "公安"}, "needs its number"),
        ("record_circumstance", "boss", {"evidence": " ", "fact": "concealment"}, "needs evidence"),
        ("record_circumstance", "boss", {"evidence": "x", "fact": "bad"}, "no fact"),
        ("record_circumstance", "boss", {"evidence": "x"}, "one circumstance"),
        ("record_circumstance", "boss", {"evidence": "x", "loss_yuan": "五万"}, "no amount"),
        ("record_circumstance", "boss", {"evidence": "x", "loss_yuan": "-1"}, "no amount"),
        ("record_circumstance", "boss", {"evidence": "x", "loss_yuan": "NaN"}, "no amount"),
        ("record_circumstance", "boss", {"evidence": "x", "loss_yuan": "1.005"}, "than a fen"),
        ("link_bystander", "boss", {"person": "M01", "evidence": "在场"}, "not known to stand"),
    ],
)
def test_what_is_refused_of_a_confirmed_case_changes_nothing(paying, what, by, said, message):
    case = paying.case()
    before = (paying.tables(), paying.log())
    with pytest.raises((RegisterError, PolicyError), match=message) as caught:
        paying.act(what, case, by, **said)
    assert caught.value.remedy
    assert (paying.tables(), paying.log()) == before


def test_an_unknown_case(office):
    office.case()
    with pytest.raises(RegisterError, match="there is no case D0"):
        office.act("notify", "D0", "boss")


# --- receipt, objection ---------------------------------------------------------------------------


def test_the_window_begins_with_the_receipt_and_skips_holidays(office):
    """POLICY "Discipline": 3 working days for a finding, 5 for a sanction. 4 to 6 April 2026 are
    a holiday (Tomb-Sweeping), the 7th is a Tuesday.
    """
    case = office.case()
    office.act("notify", case, "boss", at=on(2, 10, month=4))
    case = office.act("acknowledge_receipt", case, "A01", at=on(3, 10, month=4))
    assert case.objection_due == on(9, 23, month=4).replace(minute=59, second=59)
    office.act("record_no_objection", case, "A01")
    office.act("propose_sanction", case, "p1", level="L1")
    office.act("approve_sanction", case, "p2")
    office.act("notify", case, "boss")
    case = office.act("acknowledge_receipt", case, "A01", at=on(3, 12, month=4))
    assert case.appeal_due == on(13, 23, month=4).replace(minute=59, second=59)


def test_a_refused_receipt_needs_a_third_person(office):
    case = office.case()
    office.act("notify", case, "boss")
    for by, witness, message in (
        ("boss", None, "only A01"),
        ("boss", "BOSS", "third person"),
        ("boss", "a01", "third person"),
        ("A01", "w1", "refused receipt"),
    ):
        with pytest.raises(RegisterError, match=message):
            office.act("acknowledge_receipt", case, by, witness=witness)
    case = office.act("acknowledge_receipt", case, "boss", witness="w1")
    assert case.receipt == "拒签，见证人w1"
    with pytest.raises(RegisterError, match="was recorded"):
        office.act("acknowledge_receipt", case, "A01")


def test_an_objection_comes_from_the_person_and_in_time(office):
    case = office.noticed(office.case())
    with pytest.raises(RegisterError, match="concerns A01"):
        office.act("object_to", case, "boss", text="不服")
    with pytest.raises(RegisterError, match="needs words"):
        office.act("object_to", case, "A01", text=" ")
    with pytest.raises(RegisterError, match=r"window of case \w+ ended"):
        office.act(
            "object_to", case, "A01", text="不服", at=case.objection_due + timedelta(seconds=1)
        )
    office.at = on(21)
    case = office.act("object_to", case, "A01", text="不服", at=case.objection_due)
    with pytest.raises(RegisterError, match="has objected"):
        office.act("record_no_objection", case, "boss")
    with pytest.raises(RegisterError, match="objected in case"):
        office.act("object_to", case, "A01", text="再说")


def test_silence_is_no_objection_only_after_the_window(office):
    case = office.case()
    office.act("notify", case, "boss")
    with pytest.raises(RegisterError, match="receipt of the notice"):
        office.act("record_no_objection", case, "boss")
    case = office.act("acknowledge_receipt", case, "A01")
    with pytest.raises(RegisterError, match="is open until"):
        office.act("record_no_objection", case, "boss")
    late = case.objection_due + timedelta(seconds=1)
    assert office.act("record_no_objection", case, "boss", at=late).state == "no_objection"


# --- four eyes ------------------------------------------------------------------------------------


def test_propose_approve_and_execute_are_three_people(office):
    case = office.heard(office.case())
    with pytest.raises(RegisterError, match="concerns a01"):
        office.act("propose_sanction", case, "a01", level="L1")
    office.act("propose_sanction", case, "p1", level="L1")
    for what, said in (("approve_sanction", {}), ("return_sanction", {"reason": "轻"})):
        with pytest.raises(RegisterError, match="proposed the sanction"):
            office.act(what, case, "P1", **said)
    office.act("approve_sanction", case, "p2")
    office.act("notify", case, "boss")
    office.act("acknowledge_receipt", case, "A01")
    case = office.act("accept_sanction", case, "A01")
    for by in ("p1", "ｐ2"):
        with pytest.raises(RegisterError, match="the sanction of case"):
            office.act("execute_sanction", case, by)
    assert office.act("execute_sanction", case, "p3").state == "executed"


def test_a_returned_proposal_begins_anew(office):
    case = office.heard(office.case())
    office.act("propose_sanction", case, "p1", level="L3")
    with pytest.raises(RegisterError, match="needs a reason"):
        office.act("return_sanction", case, "p2", reason=" ")
    case = office.act("return_sanction", case, "p2", reason="首次，偏重")
    assert (case.state, case.handled_by) == ("returned", ("p1", "p2"))
    case = office.act("propose_sanction", case, "p2", level="L1")
    assert office.act("approve_sanction", case, "p1").approved_by == "p1"


def test_execution_waits_for_receipt_and_window(office):
    case = office.approved(office.case())
    with pytest.raises(RegisterError, match="receipt of the sanction"):
        office.act("execute_sanction", case, "p3")
    with pytest.raises(RegisterError, match="has not been made known"):
        office.act("acknowledge_receipt", case, "A01")
    with pytest.raises(RegisterError, match="receipt of the sanction"):
        office.act("accept_sanction", case, "A01")
    office.act("notify", case, "boss")
    case = office.act("acknowledge_receipt", case, "A01")
    with pytest.raises(RegisterError, match="can be appealed until"):
        office.act("execute_sanction", case, "p3")
    with pytest.raises(RegisterError, match="only he can accept"):
        office.act("accept_sanction", case, "boss")


# --- the choice -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "said", "message"),
    [
        ("L5", {}, "outside what case"),  # DS-08: a first major one ends at L4
        ("L9", {}, "no level"),
        ("none", {}, "outside what case"),
        ("L1", {"consequences": ["fine"]}, "give the reason|proposes"),
        ("L1", {"consequences": ["jail"]}, "no consequence"),
        ("L1", {"consequences": ["team_removal"], "reason": "x"}, "needs bank_instruction"),
        ("L1", {"amounts": {"fine": 300}}, "no payable"),
    ],
)
def test_a_choice_outside_the_proposal_is_refused(paying, level, said, message):
    case = paying.heard(paying.case())
    with pytest.raises(RegisterError, match=message):
        paying.act("propose_sanction", case, "p1", level=level, **said)


def test_beyond_at_least_needs_a_reason(paying):
    """DS-04: nobody skips a step without a reason."""
    case = repeat(paying)
    assert (case.level, case.level_to) == ("L3", None)
    paying.heard(case)
    amounts = {"fine": "200", "commission_forfeit": "1350.50"}
    with pytest.raises(RegisterError, match="DS-04"):
        paying.act("propose_sanction", case, "p1", level="L5", amounts=amounts)
    case = paying.act(
        "propose_sanction", case, "p1", level="L5", amounts=amounts, reason="手段恶劣"
    )
    assert (case.chosen_level, case.choice_reason) == ("L5", "手段恶劣")


def test_an_unset_fine_refuses_and_names_the_setting(office):
    """Rulebook 0.1: the source prints 至少XX元."""
    case = office.heard(repeat(office))
    with pytest.raises(PolicyError, match=r"amounts\.fine_min_yuan"):
        office.act(
            "propose_sanction", case, "p1", level="L3",
            amounts={"fine": 200, "commission_forfeit": 900},
        )  # fmt: skip


@pytest.mark.parametrize(
    ("amounts", "message"),
    [
        ({"fine": "199.99", "commission_forfeit": "1"}, "less than 200"),
        ({"fine": "两百", "commission_forfeit": "1"}, "no amount"),
        ({"fine": "inf", "commission_forfeit": "1"}, "no amount"),
        ({"fine": "200"}, "commission_forfeit is missing"),
        ({"fine": "200", "commission_forfeit": "1", "compensation": "9"}, "no payable"),
    ],
)
def test_amounts_that_are_none(paying, amounts, message):
    case = paying.heard(repeat(paying))
    with pytest.raises(RegisterError, match=message):
        paying.act("propose_sanction", case, "p1", level="L3", amounts=amounts)


def test_compensation_is_at_most_the_loss_on_record(paying):
    """DS-03: the actual loss is compensated."""
    case = paying.case()
    paying.act("record_circumstance", case, "boss", loss_yuan="3000", evidence="银行对账单")
    paying.heard(case)
    with pytest.raises(RegisterError, match="more than the loss"):
        paying.act("propose_sanction", case, "p1", level="L1", amounts={"compensation": "3000.01"})
    case = paying.act("propose_sanction", case, "p1", level="L1", amounts={"compensation": "3000"})
    assert case.amounts == ("compensation=3000.00",)


def test_milder_than_the_ladder_needs_an_exonerating_circumstance_and_a_reason(office):
    """3.2: stopped and reported in time, system fault ticket; DS-04: let off with the reason."""
    case = office.case(severity="critical")
    office.heard(case)
    with pytest.raises(RegisterError, match="outside what case"):
        office.act("propose_sanction", case, "p1", level="none", reason="初犯")
    office.act("record_circumstance", case, "boss", fact="system_fault", evidence="工单 INC-88")
    with pytest.raises(RegisterError, match="needs a reason"):
        office.act("propose_sanction", case, "p1", level="none")
    case = office.act("propose_sanction", case, "p1", level="none", reason="拨号系统故障所致")
    assert (case.chosen_level, case.chosen_consequences) == ("none", ())


def test_the_mildest_in_spite_of_an_aggravating_circumstance_needs_a_reason(office):
    case = office.heard(office.case())
    office.act("record_circumstance", case, "boss", fact="concealment", evidence="备注与录音不符")
    assert any("从重" in point for point in office.now(case).open_points)
    with pytest.raises(RegisterError, match="aggravating"):
        office.act("propose_sanction", case, "p1", level="L1")
    office.act("propose_sanction", case, "p1", level="L2")


def test_a_choice_that_no_longer_fits_can_only_be_returned(office):
    case = office.heard(office.case())
    office.act("propose_sanction", case, "p1", level="L1")
    office.act(
        "record_circumstance", case, "boss", fact="significant_effect", evidence="客户自述与病历"
    )
    assert office.now(case).level == "L3"
    assert any("退回" in point for point in office.now(case).open_points)
    with pytest.raises(RegisterError, match="has changed since"):
        office.act("approve_sanction", case, "p2")
    office.act("return_sanction", case, "p2", reason="影响重新评估")
    office.act("propose_sanction", case, "p1", level="L3")
    office.act("approve_sanction", case, "p2")
    assert office.register_problems() == []


def test_an_approved_choice_that_no_longer_fits_is_returned_too(office):
    case = office.accepted(office.case())
    office.act("record_circumstance", case, "boss", fact="significant_effect", evidence="病历")
    with pytest.raises(RegisterError, match="has changed since"):
        office.act("execute_sanction", case, "p3")
    case = office.act("return_sanction", case, "p2", reason="影响重新评估")
    assert (case.approved_by, case.accepted_at, case.appeal_due) == (None, None, None)


def test_an_effect_found_to_be_none_is_an_assessment(office):
    """DS-18."""
    case = office.case()
    assert any("DS-18" in point for point in case.open_points)
    case = office.act(
        "record_circumstance", case, "boss", fact="significant_effect", established=False,
        evidence="客户回访无异议",
    )  # fmt: skip
    assert case.effect_assessed
    assert not any("DS-18" in point for point in case.open_points)


# --- money ----------------------------------------------------------------------------------------


def with_fine(office, **gate):
    case = repeat(office)
    office.accepted(case, "L3", amounts={"fine": "500", "commission_forfeit": "700"})
    return case


def test_money_waits_for_legal_or_hr(paying):
    case = with_fine(paying)
    with pytest.raises(RegisterError, match="has not passed legal/HR"):
        paying.act("execute_sanction", case, "p3")
    for by in ("p1", "p2"):
        with pytest.raises(RegisterError, match="the sanction of case"):
            paying.act("pass_gate", case, by, **WAGE)
    case = paying.act("pass_gate", case, "hr", **WAGE)
    assert case.gate_by == "hr"
    assert "签收表2026-017" in case.gate
    assert paying.act("execute_sanction", case, "p3").state == "executed"
    assert paying.register_problems() == []


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"wage_yuan": "5999.99"}, "at most 1199.99"),  # 20 % of the wage
        ({"wage_yuan": "3000"}, "at most 310.00"),  # the minimum wage must be left
        ({"wage_yuan": "2000"}, "at most 0.00"),
        ({"other_deductions_yuan": "0.01"}, "at most 1199.99"),
        ({"wage_yuan": "viel"}, "no amount"),
        ({"deduct_yuan": "1200.01"}, "at most|more than"),
        ({"acknowledgement": None}, "signed acknowledgement"),
        ({"acknowledgement": " "}, "signed acknowledgement"),
        ({"month": "2026-13"}, "no month"),
    ],
)
def test_the_gate_holds_back_what_may_not_be_taken(paying, changed, message):
    case = with_fine(paying)
    with pytest.raises(RegisterError, match=message):
        paying.act("pass_gate", case, "hr", **{**WAGE, **changed})


def test_an_instalment_fits_where_the_whole_does_not(paying):
    case = with_fine(paying)
    case = paying.act(
        "pass_gate", case, "hr", **{**WAGE, "wage_yuan": "3000", "deduct_yuan": "310"}
    )
    assert "本月扣 310.00（上限 310.00），合计 1200.00" in case.gate


@pytest.mark.parametrize(
    "setting", ["deduction_cap_percent", "minimum_wage_yuan", "acknowledgement_required"]
)
def test_a_gate_that_is_not_set_refuses_and_names_the_setting(paying, setting):
    gate = paying.policy.discipline.money_gate.model_copy(update={setting: None})
    case = with_fine(paying)
    paying.policy = with_money(paying.policy, money_gate=gate)
    with pytest.raises(PolicyError, match=rf"money_gate\.{setting}"):
        paying.act("pass_gate", case, "hr", **WAGE)


def test_without_money_there_is_no_gate(paying):
    case = paying.accepted(paying.case())
    with pytest.raises(RegisterError, match="takes no money"):
        paying.act("pass_gate", case, "hr", **WAGE)


# --- law, suspension ------------------------------------------------------------------------------


def test_an_offence_against_the_law_closes_with_its_referral_only(office):
    """DS-14, rulebook 3.2: referral number mandatory before `closed`."""
    case = office.case(severity="critical")
    office.act(
        "record_circumstance", case, "boss", fact="offence_against_state_law", evidence="法务意见"
    )
    office.executed(case, "L7")
    with pytest.raises(RegisterError, match="was not referred"):
        office.act("close_case", case, "p3")
    case = office.act("refer_to_authority", case, "legal", number="X-2026-9", authority="某分局")
    assert case.referral == "某分局 X-2026-9"
    assert office.act("close_case", case, "p3").state == "closed"


def test_an_offence_that_legal_found_to_be_none_closes_without(office):
    """DS-14: legal finds that it is no crime."""
    case = office.case(severity="critical")
    for established in (True, False):
        office.act(
            "record_circumstance", case, "boss", fact="offence_against_state_law",
            established=established, evidence="法务意见",
        )  # fmt: skip
    office.executed(case, "L7")
    assert office.act("close_case", case, "p3").state == "closed"


def test_a_suspended_case_goes_on_where_it_was(office):
    case = office.heard(office.case())
    case = office.act("suspend_case", case, "boss", reason="court", note="仲裁中")
    assert (case.state, case.suspended_from, case.occurrence_any) == (
        "suspended", "no_objection", 1,
    )  # fmt: skip
    with pytest.raises(RegisterError, match="is suspended"):
        office.act("propose_sanction", case, "p1", level="L1")
    assert office.act("resume_case", case, "boss").state == "no_objection"
    case = office.executed(office.case("c9"), "L1")
    with pytest.raises(RegisterError, match="can't become suspended"):
        office.act("suspend_case", case, "boss", reason="court")


def test_amounts_survive_the_tables(paying):
    case = repeat(paying)
    paying.act("record_circumstance", case, "boss", loss_yuan="50000.10", evidence="对账单")
    assert paying.now(case).loss_yuan == Decimal("50000.10")
    assert paying.register_problems() == []

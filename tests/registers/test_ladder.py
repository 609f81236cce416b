"""What the ladder proposes, row by row (rulebook 3.2, section F)."""

from decimal import Decimal

import pytest

from qc_pipeline.detect.rulebook import load_rulebook
from qc_pipeline.errors import PolicyError
from qc_pipeline.registers.ladder import Circumstances, amount_of, choice_fits, propose_level
from qc_pipeline.settings import packaged_dir


def case(severity="major", same=1, any_code=1, *, loss=None, facts=(), assessed=True):
    return Circumstances(
        severity=severity,
        occurrence_same=same,
        occurrence_any=any_code,
        facts=frozenset(facts),
        loss_yuan=None if loss is None else Decimal(loss),
        effect_assessed=assessed,
    )


REPEAT = ("case_withdrawal", "fine", "written_warning", "commission_forfeit")


@pytest.mark.parametrize(
    ("source", "circumstances", "level", "level_to", "consequences"),
    [
        ("DS-01: first minor offence, oral warning", case("minor"), "L1", None, ()),
        ("DS-08: first without effect, oral to severe warning", case("major"), "L1", "L4", ()),
        ("3.2: first with significant effect, L3 to L5",
         case("major", facts=["significant_effect"]), "L3", "L5", ()),
        ("3.2: a minor one with significant effect, too",
         case("minor", facts=["significant_effect"]), "L3", "L5", ()),
        ("POLICY: first critical, L3 to L7", case("critical"), "L3", "L7", ()),
        ("DS-02, DS-20: the same code again", case("minor", 2, 2), "L3", None, REPEAT),
        ("DS-02: a third time", case("minor", 3, 3), "L3", None, REPEAT),
        ("DS-07: the second of any code", case("minor", 1, 2), "L2", None, ()),
        ("DS-07 with a critical one: the higher minimum", case("critical", 1, 2), "L3", "L7", ()),
        ("DS-02 with a critical one", case("critical", 2, 2), "L3", "L7", REPEAT),
        ("DS-03: any loss is compensated", case("minor", loss="0.01"), "L1", None,
         ("compensation",)),
        ("DS-03: no loss, nothing to compensate", case("minor", loss="0"), "L1", None, ()),
        ("DS-09: 50,000.00 does not reach the superiors", case("minor", loss="50000.00"), "L1",
         None, ("compensation",)),
        ("DS-09, DS-19: 50,000.01 does", case("minor", loss="50000.01"), "L1", None,
         ("compensation", "joint_liability")),
        ("DS-09: lasting harm does without a loss", case("minor", facts=["lasting_harm"]), "L1",
         None, ("compensation", "joint_liability")),
        ("DS-06: severe and a major loss", case("major", facts=["severe_circumstances"],
         loss="50001"), "L6", "L7", ("fine", "compensation", "joint_liability")),
        ("DS-06: severe alone is no such case", case("major", facts=["severe_circumstances"]),
         "L1", "L4", ()),
        ("DS-11, CP-08: complaint upheld", case("minor", facts=["complaint_upheld"]), "L1", None,
         ("team_removal",)),
        ("DS-12: complaint, especially bad, serious",
         case("major", facts=["complaint_caused", "especially_bad", "serious_consequence"]),
         "L2", "L7", ("pay_grade", "fine", "team_removal")),
        ("DS-14: against state law, by severity",
         case("critical", facts=["offence_against_state_law"]), "L3", "L7", ("legal_referral",)),
    ],
)  # fmt: skip
def test_rows(source, circumstances, level, level_to, consequences, policy):
    proposal = propose_level(circumstances, rules=policy.discipline)
    assert (proposal.level, proposal.level_to) == (level, level_to), source
    assert proposal.consequences == consequences, source


LAST = ("complaint_caused", "especially_bad", "serious_consequence")
# Row of the ladder -> (what it cites, circumstances it is for, the nearest ones it is not for).
LADDER = {
    "state_law": ("DS-14", case("minor", facts=["offence_against_state_law"]),
                  case("critical", facts=["severe_circumstances"])),
    "severe_major_loss": ("DS-06", case(facts=["severe_circumstances"], loss="50000.01"),
                          case(facts=["severe_circumstances"], loss="50000.00")),
    "complaint_serious": ("DS-12", case(facts=LAST), case(facts=LAST[:2])),
    "complaint_upheld": ("DS-11", case(facts=["complaint_upheld"]),
                         case(facts=["complaint_caused"])),
    "loss": ("DS-03", case(loss="0.01"), case(loss="0.00")),
    "lasting_harm": ("DS-09", case(facts=["lasting_harm"]), case(facts=["significant_effect"])),
    "large_loss": ("DS-19", case(loss="50000.01"), case(loss="50000.00")),
    "repeat_same": ("DS-02", case(same=2, any_code=2), case(same=1, any_code=3)),
    "repeat_any": ("DS-07", case(same=1, any_code=2), case(same=1, any_code=1)),
    "critical": ("POLICY:Discipline", case("critical"), case("major")),
    "first_with_effect": ("DS-18", case("minor", facts=["significant_effect"]),
                          case("minor", 1, 2, facts=["significant_effect"])),
    "first_major": ("DS-08", case("major"), case("major", facts=["significant_effect"])),
    "first_minor": ("DS-01", case("minor"), case("minor", 1, 2)),
}  # fmt: skip


def test_no_row_of_the_ladder_is_without_a_row_here(policy):
    assert set(LADDER) == {row.id for row in policy.discipline.ladder}


@pytest.mark.parametrize("row_id", LADDER)
def test_a_row_takes_what_it_is_for_and_leaves_its_nearest_neighbour(row_id, policy):
    source, wanted, neighbour = LADDER[row_id]
    [row] = [row for row in policy.discipline.ladder if row.id == row_id]
    assert source in row.rulebook
    proposal = propose_level(wanted, rules=policy.discipline)
    assert row_id in proposal.rows
    assert source in proposal.rulebook
    assert row_id not in propose_level(neighbour, rules=policy.discipline).rows


def test_what_a_row_cites_stands_in_the_rulebook_or_in_policy(policy):
    cited = {source for row in policy.discipline.ladder for source in row.rulebook}
    elsewhere = {"POLICY:Discipline", "3.2"}
    assert cited - elsewhere <= set(load_rulebook(packaged_dir("lexicons")))


def test_an_unset_fine_is_not_computed_and_the_proposal_says_so(policy):
    proposal = propose_level(case("minor", 2, 2), rules=policy.discipline)
    assert proposal.amounts == {}
    assert any("fine_min_yuan" in point for point in proposal.open_points)
    with pytest.raises(PolicyError, match="fine_min_yuan"):
        amount_of("fine", rules=policy.discipline)


def test_a_set_fine_is_named(policy):
    rules = policy.discipline.model_copy(update={"amounts": {"fine_min_yuan": Decimal(200)}})
    proposal = propose_level(case("minor", 2, 2), rules=rules)
    assert proposal.amounts == {"fine": Decimal(200)}
    assert not any("fine" in point for point in proposal.open_points)


@pytest.mark.parametrize(
    ("fact", "point"),
    [
        ("concealment", "从重情节"),  # 3.2 (c)
        ("outside_complaint", "从重情节"),  # 3.2 (d)
        ("stopped_and_reported", "从轻或免除情节"),  # 3.2 exonerators
        ("system_fault", "从轻或免除情节"),
    ],
)
def test_what_aggravates_or_exonerates_is_shown_and_moves_no_level(fact, point, policy):
    plain = propose_level(case("major"), rules=policy.discipline)
    proposal = propose_level(case("major", facts=[fact]), rules=policy.discipline)
    assert any(each.startswith(point) for each in proposal.open_points)
    assert (proposal.level, proposal.level_to) == (plain.level, plain.level_to)


@pytest.mark.parametrize(
    ("chosen", "low", "high", "facts", "fits"),
    [
        ("L3", "L3", "L7", (), True),
        ("L7", "L3", "L7", (), True),
        ("L2", "L3", "L7", (), False),
        ("L5", "L3", "L4", (), False),
        ("L7", "L3", None, (), True),  # the row only says "at least"
        ("none", "L3", None, (), False),
        ("none", "L3", None, ("system_fault",), True),  # 3.2 exonerators
        ("L1", "L3", "L7", ("stopped_and_reported",), True),
        ("L1", "L3", "L7", ("concealment",), False),
        ("L1", None, None, (), False),
    ],
)
def test_which_choices_stand_within_a_proposal(chosen, low, high, facts, fits, policy):
    assert choice_fits(chosen, low=low, high=high, facts=facts, rules=policy.discipline) is fits


def test_a_range_is_left_to_a_person_and_an_effect_nobody_looked_at_is_named(policy):
    """DS-18: without an assessment of the effect nobody may simply be lenient."""
    proposal = propose_level(case("critical", assessed=False), rules=policy.discipline)
    assert any("由人" in point for point in proposal.open_points)
    assert any("DS-18" in point for point in proposal.open_points)
    single = propose_level(case("minor"), rules=policy.discipline)
    assert single.open_points == ()

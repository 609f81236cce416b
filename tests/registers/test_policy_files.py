"""The policy files of the registers: what loading refuses."""

import shutil

import pytest

from qc_pipeline.errors import PolicyError
from qc_pipeline.policy import load_policy
from qc_pipeline.settings import Settings


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("discipline.yaml", "at_least: L6", "at_least: L9", "severe_major_loss names unknown"),
        ("discipline.yaml", "at_least: L6\n    to: L7", "at_least: L6\n    to: L2", "is milder"),
        ("discipline.yaml", "id: repeat_any", "id: repeat_same", "two ladder rows"),
        ("discipline.yaml", "consequences: [legal_referral]", "consequences: [jail]", "unknown"),
        ("discipline.yaml", "amount: fine_min_yuan", "amount: fee", "amounts has no fee"),
        ("discipline.yaml", "rulebook: [DS-14]", "rulebook: []", "rulebook"),
        ("discipline.yaml", "occurrence_window_months: 12", "occurrence_window_months: 0",
         "occurrence_window_months"),
        ("review.yaml", 'key: "2"', 'key: "1"', "share a key"),
        ("complaints.yaml", "first_reply:  ", "second_reply:  ", "clocks lacks"),
        ("complaints.yaml", "unit: calendar_day", "unit: fortnight", "unit"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_the_place(tmp_path, file, old, new, message):
    folder = tmp_path / "policy"
    shutil.copytree(Settings().policy_dir, folder)
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(PolicyError, match=message) as caught:
        load_policy(folder)
    assert file in str(caught.value)


def test_no_fine_is_set_by_default(policy):
    """Rulebook 0.1: the source leaves the amount blank, so nobody may invent one."""
    assert policy.discipline.amounts == {"fine_min_yuan": None}

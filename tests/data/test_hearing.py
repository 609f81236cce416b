"""Measuring what recognition leaves of what rules find."""

from __future__ import annotations

from pathlib import Path

import pytest

from qc_pipeline.detect.rules import load_rules
from qc_pipeline.learn.corpus import CorpusLine
from qc_pipeline.policy import load_policy
from qc_pipeline.settings import load_settings

from .hearing import READINGS, hear, left_of, tables

_RULE = """
code: false_credit_claim
rules:
  - id: demo.list
    version: 1
    name: 名单
    when: [失信人名单]
    hits: [进失信人名单]
    misses: [您好]
"""


def a_line(text: str, *labels: str, near: str | None = None, heard: bool = False) -> CorpusLine:
    return CorpusLine("1~" if heard else "1", text, "debtor", "", labels, near, "blunt", "v", heard)


def test_what_is_left_counts_syllables_in_order_whatever_their_characters() -> None:
    assert left_of("上门闹事", "伤门闹是") == 1.0
    assert left_of("上门闹事", "闹事上门") == 0.5
    assert left_of("上门闹事", "今天天气") == 0.0


def test_a_finding_that_only_its_sound_tells_is_kept_by_sound_and_not_without(
    tmp_path: Path,
) -> None:
    settings = load_settings()
    policy = load_policy(settings.policy_dir)
    (tmp_path / "false_credit_claim.yaml").write_text(_RULE, "utf-8")
    rules, plain = (
        load_rules(tmp_path, taxonomy=policy.taxonomy, sound_alike=by_sound)
        for by_sound in (True, False)
    )
    said = a_line("再不还就进失信人名单", "false_credit_claim")
    copy = a_line("再不还就进诗信人名单", "false_credit_claim", heard=True)
    innocent = a_line("您慢走", near="service_conduct")
    counted = hear([(said, copy), (innocent, innocent)], plain=plain, rules=rules, policy=policy)
    assert counted.found.total() == 1
    assert counted.lost.total() == 0
    assert counted.kept["recognised"].total() == 0
    assert counted.kept["recognised, by sound"].total() == 1
    assert counted.near_misses["service_conduct"] == 1
    assert all(counted.flagged[reading].total() == 0 for reading in READINGS)
    assert "1 of 1 (100%)" in tables(counted)


@pytest.mark.parametrize("reading", READINGS)
def test_every_reading_has_its_column(reading: str) -> None:
    settings = load_settings()
    policy = load_policy(settings.policy_dir)
    rules = load_rules(settings.lexicon_dir, taxonomy=policy.taxonomy, codes=("service_conduct",))
    assert reading in tables(hear([], plain=rules, rules=rules, policy=policy))

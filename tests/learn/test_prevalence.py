"""What rare violations do to precision."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_pipeline.learn.measure import Measured
from qc_pipeline.learn.prevalence import critical_tier, expected_precision, plain_talk

SHARES = st.floats(0.01, 0.99)


def test_one_false_flag_in_a_thousand_lines_outweighs_one_violation_in_a_hundred_calls() -> None:
    assert expected_precision(0.9, 0.001, prevalence=0.01, lines=25) == pytest.approx(
        0.269, abs=1e-3
    )
    assert expected_precision(0.9, 0.0, prevalence=0.01, lines=25) == 1
    assert expected_precision(0.0, 0.0) == 0


@given(SHARES, SHARES, SHARES)
def test_fewer_false_flags_never_hurt(found: float, one: float, other: float) -> None:
    few, many = sorted((one, other))
    assert expected_precision(found, few) >= expected_precision(found, many)


def test_the_arithmetic_is_shown() -> None:
    measured = Measured(
        violations=Counter(abuse_insult=100), found=Counter(abuse_insult=90),
        near_misses=Counter(), flagged=Counter(), plain=1000, plain_flagged=2, plain_critical=1,
    )  # fmt: skip
    said = "\n".join(critical_tier(measured))
    assert "1% × 90.0% = 0.90% of calls" in said
    assert "99% × (1 − (1 − 0.00100)^25) = 2.45%" in said
    assert "0.0090 / (0.0090 + 0.0245) =\n27%" in said
    assert "| upper end | 0.005" in said
    assert "2.0 per 1,000" in "\n".join(plain_talk(measured))

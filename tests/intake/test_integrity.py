"""When the lengths of a recording and its call record contradict each other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_pipeline.intake.integrity import compare_with_call_record
from qc_pipeline.policy import load_policy
from qc_pipeline.policy.integrity import IntegrityLimits
from qc_pipeline.records import CallRecord, Recording
from qc_pipeline.settings import PACKAGE_DIR
from tests.intake.conftest import STARTED

LIMITS = load_policy(PACKAGE_DIR / "policy").integrity


def said(call: CallRecord, recording: Recording, limits: IntegrityLimits = LIMITS) -> str | None:
    problem = compare_with_call_record(call, recording, limits=limits)
    return problem.what if problem else None


def test_the_packaged_limits_are_those_of_the_policy() -> None:
    assert LIMITS.tolerance_s(60) == 3
    assert LIMITS.tolerance_s(600) == pytest.approx(12)


@pytest.mark.parametrize(
    ("known", "length_s", "verdict"),
    [
        ({"talk_s": 85.0}, 85.0, None),
        ({"talk_s": 85.0}, 82.0, None),  # exactly the tolerance
        ({"talk_s": 85.0}, 81.9, "截断"),
        ({"talk_s": 600.0}, 588.5, None),  # two per cent of a long call
        ({"talk_s": 600.0}, 580.0, "截断"),
        ({"talk_s": 85.0, "duration_s": 100.0}, 99.0, None),  # the ringing was recorded too
        ({"talk_s": 85.0, "duration_s": 100.0}, 104.0, "另一通"),
        ({"talk_s": 85.0}, 120.0, None),  # how long it rang isn't known
        ({"talk_s": 85.0}, 1200.0, "另一通"),
        ({"duration_s": 90.0, "answered": True}, 45.0, "截断"),
        ({"duration_s": 90.0}, 45.0, "截断"),
        ({"duration_s": 90.0, "answered_at": STARTED + timedelta(seconds=30)}, 60.0, None),
        ({"duration_s": 90.0, "answered_at": STARTED + timedelta(seconds=30)}, 50.0, "截断"),
        ({"duration_s": 90.0, "answered_at": STARTED - timedelta(seconds=9)}, 89.0, None),
        ({"duration_s": 30.0, "answered": False}, 5.0, None),
        ({"duration_s": 30.0, "answered": False}, 90.0, "另一通"),  # talked, says the recording
        ({}, 90.0, None),
        ({"talk_s": 0.0}, 0.5, None),
    ],
)
def test_which_lengths_contradict(
    call: Callable[..., CallRecord],
    recording: Callable[..., Recording],
    known: dict[str, object],
    length_s: float,
    verdict: str | None,
) -> None:
    what = said(call(**known), recording(length_s))
    assert (what is None) if verdict is None else (what is not None and verdict in what)


def test_a_contradiction_names_the_call_and_both_lengths(
    call: Callable[..., CallRecord], recording: Callable[..., Recording]
) -> None:
    problem = compare_with_call_record(call(talk_s=87.0), recording(43.2), limits=LIMITS)
    assert problem is not None
    assert problem.call_id == "c1"
    assert "43.2" in problem.what
    assert "87.0" in problem.what
    assert problem.remedy


@given(
    talk_s=st.floats(0, 7200), ring_s=st.floats(0, 90), recorded_ring=st.floats(0, 1),
)  # fmt: skip
def test_a_whole_recording_is_never_accused(
    talk_s: float, ring_s: float, recorded_ring: float
) -> None:
    whole = Recording("", "", "wav", "", 8000, 2, talk_s + ring_s * recorded_ring, 1)
    for known in ({"talk_s": talk_s}, {"talk_s": talk_s, "duration_s": talk_s + ring_s}):
        record = CallRecord("c1", STARTED, "A1", **known)
        assert compare_with_call_record(record, whole, limits=LIMITS) is None

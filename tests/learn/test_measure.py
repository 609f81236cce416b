"""What counts as found and as flagged, and the interval of a share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_pipeline.detect.rules import load_rules
from qc_pipeline.learn.corpus import CorpusLine
from qc_pipeline.learn.measure import measure, table, wilson
from qc_pipeline.policy import load_policy
from qc_pipeline.settings import load_settings


def line(text: str, *labels: str, near: str | None = None, callee: str = "debtor") -> CorpusLine:
    return CorpusLine(
        id=text, text=text, callee=callee, previous="", labels=labels,  # type: ignore[arg-type]
        near_miss_of=near, style="plain" if not labels and not near else "blunt", voice="v",
    )  # fmt: skip


def test_lines_are_counted_under_their_main_code() -> None:
    settings = load_settings()
    policy = load_policy(settings.policy_dir)
    rules = load_rules(settings.lexicon_dir, taxonomy=policy.taxonomy)
    measured = measure(
        [
            line("今晚我就带人去你家堵门", "threat_intimidation"),
            line("今晚我就带人去你家堵门", "induce_borrowing"),
            line("我们不会上门的，您放心", near="threat_intimidation"),
            line("好的，那先这样"),
        ],
        rules=rules,
        policy=policy,
    )
    assert measured.found == {"threat_intimidation": 1, "induce_borrowing": 0}
    assert (measured.recall, measured.false_rate) == (0.5, 0.0)
    assert (measured.plain, measured.plain_flagged) == (1, 0)
    assert "| threat_intimidation | 1 of 1 (100%) | 0 of 1 (0%) |" in table({"rules": measured})


@given(st.integers(1, 5000), st.data())
def test_an_interval_holds_its_share(of: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, of))
    low, high = wilson(hits, of)
    assert 0 <= low <= hits / of + 1e-9
    assert hits / of - 1e-9 <= high <= 1


def test_more_cases_narrow_the_interval() -> None:
    few, many = wilson(8, 10), wilson(800, 1000)
    assert many[1] - many[0] < few[1] - few[0]
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(8, 10)[0] == pytest.approx(0.490, abs=0.002)

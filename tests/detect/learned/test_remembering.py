"""What a classifier said of a call is asked for once."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_pipeline.detect.classifier import Excerpt, Meaning, Neighbour
from qc_pipeline.detect.learned.remembering import RememberingClassifier
from qc_pipeline.records import LineJudgements

from .stand_in import StandIn


class Counting(StandIn):
    """A stand-in whose answers hang on the words, and which counts how often it is asked."""

    def __init__(self, version: str = "one") -> None:
        super().__init__({}, version=version)

    def judge(self, excerpts: Sequence[Excerpt]) -> list[Meaning]:
        self.asked += excerpts
        return [
            Meaning({"abuse_insult": len(e.text) / 100, "threat_intimidation": 1 / 3}, (1.0,))
            if e.text
            else Meaning({})
            for e in excerpts
        ]

    def nearest(self, meaning: Meaning, code: str) -> Neighbour | None:
        return Neighbour("例句", 0.9) if meaning.point else None


EXCERPTS = st.lists(
    st.builds(Excerpt, st.text(max_size=4), st.sampled_from(["", "好"]),
              st.sampled_from(["debtor", "third_party"])),
    max_size=6,
)  # fmt: skip


@given(first=EXCERPTS, second=EXCERPTS)
def test_only_what_is_new_is_asked_and_the_answers_are_the_same(first, second) -> None:
    model = Counting()
    memory = RememberingClassifier(model)
    memory.recall(None)
    memory.judge(first)
    told = memory.told()
    model.asked.clear()
    memory.recall(told)
    answers = memory.judge(second)
    for answer, plain in zip(answers, Counting().judge(second), strict=True):
        assert answer.chances == pytest.approx(plain.chances, abs=1e-6)
    assert not set(model.asked) & set(first)
    assert memory.told() == told or set(second) != set(first)
    memory.recall(None)
    assert [each.chances for each in memory.judge(second)] == [each.chances for each in answers]


def test_another_models_word_counts_for_nothing() -> None:
    model = Counting("two")
    memory = RememberingClassifier(model)
    excerpt = Excerpt("你好", "", "debtor")
    memory.recall(LineJudgements("one", ("abuse_insult",), (("any", (0.5,)),)))
    memory.judge([excerpt])
    assert model.asked == [excerpt]
    assert memory.told().classifier == "two"


def test_what_is_recalled_is_explained_as_well() -> None:
    model = Counting()
    memory = RememberingClassifier(model)
    memory.recall(None)
    excerpt = Excerpt("你好", "", "debtor")
    memory.judge([excerpt])
    memory.recall(memory.told())
    model.asked.clear()
    (meaning,) = memory.judge([excerpt])
    assert model.asked == []
    assert memory.nearest(meaning, "abuse_insult") == Neighbour("例句", 0.9)


def test_one_call_knows_nothing_of_another() -> None:
    model = Counting()
    memory = RememberingClassifier(model)
    for _ in range(2):
        memory.recall(None)
        memory.judge([Excerpt("你好", "", "debtor")])
        assert len(memory.told().lines) == 1
    assert len(model.asked) == 2

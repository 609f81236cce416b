from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from qc_pipeline.speech.heard import hear, utterance_of
from qc_pipeline.speech.segment import Span, Turn, pack
from qc_pipeline.speech.transcriber import Recognised, RecognisedWord
from tests.speech.builders import noise

RATE = 1_000

words_anyhow = st.lists(
    st.builds(
        RecognisedWord,
        text=st.sampled_from(["还", "錢", "，", " 好", "ok", "?"]),
        start_s=st.floats(-1, 40),
        end_s=st.floats(-1, 40),
        probability=st.floats(0, 1),
    ),
    max_size=30,
)


@settings(deadline=None)
@given(words_anyhow)
def test_words_lie_inside_their_utterance_in_time_and_text(words: list[RecognisedWord]) -> None:
    turns = [Turn(0, (Span(0, 1, 3), Span(0, 3.4, 5))), Turn(0, (Span(0, 9, 12),))]
    windows = pack(
        noise(15)[: 15 * RATE], turns, sample_rate=RATE, target_s=20, max_s=28, context_s=0.25
    )
    results = [Recognised(tuple(words), -0.3, 0.1) for _ in windows]
    heard = hear(turns, windows, results)
    assert sum(len(item.words) for item in heard) == len(words) * len(windows)
    for index, item in enumerate(heard):
        utterance = utterance_of(item, index=index, speaker="agent", suspect=None, language="zh")
        assert utterance.start_s <= utterance.end_s
        assert 0 <= utterance.confidence <= 1
        assert utterance.raw_text == item.text.strip()
        at = 0
        for word in utterance.words:
            assert at == word.start < word.end <= len(utterance.text)
            assert utterance.start_s <= word.start_s <= utterance.end_s
            assert utterance.start_s <= word.end_s <= utterance.end_s
            at = word.end


def test_words_go_to_the_turn_they_were_said_in() -> None:
    turns = [Turn(0, (Span(0, 10, 12),)), Turn(0, (Span(0, 30, 31),))]
    windows = pack(
        noise(40)[: 40 * RATE], turns, sample_rate=RATE, target_s=20, max_s=28, context_s=0.5
    )
    assert len(windows) == 1  # 9.5 to 12.5, then 29.5 to 31.5
    words = (
        RecognisedWord("先", 0.6, 1.0, 0.9),
        RecognisedWord("生", 1.0, 1.4, 0.7),
        RecognisedWord("喂", 3.6, 3.9, 0.5),
    )
    first, second = hear(turns, windows, [Recognised(words, -0.4, 0.2)])
    assert first.text == "先生"
    assert [(w.start_s, w.end_s) for w in first.words] == [(10.1, 10.5), (10.5, 10.9)]
    assert first.probability == 0.8
    assert second.text == "喂"
    assert (second.words[0].start_s, second.words[0].end_s) == (30.1, 30.4)
    assert second.average_log_probability == -0.4


def test_speech_without_text_is_a_hole() -> None:
    turn = Turn(0, (Span(0, 0, 2), Span(0, 2.3, 4)))
    full = tuple(RecognisedWord("字", t / 4, t / 4 + 0.2, 0.9) for t in range(16))
    half = full[:8]
    whole, holed = (
        hear([turn], pack(noise(5)[: 5 * RATE], [turn], sample_rate=RATE, target_s=20, max_s=28,
                          context_s=0.1), [Recognised(words, -0.3, 0.1)])[0]
        for words in (full, half)
    )  # fmt: skip
    assert not whole.has_holes
    assert holed.has_holes

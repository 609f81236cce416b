"""Which language a call is in, and what is done differently then."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from qc_pipeline.settings import SpeechSettings
from qc_pipeline.speech.hallucination import Evidence, suspicion
from qc_pipeline.speech.languages import likeliest, spoken_language
from qc_pipeline.speech.models import get_model
from qc_pipeline.speech.recognise import load_transcriber, recognise
from tests.speech.builders import heard


@pytest.mark.parametrize(
    ("found", "language"),
    [
        ([("<|zh|>", 0.9), ("<|en|>", 0.1)], "zh"),
        ([("<|zh|>", 0.1), ("<|en|>", 0.8)], "en"),
        ([("<|ja|>", 0.4), ("<|zh|>", 0.3)], "zh"),
    ],
    ids=["Mandarin", "English", "unsure is Mandarin"],
)
def test_a_window_is_in_its_likeliest_language(
    found: list[tuple[str, float]], language: str
) -> None:
    assert likeliest(found) == language


def test_a_call_is_in_the_language_of_most_of_its_speech() -> None:
    english = replace(heard("please pay", speech_s=8.0), language="en")
    mandarin = replace(heard("好的", speech_s=1.0), language="zh")
    assert spoken_language([english, mandarin, mandarin], default="auto") == "en"
    assert spoken_language([heard("好的")], default="yue") == "yue"
    assert spoken_language([], default="auto") == "zh"


@pytest.mark.parametrize(
    ("settings", "prompt"),
    [
        ({}, SpeechSettings().prompt),
        ({"language": "auto"}, SpeechSettings().prompt),
        ({"language": "en"}, ""),
        ({"language": "en", "prompt": "A call about a card."}, "A call about a card."),
    ],
)
def test_the_mandarin_prompt_is_for_chinese_only(settings: dict[str, Any], prompt: str) -> None:
    get_model("base")
    transcriber: Any = load_transcriber(SpeechSettings(**settings))
    assert transcriber.prompt == prompt


def test_letters_are_spoken_faster_than_characters() -> None:
    def of(text: str) -> str | None:
        return suspicion(Evidence(text, 2.0, 0.9, -0.2, 0.0))

    assert of("please pay the whole amount by Friday") is None
    assert (of("我们今天就要把您的全部欠款结清不然就走程序了知道吗") or "").startswith("too_much")


def test_a_gpu_is_used_as_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Device, type and batch size reach the library; nothing here needs a GPU."""
    get_model("base")
    asked: dict[str, Any] = {}

    class Model:
        def __init__(self, folder: str, **options: Any) -> None:
            asked.update(options, folder=folder)

    monkeypatch.setattr("faster_whisper.WhisperModel", Model)
    transcriber: Any = load_transcriber(
        SpeechSettings(device="cuda", compute_type="float16", batch_size=32, threads=3)
    )
    transcriber._model()
    assert asked.pop("folder").endswith("base")
    assert asked == {
        "device": "cuda", "compute_type": "float16", "cpu_threads": 3, "local_files_only": True
    }  # fmt: skip
    assert transcriber.batch_size == 32


@pytest.mark.slow
def test_detection_hears_mandarin_as_if_it_had_been_set(excerpt, transcriber) -> None:
    audio = excerpt("s01", 18.9, 30.0)

    def transcript(recogniser: Any, settings: SpeechSettings) -> Any:
        return recognise(audio, recording_sha256="", channels="agent,customer",
                         transcriber=recogniser, settings=settings)  # fmt: skip

    detecting = SpeechSettings(language="auto")
    found = transcript(load_transcriber(detecting), detecting)
    assert found.language == "zh"
    assert found.utterances == transcript(transcriber, SpeechSettings()).utterances

from __future__ import annotations

import pytest

from qc_pipeline.speech.hallucination import Evidence, squeezed, suspicion

PROMPT = "以下是普通话的句子。"


def evidence(
    text: str,
    *,
    speech_s: float | None = None,
    probability: float = 0.8,
    log_probability: float = -0.3,
    no_speech: float = 0.1,
) -> Evidence:
    length = speech_s if speech_s is not None else max(1.0, len(text) / 4)
    return Evidence(text, length, probability, log_probability, no_speech)


@pytest.mark.parametrize(
    "text",
    [
        "字幕由Amara.org社区提供",
        "請不吝點贊 訂閱 轉發 打賞支持明鏡與點點欄目",
        "谢谢观看",
        "謝謝觀看!",
        "好的，请不吝点赞订阅转发。",
    ],
)
def test_known_phantom_sentences_are_suspect(text: str) -> None:
    assert (suspicion(evidence(text)) or "").startswith("phantom: ")


@pytest.mark.parametrize(
    "text",
    [
        "谢谢你啊姑娘，谢谢大家都这么说。",
        "您好，请问是陈女士本人吗？",
        "对对对，是我是我。",
        "喂喂喂，听得见吗？",
        "三零三零幺六。",
        "嗯。",
        "我给您申请一下，减免五百块，您看行不行？",
    ],
)
def test_ordinary_talk_is_not(text: str) -> None:
    assert suspicion(evidence(text), prompt=PROMPT, hotwords=("逾期", "征信", "还款")) is None


@pytest.mark.parametrize(
    ("case", "code"),
    [
        (evidence("支付宗支付宗支付宗支付宗支付宗"), "repetition"),
        (evidence("我们一起来看一看" * 4), "repetition"),
        (evidence("哈" * 12), "repetition"),
        (evidence("这么多字放不进去这么短的一段声音里面啊", speech_s=0.8), "too_much_text"),
        (evidence("别的什么话", log_probability=-1.4), "log_probability"),
        (evidence("别的什么话", log_probability=-1.4, no_speech=0.9), "no_speech"),
        (evidence("别的什么话", probability=0.15), "word_probability"),
        (evidence("以下是普通话的句子"), "prompt_echo"),
        (evidence("嗯逾期征信还款"), "prompt_echo"),
    ],
)
def test_each_check_gives_its_own_reason(case: Evidence, code: str) -> None:
    reason = suspicion(case, prompt=PROMPT, hotwords=("逾期", "征信", "还款"))
    assert reason is not None
    assert reason.startswith(f"{code}: ")


def test_hearing_no_speech_counts_only_where_the_words_are_improbable_too() -> None:
    assert suspicion(evidence("好的，我知道了", no_speech=0.95)) is None


def test_texts_are_compared_without_script_case_or_punctuation() -> None:
    assert squeezed("請 不吝點贊！ＡＢc。") == "请不吝点赞abc"

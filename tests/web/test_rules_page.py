"""The rules desk: what rules there are, and what they say of a sentence."""

from __future__ import annotations

import re

import pytest

from qc_pipeline.web.routes.rules import LONGEST


def test_rules_of_a_code_stand_with_their_rows_and_examples(person) -> None:
    page = person("reviewer").get("/rules?code=threat_intimidation").text
    assert "threat.gang_visit" in page
    assert "不应命中" in page
    assert re.search(r"CC-01 \S+", page)
    assert "abuse.contempt" not in page


def test_rules_are_found_by_their_words(person) -> None:
    somebody = person("compliance")
    assert "threat.gang_visit" in somebody.get("/rules?words=gang_visit").text
    assert "没有符合的内容" in somebody.get("/rules?words=没有这样的规则").text


def test_a_sentence_is_judged_on_the_spot(person) -> None:
    page = person("reviewer").post("/rules/try", text="我带几个人今晚去你家坐坐").text
    assert "<mark>" in page
    assert "规则（字）" in page
    assert "没有命中" not in page


def test_what_a_guard_stopped_is_shown_with_its_reason(person) -> None:
    page = (
        person("reviewer")
        .post("/rules/try", text="我们不会带人去您家的，您放心", prev="你们是不是要带人来")
        .text
    )
    assert "没有命中" in page


def test_the_listener_decides(person) -> None:
    somebody = person("reviewer")
    words = "您儿子在银行欠了两万，半年没还"
    assert "没有命中" not in somebody.post("/rules/try", text=words, listener="third_party").text
    assert somebody.post("/rules/try", text=words, listener="uncle").status_code == 400


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>我带人去你家", "😀" * 200, "a' OR 1=1 --"]
)
def test_a_sentence_is_shown_as_text(person, text: str) -> None:
    answer = person("reviewer").post("/rules/try", text=text)
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text


def test_too_long_a_sentence_is_refused(person) -> None:
    assert person("reviewer").post("/rules/try", text="长" * (LONGEST + 1)).status_code in (
        400,
        422,
    )


@pytest.mark.parametrize("who", ["collector", "bank_client"])
def test_who_has_no_business_with_rules_is_told_so(person, who: str) -> None:
    assert person(who).get("/rules").status_code == 403
    assert person(who).post("/rules/try", text="你好").status_code == 403

"""The context phrases: their own examples hold, and a broken file says what is wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from qc_pipeline.detect.context_lexicon import ContextLexicon, load_context_lexicon
from qc_pipeline.detect.rules import load_rules
from qc_pipeline.errors import RuleError
from qc_pipeline.policy.load import Policy
from qc_pipeline.settings import packaged_dir

CONTEXT = packaged_dir("lexicons") / "context"


@pytest.fixture(scope="module")
def classes(policy: Policy) -> dict[str, tuple[str, ...]]:
    return dict(load_rules(packaged_dir("lexicons"), taxonomy=policy.taxonomy).classes)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CONTEXT, tmp_path / "context"))


def test_every_phrase_group_finds_its_hits_and_leaves_its_misses(lexicon: ContextLexicon) -> None:
    assert lexicon.failing_examples() == ()


def test_every_phrase_group_has_examples_of_both_kinds() -> None:
    for path in sorted(CONTEXT.glob("*.yaml")):
        raw = yaml.safe_load(path.read_text("utf-8"))
        for name, group in {**raw.get("phrases", {}), **raw.get("tokens", {})}.items():
            assert group["hits"], name
            assert group["misses"], name


def test_found_words_are_the_words_of_the_text(lexicon: ContextLexicon) -> None:
    text = "那正好，我要投诉你们。"
    said = lexicon.first("complaint", text)
    assert said is not None
    assert text[said.start : said.end] == said.text
    assert not said.by_sound


def test_recognition_errors_are_found_by_sound(lexicon: ContextLexicon) -> None:
    said = lexicon.first("identity_checked", "跟您合个身份正后四位")
    assert said is not None


def test_an_unless_only_bars_the_place_it_covers(lexicon: ContextLexicon) -> None:
    text = "上回我没要投诉，这回我要投诉你们。"
    assert [said.start for said in lexicon.find("complaint", text)] == [text.rindex("我要投诉")]


def test_a_failing_example_is_named(folder: Path, classes: dict[str, tuple[str, ...]]) -> None:
    path = folder / "notes.yaml"
    raw = yaml.safe_load(path.read_text("utf-8"))
    raw["phrases"]["note_subjective"]["hits"].append("客户配合")
    path.write_text(yaml.safe_dump(raw, allow_unicode=True), "utf-8")
    changed = load_context_lexicon(folder, classes=classes)
    assert changed.failing_examples() == ("note_subjective: not found: 客户配合",)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("phrases: [", "not valid YAML"),
        ("phrases: {complaint: {about: x, says: [投诉]}}", "defined twice"),
        ("phrases: {no_such: {about: x, says: [投诉]}}", "nothing uses no_such"),
        ("phrases: {complaint: {about: x}}", "says: Field required"),
        ("words: ['<no_such_class>']", "no_such_class"),
        ("words: [一…二]", "is not a word"),
    ],
)
def test_a_broken_file_is_named_with_its_fault(
    folder: Path, classes: dict[str, tuple[str, ...]], text: str, complaint: str
) -> None:
    (folder / "own.yaml").write_text(text, "utf-8")
    with pytest.raises(RuleError) as raised:
        load_context_lexicon(folder, classes=classes)
    assert complaint in str(raised.value)
    assert "own.yaml" in str(raised.value)


def test_a_missing_group_is_named(folder: Path, classes: dict[str, tuple[str, ...]]) -> None:
    (folder / "dates.yaml").unlink()
    with pytest.raises(RuleError, match="vague_time"):
        load_context_lexicon(folder, classes=classes)


def test_a_bad_pattern_names_its_group(folder: Path, classes: dict[str, tuple[str, ...]]) -> None:
    path = folder / "dates.yaml"
    path.write_text(path.read_text("utf-8").replace("有了就还", "<没有这类>", 1), "utf-8")
    with pytest.raises(RuleError, match="vague_time"):
        load_context_lexicon(folder, classes=classes)

"""A classifier's files are checked before use; what is wrong is named with the remedy."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml

from qc_pipeline.detect.detectors import load_detectors
from qc_pipeline.detect.learned.artefact import CARD, FILES, FORMAT, open_artefact, write_card
from qc_pipeline.detect.line import TextLine, detect_line
from qc_pipeline.errors import ModelError
from qc_pipeline.policy.load import Policy
from qc_pipeline.settings import load_settings

WEIGHTS = {
    "bands": {"abuse_insult": {"quarantined": 0.4, "open": 0.9}},
    "rule_weights": {"open": 1.0, "phonetic": 0.5, "quarantined": 0.5},
    "dismissed_below": 0.1,
}
VALUES = {"name": "test", "codes": ["abuse_insult"], "written": WEIGHTS, "heard": WEIGHTS}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    write_card(tmp_path, **VALUES)
    return tmp_path


def rewrite(folder: Path, **changes: object) -> None:
    card = yaml.safe_load((folder / CARD).read_text("utf-8"))
    (folder / CARD).write_text(yaml.safe_dump({**card, **changes}), "utf-8")


def test_whole_files_open(folder: Path) -> None:
    artefact = open_artefact(folder)
    assert artefact.card.written.bands["abuse_insult"].open == 0.9
    assert len(artefact.card.version) == 12


def test_the_version_follows_the_content(folder: Path) -> None:
    before = open_artefact(folder).card.version
    (folder / "head.npz").write_bytes(b"other")
    assert write_card(folder, **VALUES).version != before
    assert (
        write_card(folder, **{**VALUES, "heard": {**WEIGHTS, "dismissed_below": 0.2}}).version
        != before
    )


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelError, match=name) as error:
        open_artefact(folder)
    assert "make train" in error.value.remedy


@pytest.mark.parametrize("name", FILES)
def test_an_altered_file_is_named(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"altered")
    with pytest.raises(ModelError, match=f"{name} 与校验值不符"):
        open_artefact(folder)


def test_a_card_of_another_version_or_broken_is_refused(folder: Path) -> None:
    rewrite(folder, format=99)
    with pytest.raises(ModelError, match="99"):
        open_artefact(folder)
    upside_down = {**WEIGHTS, "bands": {"abuse_insult": {"quarantined": 0.9, "open": 0.1}}}
    rewrite(folder, format=FORMAT, heard=upside_down)
    with pytest.raises(ModelError, match="quarantined"):
        open_artefact(folder)
    rewrite(folder, format=FORMAT, heard={**WEIGHTS, "bands": {}})
    with pytest.raises(ModelError, match="bands and codes differ"):
        open_artefact(folder)
    (folder / CARD).write_text("{", "utf-8")
    with pytest.raises(ModelError, match="读不出"):
        open_artefact(folder)
    (folder / CARD).unlink()
    with pytest.raises(ModelError, match="没有分类模型"):
        open_artefact(folder)


def test_detection_goes_on_with_rules_and_says_why(
    tmp_path: Path, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings(home=tmp_path, classifier=str(tmp_path / "nowhere"))
    detectors = load_detectors(settings, policy=policy)
    assert detectors.rules.classifier is None
    assert "没有分类模型" in (detectors.without_classifier or "")
    monkeypatch.setenv("QC_CLASSIFIER", "none")
    switched_off = load_detectors(load_settings(home=tmp_path), policy=policy)
    assert switched_off.rules.classifier is None
    assert "已关闭" in (switched_off.without_classifier or "")


@pytest.mark.parametrize("library", ["tokenizers", "ctranslate2"])
def test_without_the_extra_detection_goes_on_with_rules(
    tmp_path: Path, policy: Policy, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    detectors = load_detectors(load_settings(home=tmp_path), policy=policy)
    assert detectors.rules.classifier is None
    assert detectors.rules.rules
    assert f"{library} 没有安装" in (detectors.without_classifier or "")


@pytest.mark.parametrize("text", ["", "　", "😀" * 3, "你今天必须把钱还上，" * 1000])
def test_odd_texts_are_judged_with_the_packaged_model(
    tmp_path: Path, policy: Policy, text: str
) -> None:
    rules = load_detectors(load_settings(home=tmp_path), policy=policy).rules
    assert rules.classifier is not None
    for finding in detect_line(TextLine(id="1", text=text), rules=rules, policy=policy)[0]:
        assert finding.utterance == text

"""Everything that proposes findings on words: the rules, and the classifier where there is one."""

from __future__ import annotations

from dataclasses import dataclass

from qc_pipeline.detect.learned.classifier import load_classifier
from qc_pipeline.detect.rules import RuleSet, load_rules
from qc_pipeline.errors import ModelError
from qc_pipeline.policy.load import Policy
from qc_pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class Detectors:
    """`rules` with the classifier beside them; `without_classifier` says why there is none."""

    rules: RuleSet
    without_classifier: str | None


def load_detectors(settings: Settings, *, policy: Policy) -> Detectors:
    """The rules and the classifier that `settings` name.

    A classifier that is missing, altered, of another version, or lacks a library is no error:
    detection goes on with rules, and says so. Raises RuleError.
    """
    rules = load_rules(settings.lexicon_dir, taxonomy=policy.taxonomy)
    folder = settings.classifier_dir
    if folder is None:
        return Detectors(rules, "已关闭分类模型，只用规则")
    try:
        return Detectors(rules.with_classifier(load_classifier(folder)), None)
    except ModelError as error:
        return Detectors(rules, f"只用规则，未用分类模型：{error}")

"""The files of a trained classifier, and whether they are whole.

card.yaml          name, version, codes, bands, checksums of the others
tokenizer.json     the vocabulary
head.npz           output layer, and the training examples that explain a judgement
grams.npz          linear model over grams of characters and sounds
encoder/           the transformer, eight-bit weights, as CTranslate2 reads it
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from qc_pipeline.errors import ModelError
from qc_pipeline.settings import packaged_dir

CARD = "card.yaml"
FORMAT = 2
FILES = (
    "tokenizer.json", "head.npz", "grams.npz", "encoder/model.bin", "encoder/config.json",
    "encoder/vocabulary.json",
)  # fmt: skip
_REMEDY = "恢复该文件，或运行 make train 重新训练；检测可用 --without classifier 只用规则"


class Band(BaseModel):
    """From which probability a judgement is for a human to look at, and from which it stands."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    quarantined: float
    open: float

    @model_validator(mode="after")
    def _ordered(self) -> Band:
        if not 0 < self.quarantined <= self.open <= 1:
            raise ValueError("a band needs 0 < quarantined <= open <= 1")
        return self


class Weights(BaseModel):
    """When a probability counts, and how it is weighed against rules. `rule_weights`: log-odds
    that a rule's hit adds, by its standing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    bands: Mapping[str, Band]
    rule_weights: Mapping[str, float]
    dismissed_below: float


class Card(BaseModel):
    """What `card.yaml` says: one weighing for certain words, one for recognised ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    format: int
    version: str
    codes: tuple[str, ...]
    written: Weights
    heard: Weights
    files: Mapping[str, str]

    @model_validator(mode="after")
    def _complete(self) -> Card:
        if any(set(each.bands) != set(self.codes) for each in (self.written, self.heard)):
            raise ValueError("bands and codes differ")
        if set(self.files) != set(FILES):
            raise ValueError(f"files must be {', '.join(FILES)}")
        return self


@dataclass(frozen=True, slots=True)
class Artefact:
    """A verified classifier on disk."""

    folder: Path
    card: Card


def packaged_classifier() -> Path:
    """The folder of the classifier that comes with the project."""
    return packaged_dir("models") / "classifier"


def open_artefact(folder: Path) -> Artefact:
    """The classifier in `folder`, its files checked. Raises ModelError naming the file."""
    card = _read_card(folder / CARD)
    for name, sha256 in card.files.items():
        path = folder / name
        if not path.is_file():
            raise ModelError(f"分类模型缺少文件 {name}（{folder.name}）", remedy=_REMEDY)
        if hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            raise ModelError(f"分类模型的文件 {name} 与校验值不符", remedy=_REMEDY)
    return Artefact(folder, card)


def write_card(folder: Path, **values: Any) -> Card:
    """Write `card.yaml` beside the other files, whose checksums it takes; the version is the
    first half of the checksum of everything else.
    """
    files = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES}
    content = {"format": FORMAT, **values, "files": files}
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=True)
    version = hashlib.sha256(text.encode()).hexdigest()[:12]
    card = Card.model_validate({**content, "version": version})
    (folder / CARD).write_text(
        yaml.safe_dump({"version": version, **content}, allow_unicode=True, sort_keys=False),
        encoding="utf-8",
    )
    return card


def _read_card(path: Path) -> Card:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"没有分类模型：缺少 {path.name}", remedy=_REMEDY) from None
    except (OSError, yaml.YAMLError) as error:
        raise ModelError(f"分类模型说明 {path.name} 读不出：{error}", remedy=_REMEDY) from None
    if isinstance(raw, dict) and raw.get("format") != FORMAT:
        raise ModelError(
            f"分类模型的格式是 {raw.get('format')!r}，本版本只认 {FORMAT}", remedy=_REMEDY
        )
    try:
        return Card.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ModelError(
            f"分类模型说明 {path.name} 有误：{where} {first['msg']}", remedy=_REMEDY
        ) from None

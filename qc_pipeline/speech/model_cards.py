"""Model cards: what `models/*.yaml` says of each model that comes with the package."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from qc_pipeline.errors import ModelError
from qc_pipeline.settings import packaged_dir


@dataclass(frozen=True, slots=True)
class ModelPart:
    """A file inside an installed package."""

    package: str
    path: str


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file of a model: the parts it is joined from, its size in bytes and SHA-256."""

    name: str
    size: int
    sha256: str
    parts: tuple[ModelPart, ...]


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model. `packages` maps the packages that carry its files to their versions."""

    name: str
    engine: str
    description: str
    licence: str
    source: str
    packages: Mapping[str, str]
    files: tuple[ModelFile, ...]
    measured: str

    @property
    def cached(self) -> bool:
        """Whether all its files are in the cache at their full size."""
        folder = models_dir() / self.name
        return all(
            (folder / file.name).is_file() and (folder / file.name).stat().st_size == file.size
            for file in self.files
        )

    @property
    def pins(self) -> str:
        """The packages as `pip install` takes them."""
        return " ".join(f"{package}=={version}" for package, version in self.packages.items())


def models_dir() -> Path:
    """The cache folder: `QC_MODELS`, else ~/.cache/qc-pipeline/models."""
    return Path(os.environ.get("QC_MODELS") or "~/.cache/qc-pipeline/models").expanduser()


def list_models() -> tuple[ModelCard, ...]:
    """The packaged models, by file name. Raises ModelError when a card is broken."""
    return tuple(_read_card(path) for path in sorted(packaged_dir("models").glob("*.yaml")))


def find_card(name: str) -> ModelCard | None:
    """The card of the packaged model `name`."""
    return next((card for card in list_models() if card.name == name), None)


def _read_card(path: Path) -> ModelCard:
    try:
        raw: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
        return ModelCard(
            name=raw["name"],
            engine=raw["engine"],
            description=raw["description"],
            licence=raw["licence"],
            source=raw["source"],
            packages={str(name): str(version) for name, version in raw["packages"].items()},
            files=tuple(_read_file(file) for file in raw["files"]),
            measured=str(raw["measured"]),
        )
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"模型卡 {path} 有误：{error!r}", remedy="恢复该文件") from None


def _read_file(raw: dict[str, Any]) -> ModelFile:
    return ModelFile(
        name=raw["name"],
        size=int(raw["size"]),
        sha256=str(raw["sha256"]),
        parts=tuple(ModelPart(part["package"], part["path"]) for part in raw["parts"]),
    )

"""The rulebook's rows, and what a lexicon folder states about those that no rule looks for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qc_pipeline.errors import RuleError

RULEBOOK_FILE = "rulebook.yaml"
COVERAGE_FILE = "coverage.yaml"
StatedState = Literal["registered", "planned", "out_of_reach"]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1)


class RulebookRow(_Row):
    """One row: what it asks, and the card code of a breach (None: not a line of the card)."""

    code: str | None
    type: str
    summary: str = Field(min_length=1)


class StatedRow(_Row):
    """What covers a row that no rule looks for, or why nothing does (`zh`).

    `by` names the registers and imports that cover a registered row.
    """

    state: StatedState
    zh: str = Field(min_length=1)
    by: tuple[str, ...] = ()


_R = TypeVar("_R", bound=_Row)


def load_rulebook(folder: Path) -> dict[str, RulebookRow]:
    """Every row of the folder's rulebook by id, in its order.

    Raises RuleError naming file, line and row.
    """
    rows: dict[str, RulebookRow] = {}
    for where, row in _rows(folder / RULEBOOK_FILE, RulebookRow):
        if row.id in rows:
            raise RuleError(f"{where}: row {row.id} stands here twice")
        rows[row.id] = row
    return rows


def load_statements(folder: Path) -> tuple[tuple[str, StatedRow], ...]:
    """Every statement of the folder's coverage file as (`file:line`, row), in its order.

    Raises RuleError naming file, line and row.
    """
    return tuple(_rows(folder / COVERAGE_FILE, StatedRow))


def _rows(path: Path, model: type[_R]) -> Iterator[tuple[str, _R]]:
    for where, written in _written(path):
        name = f"row {written['id']}: " if isinstance(written, dict) and "id" in written else ""
        try:
            yield where, model.model_validate(written)
        except ValidationError as error:
            first = error.errors()[0]
            field = "".join(f"{part}: " for part in first["loc"])
            raise RuleError(f"{where}: {name}{field}{first['msg']}") from None


def _written(path: Path) -> list[tuple[str, Any]]:
    """The entries of `rows` as (`file:line`, value)."""
    try:
        loader = yaml.CSafeLoader(path.read_text("utf-8-sig"))
        root = loader.get_single_node()
        value: Any = loader.construct_document(root) if root is not None else None
    except UnicodeDecodeError as error:
        raise RuleError(f"{path}: not UTF-8 at byte {error.start}") from None
    except OSError as error:
        raise RuleError(f"{path}: {error.strerror}", remedy="restore the file") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise RuleError(f"{path}{line}: not valid YAML: {problem}") from None
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    nodes = [item for key, item in pairs if key.value == "rows"]
    if len(nodes) != 1 or not isinstance(nodes[0], yaml.SequenceNode):
        raise RuleError(f"{path}: expected `rows`: a list of mappings with an `id`")
    entries = list(zip(nodes[0].value, value["rows"], strict=True))
    for node, written in entries:
        if isinstance(written, dict) and len(node.value) > len(written):
            name = written.get("id", "without id")
            raise RuleError(f"{path}:{node.start_mark.line + 1}: row {name}: a key stands twice")
    return [(f"{path}:{node.start_mark.line + 1}", written) for node, written in entries]

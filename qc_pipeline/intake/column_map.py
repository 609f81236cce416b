"""A column map: how another system's export names what the manifest contract names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from qc_pipeline.errors import ColumnMapError
from qc_pipeline.intake.manifest_columns import ALLOWED_WORDS, MANIFEST_COLUMNS
from qc_pipeline.records import SHANGHAI

_SECTIONS = ("columns", "values", "time_format")


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """`columns`: contract column -> the export's column. `values`: contract column -> the
    export's word -> contract word. `time_format`: as for strptime, beside ISO 8601.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    time_format: str | None = None


class _TextLoader(yaml.SafeLoader):
    """Reads every scalar as the text it is (`是: yes` stays `yes`); refuses a key given twice."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """As PyYAML's, but a repeated key is an error instead of the last one winning."""
        seen = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key must be a word", key_node.start_mark
                )
            if key_node.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key_node.value!r} is given twice", key_node.start_mark
                )
            seen.add(key_node.value)
        return super().construct_mapping(node, deep=deep)


def load_column_map(
    path: Path, *, columns: Collection[str] = MANIFEST_COLUMNS,
    words: Mapping[str, Collection[str]] = ALLOWED_WORDS,
) -> ColumnMap:  # fmt: skip
    """The column map in `path` for a table of these `columns`, of which some hold only certain
    `words`. Raises ColumnMapError naming the file, the entry and the remedy.
    """
    try:
        raw = yaml.load(path.read_bytes(), Loader=_TextLoader)  # noqa: S506 - a SafeLoader
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ColumnMapError(f"{path} can't be read: {reason}", remedy="check the path") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise ColumnMapError(f"{path} is not valid YAML: {error}", remedy=_SHAPE) from None
    if not isinstance(raw, dict):
        raise ColumnMapError(f"{path} is not a mapping", remedy=_SHAPE)
    _known(raw, _SECTIONS, f"{path}:")
    named = _words(raw.get("columns", {}), f"{path}: columns")
    _known(named, columns, f"{path}: columns:")
    values = raw.get("values", {})
    if not isinstance(values, dict):
        raise ColumnMapError(f"{path}: values is not a mapping", remedy=_SHAPE)
    _known(values, columns, f"{path}: values:")
    return ColumnMap(
        columns=named,
        values={
            name: _translations(name, given, path, allowed=words.get(name))
            for name, given in values.items()
        },
        time_format=_time_format(raw.get("time_format"), path),
    )


_SHAPE = "write it as\ncolumns: {call_id: 录音流水号}\nvalues: {direction: {呼出: outbound}}"


def _known(given: Collection[str], allowed: Collection[str], where: str) -> None:
    for name in given:
        if name not in allowed:
            near = difflib.get_close_matches(name, allowed, n=1)
            remedy = f"did you mean {near[0]}?" if near else f"known: {', '.join(allowed)}"
            raise ColumnMapError(f"{where} {name} is unknown", remedy=remedy)


def _words(raw: object, where: str) -> dict[str, str]:
    if not isinstance(raw, dict):
        raise ColumnMapError(f"{where} is not a mapping", remedy=_SHAPE)
    for key, value in raw.items():
        if not isinstance(value, str) or not value.strip():
            raise ColumnMapError(f"{where}: {key} names nothing", remedy=_SHAPE)
    return {key: value.strip() for key, value in raw.items()}


def _translations(
    column: str, raw: object, path: Path, *, allowed: Collection[str] | None
) -> dict[str, str]:
    where = f"{path}: values: {column}"
    words = _words(raw, where)
    for theirs, ours in words.items():
        if allowed is not None and ours not in allowed:
            raise ColumnMapError(
                f"{where}: {theirs} becomes {ours}, which {column} can't be",
                remedy=f"allowed: {', '.join(allowed)}",
            )
    return words


def _time_format(raw: object, path: Path) -> str | None:
    if raw is None:
        return None
    remedy = 'write it as for strptime, with day and hour: time_format: "%Y/%m/%d %H:%M:%S"'
    if not isinstance(raw, str):
        raise ColumnMapError(f"{path}: time_format is not text", remedy=remedy)
    sample = datetime(2026, 10, 13, 21, 22, tzinfo=SHANGHAI)
    try:
        kept = datetime.strptime(sample.strftime(raw), raw)
    except (ValueError, re.error, KeyError):
        kept = None
    # A format without the hour would put every call at midnight, inside the quiet hours.
    if kept is None or kept.replace(minute=22, tzinfo=None) != sample.replace(tzinfo=None):
        raise ColumnMapError(f"{path}: time_format {raw} doesn't hold a time", remedy=remedy)
    return raw

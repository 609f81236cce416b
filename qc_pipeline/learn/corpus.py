"""The labelled corpus: lines in JSON Lines, one file a voice, split by voice and never at random.

corpus/voices/<voice>.jsonl    what a voice wrote
corpus/noisy/<voice>.jsonl     some of it as spoken on a telephone line and recognised
corpus/verdicts/<name>.jsonl   lines from reviewers' verdicts (training only)
corpus/splits.yaml             which voice trains, which chooses, which judges
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from qc_pipeline.errors import CorpusError
from qc_pipeline.records import Role

Split = Literal["train", "validation", "test"]

CODES: tuple[str, ...] = (
    "threat_intimidation",
    "abuse_insult",
    "impersonation",
    "false_legal_claim",
    "false_credit_claim",
    "third_party_disclosure",
    "third_party_harassment",
    "unauthorized_promise",
    "private_payment",
    "off_channel_contact",
    "induce_borrowing",
    "debt_misinformation",
    "escalation_failure",
    "service_conduct",
)
"""The 13 spoken codes and service_conduct, in the order of a model's outputs."""

VIOLATION_STYLES = {"blunt", "veiled", "sarcastic", "conditional", "story", "caring", "long"}
NEAR_MISS_STYLES = {
    "denial", "lawful", "refusal", "advice", "quote", "answer", "question", "correction", "long",
    "message",
}  # fmt: skip
VERDICT_STYLE = "verdict"
PLAIN_STYLE = "plain"
_FIELDS = {
    "id", "text", "speaker", "callee", "prev", "labels", "near_miss_of", "style", "voice",
}  # fmt: skip
_NOT_SPOKEN = re.compile(r"[\W_]+")
_GRAM = 4


@dataclass(frozen=True, slots=True)
class CorpusLine:
    """One labelled utterance of a collector. `labels` has the main code first and is empty for
    an innocent line; `near_miss_of` then says which code it resembles (None for plain talk).
    `heard`: it is what a recogniser made of the written line.
    """

    id: str
    text: str
    callee: Role
    previous: str
    labels: tuple[str, ...]
    near_miss_of: str | None
    style: str
    voice: str
    heard: bool = False


@dataclass(frozen=True, slots=True)
class Corpus:
    """Lines by split. `noisy` holds recognised copies, which belong to their line's split."""

    written: Mapping[Split, tuple[CorpusLine, ...]]
    noisy: Mapping[Split, tuple[CorpusLine, ...]]

    def lines(self, split: Split) -> tuple[CorpusLine, ...]:
        """Written and recognised lines of a split."""
        return self.written[split] + self.noisy[split]


def load_corpus(folder: Path) -> Corpus:
    """Everything in `folder`. Raises CorpusError naming file and line."""
    splits = read_splits(folder / "splits.yaml")
    files = {path.stem: path for path in sorted((folder / "voices").glob("*.jsonl"))}
    _same_voices(splits, files, where=folder / "splits.yaml")
    written: dict[Split, tuple[CorpusLine, ...]] = dict.fromkeys(get_args(Split), ())
    noisy = dict(written)
    seen: dict[str, str] = {}
    for voice, path in files.items():
        lines = read_lines(path)
        for line in lines:
            if line.id in seen:
                raise CorpusError(f"{path.name}: id {line.id!r} also stands in {seen[line.id]}")
            seen[line.id] = path.name
        written[splits[voice]] += lines
        copies = folder / "noisy" / path.name
        if copies.exists():
            noisy[splits[voice]] += read_copies(copies, lines)
    for path in sorted((folder / "verdicts").glob("*.jsonl")):
        written["train"] += read_lines(path)
    return Corpus(written, noisy)


def read_splits(path: Path) -> dict[str, Split]:
    """Voice -> split. Raises CorpusError: a voice in two splits, or an unknown split."""
    try:
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise CorpusError(f"{path.name}: cannot be read ({error})") from None
    if not isinstance(value, dict) or set(value) != set(get_args(Split)):
        raise CorpusError(f"{path.name}: needs the keys {', '.join(get_args(Split))}")
    found: dict[str, Split] = {}
    for split, voices in value.items():
        for voice in voices or ():
            if voice in found:
                raise CorpusError(
                    f"{path.name}: voice {voice} stands twice, under {found[voice]} and {split}"
                )
            found[voice] = split
    return found


def _same_voices(splits: Mapping[str, Split], files: Mapping[str, Path], *, where: Path) -> None:
    if missing := sorted(set(files) - set(splits)):
        raise CorpusError(f"{where.name}: no split for {', '.join(missing)}")
    if missing := sorted(set(splits) - set(files)):
        raise CorpusError(f"{where.name}: no file for {', '.join(missing)}")


def read_lines(path: Path) -> tuple[CorpusLine, ...]:
    """The lines of one voice. Raises CorpusError naming the line and what is wrong with it."""
    lines: list[CorpusLine] = []
    for number, written in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            lines.append(parse_corpus_line(json.loads(written)))
        except (json.JSONDecodeError, ValueError) as error:
            raise CorpusError(f"{path.name}, line {number}: {error}") from None
    return tuple(lines)


def parse_corpus_line(value: Any) -> CorpusLine:
    """One line of a voice file. Raises ValueError saying what is wrong."""
    if not isinstance(value, dict) or set(value) != _FIELDS:
        raise ValueError(f"a line has exactly the fields {', '.join(sorted(_FIELDS))}")
    labels = value["labels"]
    if not isinstance(labels, list) or any(label not in CODES for label in labels):
        raise ValueError(f"labels {labels!r}; known: {', '.join(CODES)}")
    if len(set(labels)) != len(labels):
        raise ValueError("a label stands twice")
    nearly = value["near_miss_of"]
    if labels and nearly is not None:
        raise ValueError("a violation is not the near-miss of anything")
    plain = value["style"] == PLAIN_STYLE
    if plain and (labels or nearly is not None):
        raise ValueError("plain talk neither has labels nor resembles a violation")
    if not labels and not plain and nearly not in CODES:
        raise ValueError(f"near_miss_of is {nearly!r}; known: {', '.join(CODES)}")
    if value["speaker"] != "agent":
        raise ValueError("only what a collector says is labelled")
    if value["callee"] not in get_args(Role):
        raise ValueError(f"callee is {value['callee']!r}; known: {', '.join(get_args(Role))}")
    if not isinstance(value["text"], str) or not spoken(value["text"]):
        raise ValueError("text is empty")
    styles = VIOLATION_STYLES if labels else NEAR_MISS_STYLES
    if value["style"] not in styles | {VERDICT_STYLE, PLAIN_STYLE}:
        raise ValueError(f"style is {value['style']!r}; known: {', '.join(sorted(styles))}")
    return CorpusLine(
        id=str(value["id"]),
        text=value["text"],
        callee=value["callee"],
        previous=value["prev"] or "",
        labels=tuple(labels),
        near_miss_of=nearly,
        style=value["style"],
        voice=str(value["voice"]),
    )


def read_copies(path: Path, lines: Sequence[CorpusLine]) -> tuple[CorpusLine, ...]:
    """Recognised copies of `lines`: `{"id", "text"}` a line; labels are those of the line.

    Copies of which nothing was recognised are left out. Raises CorpusError.
    """
    originals = {line.id: line for line in lines}
    copies: list[CorpusLine] = []
    for number, written in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            value = json.loads(written)
            line = originals[value["id"]]
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise CorpusError(f"{path.name}, line {number}: no such line ({error})") from None
        if spoken(value["text"]):
            copies.append(replace(line, id=f"{line.id}~", text=value["text"], heard=True))
    return tuple(copies)


def spoken(text: str) -> str:
    """The text without punctuation, spaces and marks."""
    return _NOT_SPOKEN.sub("", text)


def near_duplicates(
    lines: Sequence[CorpusLine], *, at_least: float
) -> list[tuple[CorpusLine, CorpusLine, float]]:
    """Pairs that share too much: Jaccard index of their four-character pieces.

    The same short words with another previous utterance and another label are a pair on
    purpose, and are not named.
    """
    grams = [_grams(line.text) for line in lines]
    holders: dict[str, list[int]] = {}
    for index, pieces in enumerate(grams):
        for piece in pieces:
            holders.setdefault(piece, []).append(index)
    shared: dict[tuple[int, int], int] = {}
    for indexes in holders.values():
        for place, second in enumerate(indexes):
            for first in indexes[:place]:
                shared[first, second] = shared.get((first, second), 0) + 1
    found = []
    for (first, second), count in shared.items():
        likeness = count / (len(grams[first]) + len(grams[second]) - count)
        one, two = lines[first], lines[second]
        told_apart = one.previous != two.previous and one.labels != two.labels
        if likeness >= at_least and not told_apart:
            found.append((one, two, round(likeness, 3)))
    return sorted(found, key=lambda pair: -pair[2])


def _grams(text: str) -> frozenset[str]:
    said = spoken(text)
    return frozenset(said[i : i + _GRAM] for i in range(max(1, len(said) - _GRAM + 1)))

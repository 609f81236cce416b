"""Truth files: what was really said in a call, by whom, and what was wrong with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qc_pipeline.errors import UsageError
from qc_pipeline.records import Speaker

MISSING_CODES = {
    "self_identification": "opening_incomplete",
    "identity_check": "identity_unverified",
    "promise_details": "record_integrity/ri_ptp",
}
META_CODES = {"quiet_hours": "contact_time_breach", "holiday": "contact_time_breach"}


@dataclass(frozen=True, slots=True)
class TruthTurn:
    """One turn as spoken; times in seconds."""

    speaker: Speaker
    text: str
    start_s: float
    end_s: float
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """One call's truth. `codes` holds every code that applies to the call."""

    call_id: str
    turns: tuple[TruthTurn, ...]
    codes: frozenset[str]


def read_truths(folder: Path) -> tuple[Truth, ...]:
    """Every `*.truth.json` in `folder`. Raises UsageError naming file and fault."""
    paths = sorted(folder.glob("*.truth.json"))
    if not paths:
        raise UsageError(
            f"no *.truth.json in {folder}", remedy="name the folder of the truth files"
        )
    return tuple(_read(path) for path in paths)


def _read(path: Path) -> Truth:
    try:
        raw: dict[str, Any] = json.loads(path.read_text("utf-8"))
        turns = tuple(
            TruthTurn(
                speaker=turn["speaker"],
                text=turn["text"],
                start_s=float(turn["start"]),
                end_s=float(turn["end"]),
                labels=tuple(turn.get("labels", ())),
            )
            for turn in raw["turns"]
        )
        codes = {
            *raw.get("violations", ()),
            *(MISSING_CODES[name] for name in raw.get("missing", ())),
            *(META_CODES[name] for name in raw.get("meta", ())),
        }
        if raw.get("note_kind"):
            codes.add("record_integrity/ri_note")
        return Truth(str(raw["id"]), turns, frozenset(codes))
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(
            f"{path}: not a truth file ({type(error).__name__}: {error})",
            remedy="see the truth format in docs/evaluation.md",
        ) from None

"""Jinja: everything escaped, nothing undefined passes, a few words for times and numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from qc_pipeline.records import SHANGHAI
from qc_pipeline.store.masks import mask_text
from qc_pipeline.web.locale import catalogue

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"


@cache
def environment() -> Environment:
    """The environment all templates are rendered in."""
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        clock=clock, day=day, moment=moment, minute=minute, thousands=thousands, percent=percent
    )
    made.globals.update(
        masked=mask_text, static=static_url, quoted=quoted, told=told, marked_note=marked_note
    )
    made.tests["known_message"] = lambda key: key in catalogue()
    return made


def quoted(utterance: str, matched: str) -> Markup:
    """What was said with the words that were matched marked."""
    start = utterance.find(matched) if matched else -1
    if start < 0:
        return escape(utterance)
    end = start + len(matched)
    return Markup("{}<mark>{}</mark>{}").format(utterance[:start], matched, utterance[end:])


def told(reason: str) -> str:
    """A reason without its code: `negated: 否定语境` is for programs up to the colon."""
    return reason.partition(": ")[2] or reason


def marked_note(note: str, findings: Iterable[Any]) -> Markup:
    """The collector's note with the words marked that the recording contradicts."""
    cuts: list[tuple[int, int]] = []
    for card in findings:
        matched = card.row["matched"]
        start = note.find(matched) if matched else -1
        if start >= 0 and all(start >= high or start + len(matched) <= low for low, high in cuts):
            cuts.append((start, start + len(matched)))
    made, at = Markup(""), 0
    for low, high in sorted(cuts):
        made += escape(note[at:low]) + Markup("<mark>{}</mark>").format(note[low:high])
        at = high
    return made + escape(note[at:])


def clock(seconds: float | None) -> str:
    """Seconds into a recording as m:ss."""
    if seconds is None:
        return "–"
    whole = int(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def day(at: datetime | None) -> str:
    """2026-03-03, in Asia/Shanghai."""
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d}" if at else "–"


def moment(at: datetime | None) -> str:
    """2026-03-03 14:05, in Asia/Shanghai."""
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if at else "–"


def minute(at: datetime | None) -> str:
    """03-03 14:05: for lists of the current weeks."""
    return f"{at.astimezone(SHANGHAI):%m-%d %H:%M}" if at else "–"


def thousands(number: float | None) -> str:
    """12,345."""
    return "–" if number is None else f"{number:,}"


def percent(share: float | None) -> str:
    """0.163 as 16.3 %."""
    return "–" if share is None else f"{share * 100:.1f} %"


def static_url(name: str) -> str:
    """The address of a static file; its hash makes a browser fetch a changed one again."""
    return f"/static/{name}?v={_version(name)}"


@cache
def _version(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]

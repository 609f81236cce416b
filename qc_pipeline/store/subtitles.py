"""Transcripts as WebVTT, SubRip or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import count, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO

from qc_pipeline.records import SHANGHAI
from qc_pipeline.store.artefacts import safe_name

TRANSCRIPT_FORMATS = ("vtt", "srt", "json")
_WHO = {"agent": "坐席", "customer": "客户", "unknown": "未知"}

Turn = Mapping[str, Any]
"""A row of `export/transcripts`."""


def write_each(file_format: str, turns: Iterable[Turn], *, folder: Path) -> int:
    """Write one file per call below `folder`; returns how many. `turns` are in order of call
    and index.
    """
    folder.mkdir(parents=True, exist_ok=True)
    calls = 0
    for call_id, turns_of_call in groupby(turns, key=itemgetter("call_id")):
        path = folder / f"{safe_name(call_id)}.{file_format}"
        with path.open("wb") as file:
            write_all(file_format, turns_of_call, file=file)
        calls += 1
    return calls


def write_all(file_format: str, turns: Iterable[Turn], *, file: BinaryIO) -> int:
    """Write the calls one after the other into `file`; returns how many."""
    render = {"vtt": _vtt, "srt": _srt, "json": _json}[file_format]
    calls = 0

    def by_call() -> Iterator[tuple[str, Iterable[Turn]]]:
        nonlocal calls
        for call_id, turns_of_call in groupby(turns, key=itemgetter("call_id")):
            calls += 1
            yield call_id, turns_of_call

    for piece in render(by_call()):
        file.write(piece.encode())
    return calls


_Calls = Iterable[tuple[str, Iterable[Turn]]]


def _vtt(calls: _Calls) -> Iterator[str]:
    yield "WEBVTT\n"
    for call_id, turns in calls:
        yield f"\nNOTE {_one_line(call_id).replace('-->', '->')}\n"
        for turn in turns:
            yield f"\n{turn['index']}\n{_clock(turn['start_s'], '.')} --> "
            yield f"{_clock(turn['end_s'], '.')}\n"
            yield f"<v {_WHO[turn['speaker']]}>{_escaped(_one_line(_said(turn)))}\n"


def _srt(calls: _Calls) -> Iterator[str]:
    numbers = count(1)
    for call_id, turns in calls:
        for turn in turns:
            yield f"{next(numbers)}\n{_clock(turn['start_s'], ',')} --> "
            yield f"{_clock(turn['end_s'], ',')}\n"
            yield f"[{_one_line(call_id)}] {_WHO[turn['speaker']]}：{_one_line(_said(turn))}\n\n"


def _json(calls: _Calls) -> Iterator[str]:
    between = "["
    for call_id, turns in calls:
        utterances = [{k: v for k, v in turn.items() if k != "call_id"} for turn in turns]
        yield between
        yield json.dumps(
            {"call_id": call_id, "utterances": utterances}, ensure_ascii=False, default=_moment
        )
        between = ",\n"
    yield "]\n" if between != "[" else "[]\n"


def _said(turn: Turn) -> str:
    """What was recognised, and beside it what a reviewer heard."""
    corrected = turn["corrected_text"]
    return str(turn["text"]) if corrected is None else f"{turn['text']}〔更正：{corrected}〕"


def _moment(value: datetime) -> str:
    return value.astimezone(SHANGHAI).isoformat()


def _clock(seconds: float, point: str) -> str:
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{point}{thousandths:03}"


def _one_line(text: str) -> str:
    return " ".join(text.splitlines())


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

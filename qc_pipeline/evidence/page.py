"""The page of a pack that people read. Chinese first; no script, nothing from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from qc_pipeline.evidence.material import Material, Row
from qc_pipeline.policy import Policy
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers.chain import RegisterEvent
from qc_pipeline.store.artefacts import safe_name

_TURNS_AROUND = 3
_SPEAKERS = {"agent": "坐席", "customer": "客户", "unknown": "未知"}
_LISTENERS = {
    "debtor": "债务人本人", "guarantor": "担保人", "co_borrower": "共同借款人",
    "authorised_agent": "受托人", "third_party": "第三人", "unknown": "未确定",
}  # fmt: skip
_STATUS = {
    "open": "待复核", "quarantined": "待核实", "confirmed": "已确认", "rejected": "已驳回",
    "overturned": "申诉撤销",
}  # fmt: skip
_SEVERITIES = {"critical": "严重", "major": "较重", "minor": "轻微", "info": "提示"}
_KINDS = {"finding": "违规发现", "case": "违纪案件", "complaint": "投诉"}


def render_page(
    material: Material, *, about: Mapping[str, Any], clips: frozenset[str], policy: Policy
) -> str:
    """`index.html` of a pack. `clips` names the clips there are; `about` is the manifest's."""
    page: str = _environment().get_template("evidence.html").render(
        about=about,
        kind=_KINDS[material.subject.kind],
        calls=[_call(call.call_id, material) for call in material.calls],
        findings=[_finding(row, material, clips, policy) for row in material.findings],
        entries=[_entry(entry) for entry in material.entries],
        recordings=material.recordings,
        suppressed=len(material.suppressed),
    )  # fmt: skip
    return page


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("qc_pipeline.evidence", "templates"), autoescape=True,
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"clock": _clock, "moment": _moment}
    return environment


def _call(call_id: str, material: Material) -> Mapping[str, Any]:
    call = next(each for each in material.calls if each.call_id == call_id)
    then = material.facts.get(call_id)
    case = then.context.case if then else None
    return {
        "call": call,
        "heard": then is not None,
        "proven": then is not None and then.proven,
        "case": case,
        "approvals": then.context.approvals if then else (),
        "accounts": then.context.accounts if then else (),
        "designations": then.context.designations if then else (),
    }


def _finding(row: Row, material: Material, clips: frozenset[str], policy: Policy) -> Row:
    name = f"clips/{safe_name(row['finding_id'])}.wav"
    index = row["utterance_index"]
    turns = [
        {**turn, "who": _SPEAKERS[turn["speaker"]], "words": _words(turn, row)}
        for turn in material.utterances
        if turn["call_id"] == row["call_id"]
        and index is not None
        and abs(turn["index"] - index) <= _TURNS_AROUND
    ]
    code = policy.taxonomy.codes.get(row["code"])
    return {
        **row,
        "zh": code.zh if code else row["code"],
        "en": code.en if code else "",
        "severity_zh": _SEVERITIES[row["severity"]],
        "status_zh": _STATUS[row["status"]],
        "listener_zh": _LISTENERS.get(row["listener"], row["listener"]),
        "clip": name if name in clips else None,
        "turns": turns,
        "reasons": [reason.partition(": ") for reason in row["reasons"]],
    }


def _words(turn: Row, finding: Row) -> Markup:
    """The turn's text, the words of the finding marked, and what a reviewer heard instead."""
    return _recognised(turn, finding) + (
        Markup("〔更正：{}〕").format(turn["corrected_text"]) if turn["corrected_text"] else ""
    )


def _recognised(turn: Row, finding: Row) -> Markup:
    text, start, end = turn["text"], finding["start_offset"], finding["end_offset"]
    if turn["index"] != finding["utterance_index"] or start is None or end is None:
        return escape(text)
    return Markup("{}<mark>{}</mark>{}").format(text[:start], text[start:end], text[end:])


def _entry(entry: RegisterEvent) -> Mapping[str, Any]:
    try:
        details: Mapping[str, Any] = json.loads(entry.payload)
    except ValueError:
        details = {"payload": entry.payload}
    said = {name: value for name, value in details.items() if value not in (None, [], "")}
    return {
        "entry": entry,
        "details": [(name, _shown(value)) for name, value in said.items()],
    }


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "、".join(map(_shown, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _clock(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return f"{int(seconds) // 60}:{seconds % 60:04.1f}"


def _moment(moment: datetime | str | None) -> str:
    if moment is None:
        return "–"
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"

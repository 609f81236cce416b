"""The material of a pack with personal numbers made unreadable, as exports have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from qc_pipeline.evidence.material import Material, Row
from qc_pipeline.records import CallRecord
from qc_pipeline.registers.chain import RegisterEvent
from qc_pipeline.replay.facts import FactsThen
from qc_pipeline.store.masks import mask_number, mask_reference, mask_text

_SPOKEN = ("utterance", "matched", "text", "raw_text", "corrected_text")


def masked(material: Material) -> Material:
    """`material` with phone, ID-card and bank-card numbers masked, each character by one.

    An entry of the log that had such a number in it no longer fits its hash; who checks the pack
    is told which.
    """
    return replace(
        material,
        calls=tuple(_call(each) for each in material.calls),
        findings=tuple(_row(each) for each in material.findings),
        suppressed=tuple(_row(each) for each in material.suppressed),
        utterances=tuple(_row(each) for each in material.utterances),
        facts={call_id: _facts(then) for call_id, then in material.facts.items()},
        entries=tuple(_entry(each) for each in material.entries),
    )


def _row(row: Row) -> Row:
    changed: dict[str, Any] = {
        name: mask_text(row[name]) for name in _SPOKEN if row.get(name) is not None
    }
    if "reasons" in row:
        changed["reasons"] = [mask_text(reason) for reason in row["reasons"]]
    return {**row, **changed}


def _call(call: CallRecord) -> CallRecord:
    return replace(
        call,
        phone=call.phone and mask_number(call.phone),
        agent_note=call.agent_note and mask_text(call.agent_note),
        recording=call.recording and mask_reference(call.recording),
        extra=_texts(call.extra),
    )


def _facts(then: FactsThen) -> FactsThen:
    context = then.context
    return replace(
        then,
        context=replace(
            context,
            call=_call(context.call),
            accounts=tuple(
                replace(each, account=mask_number(each.account)) for each in context.accounts
            ),
        ),
    )


def _entry(entry: RegisterEvent) -> RegisterEvent:
    return replace(
        entry, subject=mask_reference(entry.subject), payload=mask_reference(entry.payload)
    )


def _texts(values: Mapping[str, str]) -> Mapping[str, str]:
    return {name: mask_text(value) for name, value in values.items()}

"""What was known about a call at the moment it was made."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from qc_pipeline.records import Approval, CallContext, CallRecord, CaseFacts, ReferenceTables


def context_of(call: CallRecord, tables: ReferenceTables) -> CallContext:
    """The facts dated at or before the call (POLICY "Facts").

    A case row without `as_of` still names bank and amount, but its legal status and
    reporting flag are unknown: they can't be shown to have been true at the time.
    """
    bank = call.bank
    case = case_as_of(call, tables)
    if case is not None:
        bank = bank or case.bank
    return CallContext(
        call=call,
        case=case,
        accounts=tuple(a for a in tables.accounts if a.bank in (None, bank)),
        designations=tuple(d for d in tables.designations if d.bank in (None, bank)),
        approvals=tuple(a for a in tables.approvals if _approved(a, call, bank)),
        tables_present=tables.present,
    )


def case_as_of(call: CallRecord, tables: ReferenceTables) -> CaseFacts | None:
    """The latest case row dated at or before the call, else an undated one, else None."""
    rows = [row for row in tables.cases if row.case_id == call.case_id]
    dated = [row for row in rows if row.as_of is not None and row.as_of <= call.started_at]
    if dated:
        return max(dated, key=lambda row: row.as_of or call.started_at)
    undated = [row for row in rows if row.as_of is None]
    if undated:
        return dataclasses.replace(undated[-1], legal_status=None, credit_reportable=None)
    return None


def facts_hash(context: CallContext) -> str:
    """Changes whenever anything detection may look at changes.

    Left out: the row number, the dialler's own extra columns and the file's name. The order of
    a table's rows and the zeros at the end of an amount aren't facts either.
    """
    call = dataclasses.replace(context.call, row=0, extra={}, recording=None)
    plain = dataclasses.asdict(dataclasses.replace(context, call=call))
    plain["tables_present"] = sorted(context.tables_present)
    for table in ("accounts", "designations", "approvals"):
        plain[table] = sorted(plain[table], key=_plain)
    return hashlib.sha256(_plain(plain).encode()).hexdigest()[:20]


def _plain(value: Any) -> str:
    return json.dumps(value, default=_written, sort_keys=True, ensure_ascii=False)


def _written(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, Decimal) else str(value)


def _approved(approval: Approval, call: CallRecord, bank: str | None) -> bool:
    moment: datetime = call.started_at
    return (
        approval.case_id in (None, call.case_id)
        and approval.bank in (None, bank)
        and approval.product in (None, call.product)
        and (approval.valid_from is None or approval.valid_from <= moment)
        and (approval.until is None or moment <= approval.until)
    )

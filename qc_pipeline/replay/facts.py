"""The facts a stored call was judged by, brought back from the tables the store has kept.

Which scan judged a call isn't written down, but the key of its detection names the facts. So
the facts as every scan knew them are tried, and the key says when they are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from qc_pipeline.records import (
    Approval,
    CallContext,
    CallRecord,
    CaseFacts,
    Designation,
    ReferenceTables,
    RepaymentAccount,
)
from qc_pipeline.scan.facts import context_of

_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class Known(Generic[_R]):
    """A row of a reference table and when it was known: from one load to another."""

    record: _R
    known_from: datetime
    known_to: datetime | None


@dataclass(frozen=True, slots=True)
class KnownTables:
    """Every row there ever was of the tables that detection looks at: cases and approvals by
    case (None: approvals for a whole campaign), in the order they came.
    """

    cases: Mapping[str, Sequence[Known[CaseFacts]]]
    approvals: Mapping[str | None, Sequence[Known[Approval]]]
    accounts: Sequence[Known[RepaymentAccount]]
    designations: Sequence[Known[Designation]]


@dataclass(frozen=True, slots=True)
class ScanMoment:
    """A scan: when it had read its tables, and which there were."""

    scan_id: str
    at: datetime
    present: frozenset[str]


@dataclass(frozen=True, slots=True)
class FactsThen:
    """The facts of a call; `proven` says that its detection was made from exactly these."""

    context: CallContext
    proven: bool


def facts_then(
    call: CallRecord,
    *,
    first_scan_id: str | None,
    tables: KnownTables,
    moments: Sequence[ScanMoment],
    made_from: Callable[[CallContext], bool],
) -> FactsThen:
    """The facts that `made_from` recognises, as one of the scans knew them.

    If it recognises none (tables of an older layout, say), the facts are those of the scan that
    brought the call, and not proven.
    """
    tried: list[CallContext] = []
    for moment in _likeliest_first(moments, first_scan_id):
        context = context_of(call, _tables_at(moment, call=call, tables=tables))
        if context in tried:
            continue
        if made_from(context):
            return FactsThen(context, proven=True)
        tried.append(context)
    if not tried:
        tried.append(context_of(call, ReferenceTables()))
        return FactsThen(tried[0], proven=made_from(tried[0]))
    return FactsThen(tried[0], proven=False)


def _likeliest_first(
    moments: Sequence[ScanMoment], first_scan_id: str | None
) -> Iterator[ScanMoment]:
    yield from (moment for moment in moments if moment.scan_id == first_scan_id)
    yield from (moment for moment in moments if moment.scan_id != first_scan_id)


def _tables_at(moment: ScanMoment, *, call: CallRecord, tables: KnownTables) -> ReferenceTables:
    def alive(name: str, rows: Iterable[Known[_R]]) -> tuple[_R, ...]:
        if name not in moment.present:
            return ()
        return tuple(
            row.record
            for row in rows
            if row.known_from <= moment.at and (row.known_to is None or moment.at < row.known_to)
        )

    of_case = tables.approvals.get(call.case_id, ()) if call.case_id is not None else ()
    return ReferenceTables(
        cases=alive("cases", tables.cases.get(call.case_id or "", ())),
        approvals=alive("approvals", (*tables.approvals.get(None, ()), *of_case)),
        accounts=alive("accounts", tables.accounts),
        designations=alive("designations", tables.designations),
        present=moment.present,
    )

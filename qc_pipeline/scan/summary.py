"""What a scan tells the operator when it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from qc_pipeline.reports.stored import (
    CallLine,
    Doubts,
    count_by_code,
    count_by_state,
    count_doubts,
    worst_calls,
)
from qc_pipeline.scan.night import Night
from qc_pipeline.store.store import Store


@dataclass(frozen=True, slots=True)
class ScanSummary:
    """Counts over the home folder after a scan, and what this scan did.

    `scanned` counts calls whose speech was judged; `call_records` is its denominator.
    """

    call_records: int
    scanned: int
    by_state: Mapping[str, int]
    by_code: Mapping[str, int]
    decoded: int
    skipped: int
    rejected_rows: int
    failures: tuple[str, ...]
    notices: tuple[str, ...]
    problems: tuple[str, ...]
    calls: tuple[CallLine, ...]
    doubts: Doubts

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        return asdict(self)


def summarise(
    store: Store,
    night: Night,
    *,
    decoded: int,
    skipped: int,
    failures: Sequence[str],
    unknown_years: Sequence[int],
    most: int = 40,
) -> ScanSummary:
    """Read the counts back from the store: the summary shows what is really there."""
    by_state = count_by_state(store)
    notices = [*night.manifest.notices, *night.tables.notices]
    if night.without_classifier:
        notices.append(night.without_classifier)
    notices += [
        f"{year} 年没有节假日安排数据：调休日未知，仅按法定日判断"
        f"（请在 policy/holidays.yaml 中补充该年通知）"
        for year in unknown_years
    ]
    return ScanSummary(
        call_records=sum(by_state.values()),
        scanned=by_state.get("scanned", 0) + by_state.get("mismatch", 0),
        by_state=by_state,
        by_code=count_by_code(store),
        decoded=decoded,
        skipped=skipped,
        rejected_rows=len(night.manifest.rejected),
        failures=tuple(failures),
        notices=tuple(notices),
        problems=tuple(str(p) for p in (*night.manifest.rejected, *night.tables.rejected)),
        calls=worst_calls(store, most=most),
        doubts=count_doubts(store),
    )

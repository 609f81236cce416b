"""Everything a home folder says, for comparing two of them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from qc_pipeline.store.export import export_table
from qc_pipeline.store.store import Store

TABLES = ("calls", "utterances", "findings", "suppressed", "scores", "coverage", "complaints")
# When a row was written isn't what it says.
CLOCKS = ("created_at", "proposed_at", "logged_at")


def everything(home: Path) -> dict[str, list[dict[str, Any]]]:
    """Every table of the home folder, without the clock columns, in a fixed order."""
    store = Store(home)
    tables = {}
    for table in TABLES:
        target = io.BytesIO()
        export_table(store, table, format="jsonl", target=target, unmasked=True)
        rows = [json.loads(line) for line in target.getvalue().decode().splitlines()]
        for row in rows:
            for clock in CLOCKS:
                row.pop(clock, None)
        tables[table] = sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))
    return tables

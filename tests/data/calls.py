"""Calls nobody tuned on, through real recognition: what is found in them, what is accused.

    python -m tests.data.calls FOLDER

FOLDER holds the calls of `tests/data/calls/` as spoken by `tests/data/calls/speak.py` (no sound is
kept in the repository). They are scanned into a home of their own and compared with what was
written, for the calls used in choosing and, apart from them, for those kept for the final figure.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from qc_pipeline.learn.measure import wilson
from qc_pipeline.reports.evaluate import Evaluation, FoundCode, evaluate
from qc_pipeline.reports.stored import found_codes, stored_utterances
from qc_pipeline.reports.truth import Truth, read_truths
from qc_pipeline.settings import load_settings
from qc_pipeline.store.store import Store

CALLS = Path(__file__).parent / "calls"
SAMPLES = Path(__file__).resolve().parents[2] / "samples"
HOW = "no spoken calls in {}: make them with `python tests/data/calls/speak.py {}` (see its head)"
_RINGS_S, _NOTE_AFTER_S = 6, 90


@dataclass(frozen=True, slots=True)
class CallCounts:
    """Whole calls: with a violation and flagged, without one and flagged."""

    guilty: int
    guilty_flagged: int
    innocent: int
    innocent_flagged: int


def written_calls() -> list[dict[str, Any]]:
    """The calls as written: `{"id", "set", "callee", "turns", "violations", ...}`."""
    return [json.loads(path.read_text("utf-8")) for path in sorted(CALLS.glob("*.json"))]


def write_tables(folder: Path, calls: Sequence[dict[str, Any]]) -> Path:
    """Call records, cases and the samples' lists of banks for spoken calls; the manifest."""
    rows, cases = [], []
    for number, call in enumerate(calls):
        with wave.open(str(folder / f"{call['id']}.wav")) as sound:
            length = sound.getnframes() / sound.getframerate()
        began = datetime.fromisoformat(call["started_at"])
        rows.append(
            {
                "call_id": call["id"], "started_at": call["started_at"],
                "agent_id": call["agent_id"], "recording": f"{call['id']}.wav",
                "duration_s": round(length + _RINGS_S),
                "answered_at": (began + timedelta(seconds=_RINGS_S)).isoformat(),
                "talk_s": round(length), "answered": 1, "direction": "outbound",
                "purpose": "collection", "dial_mode": "manual", "team": "一组",
                "phone": f"1990000{8000 + number}", "callee": call["callee"],
                "customer_id": call["customer_id"], "case_id": call["case_id"],
                "bank": call["bank"], "product": "信用卡", "channels": "agent,customer",
                "agent_note": call["agent_note"],
                "note_at": (began + timedelta(seconds=length + _NOTE_AFTER_S)).isoformat(),
                "source": "phone",
            }
        )  # fmt: skip
        cases.append(
            {
                "case_id": call["case_id"], "customer_id": call["customer_id"],
                "bank": call["bank"], "product": "信用卡", "assigned_at": "2026-09-01",
                "as_of": (began - timedelta(hours=8)).isoformat(),
                "amount_due": call["amount_due"], "days_overdue": 70, "legal_status": "none",
                "credit_reportable": 1,
            }
        )  # fmt: skip
    _write(folder / "cases.csv", cases)
    for name in ("accounts.csv", "designations.csv"):
        shutil.copy(SAMPLES / name, folder / name)
    return _write(folder / "manifest.csv", rows)


def _write(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def whole_calls(truths: Sequence[Truth], findings: dict[str, list[FoundCode]]) -> CallCounts:
    """Calls with any violation in the truth, and calls with any finding."""
    flagged = {call_id for call_id, found in findings.items() if found}
    guilty = {truth.call_id for truth in truths if truth.codes}
    innocent = {truth.call_id for truth in truths} - guilty
    return CallCounts(len(guilty), len(guilty & flagged), len(innocent), len(innocent & flagged))


def report(name: str, result: Evaluation, calls: CallCounts) -> str:
    """Markdown: recall and precision of (call, code), of whole calls, and what went wrong."""
    score = result.overall
    found, real = score.true_positive, score.true_positive + score.false_negative
    said = score.true_positive + score.false_positive
    flagged = calls.guilty_flagged + calls.innocent_flagged
    lines = [
        f"### {name}: {len(result.calls)} calls",
        "",
        f"- Codes of calls: recall {_share(found, real)}, precision {_share(found, said)}.",
        f"- Whole calls: of those with a violation flagged {_share(calls.guilty_flagged, calls.guilty)},"
        f" of flagged ones with a violation {_share(calls.guilty_flagged, flagged)}.",
        f"- Labelled turns with a finding of their code: "
        f"{_share(result.turns_found, result.turns_labelled)}.",
        f"- Character error rate {result.character_error_rate:.3f}; role right for "
        f"{result.role_accuracy:.1%} of speech.",
    ]  # fmt: skip
    for title, pairs in (("Missed", result.missed), ("False", result.false_flags)):
        if pairs:
            lines.append(f"- {title}: " + ", ".join(f"{call} {code}" for call, code in pairs) + ".")
    return "\n".join(lines) + "\n"


def _share(hits: int, of: int) -> str:
    low, high = wilson(hits, of)
    return f"{hits} of {of} ({hits / max(1, of):.2f}, 95 %: {low:.2f}–{high:.2f})"


def main() -> None:
    """Scan and print. Without sound: say how to make it."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "var/unseen-calls")
    calls = [call for call in written_calls() if (folder / f"{call['id']}.wav").exists()]
    if not calls:
        print(HOW.format(folder, folder))
        return
    manifest = write_tables(folder, calls)
    with tempfile.TemporaryDirectory() as made:
        os.environ.setdefault("QC_KEYS", str(Path(made) / "keys"))
        home = Path(os.environ.get("QC_HOME") or Path(made) / "home")
        scan = [sys.executable, "-m", "qc_pipeline", "scan", str(manifest), "--home", str(home)]
        subprocess.run(scan, check=False, stdout=sys.stderr)
        store = Store(load_settings(home=home).home)
        truths = {truth.call_id: truth for truth in read_truths(folder)}
        for name in ("choosing", "final"):
            chosen = [truths[call["id"]] for call in calls if call["set"] == name]
            ids = [truth.call_id for truth in chosen]
            findings = found_codes(store, ids)
            result = evaluate(
                chosen, utterances=stored_utterances(store, ids), findings=findings
            )  # fmt: skip
            print(report(f"Kept for {name}" if name == "final" else f"Used in {name}", result,
                         whole_calls(chosen, findings)))  # fmt: skip


if __name__ == "__main__":
    main()

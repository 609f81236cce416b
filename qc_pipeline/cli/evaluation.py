"""`qc evaluate`."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.table import Table

from qc_pipeline.cli.options import home_option, json_option, wide_console
from qc_pipeline.reports.evaluate import Evaluation
from qc_pipeline.reports.evaluate import evaluate as evaluate_truths
from qc_pipeline.reports.stored import found_codes, stored_utterances
from qc_pipeline.reports.truth import read_truths
from qc_pipeline.settings import load_settings
from qc_pipeline.store.store import Store


@click.command()
@click.argument("truth_dir", type=click.Path(path_type=Path, file_okay=False))
@home_option
@json_option
def evaluate(truth_dir: Path, home: Path | None, as_json: bool) -> None:
    """Compare what a scan found with truth files (*.truth.json, id = call_id).

    Prints character error rate, role accuracy and, per code and over all, precision,
    recall, F1 and F2. Quarantined findings count as found.
    """
    truths = read_truths(truth_dir)
    store = Store(load_settings(home=home).home)
    call_ids = [truth.call_id for truth in truths]
    result = evaluate_truths(
        truths,
        utterances=stored_utterances(store, call_ids),
        findings=found_codes(store, call_ids),
    )
    if as_json:
        click.echo(json.dumps(result.as_json(), ensure_ascii=False, indent=1))
    else:
        _print(result)


def _print(result: Evaluation) -> None:
    console = wide_console()
    console.print(
        f"{len(result.calls)} calls judged, {len(result.not_scanned)} not scanned; "
        f"{result.reference_characters} reference characters"
    )
    by_role = ", ".join(f"{r} {rate:.3f}" for r, rate in result.error_rate_by_role.items())
    console.print(f"character error rate {result.character_error_rate:.3f} ({by_role})")
    console.print(
        f"role accuracy {result.role_accuracy:.3f} of speech time "
        f"({result.role_unknown:.3f} left unknown)"
    )
    table = Table("code", "found", "false", "missed", "precision", "recall", "F1", "F2")
    for score in (*result.codes, result.overall):
        ratios = (score.precision, score.recall, score.f_score(1), score.f_score(2))
        table.add_row(
            score.code,
            str(score.true_positive),
            str(score.false_positive),
            str(score.false_negative),
            *("–" if value is None else f"{value:.2f}" for value in ratios),
        )
    console.print(table)
    console.print(
        f"labelled turns with a finding of their code: "
        f"{result.turns_found} of {result.turns_labelled}"
    )
    for title, pairs in (("missed", result.missed), ("false", result.false_flags)):
        if pairs:
            console.print(f"{title}: " + ", ".join(f"{call}:{code}" for call, code in pairs))

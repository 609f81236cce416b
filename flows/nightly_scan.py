"""The nightly scan as a Prefect flow.

It orchestrates the functions that `qc scan` uses: open → plan → one task a call on a
bounded pool of spawned processes, one model each → load → finish. Prefect sees call ids,
states and counts; transcripts and findings stay in the home folder.

    python -m flows.nightly_scan samples/manifest.csv

Set-up of server, worker and schedule: docs/operations.md.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture, wait
from prefect.task_runners import ProcessPoolTaskRunner

from qc_pipeline.logs import log_to
from qc_pipeline.scan.night import ScanRequest, prepare
from qc_pipeline.scan.pool import end_with
from qc_pipeline.scan.run import (
    Scan,
    begin,
    finish,
    jobs_for,
    outcome_of,
    plan,
    ready,
)
from qc_pipeline.scan.summary import ScanSummary
from qc_pipeline.scan.together import work_through_calls
from qc_pipeline.scan.work import WorkDone, WorkItem, process_here, start_worker
from qc_pipeline.settings import Settings, load_settings
from qc_pipeline.store.loader import CallOutcome, load_outcomes


@dataclass(frozen=True, slots=True)
class NightCounts:
    """What Prefect keeps of a night: numbers only."""

    call_records: int
    scanned: int
    decoded: int
    failed: int


@task(retries=1, retry_delay_seconds=5, persist_result=False, cache_policy=NO_CACHE,
      task_run_name="call")  # fmt: skip
def process_call(item: WorkItem) -> WorkDone:
    """Recognise and detect one call in a worker process."""
    return process_here(item)


@flow(name="nightly-scan", persist_result=False, validate_parameters=True)
def nightly_scan(
    manifest: str,
    tables: str | None = None,
    recordings: str | None = None,
    column_map: str | None = None,
    home: str | None = None,
) -> NightCounts:
    """Scan one night's manifest into the store; a failed call never stops the night."""
    settings = load_settings(home=Path(home) if home else None)
    request = ScanRequest(
        manifest=Path(manifest),
        tables=Path(tables) if tables else None,
        recordings=Path(recordings) if recordings else None,
        column_map=Path(column_map) if column_map else None,
    )
    night = prepare(request, settings=settings)
    with begin(night) as scan:
        log_to(settings.home)
        runner = ProcessPoolTaskRunner(
            max_workers=jobs_for(settings),
            initializer=_start,
            initargs=(os.getpid(), settings),
        )
        with runner:
            load_outcomes(scan.store, _outcomes(scan, runner))
        summary = finish(scan)
    publish(summary)
    get_run_logger().info(
        "%d call records, %d scanned, %d decoded now, %d failed",
        summary.call_records, summary.scanned, summary.decoded, len(summary.failures),
    )  # fmt: skip
    return NightCounts(
        summary.call_records, summary.scanned, summary.decoded, len(summary.failures)
    )


def publish(summary: ScanSummary) -> None:
    """A summary artifact: counts by state and code, nothing personal."""
    rows = [f"| {state} | {count} |" for state, count in sorted(summary.by_state.items())]
    codes = [f"| {code} | {count} |" for code, count in sorted(summary.by_code.items())]
    create_markdown_artifact(
        key="nightly-scan",
        description="Counts of the last scan",
        markdown="\n".join(
            [
                f"**{summary.scanned} of {summary.call_records} call records scanned**",
                "", "| state | calls |", "|---|---|", *rows,
                "", "| code | calls with findings |", "|---|---|", *codes,
            ]
        ),
    )  # fmt: skip


def _start(parent: int, settings: Settings) -> None:
    end_with(parent)
    start_worker(settings)


def _outcomes(scan: Scan, runner: ProcessPoolTaskRunner) -> Iterator[CallOutcome]:
    settings = scan.night.settings
    again: list[WorkItem] = []
    batch: list[WorkItem] = []
    for item in plan(scan):
        done = ready(item, settings)
        if done is not None:
            yield outcome_of(scan, item, done)
            continue
        batch.append(item)
        if len(batch) >= 4 * jobs_for(settings):
            yield from _run(scan, runner, batch, again)
            batch = []
    yield from _run(scan, runner, batch, again)
    # A worker that died takes its pool with it: those calls are tried again, apart.
    for item, result in work_through_calls(again, settings=settings, jobs=1, most=1):
        yield outcome_of(scan, item, result)


def _run(
    scan: Scan, runner: ProcessPoolTaskRunner, batch: list[WorkItem], again: list[WorkItem]
) -> Iterator[CallOutcome]:
    futures: list[tuple[WorkItem, PrefectFuture[WorkDone]]] = []
    for item in batch:
        try:
            futures.append((item, runner.submit(process_call, {"item": item})))
        except RuntimeError:
            again.append(item)
    wait([future for _, future in futures])
    for item, future in futures:
        if future.state.is_completed():
            yield outcome_of(scan, item, future.result())
        else:
            again.append(item)


@click.command()
@click.argument("manifest", type=click.Path(path_type=Path))
@click.option("--tables", type=click.Path(path_type=Path), help="Folder of reference tables.")
@click.option("--recordings", type=click.Path(path_type=Path), help="Folder of recordings.")
@click.option("--column-map", type=click.Path(path_type=Path), help="YAML column map.")
@click.option("--home", type=click.Path(path_type=Path), help="Home folder.")
def main(**arguments: Path | None) -> None:
    """Run the flow once, here and now, without a server of its own."""
    counts = nightly_scan(
        **{name: str(value.absolute()) if value else None for name, value in arguments.items()}  # type: ignore[arg-type]
    )
    if counts.failed:
        raise SystemExit(3)


if __name__ == "__main__":
    main()

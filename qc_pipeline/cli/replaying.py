"""`qc replay`: a rule or policy change tried on calls that are in the store."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from pathlib import Path

import click

from qc_pipeline.cli.options import home_option, json_option, progress_of_calls
from qc_pipeline.cli.replay_tables import print_report
from qc_pipeline.errors import UsageError
from qc_pipeline.policy import load_policy
from qc_pipeline.records import SHANGHAI
from qc_pipeline.replay.run import ReplayRequest
from qc_pipeline.replay.run import replay as run_replay
from qc_pipeline.replay.stored import Period
from qc_pipeline.settings import load_settings

_ONE_DAY = timedelta(days=1)


@click.command()
@click.option("--lexicons", type=click.Path(path_type=Path),
              help="Folder of rules to try (default: the installed ones).")  # fmt: skip
@click.option("--policy", "policy_dir", type=click.Path(path_type=Path),
              help="Folder of policy files to try (default: the installed ones).")  # fmt: skip
@click.option("--classifier", type=click.Path(path_type=Path),
              help="Folder of a trained classifier to try (default: the installed one).")  # fmt: skip
@click.option("--since", metavar="D", help="Only calls from this day (2026-03-01) or moment on.")
@click.option("--until", metavar="D", help="Only calls up to the end of this day, or before this "
              "moment.")  # fmt: skip
@click.option("--examples", type=click.IntRange(0, 1000), default=3, show_default=True,
              help="Examples shown for each rule. JSON always has all of them.")  # fmt: skip
@click.option(
    "--jobs", type=click.IntRange(1, 256), help="Worker processes (default: one per core)."
)
@home_option
@json_option
def replay(
    lexicons: Path | None,
    policy_dir: Path | None,
    classifier: Path | None,
    since: str | None,
    until: str | None,
    examples: int,
    jobs: int | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Try changed rules or policy on stored calls: what would differ. Writes nothing.

    Findings gained, lost and changed, scores, and register entries that would be otherwise.
    Every call is judged by the facts known when it was made; human verdicts are never touched.
    Exit code 3 if some calls failed for a reason of ours; they are named.
    """
    overrides = {"speech__jobs": jobs} if jobs else {}
    settings = load_settings(home=home, **overrides)
    request = ReplayRequest(
        lexicons=_folder(lexicons, "--lexicons"),
        policy=_folder(policy_dir, "--policy"),
        classifier=_folder(classifier, "--classifier"),
        period=period_of(since, until),
    )
    with progress_of_calls("试算中") as (on_start, on_call):
        report = run_replay(request, settings=settings, on_start=on_start, on_call=on_call)
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=1))
    else:
        print_report(report, load_policy(request.policy or settings.policy_dir), examples=examples)
    if report.calls.failed:
        raise click.exceptions.Exit(3)


def _folder(path: Path | None, option: str) -> Path | None:
    if path is not None and not path.is_dir():
        raise UsageError(f"{option} {path}: no such folder", remedy="name a folder that exists")
    return path.absolute() if path else None


def period_of(since: str | None, until: str | None) -> Period:
    """The period that `--since` and `--until` mean: whole days, or moments. Raises UsageError."""
    first = None if since is None else _moment(since, "--since", ends=False)
    last = None if until is None else _moment(until, "--until", ends=True)
    if first is not None and last is not None and last <= first:
        raise UsageError(
            f"--until {until} lies before --since {since}", remedy="give the earlier day first"
        )
    return Period(first, last)


def _moment(text: str, option: str, *, ends: bool) -> datetime:
    """The moment that `text` means; a day begins at 00:00 and, if it `ends`, at the next 00:00."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    try:
        if day is not None:
            return datetime.combine(day + _ONE_DAY if ends else day, time.min, SHANGHAI)
        moment = datetime.fromisoformat(text)
        return (
            moment.replace(tzinfo=SHANGHAI)
            if moment.tzinfo is None
            else moment.astimezone(SHANGHAI)
        )
    except (ValueError, OverflowError):
        raise UsageError(
            f"{option} {text}: not a day or a moment",
            remedy="write 2026-03-01 or 2026-03-01T09:30:00+08:00",
        ) from None

"""`qc detect`: text-only detection."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any, Literal

import click

from qc_pipeline.detect.detectors import Detectors, load_detectors
from qc_pipeline.detect.line import detect_line, parse_line
from qc_pipeline.detect.rules import RuleSet
from qc_pipeline.errors import QcError, UsageError
from qc_pipeline.intake.text_encoding import NotText, decode_text
from qc_pipeline.policy import Policy, load_policy
from qc_pipeline.records import Finding
from qc_pipeline.settings import load_settings
from qc_pipeline.store.artefacts import write_artefact

LINE_FIELDS = (
    "code", "sub_code", "severity", "rule_id", "detector", "status", "score", "start", "end",
    "matched", "reasons",
)  # fmt: skip


def load_detection(*, classifier: Literal["none"] | None = None) -> tuple[Detectors, Policy]:
    """The rules, the classifier and the policy that settings name."""
    overrides: dict[str, Any] = {"classifier": classifier} if classifier else {}
    settings = load_settings(**overrides)
    policy = load_policy(settings.policy_dir)
    return load_detectors(settings, policy=policy), policy


@click.command()
@click.argument("source", metavar="IN.jsonl", type=click.Path(path_type=Path, allow_dash=True))
@click.option("-o", "--output", metavar="OUT.jsonl", type=click.Path(path_type=Path),
              help="Where to write (default: standard output).")  # fmt: skip
@click.option("--without", "without", multiple=True, type=click.Choice(["classifier"]),
              help="Leave a detector out: rules only.")  # fmt: skip
def detect(source: Path, output: Path | None, without: tuple[str, ...]) -> None:
    """Detect in text alone: one JSON object a line, one result a line.

    Input: {"id", "text", "speaker": "agent"|"customer", "callee", "prev"?, "case"?}. The
    callee is taken as settled. A line that can't be used gives {"id", "error"} and exit
    code 3; the other lines are done.
    """
    detectors, policy = load_detection(classifier="none" if "classifier" in without else None)
    if detectors.without_classifier and not without:
        click.echo(f"qc: {detectors.without_classifier}", err=True)
    rule_set = detectors.rules
    failed = 0
    written = []
    for number, text in enumerate(_text_of(source).split("\n"), 1):
        if text.strip():
            result = _detect_one(text, number, rule_set, policy)
            failed += "error" in result
            written.append(_as_json(result))
    _write("".join(f"{line}\n" for line in written), output)
    if failed:
        click.echo(f"qc: {failed} lines could not be used; each says why", err=True)
        raise click.exceptions.Exit(3)


def _text_of(source: Path) -> str:
    try:
        data = sys.stdin.buffer.read() if str(source) == "-" else source.read_bytes()
        decoded = decode_text(data)
    except OSError as error:
        raise UsageError(f"{source}: {error.strerror}", remedy="name a readable file") from None
    except NotText as error:
        raise UsageError(f"{source} {error}", remedy="give UTF-8 JSON Lines") from None
    for notice in decoded.notices:
        click.echo(f"{source}: {notice}", err=True)
    return decoded.text


def _write(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
        return
    path = output.absolute()
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent}: no such folder", remedy="make the folder first")
    write_artefact(path, text.encode())


def _as_json(result: dict[str, Any]) -> str:
    line = json.dumps(result, ensure_ascii=False)
    try:
        line.encode()
    except UnicodeEncodeError:
        return json.dumps(result)
    return line


def _detect_one(text: str, number: int, rule_set: RuleSet, policy: Policy) -> dict[str, Any]:
    try:
        line = parse_line(text)
        findings, suppressed = detect_line(line, rules=rule_set, policy=policy)
    except QcError as error:
        return {"id": _id_of(text, number), "error": f"line {number}: {error}"}
    except RecursionError:
        return {"id": f"line-{number}", "error": f"line {number}: nested too deeply"}
    return {
        "id": line.id,
        "findings": [_plain(finding) for finding in findings],
        "suppressed": [_plain(finding) for finding in suppressed],
    }


def _id_of(text: str, number: int) -> Any:
    try:
        raw = json.loads(text)
    except json.JSONDecodeError:
        return f"line-{number}"
    return raw.get("id", f"line-{number}") if isinstance(raw, dict) else f"line-{number}"


def _plain(finding: Finding) -> dict[str, Any]:
    values = {field.name: getattr(finding, field.name) for field in dataclasses.fields(finding)}
    return {name: values[name] for name in LINE_FIELDS}

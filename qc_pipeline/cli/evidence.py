"""`qc evidence`, and `qc verify` for homes and packs."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

from qc_pipeline.cli.options import by_option, home_option, json_option
from qc_pipeline.evidence.check import PackReport, verify_pack
from qc_pipeline.evidence.pack import make_pack
from qc_pipeline.intake.recording_store import LocalRecordingStore
from qc_pipeline.policy import load_policy
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers.verify import verify_home
from qc_pipeline.settings import load_settings
from qc_pipeline.store.store import Store


@click.command()
@click.argument("subject_id")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False),
              help="The pack to write (a .zip).")  # fmt: skip
@by_option
@click.option("--with-recordings", is_flag=True, help="Put the whole original recordings in.")
@click.option("--unmasked", is_flag=True, help="Show phone, ID-card and bank-card numbers.")
@home_option
def evidence(
    subject_id: str, output: Path, by: str, with_recordings: bool, unmasked: bool,
    home: Path | None,
) -> None:  # fmt: skip
    """Write the evidence for a finding, case or complaint as one file that proves itself.

    It holds the clip, the original's hash, the transcript, rules and policy in force, the facts,
    the verdicts with the log's links, and a page to read. `qc verify FILE` checks it anywhere.
    """
    settings = load_settings(home=home)
    missing = make_pack(
        Store(settings.home), subject_id, target=output, by=by, at=datetime.now(SHANGHAI),
        policy=load_policy(settings.policy_dir), keys=settings.keys, unmasked=unmasked,
        recordings=LocalRecordingStore(settings.home / "recordings"),
        whole_recordings=with_recordings,
    )  # fmt: skip
    for each in missing:
        click.echo(f"提示：缺少 {each}", err=True)
    report = verify_pack(output, keys=settings.keys)
    click.echo(f"{output}：{report.files} 个文件，签名公钥指纹 {report.signed_by}")


@click.command()
@click.argument("pack", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--public-key", metavar="HEX", help="The key the agency has published (for a PACK).")
@home_option
@json_option
def verify(pack: Path | None, public_key: str | None, home: Path | None, as_json: bool) -> None:
    """Verify the home: event chain, registers against it, recordings, artefacts. Or a PACK.

    An evidence pack is checked from the file alone, on any machine. Exit code 1 if something
    doesn't match; the first bad entry is named.
    """
    settings = load_settings(home=home)
    if pack is not None:
        ok = _print_pack(verify_pack(pack, keys=settings.keys, public_key=public_key), as_json)
    else:
        ok = _verify_home(Store(settings.home), keys=settings.keys, as_json=as_json)
    if not ok:
        raise click.exceptions.Exit(1)


def _print_pack(report: PackReport, as_json: bool) -> bool:
    if as_json:
        names = ("subject", "signed_by", "problems", "notices", "files", "entries")
        _print_json({name: getattr(report, name) for name in names})
        return report.ok
    for problem in report.problems:
        click.echo(f"不符：{problem}")
    for notice in report.notices:
        click.echo(f"提示：{notice}")
    click.echo(
        f"{report.subject}：已核对 {report.files} 个文件，登记日志 {report.entries} 条，"
        f"签名公钥指纹 {report.signed_by}；"
        + ("全部一致" if report.ok else f"{len(report.problems)} 处不符")
    )
    return report.ok


def _verify_home(store: Store, *, keys: Path, as_json: bool) -> bool:
    report = verify_home(store, keys=keys)
    if as_json:
        _print_json(
            {"problems": [str(p) for p in report.problems], "notices": list(report.notices),
             "checked": dict(report.checked)}
        )  # fmt: skip
        return report.ok
    for problem in report.problems:
        click.echo(str(problem))
    for notice in report.notices:
        click.echo(f"提示：{notice}")
    checked = "，".join(f"{name} {count}" for name, count in report.checked.items())
    click.echo(
        f"已核对 {checked}；" + ("全部一致" if report.ok else f"{len(report.problems)} 处不符")
    )
    return report.ok


def _print_json(value: dict[str, object]) -> None:
    click.echo(json.dumps([value], ensure_ascii=False, indent=1))

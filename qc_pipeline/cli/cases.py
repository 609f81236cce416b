"""`qc case`: disciplinary cases from the shell. Thin: the same functions as the web app's."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click
from rich.table import Table

from qc_pipeline.cli.case_printing import BASIS_ZH, STATES_ZH, STEPS_ZH, levels_zh, print_case
from qc_pipeline.cli.options import (
    by_option,
    home_option,
    json_option,
    open_home,
    print_json,
    wide_console,
)
from qc_pipeline.cli.sanctions import STEPS, act_on_case
from qc_pipeline.policy import Policy
from qc_pipeline.registers import case_desk
from qc_pipeline.reports.stored import stored_cases
from qc_pipeline.store.masks import mask_text


@click.group()
def case() -> None:
    """Disciplinary cases. The ladder proposes; people decide.

    A confirmed case goes on like this: notice, receipt, objection and hearing (or no-objection),
    propose, approve, notice of the sanction, receipt, gate (if it takes money), execute, close.
    Propose, approve and execute are three people's; nobody handles what concerns himself.
    """


@case.command("list")
@home_option
@json_option
def case_list(home: Path | None, as_json: bool) -> None:
    """Every disciplinary case with its counts and the ladder's proposal."""
    _, store, policy = open_home(home)
    rows = stored_cases(store)
    if as_json:
        print_json(rows)
        return
    table = Table()
    for heading in ("案件", "坐席", "代码", "状态", "同类", "累计", "建议", "通话", "行为时间"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(
            row["case_id"],
            row["agent_id"],
            policy.taxonomy.codes[row["code"]].zh,
            STATES_ZH[row["state"]],
            str(row["occurrence_same"] or "–"),
            str(row["occurrence_any"] or "–"),
            levels_zh(row["level"], row["level_to"], policy) if row["level"] else "–",
            row["call_id"],
            f"{row['conduct_at']:%Y-%m-%d %H:%M}",
        )
    wide_console().print(table)


@case.command("show")
@click.argument("case_id")
@home_option
@json_option
def case_show(case_id: str, home: Path | None, as_json: bool) -> None:
    """One case: where it stands, what was chosen, what hangs on it, and every step with its hand."""
    _, store, policy = open_home(home)
    file = case_desk.read_file(store, case_id)
    if as_json:
        print_json([asdict(file)])
        return
    print_case(file.case, policy)
    for linked in file.linked:
        click.echo(
            f"  关联案件 {linked.case_id}：{linked.agent_id}，{BASIS_ZH[linked.basis]}，"
            f"{STATES_ZH[linked.state]}"
        )
    for appeal in file.appeals:
        click.echo(f"  申诉 {appeal.appeal_id}：{appeal.state}，{appeal.filed_at:%Y-%m-%d %H:%M}")
    for step in file.steps:
        what = STEPS_ZH.get(step.action) or STATES_ZH[step.payload["to"]]
        click.echo(f"  {step.at:%Y-%m-%d %H:%M}  {step.actor}  {what}{_said(step, policy)}")


def _said(step: case_desk.Step, policy: Policy) -> str:
    payload = step.payload
    words = [
        mask_text(str(payload[name]))
        for name in ("note", "evidence", "objection", "hearing", "receipt", "gate", "referral",
                     "grounds", "outcome", "reasons", "reason")
        if payload.get(name)
    ]  # fmt: skip
    if step.action == "case.counted":
        words = [f"同类第 {payload['occurrence_same']} 次，累计第 {payload['occurrence_any']} 次"]
        if payload["level"]:
            words.append(levels_zh(payload["level"], payload["level_to"], policy))
    return "  " + "；".join(words) if words else ""


# --- notice, receipt, objection ---------------------------------------------------------------


@case.command("notice")
@click.argument("case_id")
@by_option
@click.option("--way", default="in_person", show_default=True,
              help="in_person, written, system, email or mail.")  # fmt: skip
@click.option("--note", help="How the person was informed.")
@home_option
def case_notice(case_id: str, by: str, way: str, note: str | None, home: Path | None) -> None:
    """Record that the person concerned was informed: of a confirmed case, or of an approved
    sanction. From the notice of a case on, further conduct is a repeat.
    """
    act_on_case(home, case_desk.notify, case_id, by, way=way, note=note)


case.add_command(case_notice, "notify")


@case.command("receipt")
@click.argument("case_id")
@by_option
@click.option("--witness", help="A third person, if receipt was refused.")
@click.option("--note", help="What the person wants to add.")
@home_option
def case_receipt(
    case_id: str, by: str, witness: str | None, note: str | None, home: Path | None
) -> None:
    """The collector (--by) acknowledges the notice; the window to object or appeal begins.

    If he refuses to sign, somebody else records that with a --witness.
    """
    act_on_case(home, case_desk.acknowledge_receipt, case_id, by, witness=witness, note=note)


@case.command("objection")
@click.argument("case_id")
@by_option
@click.option("--text", required=True, help="What is contested.")
@home_option
def case_objection(case_id: str, by: str, text: str, home: Path | None) -> None:
    """The collector (--by) objects, within 3 working days of the receipt."""
    act_on_case(home, case_desk.object_to, case_id, by, text=text)


@case.command("hearing")
@click.argument("case_id")
@by_option
@click.option("--record", required=True, help="What was said and found.")
@home_option
def case_hearing(case_id: str, by: str, record: str, home: Path | None) -> None:
    """Record that the objection was heard."""
    act_on_case(home, case_desk.record_hearing, case_id, by, record=record)


@case.command("no-objection")
@click.argument("case_id")
@by_option
@click.option("--note", help="What the person wants to add.")
@home_option
def case_no_objection(case_id: str, by: str, note: str | None, home: Path | None) -> None:
    """There is no objection: the collector (--by) says so, or the window is over."""
    act_on_case(home, case_desk.record_no_objection, case_id, by, note=note)


# --- circumstances and linked cases -----------------------------------------------------------


@case.command("circumstance")
@click.argument("case_id")
@by_option
@click.option("--fact", help="What is established, e.g. significant_effect, lasting_harm, "
              "concealment, system_fault; discipline.yaml lists all.")  # fmt: skip
@click.option("--not", "refuted", is_flag=True, help="It was looked into and is not so.")
@click.option("--loss", metavar="YUAN", help="The direct loss, instead of a fact.")
@click.option("--evidence", required=True, help="What shows it, and where it is.")
@home_option
def case_circumstance(
    case_id: str, by: str, fact: str | None, refuted: bool, loss: str | None, evidence: str,
    home: Path | None,
) -> None:  # fmt: skip
    """Establish a fact or the loss, with its evidence; the ladder is asked again.

    A loss above 50,000 yuan or lasting harm proposes linked cases for the superiors.
    """
    act_on_case(
        home, case_desk.record_circumstance, case_id, by, fact=fact, established=not refuted,
        loss_yuan=loss, evidence=evidence,
    )  # fmt: skip


@case.command("link")
@click.argument("case_id")
@by_option
@click.option("--person", required=True, help="Who knew; has to stand above the collector.")
@click.option("--evidence", required=True, help="What shows that he knew and did nothing.")
@home_option
def case_link(case_id: str, by: str, person: str, evidence: str, home: Path | None) -> None:
    """Propose a case for a superior who saw or knew and neither stopped nor reported it."""
    act_on_case(home, case_desk.link_bystander, case_id, by, person=person, evidence=evidence)


@case.command("take-up")
@click.argument("case_id")
@by_option
@click.option("--note", help="What the person wants to add.")
@home_option
def case_take_up(case_id: str, by: str, note: str | None, home: Path | None) -> None:
    """Begin to look into a case that was only proposed."""
    act_on_case(home, case_desk.take_up, case_id, by, note=note)


@case.command("confirm")
@click.argument("case_id")
@by_option
@click.option("--reason", required=True, help="What the decision rests on.")
@home_option
def case_confirm(case_id: str, by: str, reason: str, home: Path | None) -> None:
    """Confirm a linked case, or one that a complaint opened; others follow their findings."""
    act_on_case(home, case_desk.confirm_case, case_id, by, reason=reason)


@case.command("reject")
@click.argument("case_id")
@by_option
@click.option("--reason", required=True, help="What the decision rests on.")
@home_option
def case_reject(case_id: str, by: str, reason: str, home: Path | None) -> None:
    """Reject a linked case, or one that a complaint opened; others follow their findings."""
    act_on_case(home, case_desk.reject_case, case_id, by, reason=reason)


for each in STEPS:
    case.add_command(each)

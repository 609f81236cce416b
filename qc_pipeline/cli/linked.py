"""`qc flag`, `dispute`, `emergency`, `objection`, `promise`, `spotcheck`: the linked registers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from qc_pipeline.cli.options import (
    by_option,
    home_option,
    json_option,
    open_home,
    print_json,
    wide_console,
)
from qc_pipeline.cli.register_options import (
    at_option,
    import_options,
    print_imported,
    shown_moment,
    when,
)
from qc_pipeline.registers import linked_desk as desk
from qc_pipeline.registers import promise_desk, spot_check_desk
from qc_pipeline.registers.register_import import (
    check_map,
    import_spot_checks,
    spot_check_columns,
)
from qc_pipeline.registers.stop_flags import NewFlag
from qc_pipeline.store.masks import mask_number, mask_text


def _show(
    home: Path | None, query: str, columns: Sequence[tuple[str, str]], *, as_json: bool
) -> None:
    _, store, _ = open_home(home)
    with store.reading() as session:
        rows = session.rows(f"export/{query}")
    for row in rows:
        for name, value in row.items():
            if isinstance(value, str):
                row[name] = mask_number(value) if name == "phone" else mask_text(value)
    if as_json:
        print_json(rows)
        return
    table = Table()
    for name, zh in columns:
        # An id that is cut can't be copied into the next command.
        table.add_column(zh, no_wrap=name == columns[0][0], overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row[name]) for name, _ in columns))
    wide_console().print(table)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, list):
        return "、".join(str(item) for item in value) or "–"
    return shown_moment(value) if hasattr(value, "astimezone") else str(value)


# --- stop flags ------------------------------------------------------------------------------


@click.group()
def flag() -> None:
    """Stop flags: proposed, approved by somebody else, in force, lifted."""


@flag.command("list")
@home_option
@json_option
def flag_list(home: Path | None, as_json: bool) -> None:
    """Every stop flag of the register."""
    _show(home, "flags", (("flag_id", "标志"), ("state", "状态"), ("kind", "种类"),
          ("case_id", "案件"), ("phone", "号码"), ("source", "来源"), ("proposed_by", "提出"),
          ("decided_by", "批准"), ("decided_at", "生效"), ("lifted_at", "解除")),
          as_json=as_json)  # fmt: skip


@flag.command("warnings")
@click.option("--case", "case_id", help="The case about to be called.")
@click.option("--phone", help="The number about to be called.")
@home_option
@json_option
def flag_warnings(case_id: str | None, phone: str | None, home: Path | None, as_json: bool) -> None:
    """What the next caller must know: flags in force, and proposals nobody has decided on."""
    _, store, _ = open_home(home)
    rows = desk.warnings_for(store, case_id=case_id, phone=phone)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        word = "禁止拨打" if row["state"] == "in_force" else "提醒（待审批）"
        said = mask_text(row["reason"] or "")
        click.echo(
            f"{word}：{row['kind']}，自 {shown_moment(row['since'])}，{row['source']} {said}"
        )
    if not rows:
        click.echo("无停催标志，也无待审批的提醒")


@flag.command("propose")
@click.option("--kind", required=True, help="A kind of the policy, e.g. do_not_collect.")
@click.option("--source", required=True, help="Where it comes from.")
@click.option("--case", "case_id", help="The case it stops.")
@click.option("--phone", help="The number it stops, across cases.")
@click.option("--reason", help="Why.")
@click.option("--from", "valid_from", metavar="TIME", help="From when, if not from the approval.")
@click.option("--until", "valid_to", metavar="TIME", help="Until when, if it ends by itself.")
@click.option("--agent", "agent_id", help="The collector who heard it.")
@by_option
@at_option
@home_option
def flag_propose(
    by: str, at: str | None, home: Path | None, valid_from: str | None, valid_to: str | None,
    **said: Any,
) -> None:  # fmt: skip
    """Propose a stop flag. It binds nobody until somebody else approves it."""
    settings, store, policy = open_home(home)
    new = NewFlag(
        valid_from=when(valid_from) if valid_from else None,
        valid_to=when(valid_to) if valid_to else None, **said,
    )  # fmt: skip
    made = desk.propose_flag(
        store, new, by=by, at=when(at), policy=policy, keys=settings.keys
    )  # fmt: skip
    click.echo(f"{made.flag_id}：{made.state}")


@flag.command("approve")
@click.argument("flag_id")
@by_option
@click.option("--note", help="What the person wants to add.")
@at_option
@home_option
def flag_approve(
    flag_id: str, by: str, note: str | None, at: str | None, home: Path | None
) -> None:
    """Put a proposed flag in force; not by who proposed it."""
    settings, store, _ = open_home(home)
    done = desk.approve_flag(store, flag_id, by=by, at=when(at), keys=settings.keys, note=note)
    click.echo(f"{done.flag_id}：{done.state}")


@flag.command("refuse")
@click.argument("flag_id")
@by_option
@click.option("--note", required=True, help="Why.")
@at_option
@home_option
def flag_refuse(flag_id: str, by: str, note: str, at: str | None, home: Path | None) -> None:
    """Refuse a proposed flag, with the reason."""
    settings, store, _ = open_home(home)
    done = desk.refuse_flag(store, flag_id, by=by, at=when(at), keys=settings.keys, note=note)
    click.echo(f"{done.flag_id}：{done.state}")


@flag.command("lift")
@click.argument("flag_id")
@by_option
@click.option("--reason", required=True, help="Why.")
@click.option("--consent", help="A third party's later consent: the call or paper.")
@at_option
@home_option
def flag_lift(
    flag_id: str, by: str, reason: str, consent: str | None, at: str | None, home: Path | None
) -> None:
    """Lift a flag in force. A third party's refusal needs that person's later consent."""
    settings, store, _ = open_home(home)
    done = desk.lift_flag(
        store, flag_id, by=by, at=when(at), keys=settings.keys, reason=reason, consent=consent
    )
    click.echo(f"{done.flag_id}：{done.state}")


# --- disputes --------------------------------------------------------------------------------


@click.group()
def dispute() -> None:
    """Disputes about the debt: raised, paused, supervisor told, passed to the bank, decided."""


@dispute.command("list")
@home_option
@json_option
def dispute_list(home: Path | None, as_json: bool) -> None:
    """Every dispute."""
    _show(home, "disputes", (("dispute_id", "争议"), ("state", "状态"), ("case_id", "案件"),
          ("call_id", "通话"), ("raised_at", "提出"), ("about", "内容"),
          ("decision", "银行结论")), as_json=as_json)  # fmt: skip


@dispute.command("raise")
@click.option("--about", required=True, help="What the customer disputes.")
@click.option("--raised-at", required=True, metavar="TIME", help="When.")
@click.option("--call", "call_id", help="The call; then case and number are known.")
@click.option("--case", "case_id", help="The case.")
@click.option("--phone", help="The number.")
@by_option
@at_option
@home_option
def dispute_raise(by: str, at: str | None, home: Path | None, raised_at: str, **said: Any) -> None:
    """Record that a customer disputes the debt."""
    settings, store, _ = open_home(home)
    done = desk.raise_dispute(
        store, by=by, at=when(at), keys=settings.keys, raised_at=when(raised_at), **said
    )
    click.echo(f"{done.dispute_id}：{done.state}")


@dispute.command("pause")
@click.argument("dispute_id")
@by_option
@at_option
@home_option
def dispute_pause(dispute_id: str, by: str, at: str | None, home: Path | None) -> None:
    """Collection on the case stops: a flag is in force."""
    settings, store, policy = open_home(home)
    done = desk.pause_for_dispute(
        store, dispute_id, by=by, at=when(at), policy=policy, keys=settings.keys
    )
    click.echo(f"{done.dispute_id}：{done.state}")


@dispute.command("notify")
@click.argument("dispute_id")
@click.option("--supervisor", required=True, help="Who was told.")
@by_option
@at_option
@home_option
def dispute_notify(
    dispute_id: str, supervisor: str, by: str, at: str | None, home: Path | None
) -> None:
    """The supervisor was told."""
    settings, store, _ = open_home(home)
    done = desk.notify_supervisor(
        store, dispute_id, by=by, at=when(at), keys=settings.keys, supervisor=supervisor
    )
    click.echo(f"{done.dispute_id}：{done.state}")


@dispute.command("forward")
@click.argument("dispute_id")
@click.option("--way", required=True, type=click.Choice(["phone", "email"]), help="How.")
@click.option("--to", required=True, help="Who at the bank.")
@by_option
@at_option
@home_option
def dispute_forward(
    dispute_id: str, way: str, to: str, by: str, at: str | None, home: Path | None
) -> None:
    """It was passed on to the bank."""
    settings, store, _ = open_home(home)
    done = desk.forward_dispute(
        store, dispute_id, by=by, at=when(at), keys=settings.keys, way=way, to=to
    )
    click.echo(f"{done.dispute_id}：{done.state}")


@dispute.command("decided")
@click.argument("dispute_id")
@click.option("--decision", required=True, help="What the bank decided.")
@by_option
@at_option
@home_option
def dispute_decided(
    dispute_id: str, decision: str, by: str, at: str | None, home: Path | None
) -> None:
    """The bank decided."""
    settings, store, _ = open_home(home)
    done = desk.record_bank_decision(
        store, dispute_id, by=by, at=when(at), keys=settings.keys, decision=decision
    )
    click.echo(f"{done.dispute_id}：{done.state}")


@dispute.command("end")
@click.argument("dispute_id")
@click.option("--reason", required=True, help="Why collection goes on, or how it was withdrawn.")
@click.option("--withdrawn", is_flag=True, help="The customer withdrew it.")
@by_option
@at_option
@home_option
def dispute_end(
    dispute_id: str, reason: str, withdrawn: bool, by: str, at: str | None, home: Path | None
) -> None:
    """Collection goes on after the bank's decision, or the customer withdrew. The flag is lifted."""
    settings, store, _ = open_home(home)
    done = desk.end_dispute(
        store, dispute_id, by=by, at=when(at), keys=settings.keys, reason=reason,
        withdrawn=withdrawn,
    )  # fmt: skip
    click.echo(f"{done.dispute_id}：{done.state}")


# --- emergencies -----------------------------------------------------------------------------


@click.group()
def emergency() -> None:
    """Emergencies heard in calls: taken over, step by step, until a superior signs."""


@emergency.command("list")
@home_option
@json_option
def emergency_list(home: Path | None, as_json: bool) -> None:
    """Every emergency, also those that nobody has taken over."""
    _show(home, "emergencies", (("call_id", "通话"), ("state", "状态"), ("signalled_at", "时间"),
          ("agent_id", "坐席"), ("words", "原话"), ("acknowledged_by", "接手"),
          ("superior", "上级"), ("signed_by", "签字")), as_json=as_json)  # fmt: skip


@emergency.command("acknowledge")
@click.argument("call_id")
@click.option("--note", required=True, help="What was done.")
@by_option
@at_option
@home_option
def emergency_acknowledge(
    call_id: str, note: str, by: str, at: str | None, home: Path | None
) -> None:
    """Take over the emergency of a call; no collection until a superior signs."""
    settings, store, policy = open_home(home)
    done = desk.acknowledge_emergency(
        store, call_id, by=by, at=when(at), note=note, policy=policy, keys=settings.keys
    )
    click.echo(f"{done.call_id}：{done.state}，由 {done.acknowledged_by} 接手")


@emergency.command("step")
@click.argument("call_id")
@click.argument("step", type=click.Choice(["calmed", "notified", "help_called", "followed_up",
                                           "closed"]))  # fmt: skip
@click.option("--note", required=True, help="What was done.")
@click.option("--superior", help="Who was told (with notified).")
@by_option
@at_option
@home_option
def emergency_step(
    call_id: str, step: str, note: str, superior: str | None, by: str, at: str | None,
    home: Path | None,
) -> None:  # fmt: skip
    """The next step, in this order."""
    settings, store, _ = open_home(home)
    done = desk.record_emergency_step(
        store, call_id, step, by=by, at=when(at), note=note, keys=settings.keys, superior=superior
    )
    click.echo(f"{done.call_id}：{done.state}")


@emergency.command("sign")
@click.argument("call_id")
@click.option("--note", required=True, help="Why collection may resume.")
@by_option
@at_option
@home_option
def emergency_sign(call_id: str, note: str, by: str, at: str | None, home: Path | None) -> None:
    """A superior of the collector lets collection resume."""
    settings, store, _ = open_home(home)
    done = desk.sign_emergency(store, call_id, by=by, at=when(at), note=note, keys=settings.keys)
    click.echo(f"{done.call_id}：{done.signed_by} 已签字，可恢复催收")


# --- objections and promises -----------------------------------------------------------------


@click.group()
def objection() -> None:
    """Objections: answered in the call, or replied to by a date."""


@objection.command("list")
@home_option
@json_option
def objection_list(home: Path | None, as_json: bool) -> None:
    """Every objection with its date."""
    _show(home, "objections", (("objection_id", "异议"), ("state", "状态"), ("kind", "种类"),
          ("case_id", "案件"), ("text", "内容"), ("reply_due", "答复期限"),
          ("due_uncertain", "说明"), ("breached_at", "超时")), as_json=as_json)  # fmt: skip


@objection.command("raise")
@click.option("--text", required=True, help="What the customer objects to.")
@click.option("--raised-at", required=True, metavar="TIME", help="When.")
@click.option("--kind", default="general", show_default=True, help="general, credit_record.")
@click.option("--call", "call_id", help="The call.")
@click.option("--case", "case_id", help="The case.")
@click.option("--reply-by", metavar="TIME", help="What was promised to the customer.")
@click.option("--answer", help="The answer, if it was given in the call.")
@by_option
@at_option
@home_option
def objection_raise(
    by: str, at: str | None, home: Path | None, raised_at: str, reply_by: str | None, **said: Any
) -> None:
    """Record an objection."""
    settings, store, policy = open_home(home)
    done = promise_desk.raise_objection(
        store, by=by, at=when(at), policy=policy, keys=settings.keys, raised_at=when(raised_at),
        reply_by=when(reply_by) if reply_by else None, **said,
    )  # fmt: skip
    due = shown_moment(done.reply_due) if done.reply_due else done.due_uncertain or "–"
    click.echo(f"{done.objection_id}：{done.state}，答复期限 {due}")


@objection.command("reply")
@click.argument("objection_id")
@click.option("--answer", required=True, help="The reply.")
@by_option
@at_option
@home_option
def objection_reply(
    objection_id: str, answer: str, by: str, at: str | None, home: Path | None
) -> None:
    """The reply to an objection."""
    settings, store, _ = open_home(home)
    done = promise_desk.reply_to_objection(
        store, objection_id, by=by, at=when(at), keys=settings.keys, answer=answer
    )
    click.echo(f"{done.objection_id}：{done.state}{'，已记超时' if done.breached_at else ''}")


@click.group()
def promise() -> None:
    """Promises to pay: kept or broken, once payments are imported."""


@promise.command("list")
@home_option
@json_option
def promise_list(home: Path | None, as_json: bool) -> None:
    """Every promise to pay."""
    _show(home, "promises", (("promise_id", "承诺"), ("state", "状态"), ("case_id", "案件"),
          ("amount", "金额"), ("due_at", "到期"), ("paid", "已还"), ("call_id", "通话")),
          as_json=as_json)  # fmt: skip


@promise.command("add")
@click.option("--amount", required=True, help="Yuan.")
@click.option("--promised-at", required=True, metavar="TIME", help="When it was promised.")
@click.option("--due-at", required=True, metavar="TIME", help="By when it is to be paid.")
@click.option("--call", "call_id", help="The call.")
@click.option("--case", "case_id", help="The case.")
@click.option("--words", help="What the customer said.")
@by_option
@at_option
@home_option
def promise_add(
    by: str, at: str | None, home: Path | None, promised_at: str, due_at: str, **said: Any
) -> None:
    """Record a promise to pay."""
    settings, store, _ = open_home(home)
    done = promise_desk.record_promise(
        store, by=by, at=when(at), keys=settings.keys, promised_at=when(promised_at),
        due_at=when(due_at), **said,
    )  # fmt: skip
    click.echo(f"{done.promise_id}：{done.state}，{done.amount} 元，{shown_moment(done.due_at)} 前")


@promise.command("cancel")
@click.argument("promise_id")
@click.option("--reason", required=True, help="Why.")
@by_option
@at_option
@home_option
def promise_cancel(
    promise_id: str, reason: str, by: str, at: str | None, home: Path | None
) -> None:
    """It doesn't stand any more."""
    settings, store, _ = open_home(home)
    done = promise_desk.cancel_promise(
        store, promise_id, by=by, at=when(at), keys=settings.keys, reason=reason
    )
    click.echo(f"{done.promise_id}：{done.state}")


@promise.command("check")
@home_option
def promise_check(home: Path | None) -> None:
    """Say which promises were kept or broken, as far as imported payments show."""
    settings, store, _ = open_home(home)
    settled = promise_desk.settle_promises(store, keys=settings.keys)
    for done in settled:
        click.echo(f"{done.promise_id}：{done.state}，已还 {done.paid} 元，应还 {done.amount} 元")
    if not settled:
        click.echo("没有可判断的承诺：未到期，或没有到期后的还款记录")


# --- spot checks -----------------------------------------------------------------------------


@click.group()
def spotcheck() -> None:
    """A bank's own spot checks (抽检/质询单): imported, linked, answered; and what we missed."""


@spotcheck.command("list")
@home_option
@json_option
def spotcheck_list(home: Path | None, as_json: bool) -> None:
    """Every question of a bank."""
    _show(home, "spot_checks", (("check_id", "质询"), ("state", "状态"), ("bank", "银行"),
          ("reference", "编号"), ("due_at", "期限"), ("calls", "通话"), ("code", "指称"),
          ("had_found", "我方已发现"), ("breached_at", "超时")), as_json=as_json)  # fmt: skip


@spotcheck.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--bank", help="The bank of rows that name none.")
@import_options
@by_option
@at_option
@home_option
def spotcheck_import(
    file: Path, bank: str | None, column_map: Path | None, by: str, at: str | None,
    home: Path | None,
) -> None:  # fmt: skip
    """Enter questions from a CSV or Parquet file: reference, received_at, question; optional
    bank, due_at, call_id, case_id, phone, about_at, agent_id, code.

    Good rows go in, bad rows are listed; a reference that is known is left alone.
    """
    settings, store, policy = open_home(home)
    mapped = check_map(column_map, spot_check_columns(policy)) if column_map else None
    done = import_spot_checks(
        store, file, by=by, at=when(at), policy=policy, keys=settings.keys, bank=bank,
        column_map=mapped,
    )  # fmt: skip
    print_imported(done)


@spotcheck.command("calls")
@click.argument("check_id")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True)
@home_option
def spotcheck_calls(check_id: str, limit: int, home: Path | None) -> None:
    """Calls it may be about, with score and reasons."""
    _, store, policy = open_home(home)
    proposals = spot_check_desk.propose_calls(store, check_id, policy=policy, most=limit)
    print_json([asdict(each) for each in proposals])


@spotcheck.command("link")
@click.argument("check_id")
@click.option("--call", "calls", multiple=True, required=True, help="A call; repeat for several.")
@by_option
@at_option
@home_option
def spotcheck_link(
    check_id: str, calls: tuple[str, ...], by: str, at: str | None, home: Path | None
) -> None:
    """Say which calls it is about; then it shows whether we had found what the bank names."""
    settings, store, _ = open_home(home)
    done = spot_check_desk.link_spot_check(
        store, check_id, by=by, at=when(at), keys=settings.keys, calls=calls
    )
    found = {True: "我方此前已发现", False: "我方漏检", None: "尚不能判断是否漏检"}
    click.echo(f"{done.check_id}：{done.state}，{found[done.had_found]}")


@spotcheck.command("answer")
@click.argument("check_id")
@click.option("--answer", required=True, help="The answer.")
@by_option
@at_option
@home_option
def spotcheck_answer(
    check_id: str, answer: str, by: str, at: str | None, home: Path | None
) -> None:
    """The answer to the bank."""
    settings, store, _ = open_home(home)
    done = spot_check_desk.answer_spot_check(
        store, check_id, by=by, at=when(at), keys=settings.keys, answer=answer
    )
    click.echo(f"{done.check_id}：{done.state}{'，已记超时' if done.breached_at else ''}")


@spotcheck.command("close")
@click.argument("check_id")
@click.option("--result", required=True, help="What the bank made of the answer.")
@by_option
@at_option
@home_option
def spotcheck_close(check_id: str, result: str, by: str, at: str | None, home: Path | None) -> None:
    """What the bank made of the answer."""
    settings, store, _ = open_home(home)
    done = spot_check_desk.close_spot_check(
        store, check_id, by=by, at=when(at), keys=settings.keys, result=result
    )
    click.echo(f"{done.check_id}：{done.state}")


@spotcheck.command("missed")
@home_option
@json_option
def spotcheck_missed(home: Path | None, as_json: bool) -> None:
    """Of the violations that banks found in scanned calls: how many we had missed."""
    _, store, _ = open_home(home)
    rate = spot_check_desk.miss_rate(store)
    if as_json:
        print_json([asdict(rate)])
        return
    click.echo(
        f"银行指出且可核对 {rate.judged} 条，其中漏检 {rate.missed} 条；尚不能核对 {rate.open} 条"
    )
    for check_id in rate.missed_checks:
        click.echo(f"  {check_id}")

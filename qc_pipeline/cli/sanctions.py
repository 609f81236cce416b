"""The steps of a sanction (`qc case propose`, `approve`, `gate`, `execute` ...), from the proposal
to the end of the case.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from qc_pipeline.cli.case_printing import print_case
from qc_pipeline.cli.options import by_option, home_option, open_home
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers import case_desk
from qc_pipeline.registers.discipline import Case

STEPS: list[click.Command] = []
"""Every step's command, as the group of `qc case` takes them in."""


def step(name: str) -> Callable[[Callable[..., None]], click.Command]:
    """A command that takes a case on."""

    def decorated(function: Callable[..., None]) -> click.Command:
        command = click.command(name)(function)
        STEPS.append(command)
        return command

    return decorated


def act_on_case(
    home: Path | None, what: Callable[..., Case], case_id: str, by: str, **said: Any
) -> None:
    """Do `what` with a case and show how it stands then."""
    settings, store, policy = open_home(home)
    done = what(
        store, case_id, by=by, at=datetime.now(SHANGHAI), policy=policy, keys=settings.keys, **said
    )
    print_case(done, policy)


def read_amounts(pairs: tuple[str, ...]) -> dict[str, str]:
    """`fine=300` and the like as a mapping. Raises click.BadParameter."""
    amounts = {}
    for pair in pairs:
        name, sign, yuan = pair.partition("=")
        if not sign:
            raise click.BadParameter(f"{pair!r} is not NAME=YUAN", param_hint="--amount")
        amounts[name.strip()] = yuan.strip()
    return amounts


@step("propose")
@click.argument("case_id")
@by_option
@click.option("--level", required=True, help="A level inside the proposal (L1 ... L7), or none.")
@click.option("--consequence", "consequences", multiple=True,
              help="One that is chosen; may be repeated. Default: all that are proposed.")  # fmt: skip
@click.option("--amount", "amounts", multiple=True, metavar="NAME=YUAN",
              help="Yuan of a payable consequence, e.g. fine=300; may be repeated.")  # fmt: skip
@click.option("--reason", help="Needed to depart from what is proposed.")
@home_option
def case_propose(
    case_id: str, by: str, level: str, consequences: tuple[str, ...], amounts: tuple[str, ...],
    reason: str | None, home: Path | None,
) -> None:  # fmt: skip
    """Choose a sanction within what the ladder proposes."""
    act_on_case(
        home, case_desk.propose_sanction, case_id, by, level=level, reason=reason,
        consequences=consequences or None, amounts=read_amounts(amounts),
    )  # fmt: skip


@step("approve")
@click.argument("case_id")
@by_option
@click.option("--note", help="What the person wants to add.")
@home_option
def case_approve(case_id: str, by: str, note: str | None, home: Path | None) -> None:
    """Approve a proposed sanction; not by who proposed it."""
    act_on_case(home, case_desk.approve_sanction, case_id, by, note=note)


@step("return")
@click.argument("case_id")
@by_option
@click.option("--reason", required=True, help="What has to be changed.")
@home_option
def case_return(case_id: str, by: str, reason: str, home: Path | None) -> None:
    """Send a proposal back, with the reason; not by who proposed it."""
    act_on_case(home, case_desk.return_sanction, case_id, by, reason=reason)


@step("gate")
@click.argument("case_id")
@by_option
@click.option("--month", required=True, metavar="YYYY-MM", help="The month money is taken in.")
@click.option("--wage", required=True, metavar="YUAN", help="That month's wage.")
@click.option("--deduct", metavar="YUAN", help="What is taken that month. Default: all of it.")
@click.option("--other", default="0", show_default=True, metavar="YUAN",
              help="What is taken that month for other cases.")  # fmt: skip
@click.option("--acknowledgement", help="The signed acknowledgement of the rules.")
@home_option
def case_gate(
    case_id: str, by: str, month: str, wage: str, deduct: str | None, other: str,
    acknowledgement: str | None, home: Path | None,
) -> None:  # fmt: skip
    """Legal or HR lets money consequences pass: within the cap, above the minimum wage.

    Refuses while a setting of money_gate in discipline.yaml is unset, and names it.
    """
    act_on_case(
        home, case_desk.pass_gate, case_id, by, month=month, wage_yuan=wage, deduct_yuan=deduct,
        other_deductions_yuan=other, acknowledgement=acknowledgement,
    )  # fmt: skip


@step("accept")
@click.argument("case_id")
@by_option
@home_option
def case_accept(case_id: str, by: str, home: Path | None) -> None:
    """The collector (--by) accepts the sanction: execution need not wait for the window."""
    act_on_case(home, case_desk.accept_sanction, case_id, by)


@step("execute")
@click.argument("case_id")
@by_option
@click.option("--note", help="What the person wants to add.")
@home_option
def case_execute(case_id: str, by: str, note: str | None, home: Path | None) -> None:
    """Carry a sanction out: neither by proposer nor approver, after the window, with no appeal
    open, and money past the gate.
    """
    act_on_case(home, case_desk.execute_sanction, case_id, by, note=note)


@step("refer")
@click.argument("case_id")
@by_option
@click.option("--authority", required=True, help="Who took the case over.")
@click.option("--number", required=True, help="The number of the document.")
@home_option
def case_refer(case_id: str, by: str, authority: str, number: str, home: Path | None) -> None:
    """Record that an authority took an offence over; needed before such a case is closed."""
    act_on_case(home, case_desk.refer_to_authority, case_id, by, authority=authority, number=number)


@step("close")
@click.argument("case_id")
@by_option
@click.option("--note", help="What the person wants to add.")
@home_option
def case_close(case_id: str, by: str, note: str | None, home: Path | None) -> None:
    """Close an executed case."""
    act_on_case(home, case_desk.close_case, case_id, by, note=note)


@step("suspend")
@click.argument("case_id")
@by_option
@click.option("--reason", required=True, help="complaint, court, leave or other.")
@click.option("--note", help="What the person wants to add.")
@home_option
def case_suspend(case_id: str, by: str, reason: str, note: str | None, home: Path | None) -> None:
    """Let a case rest while something else is pending."""
    act_on_case(home, case_desk.suspend_case, case_id, by, reason=reason, note=note)


@step("resume")
@click.argument("case_id")
@by_option
@click.option("--note", help="What the person wants to add.")
@home_option
def case_resume(case_id: str, by: str, note: str | None, home: Path | None) -> None:
    """Take a suspended case up where it was."""
    act_on_case(home, case_desk.resume_case, case_id, by, note=note)

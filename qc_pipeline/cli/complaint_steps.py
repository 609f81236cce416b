"""The steps of a complaint, one command each (`qc complaint pause`, `triage` ... `close`)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from qc_pipeline.cli.options import by_option, home_option, open_home
from qc_pipeline.cli.register_options import at_option, shown_moment, when
from qc_pipeline.registers import complaint_desk as desk
from qc_pipeline.registers.complaint_clocks import unmet
from qc_pipeline.registers.complaint_steps import CLASSES, VALIDITIES
from qc_pipeline.registers.complaints import Complaint

STEPS: list[click.Command] = []
"""Every step's command, as the group of `qc complaint` takes them in."""


def step(
    name: str, help_text: str, *options: Callable[[Any], Any]
) -> Callable[[Callable[..., None]], click.Command]:
    """A command that takes a complaint one step on: its id, --by, --at, --home, and `options`."""

    def decorated(function: Callable[..., None]) -> click.Command:
        made: Any = function
        for option in (home_option, at_option, by_option, *reversed(options)):
            made = option(made)
        made = click.argument("complaint_id")(made)
        command = click.command(name, help=help_text)(made)
        STEPS.append(command)
        return command

    return decorated


def take(
    action: Callable[..., Complaint], complaint_id: str, by: str, at: str | None,
    home: Path | None, **said: Any,
) -> None:  # fmt: skip
    """Do `action` with a complaint and show how it stands then."""
    settings, store, policy = open_home(home)
    print_complaint(
        action(
            store, complaint_id, by=by, at=when(at), policy=policy, keys=settings.keys, **said
        )
    )  # fmt: skip


def print_complaint(done: Complaint) -> None:
    """A complaint's state, the clocks that run, and those that were missed."""
    click.echo(f"{done.complaint_id}：{done.state}")
    for name, due in sorted(unmet(done.clocks, done.met).items(), key=lambda each: each[1]):
        click.echo(f"  期限 {name}：{shown_moment(due)}")
    for entry in done.breaches:
        name, _, due_text = entry.partition("=")
        click.echo(f"  超时 {name}：应于 {due_text[:16].replace('T', ' ')} 前完成")


@step(
    "link", "Say which calls, case or number it is about.",
    click.option("--call", "calls", multiple=True, help="A call; repeat for several."),
    click.option("--case", "case_id", help="The case."),
    click.option("--phone", help="The number."),
)  # fmt: skip
def complaint_link(
    complaint_id: str, by: str, at: str | None, home: Path | None, **said: Any
) -> None:
    take(desk.link_complaint, complaint_id, by, at, home, **said)


@step("pause", "Collection on the account stops; the reply call is exempt by its purpose.")
def complaint_pause(complaint_id: str, by: str, at: str | None, home: Path | None) -> None:
    take(desk.pause_collection, complaint_id, by, at, home)


@step(
    "report", "Team manager and business head were told.",
    click.option("--to", multiple=True, required=True, help="Who was told; repeat for several."),
)  # fmt: skip
def complaint_report(
    complaint_id: str, by: str, at: str | None, home: Path | None, to: tuple[str, ...]
) -> None:
    take(desk.report_complaint, complaint_id, by, at, home, to=to)


@step(
    "contact", "The complainant was contacted. That is no reply: its clock goes on.",
    click.option("--note", required=True, help="What was said, by which way."),
)  # fmt: skip
def complaint_contact(
    complaint_id: str, by: str, at: str | None, home: Path | None, note: str
) -> None:
    take(desk.record_contact, complaint_id, by, at, home, note=note)


@step(
    "team", "A dedicated team takes it over (media, judicial).",
    click.option("--team", required=True, help="The team or its head."),
)  # fmt: skip
def complaint_team(
    complaint_id: str, by: str, at: str | None, home: Path | None, team: str
) -> None:
    take(desk.assign_team, complaint_id, by, at, home, team=team)


@step(
    "triage", "Its class, which sets off the clocks of that class.",
    click.option("--class", "triage", required=True, type=click.Choice(CLASSES), help="The class."),
    click.option("--complex", "complex_case", is_flag=True, help="30 days to decide, not 15."),
)  # fmt: skip
def complaint_triage(
    complaint_id: str, by: str, at: str | None, home: Path | None, **said: Any
) -> None:
    take(desk.triage_complaint, complaint_id, by, at, home, **said)


@step(
    "lock", "Lock the evidence: hashes of the linked calls' recordings, and of documents.",
    click.option("--document", "documents", multiple=True, type=click.Path(path_type=Path),
                 help="A file to keep a copy of; repeat for several."),
)  # fmt: skip
def complaint_lock(
    complaint_id: str, by: str, at: str | None, home: Path | None, documents: tuple[Path, ...]
) -> None:
    take(desk.lock_evidence, complaint_id, by, at, home, documents=documents)


@step(
    "check", "What the preliminary check found.",
    click.option("--finding", required=True, help="What was found."),
)  # fmt: skip
def complaint_check(
    complaint_id: str, by: str, at: str | None, home: Path | None, finding: str
) -> None:
    take(desk.check_complaint, complaint_id, by, at, home, finding=finding)


@step(
    "reply", "The first reply. It stops the clock only if it says what was found and how it goes on.",
    click.option("--finding", required=True, help="What was found."),
    click.option("--progress", required=True, help="How it goes on."),
    click.option("--way", required=True, help="phone, letter, e-mail ..."),
)  # fmt: skip
def complaint_reply(
    complaint_id: str, by: str, at: str | None, home: Path | None, **said: Any
) -> None:
    take(desk.reply_complaint, complaint_id, by, at, home, **said)


@step("investigate", "It is being investigated (again).")
def complaint_investigate(complaint_id: str, by: str, at: str | None, home: Path | None) -> None:
    take(desk.investigate_complaint, complaint_id, by, at, home)


@step(
    "progress", "How it stands; an urgent complaint needs that every day.",
    click.option("--note", required=True, help="What was done."),
)  # fmt: skip
def complaint_progress(
    complaint_id: str, by: str, at: str | None, home: Path | None, note: str
) -> None:
    take(desk.record_progress, complaint_id, by, at, home, note=note)


@step(
    "extend", "The decision may take 30 days longer, once.",
    click.option("--approval", required=True, help="The approval's number."),
)  # fmt: skip
def complaint_extend(
    complaint_id: str, by: str, at: str | None, home: Path | None, approval: str
) -> None:
    take(desk.extend_complaint, complaint_id, by, at, home, approval=approval)


@step(
    "escalate", "A superior takes over what can't be settled.",
    click.option("--to", required=True, help="Who takes over."),
    click.option("--reason", required=True, help="Why."),
)  # fmt: skip
def complaint_escalate(
    complaint_id: str, by: str, at: str | None, home: Path | None, **said: Any
) -> None:
    take(desk.escalate_complaint, complaint_id, by, at, home, **said)


@step(
    "decide", "The decision told to the complainant. An upheld one feeds discipline.",
    click.option("--validity", required=True, type=click.Choice(VALIDITIES), help="Is it right?"),
    click.option("--decision", required=True, help="The decision and its reasons."),
    click.option("--code", "codes", multiple=True, help="What was done; repeat for several."),
)  # fmt: skip
def complaint_decide(
    complaint_id: str, by: str, at: str | None, home: Path | None, **said: Any
) -> None:
    take(desk.decide_complaint, complaint_id, by, at, home, **said)


@step(
    "transfer", "The collector is off the case; off the team only by the bank's instruction.",
    click.option("--how", required=True, help="Who took over the case."),
    click.option("--from-team", is_flag=True, help="Off the whole team."),
    click.option("--instruction", help="The number of the bank's instruction."),
)  # fmt: skip
def complaint_transfer(
    complaint_id: str, by: str, at: str | None, home: Path | None, **said: Any
) -> None:
    take(desk.record_transfer, complaint_id, by, at, home, **said)


@step(
    "satisfied", "What the complainant says to the decision.",
    click.option("--yes/--no", "satisfied", required=True, help="Satisfied, with no further demand?"),
    click.option("--statement", required=True, help="What was said, and how."),
)  # fmt: skip
def complaint_satisfied(
    complaint_id: str, by: str, at: str | None, home: Path | None, **said: Any
) -> None:
    take(desk.record_satisfaction, complaint_id, by, at, home, **said)


@step(
    "resolve", "It is settled; the pause ends. After an escalation: with an approval and a reason.",
    click.option("--exit-approval", help="The approval of a long-term exit."),
    click.option("--reason", help="Why it can't be settled."),
)  # fmt: skip
def complaint_resolve(
    complaint_id: str, by: str, at: str | None, home: Path | None, **said: Any
) -> None:
    take(desk.resolve_complaint, complaint_id, by, at, home, **said)


@step(
    "withdraw", "The complainant withdrew it; handling ends the same day.",
    click.option("--said-at", required=True, metavar="TIME", help="When the complainant said so."),
    click.option("--statement", required=True, help="How."),
)  # fmt: skip
def complaint_withdraw(
    complaint_id: str, by: str, at: str | None, home: Path | None, said_at: str, statement: str
) -> None:
    take(
        desk.withdraw_complaint, complaint_id, by, at, home, said_at=when(said_at),
        statement=statement,
    )  # fmt: skip


@step(
    "archive", "The file is in the archive, with its evidence.",
    click.option("--archive", required=True, help="Where the file lies."),
)  # fmt: skip
def complaint_archive(
    complaint_id: str, by: str, at: str | None, home: Path | None, archive: str
) -> None:
    take(desk.archive_complaint, complaint_id, by, at, home, archive=archive)


@step(
    "file", "The bank has the file.",
    click.option("--receipt", required=True, help="The number of the bank's receipt."),
)  # fmt: skip
def complaint_file(
    complaint_id: str, by: str, at: str | None, home: Path | None, receipt: str
) -> None:
    take(desk.file_complaint, complaint_id, by, at, home, receipt=receipt)


@step("close", "It is closed: settled, archived with evidence, filed with the bank.")
def complaint_close(complaint_id: str, by: str, at: str | None, home: Path | None) -> None:
    take(desk.close_complaint, complaint_id, by, at, home)


@step(
    "reopen", "It is taken up again; collection is paused again.",
    click.option("--reason", required=True, help="What is new."),
)  # fmt: skip
def complaint_reopen(
    complaint_id: str, by: str, at: str | None, home: Path | None, reason: str
) -> None:
    take(desk.reopen_complaint, complaint_id, by, at, home, reason=reason)

"""`qc`: the command line. Thin: it reads arguments, calls the rooms and prints."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from qc_pipeline import __version__
from qc_pipeline.errors import QcError

COMMANDS = {
    "scan": "scanning",
    "detect": "detection",
    "export": "exporting",
    "report": "reporting",
    "evaluate": "evaluation",
    "replay": "replaying",
    "rules": "rules",
    "review": "reviewing",
    "case": "cases",
    "appeal": "appeals",
    "coaching": "coaching",
    "complaint": "complaints",
    "flag": "stop_flags",
    "dispute": "disputes",
    "emergency": "emergencies",
    "objection": "objections",
    "promise": "promises",
    "spotcheck": "spot_checks",
    "evidence": "evidence",
    "verify": "evidence",
    "accept-loss": "recovery",
    "serve": "serving",
    "user": "serving",
    "models": "models",
}


class Commands(click.Group):
    """Imports a command's module when the command is asked for: `qc rules` needs no Whisper."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"qc_pipeline.cli.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="qc")
def cli() -> None:
    """Listen to every debt-collection call; show a human the seconds that matter.

    催收录音质检：转写、检测、复核、登记。

    Exit codes: 0 done; 1 a check found something; 2 unusable input or arguments, nothing
    done; 3 some calls or lines failed for a reason of ours, the rest done.
    """


def main() -> None:
    """Entry point: every error we raise on purpose becomes one clear line and an exit code."""
    try:
        code = cli(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        click.echo("interrupted; run the same command again to go on", err=True)
        sys.exit(130)
    except QcError as error:
        click.echo(f"qc: {error}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        click.echo(f"qc: {error.filename or 'system'}: {error.strerror or error}", err=True)
        sys.exit(2)

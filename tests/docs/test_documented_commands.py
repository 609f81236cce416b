"""Commands shown in the documentation exist, with the options shown; no command is hidden."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from qc_pipeline.cli import cli

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "samples/demo.py"])
FENCE = re.compile(r"^```\w*\n(.*?)^```", re.M | re.S)
INLINE = re.compile(r"`(qc [^`\n]+|make [a-z]+)`")


def shown() -> Iterator[tuple[str, str]]:
    """(document, command line) for every qc or make command that is shown."""
    for path in DOCUMENTS:
        text = path.read_text("utf-8")
        lines = [line for block in FENCE.findall(text) for line in block.splitlines()]
        lines += INLINE.findall(text)
        if path.suffix == ".py":
            lines += re.findall(r'"(qc [^"]+)"', text)
        for line in lines:
            command = re.sub(r"\s+#.*", "", line).strip().removeprefix(".venv/bin/")
            if re.match(r"(qc|make) ", command):
                yield path.name, command


SHOWN = sorted(set(shown()))


def test_the_documentation_shows_commands() -> None:
    assert len(SHOWN) > 15


@pytest.mark.parametrize(("document", "command"), SHOWN, ids=[c for _, c in SHOWN])
def test_a_shown_command_exists(document: str, command: str) -> None:
    words = shlex.split(command.replace("…", ""))
    if words[0] == "make":
        makefile = (ROOT / "Makefile").read_text("utf-8")
        assert re.search(rf"^{words[1]}:", makefile, re.M), f"{document}: no target {words[1]}"
        return
    found: click.Command = cli
    arguments = words[1:]
    if arguments == ["--help"]:
        return
    for name in words[1].split("|") if "|" in words[1] else words[1:2]:
        found = _child(cli, name, document)
    arguments = arguments[1:]
    if isinstance(found, click.Group) and arguments:
        for name in arguments[0].split("|"):
            child = _child(found, name, document)
        found, arguments = child, arguments[1:]
    known = {option for parameter in found.params for option in parameter.opts} | {"--help"}
    for word in arguments:
        if word.startswith("-") and word != "-":
            assert word.split("=")[0] in known, f"{document}: {command} has no option {word}"


def _child(group: click.Command, name: str, document: str) -> click.Command:
    assert isinstance(group, click.Group)
    found = group.get_command(click.Context(group), name)
    assert found is not None, f"{document}: there is no command {name}"
    return found


def every_command(group: click.Group, prefix: str = "qc") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{prefix} {name}", command
        if isinstance(command, click.Group):
            yield from every_command(command, f"{prefix} {name}")


@pytest.mark.parametrize(("name", "command"), list(every_command(cli)))
def test_every_command_and_option_says_what_it_does(name: str, command: click.Command) -> None:
    assert command.help, f"{name} has no help"
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help or parameter.show_default, f"{name} {parameter.opts} has no help"


def test_every_document_is_reachable_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for path in (ROOT / "docs").glob("*.md"):
        assert f"docs/{path.name}" in readme, f"README.md doesn't mention docs/{path.name}"


def test_links_between_documents_lead_somewhere() -> None:
    for path in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text("utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target} doesn't exist"

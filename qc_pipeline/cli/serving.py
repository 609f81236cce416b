"""`qc serve` and `qc user`: the desk in the browser and who may sign in."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import click

from qc_pipeline.cli.options import home_option, json_option
from qc_pipeline.errors import AccountError, SettingsError
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers.access_log import record_access
from qc_pipeline.settings import Settings, load_settings

F = TypeVar("F", bound=Callable[..., Any])


@click.command()
@click.option("--host", help="Address to listen on (default: web.host, 127.0.0.1).")
@click.option("--port", type=click.IntRange(1, 65535), help="Port (default: web.port, 8480).")
@home_option
def serve(host: str | None, port: int | None, home: Path | None) -> None:
    """Serve the desk in the browser until interrupted. Make the first user with `qc user add`."""
    given = {"web__host": host, "web__port": port}
    settings = load_settings(home=home, **{k: v for k, v in given.items() if v is not None})
    _need_web()
    from qc_pipeline.web.serve import serve as run

    scheme = "https" if settings.web.tls_certificate else "http"
    click.echo(f"qc: {scheme}://{settings.web.host}:{settings.web.port}（Ctrl+C 结束）", err=True)
    run(settings)


@click.group()
def user() -> None:
    """Who may sign in to the desk, and as what."""


def _bound(function: F) -> F:
    for name, what in (
        ("team", "The team a team lead sees."),
        ("bank", "The bank a bank client sees."),
        ("agent", "The collector's own agent_id."),
    ):
        function = click.option(f"--{name}", help=what)(function)
    return function


def _password(function: F) -> F:
    return click.option(
        "--password-stdin", is_flag=True, help="Read the password from standard input."
    )(function)


@user.command("add")
@click.argument("name")
@click.option("--role", required=True, help="See `qc user roles`.")
@_bound
@_password
@home_option
def user_add(
    name: str, role: str, team: str | None, bank: str | None, agent: str | None,
    password_stdin: bool, home: Path | None,
) -> None:  # fmt: skip
    """Make an account. The password is asked for, or read with --password-stdin."""
    settings = load_settings(home=home)
    _need_web()
    from qc_pipeline.web.accounts.users import User, add_user

    side, roles = _accounts(settings)
    new = User(name, role, team, bank, agent)
    add_user(side, new, password=_asked(password_stdin), roles=roles)
    _note(settings, name, what="added", role=role)
    click.echo(f"{name}：{role}")


@user.command("passwd")
@click.argument("name")
@_password
@home_option
def user_passwd(name: str, password_stdin: bool, home: Path | None) -> None:
    """Set a new password. The user's open sessions end."""
    settings = load_settings(home=home)
    _need_web()
    from qc_pipeline.web.accounts.users import change_password

    side, _ = _accounts(settings)
    change_password(side, name, password=_asked(password_stdin))
    _note(settings, name, what="password")
    click.echo(f"{name}：密码已更新")


@user.command("role")
@click.argument("name")
@click.argument("role")
@_bound
@home_option
def user_role(
    name: str, role: str, team: str | None, bank: str | None, agent: str | None, home: Path | None
) -> None:
    """Give a user another role. The user's open sessions end."""
    settings = load_settings(home=home)
    _need_web()
    from qc_pipeline.web.accounts.users import User, change_role

    side, roles = _accounts(settings)
    change_role(side, User(name, role, team, bank, agent), roles=roles)
    _note(settings, name, what="role", role=role)
    click.echo(f"{name}：{role}")


@user.command("close")
@click.argument("name")
@click.option("--reopen", is_flag=True, help="Open a closed account again.")
@home_option
def user_close(name: str, reopen: bool, home: Path | None) -> None:
    """Close an account at once. Accounts are never deleted: the registers name them."""
    settings = load_settings(home=home)
    _need_web()
    from qc_pipeline.web.accounts.users import set_active

    side, _ = _accounts(settings)
    set_active(side, name, active=reopen)
    _note(settings, name, what="opened" if reopen else "closed")
    click.echo(f"{name}：{'已启用' if reopen else '已停用'}")


@user.command("list")
@home_option
@json_option
def user_list(home: Path | None, as_json: bool) -> None:
    """Every account with its role."""
    settings = load_settings(home=home)
    _need_web()
    import json
    from dataclasses import asdict

    from qc_pipeline.web.accounts.users import all_users

    side, roles = _accounts(settings)
    users = all_users(side)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in users], ensure_ascii=False, indent=1))
        return
    for one in users:
        bound = one.team or one.bank or one.agent_id or ""
        closed = "" if one.active else "（已停用）"
        role = roles.roles[one.role].zh if one.role in roles.roles else one.role
        click.echo(f"{one.name}  {role}  {bound}{closed}")


@user.command("roles")
@home_option
def user_roles(home: Path | None) -> None:
    """Every role: whose rows it sees and what it may do."""
    settings = load_settings(home=home)
    _need_web()
    from qc_pipeline.web.roles import load_roles

    roles = load_roles(settings.web.roles)
    for name, role in roles.roles.items():
        click.echo(f"{name}  {role.zh}  scope={role.scope}")
        click.echo("  " + "、".join(roles.permissions[one].zh for one in role.may))


def _accounts(settings: Settings) -> tuple[Any, Any]:
    from qc_pipeline.web.accounts.side_store import SideStore
    from qc_pipeline.web.roles import load_roles

    side = SideStore(settings.home)
    side.prepare()
    return side, load_roles(settings.web.roles)


def _note(settings: Settings, name: str, **details: Any) -> None:
    """Accounts changed at the shell are in the access log like those changed in the browser."""
    record_access(
        settings.home, keys=settings.keys, actor="shell", action="user.changed", subject=name,
        at=datetime.now(SHANGHAI), details=details,
    )  # fmt: skip


def _asked(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise AccountError("no password was given", remedy="use --password-stdin")
    answer: str = click.prompt("密码", hide_input=True, confirmation_prompt=True)
    return answer


def _need_web() -> None:
    for package in ("argon2", "fastapi", "jinja2", "python_multipart", "uvicorn"):
        if find_spec(package) is None:
            raise SettingsError(
                f"the web desk needs the package {package}",
                remedy="install the extra: pip install 'qc-pipeline[web]'",
            )

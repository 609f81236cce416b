"""docs/desk.md names every page, role, permission asked for, key, setting and logged access."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from qc_pipeline.settings import PACKAGE_DIR, WebSettings
from qc_pipeline.web import desk
from qc_pipeline.web.app import ROOMS
from qc_pipeline.web.roles import load_roles

PAGE = (Path(__file__).parents[2] / "docs" / "desk.md").read_text("utf-8")
WEB = PACKAGE_DIR / "web"
CODES = {"Space": "Space", "KeyJ": "J", "KeyK": "K", "Digit1": "1", "Digit2": "2", "Digit3": "3",
         "ArrowLeft": "←", "ArrowRight": "→", "BracketLeft": "[", "BracketRight": "]",
         "Escape": "Esc", "Shift+Slash": "?"}  # fmt: skip


def pages() -> list[str]:
    routers = [import_module(f"qc_pipeline.web.routes.{room}").router for room in ROOMS]
    return sorted({r.path for router in routers for r in router.routes if "GET" in r.methods})


@pytest.mark.parametrize("path", pages())
def test_a_page_is_described(path: str) -> None:
    assert f"`{path}`" in PAGE


@pytest.mark.parametrize("role", load_roles().roles)
def test_a_role_is_described(role: str) -> None:
    assert f"| `{role}` |" in PAGE


@pytest.mark.parametrize("setting", WebSettings.model_fields)
def test_a_setting_is_described(setting: str) -> None:
    assert f"`{setting}`" in PAGE


def keys() -> list[str]:
    script = (WEB / "static/js/call.js").read_text("utf-8")
    [bound] = re.findall(r"^onKeys\(\{(.*?)^\}\)", script, re.M | re.S)
    return re.findall(r'^  "?([A-Z][\w+]+)"?:', bound, re.M)


@pytest.mark.parametrize("code", keys())
def test_a_key_is_described(code: str) -> None:
    key = CODES.get(code, code.removeprefix("Key"))
    first_column = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| ")]
    assert any(key in [part.strip() for part in column.split(",")] for column in first_column), key


def test_every_logged_access_is_named() -> None:
    logged = [v for k, v in vars(desk).items() if k.isupper() and isinstance(v, str) and "." in v]
    assert len(logged) > 5
    assert [one for one in logged if f"`{one}`" not in PAGE] == []


def test_no_setting_key_or_role_is_made_up() -> None:
    settings = set(WebSettings.model_fields)
    table = PAGE.split("## Settings")[1].split("## ")[0]
    named = set(re.findall(r"`(\w+)`", table.split("| setting")[1]))
    assert named == settings
    roles = yaml.safe_load((WEB / "roles.yaml").read_text("utf-8"))["roles"]
    assert set(
        re.findall(r"^\| `(\w+)` \|", PAGE.split("## Roles")[1].split("## ")[0], re.M)
    ) == set(roles)

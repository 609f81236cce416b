"""Both languages are complete, and the pages use nothing that isn't in the catalogue."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from qc_pipeline.policy import load_policy
from qc_pipeline.settings import PACKAGE_DIR, Settings
from qc_pipeline.web.locale import LOCALES, catalogue
from qc_pipeline.web.roles import load_roles

WEB = PACKAGE_DIR / "web"
TEMPLATES = sorted((WEB / "templates").glob("*.html"))
HANZI = re.compile(r"[一-鿿]")


def names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", catalogue())
def test_a_message_has_both_languages_with_the_same_blanks(key: str) -> None:
    texts = catalogue()[key]
    assert set(texts) == set(LOCALES)
    assert all(isinstance(text, str) and text.strip() for text in texts.values())
    assert names_in(texts["zh"]) == names_in(texts["en"])
    assert not HANZI.search(texts["en"])


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_uses_messages_that_exist_and_no_words_of_its_own(path: Path) -> None:
    text = path.read_text("utf-8")
    for key in re.findall(r"""\bt\(\s*["']([\w.]+)["']\s*[,)]""", text):
        assert key in catalogue(), f"{path.name}: {key}"
    for group in re.findall(r"""\bt\(\s*["']([\w.]+\.)["']\s*~""", text):
        assert any(key.startswith(group) for key in catalogue()), f"{path.name}: {group}…"
    bare = re.sub(r'<span lang="zh-CN">中文</span>|<a [^>]*lang="zh-CN">中文</a>|；', "", text)
    assert not HANZI.search(bare), f"{path.name} has words that can't be translated"


def test_every_code_role_permission_and_reject_reason_has_both_names() -> None:
    policy, roles = load_policy(Settings().policy_dir), load_roles()
    named = [*policy.taxonomy.codes.values(), *roles.roles.values(), *roles.permissions.values()]
    assert all(entry.zh and entry.en for entry in named)
    for reason in policy.review.reject_reasons:
        assert f"reject.{reason}" in catalogue()


def test_states_have_names() -> None:
    from typing import get_args

    from qc_pipeline.records import CoverageState, Role, Severity, Status

    for group, states in (
        ("state", CoverageState), ("status", Status), ("severity", Severity), ("callee", Role),
    ):  # fmt: skip
        missing = [one for one in get_args(states) if f"{group}.{one}" not in catalogue()]
        assert not missing, f"{group}: {missing}"

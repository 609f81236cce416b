"""One home folder for reading: six calls of March, some of them reviewed; folders to try on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from qc_pipeline.policy import load_policy
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers.desk import confirm, reject
from qc_pipeline.settings import PACKAGE_DIR, Settings, packaged_dir
from qc_pipeline.store.store import Store
from tests.cli.conftest import qc  # noqa: F401
from tests.replay.homes import a_call, judge, later
from tests.store.builders import query

# Words that no rule of the product knows: what is found of them is found by the rule below.
ODD, OTHER = "琉璃灯芯草", "紫檀木罗盘"
TRIAL_RULE = f"""
code: service_conduct
rules:
  - id: trial.odd
    version: 1
    name: 试行规则
    severity: major
    rulebook: [CC-01]
    when: ["{{words}}"]
    hits: ["{ODD}{OTHER}", "您的{ODD}{OTHER}"]
    misses: ["您好", "再见"]
"""
GREETING = (("agent", "您好，请问是王先生吗"), ("customer", "是我，您说"))

_NUMBER = {"phone": "13900000001", "case_id": "K1"}
CALLS = (
    a_call("confirmed", *GREETING, ("agent", f"您的{ODD}[红]到期了，电话13812345678"), **_NUMBER),
    a_call("rejected", *GREETING, ("agent", f"请看{ODD}"), at=later(60)),
    a_call("swap", *GREETING, ("agent", f"您的{ODD}和{OTHER}"), at=later(90)),
    a_call("both", *GREETING, ("agent", f"{OTHER}不是{ODD}"),
           ("customer", "我要投诉你们，我要去银保监会投诉"), at=later(24 * 60)),
    a_call("plain", *GREETING, ("agent", f"请看一下{OTHER}"), ("customer", "好的"),
           at=later(2 * 24 * 60), **_NUMBER),
    a_call("late", *GREETING, ("agent", "您的账单请处理一下"), at=later(2 * 24 * 60 + 30),
           **_NUMBER),
)  # fmt: skip

Edit = Callable[[Path], None]


@dataclass(frozen=True)
class Reviewed:
    """A home with what people decided in it."""

    settings: Settings
    confirmed: str
    rejected: str

    @property
    def store(self) -> Store:
        return Store(self.settings.home)


def with_rule(words: str) -> Edit:
    """Adds the rule `trial.odd` for these words to a folder of rules."""

    def edit(folder: Path) -> None:
        (folder / "trial.yaml").write_text(TRIAL_RULE.format(words=words), "utf-8")

    return edit


def replacing(name: str, old: str, new: str) -> Edit:
    """Replaces text in a file of the folder."""

    def edit(folder: Path) -> None:
        text = (folder / name).read_text("utf-8")
        assert old in text, f"{name} no longer has {old!r}"
        (folder / name).write_text(text.replace(old, new), "utf-8")

    return edit


@pytest.fixture(scope="session")
def lexicons(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Edit], Path]:
    """`lexicons(edit)`: a copy of the product's rules, edited."""

    def make(edit: Edit) -> Path:
        folder = tmp_path_factory.mktemp("rules") / "lexicons"
        shutil.copytree(packaged_dir("lexicons"), folder)
        edit(folder)
        return folder

    return make


@pytest.fixture(scope="session")
def policies(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Edit], Path]:
    """`policies(edit)`: a copy of the product's policy, edited."""

    def make(edit: Edit) -> Path:
        folder = tmp_path_factory.mktemp("policies") / "policy"
        shutil.copytree(PACKAGE_DIR / "policy", folder, ignore=shutil.ignore_patterns("*.py*"))
        edit(folder)
        return folder

    return make


@pytest.fixture(scope="session")
def trial_lexicons(lexicons: Callable[[Edit], Path]) -> Path:
    """The product's rules and `trial.odd`: by these the home was scanned."""
    return lexicons(with_rule(ODD))


@pytest.fixture(scope="session")
def reviewed(tmp_path_factory: pytest.TempPathFactory, trial_lexicons: Path) -> Reviewed:
    """Never written to by a replay, so one for all; who changes it takes `own_home`."""
    folder = tmp_path_factory.mktemp("reviewed")
    settings = Settings(
        home=folder / "home", keys=folder / "keys", lexicons=trial_lexicons, classifier="none"
    )
    settings = settings.model_copy(
        update={"speech": settings.speech.model_copy(update={"jobs": 1})}
    )
    store = judge(settings, CALLS)
    policy = load_policy(settings.policy_dir)
    found = dict(
        query(store, "SELECT call_id, finding_id FROM findings WHERE rule_id = 'trial.odd'")
    )
    now = datetime.now(SHANGHAI)
    confirm(store, found["confirmed"], by="R1", at=now, policy=policy, keys=settings.keys)
    reject(store, found["rejected"], by="R1", at=now, policy=policy, keys=settings.keys,
           reason="lawful")  # fmt: skip
    return Reviewed(settings, found["confirmed"], found["rejected"])


@pytest.fixture
def own_home(reviewed: Reviewed, tmp_path: Path) -> Reviewed:
    """A copy of the home that a test may change."""
    shutil.copytree(reviewed.settings.home, tmp_path / "home")
    shutil.copytree(reviewed.settings.keys, tmp_path / "keys")
    settings = reviewed.settings.model_copy(
        update={"home": tmp_path / "home", "keys": tmp_path / "keys"}
    )
    return Reviewed(settings, reviewed.confirmed, reviewed.rejected)

"""`qc replay` as a compliance officer types it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from qc_pipeline.replay.run import ReplayRequest
from qc_pipeline.replay.run import replay as replay_stored
from tests.cli.conftest import Run
from tests.replay.conftest import Reviewed, replacing
from tests.replay.homes import contents

Replay = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def replay(qc: Run, own_home: Reviewed) -> Replay:
    """`qc replay` on a home whose settings name the rules it was scanned with."""
    assert own_home.settings.lexicons is not None
    (own_home.settings.home / "settings.yaml").write_text(
        f"lexicons: {own_home.settings.lexicons}\nclassifier: none\n", "utf-8"
    )
    return lambda *arguments: qc("replay", *arguments)


def test_nothing_changed_shows_no_difference_and_writes_nothing(
    replay: Replay,
    own_home: Reviewed,
) -> None:
    before = contents(own_home.settings.home)
    done = replay()
    assert done.returncode == 0, done.stderr
    assert "没有差别" in done.stdout
    assert contents(own_home.settings.home) == before


def test_a_changed_policy_is_told_in_words(replay: Replay, policies) -> None:
    folder = policies(replacing("taxonomy.yaml", "major: 25", "major: 15"))
    done = replay("--policy", str(folder), "--jobs", "1")
    assert done.returncode == 0, done.stderr
    for words in ("75 → 85", "由不及格变及格", "违规案件", "扣 25 分", "扣 15 分"):
        assert words in done.stdout


def test_a_changed_rule_is_told_with_examples_and_confirmed_findings_by_name(
    replay: Replay,
    trial_lexicons: Path,
    own_home: Reviewed,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "rules"
    shutil.copytree(trial_lexicons, folder)
    (folder / "trial.yaml").unlink()
    done = replay("--lexicons", str(folder))
    assert done.returncode == 0, done.stderr
    for words in ("试行规则", "消失", "人工已确认、将不再命中", "[红]", "已驳回"):
        assert words in done.stdout
    assert "13812345678" not in done.stdout, "numbers are masked"

    said = json.loads(replay("--lexicons", str(folder), "--json").stdout)
    assert said["differs"] is True
    assert said["findings"]["lost"] == 3
    assert said["findings"]["confirmed_lost"] == [own_home.confirmed]
    change = next(c for c in said["findings"]["changes"] if c["verdict"] == "confirmed")
    assert (change["call_id"], change["rule_name"]) == ("confirmed", "试行规则")
    assert change["cases"]
    assert "13812345678" not in json.dumps(said, ensure_ascii=False)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--lexicons", "nowhere"], "nowhere"),
        (["--policy", "nowhere"], "nowhere"),
        (["--classifier", "nowhere"], "nowhere"),
        (["--since", "yesterday"], "--since yesterday"),
        (["--until", "2026-02-30"], "2026-02-30"),
        (["--until", "9999-12-31"], "9999-12-31"),
        (["--since", "2026-03-05", "--until", "2026-03-04"], "before"),
        (["--since", "2026-03-05T10:00", "--until", "2026-03-05T10:00"], "before"),
        (["--jobs", "0"], "jobs"),
    ],
)
def test_what_cannot_be_meant_is_refused(replay: Replay, arguments: list[str], word: str) -> None:
    done = replay(*arguments)
    assert done.returncode == 2
    assert word in done.stderr
    assert "Traceback" not in done.stderr


def test_days_are_whole_days(replay: Replay) -> None:
    said = json.loads(replay("--since", "2026-03-03", "--until", "2026-03-03", "--json").stdout)
    assert said["period"] == {
        "since": "2026-03-03T00:00:00+08:00", "until": "2026-03-04T00:00:00+08:00",
    }  # fmt: skip
    assert said["calls"]["in_period"] == 3


def test_a_folder_of_rules_that_does_not_load_says_where(
    replay: Replay,
    trial_lexicons: Path,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "rules"
    shutil.copytree(trial_lexicons, folder)
    (folder / "trial.yaml").write_text("code: service_conduct\nrules: [{id: x.y}]\n", "utf-8")
    done = replay("--lexicons", str(folder))
    assert done.returncode == 2
    assert "trial.yaml:2" in done.stderr


def test_a_home_that_was_never_scanned_says_what_to_do(qc: Run, tmp_path: Path) -> None:
    done = qc("replay")
    assert done.returncode == 2
    assert "qc scan" in done.stderr
    assert not (tmp_path / "home").exists()


def test_json_has_the_documented_fields(reviewed: Reviewed, policies) -> None:
    page = (Path(__file__).parents[2] / "docs" / "rules.md").read_text("utf-8")
    table = page.split("| field | holds |")[-1].split("\n\n")[0]
    documented = dict(re.findall(r"^\| `([\w.\[\]]+)`[^|]* \| (.*) \|$", table, flags=re.MULTILINE))
    folder = policies(replacing("taxonomy.yaml", "major: 25", "major: 15"))
    said = replay_stored(ReplayRequest(policy=folder), settings=reviewed.settings).as_json()
    for part, fields in (
        ("calls", said["calls"]),
        ("contact", said["contact"]),
        ("findings", said["findings"]),
        ("scores", said["scores"]),
        ("registers.cases[]", said["registers"]["cases"][0]),
    ):
        assert fields.keys() <= set(re.findall(r"`(\w+)`", documented[part])), part
    parts = {name.partition(".")[0] for name in documented} | {"policy", "differs"}
    assert said.keys() - {"registers"} <= parts | {"registers"}

"""What the register's commands say of wrong input: one clear line, nothing done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from qc_pipeline.cli import cli
from qc_pipeline.errors import QcError
from qc_pipeline.settings import load_settings
from qc_pipeline.store.store import Store


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("QC_KEYS", str(tmp_path / "keys"))
    Store(load_settings(home=tmp_path / "home").home).migrate()

    def run(*words: str) -> Result:
        return CliRunner().invoke(cli, [*words, "--home", str(tmp_path / "home")])

    return run


ADD = ("complaint", "add", "--text", "骚扰", "--by", "officer", "--case", "K1")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ((*ADD, "--channel", "rumour", "--received-at", "2026-03-01T09:00"), "no channel"),
        ((*ADD, "--channel", "bank", "--received-at", "2099-03-01T09:00"), "lies before"),
        ((*ADD, "--channel", "bank", "--received-at", "gestern"), "is no date or time"),
        ((*ADD, "--channel", "bank", "--received-at", "2026-03-01T09:00", "--agent", "officer"),
         "never handles it"),
        (("complaint", "pause", "C0", "--by", "officer"), "there is no complaint C0"),
        (("complaint", "pause", "C0", "--by", " "), "nobody is named"),
        (("complaint", "pause", "C0", "--by", "o", "--at", "2099-01-01T00:00"), "in the future"),
        (("flag", "approve", "F0", "--by", "boss"), "there is no stop flag F0"),
        (("flag", "propose", "--kind", "do_not_collect", "--source", "银行", "--by", "o"),
         "stops a case or a number"),
        (("dispute", "raise", "--about", "x", "--raised-at", "2026-03-01T09:00", "--call", "c404",
          "--by", "o"), "there is no call c404"),
        (("emergency", "acknowledge", "c404", "--note", "x", "--by", "o"), "no emergency was heard"),
        (("promise", "add", "--amount", "很多", "--promised-at", "2026-03-01T09:00", "--due-at",
          "2026-03-02T09:00", "--case", "K1", "--by", "o"), "no amount of yuan"),
        (("accept-loss", "--reason", "x", "--by", "o"), "was not cut off"),
    ],
)  # fmt: skip
def test_wrong_input_is_named_and_nothing_is_done(
    said: Callable[..., Result], tmp_path: Path, command: tuple[str, ...], message: str
) -> None:
    result = said(*command)
    assert isinstance(result.exception, QcError)
    assert message in str(result.exception)
    assert result.exception.exit_code == 2
    with Store(tmp_path / "home").reading() as session:
        assert session.rows("registers/events") == []

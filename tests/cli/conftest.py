"""Run `qc` as a user does: another process, its exit code, what it prints."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def qc(tmp_path: Path) -> Run:
    """`qc(*arguments, stdin="")` with its own home folder and keys."""
    environment = {
        **os.environ,
        "QC_HOME": str(tmp_path / "home"),
        "QC_KEYS": str(tmp_path / "keys"),
    }

    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "qc_pipeline", *arguments],
            input=stdin, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False,
        )  # fmt: skip

    return run

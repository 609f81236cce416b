"""Twenty reviewers, each a process, give 2,000 verdicts beside a loader that never rests.

First what must hold: no lost update, no double verdict, no lost call, both chains verify
(`tests.registers.at_once.check`). Then how many verdicts a minute, beside two reviewers with
the same loader and the same kind of findings in the same run.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from qc_pipeline.store.store import Store
from tests.registers.at_once import Happened, Work, check, prepare, run_at_once

REVIEWERS, VERDICTS = 20, 2_000
FEWER = 120  # verdicts of the pair that is the peer: it shows a rate, not endurance


def main(reviewers: int = REVIEWERS, verdicts: int = VERDICTS, fewer: int = FEWER) -> None:
    """Print verdicts a minute of all and of two, the ratio, and what was checked."""
    many, loaded = _measured(reviewers, verdicts)
    two, _ = _measured(2, fewer)
    print(f"{reviewers} reviewers at once, {verdicts} verdicts, a loader beside them "
          f"({loaded} calls): no lost update, no double verdict, both chains verify")  # fmt: skip
    print(f"  {many:.0f} verdicts a minute; 2 reviewers with a loader {two:.0f}; "
          f"ratio {many / two:.2f}")  # fmt: skip


def _measured(reviewers: int, verdicts: int) -> tuple[float, int]:
    with tempfile.TemporaryDirectory() as folder:
        store, keys = Store(Path(folder) / "home"), Path(folder) / "keys"
        store.migrate()
        work: Work = prepare(store, reviewers=reviewers, verdicts=verdicts)
        happened: Happened = run_at_once(store, work, keys=keys)
        check(store, work, happened, keys=keys)
        return 60 * work.verdicts / happened.seconds, happened.loaded


if __name__ == "__main__":
    main()

from pathlib import Path

import pytest

from qc_pipeline.policy import Policy, load_policy
from qc_pipeline.settings import Settings
from qc_pipeline.store.store import Store


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load_policy(Settings().policy_dir)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "home")
    made.migrate()
    return made


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "keys"

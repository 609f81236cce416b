import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from qc_pipeline.policy import Policy, load_policy
from qc_pipeline.settings import Settings
from qc_pipeline.store.store import DATABASE, Store

NewStore = Callable[[], Store]


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load_policy(Settings().policy_dir)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Store(tmp_path_factory.mktemp("template"))
    made.migrate()
    return made.home / DATABASE


@pytest.fixture
def new_store(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> NewStore:
    """Makes empty stores, for tests that need several."""

    def made() -> Store:
        home = tmp_path_factory.mktemp("home")
        shutil.copy(empty_database, home)
        return Store(home)

    return made


@pytest.fixture
def store(new_store: NewStore) -> Store:
    return new_store()

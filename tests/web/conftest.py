"""The desk over a scanned home: in this process for most tests, with server and browser for some."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from qc_pipeline.settings import Settings
from qc_pipeline.store.store import Store
from qc_pipeline.web.app import create_app
from qc_pipeline.web.visitor import COOKIE
from tests.web.chromium import CHROMIUM, chromium
from tests.web.homes import sample_home, sample_settings
from tests.web.people import add_people, begin_session


class Person:
    """Somebody signed in, with a client of his own. Changes carry his token."""

    def __init__(self, client: TestClient, settings: Settings, who: str) -> None:
        self.client = client
        session_id, self.csrf = begin_session(settings, who)
        client.cookies.set(COOKIE, session_id, domain="testserver.local")

    def get(self, address: str, **more):
        return self.client.get(address, headers={"accept": "text/html"}, **more)

    def post(self, address: str, json=None, **form):
        headers = {"x-csrf-token": self.csrf}
        if json is not None:
            return self.client.post(address, json=json, headers=headers)
        return self.client.post(address, data=form, headers=headers)


@pytest.fixture(scope="session")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Eight sample calls scanned, one user for each role. For reading; see `home`."""
    folder = tmp_path_factory.mktemp("desk")
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with (shared / "desk.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "scanned.done").exists():
            sample_home(shared / "scanned")
            (shared / "scanned.done").touch()
    shutil.copytree(shared / "scanned", folder, dirs_exist_ok=True)
    settings = sample_settings(folder)
    add_people(settings)
    return settings


@pytest.fixture
def home(scanned: Settings, tmp_path: Path) -> Settings:
    """A copy that a test may change."""
    # Without playable copies: whether others have listened before must not matter.
    without_copies = shutil.ignore_patterns("playback")
    shutil.copytree(scanned.home, tmp_path / "home", ignore=without_copies)
    shutil.copytree(scanned.keys, tmp_path / "keys")
    # The access log knows where it lives: a copy begins one of its own.
    for left in (tmp_path / "home").glob("access.*"):
        left.unlink()
    shutil.rmtree(tmp_path / "keys" / "access", ignore_errors=True)
    return scanned.model_copy(update={"home": tmp_path / "home", "keys": tmp_path / "keys"})


@pytest.fixture
def store(home: Settings) -> Store:
    return Store(home.home)


@pytest.fixture
def client(home: Settings) -> Iterator[TestClient]:
    """Nobody signed in."""
    with TestClient(create_app(home), follow_redirects=False) as client:
        yield client


@pytest.fixture
def person(home: Settings) -> Iterator[Callable[[str], Person]]:
    """`person("reviewer")`: somebody of `tests.web.people`, signed in to the same desk."""
    app = create_app(home)
    clients = []

    def make(who: str) -> Person:
        client = TestClient(app, follow_redirects=False)
        clients.append(client)
        return Person(client, home, who)

    yield make
    for client in clients:
        client.close()


@pytest.fixture(scope="session")
def browser():
    """Chromium. Without it the tests are skipped, unless QC_TEST_BROWSER=required."""
    if CHROMIUM is None:
        if os.environ.get("QC_TEST_BROWSER") == "required":
            pytest.fail("there is no chromium, and QC_TEST_BROWSER=required")
        pytest.skip("no chromium here: apt-get install chromium")
    with chromium() as running:
        yield running

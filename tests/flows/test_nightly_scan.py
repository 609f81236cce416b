"""The flow does what `qc scan` does, and tells Prefect nothing personal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path

import pytest
import yaml

pytest.importorskip("prefect")

from prefect.client.orchestration import get_client
from prefect.testing.utilities import prefect_test_harness

from flows.nightly_scan import nightly_scan
from qc_pipeline.scan.night import ScanRequest
from qc_pipeline.scan.run import scan
from qc_pipeline.settings import Settings
from tests.scan.conftest import Row, write_manifest
from tests.scan.exports import everything

ROOT = Path(__file__).resolve().parents[2]
# Prefect's own warnings are not ours to mend.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def prefect() -> Iterator[None]:
    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.mark.usefixtures("prefect")
def test_the_flow_ends_where_the_plain_scan_ends(
    recordings: Path, rows: list[Row], tmp_path: Path, settings_in: Callable[[str], Settings]
) -> None:
    rows = [*rows, {**rows[0], "call_id": "t-lost", "recording": "lost.wav"}]
    manifest = write_manifest(tmp_path, rows)
    plain, flowing = settings_in("plain"), settings_in("flowing")
    scan(ScanRequest(manifest, recordings=recordings), settings=plain)
    counts = nightly_scan(str(manifest), recordings=str(recordings), home=str(flowing.home))
    assert (counts.call_records, counts.scanned, counts.decoded, counts.failed) == (4, 3, 3, 0)
    assert everything(flowing.home) == everything(plain.home)

    again = nightly_scan(str(manifest), recordings=str(recordings), home=str(flowing.home))
    assert (again.scanned, again.decoded) == (3, 0)

    # In a thread of its own: other tests' browsers may keep an event loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        here = copy_context()
        artifact = pool.submit(lambda: here.run(asyncio.run, _newest_artifact())).result()
    assert "3 of 4 call records scanned" in artifact
    for personal in ("19900009001", "t-insult", "T1"):
        assert personal not in artifact


async def _newest_artifact() -> str:
    async with get_client() as client:
        (newest,) = await client.read_artifacts(limit=1)
    return str(newest.data)


def test_the_deployment_names_the_flow_and_a_schedule_in_shanghai() -> None:
    listed = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))["deployments"]
    [deployment] = [each for each in listed if each["name"] == "nightly"]
    path, name = deployment["entrypoint"].split(":")
    assert (ROOT / path).is_file()
    assert name == nightly_scan.fn.__name__
    assert set(deployment["parameters"]) <= set(nightly_scan.parameters.properties)
    (schedule,) = deployment["schedules"]
    assert schedule["timezone"] == "Asia/Shanghai"

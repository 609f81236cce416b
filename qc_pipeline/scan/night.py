"""One scan's input, read and validated once: calls, tables, rules, policy, configuration."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from qc_pipeline.detect.detectors import load_detectors
from qc_pipeline.detect.rules import RuleSet
from qc_pipeline.errors import HomeError
from qc_pipeline.intake.column_map import load_column_map
from qc_pipeline.intake.manifest import ManifestReading, read_manifest
from qc_pipeline.intake.tables import TablesReading, read_tables
from qc_pipeline.policy import Policy, load_policy
from qc_pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """What the operator asked for."""

    manifest: Path
    tables: Path | None = None
    recordings: Path | None = None
    column_map: Path | None = None

    @property
    def tables_dir(self) -> Path:
        return self.tables or self.manifest.parent

    @property
    def recordings_dir(self) -> Path:
        return self.recordings or self.manifest.parent


@dataclass(frozen=True, slots=True)
class Night:
    """Everything a scan works from."""

    request: ScanRequest
    settings: Settings
    policy: Policy
    rules: RuleSet
    manifest: ManifestReading
    tables: TablesReading
    without_classifier: str | None = None


def prepare(request: ScanRequest, *, settings: Settings) -> Night:
    """Read and validate the input. Raises UsageError kinds before anything is written."""
    policy = load_policy(settings.policy_dir)
    detectors = load_detectors(settings, policy=policy)
    column_map = load_column_map(request.column_map) if request.column_map else None
    manifest = read_manifest(request.manifest, column_map=column_map)
    tables = read_tables(request.tables_dir)
    return Night(
        request, settings, policy, detectors.rules, manifest, tables, detectors.without_classifier
    )


def prepare_home(settings: Settings) -> None:
    """Make the home folder and see that there is room. Raises HomeError."""
    home = settings.home
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HomeError(
            f"home folder {home} can't be made: {error.strerror}",
            remedy="choose another with --home or make the parent folder writable",
        ) from None
    if not has_room(settings):
        free = shutil.disk_usage(home).free // 2**20
        raise HomeError(
            f"only {free} MB free on the disk of {home}, "
            f"less than the {settings.intake.min_free_mb} MB kept in reserve",
            remedy="free some space, choose another --home, or lower intake.min_free_mb",
        )


def has_room(settings: Settings) -> bool:
    """Whether the disk of the home folder still has its reserve."""
    return shutil.disk_usage(settings.home).free >= settings.intake.min_free_mb * 2**20

"""One validated settings object.

Order: built-in defaults, then `settings.yaml` in the home folder, then environment
variables (`QC_SPEECH__MODEL=...`), then the command line.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qc_pipeline.errors import SettingsError

PACKAGE_DIR = Path(__file__).resolve().parent
_NOT_SETTINGS = frozenset({"QC_HOME", "QC_MODELS", "QC_SHARED", "QC_TEST_BROWSER"})


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SpeechSettings(_Section):
    """Recognition. Everything here except `jobs`, `threads` and `batch_size` changes the
    transcript and is therefore part of the recognition configuration's hash.
    """

    model: str = Field("base", description="name from `qc models list`, a folder, or a hub id")
    device: Literal["cpu", "cuda", "auto"] = "cpu"
    compute_type: str = "int8"
    language: str = Field("zh", description="a Whisper language code, or auto: found per window")
    beam_size: int = Field(5, ge=1, le=20)
    prompt: str = "以下是普通话的电话录音，一二三四五六七八九。"
    hotwords: tuple[str, ...] = ()
    respell: bool = Field(True, description="choose among characters that sound alike by context")
    window_s: float = Field(20.0, ge=5, le=28, description="speech the model hears at once")
    turn_gap_s: float = Field(0.7, gt=0, le=5, description="a longer pause ends an utterance")
    diarizer: Literal["voices", "none"] = Field(
        "voices", description="how speakers on one channel are told apart; none = not at all"
    )
    endpoint: str | None = Field(
        None, description="OpenAI-compatible recogniser on your network, http://HOST:PORT/v1"
    )
    endpoint_hosts: tuple[str, ...] = Field(
        (), description="hosts outside private networks that recordings may be sent to"
    )
    endpoint_timeout_s: float = Field(120.0, gt=0)
    batch_size: int = Field(8, ge=1, le=128)
    jobs: int = Field(0, ge=0, description="worker processes; 0 = one per core")
    threads: int = Field(1, ge=1, description="threads per worker process")
    calls_at_once: int = Field(4, ge=1, le=64, description="calls that share batches in a worker")
    calls_per_worker: int = Field(200, ge=1, description="calls before a worker is replaced")


class IntakeSettings(_Section):
    """Recordings: where they may lie and how much must be in them."""

    recording_roots: tuple[Path, ...] = ()
    min_speech_s: float = Field(1.0, ge=0, description="less speech than this is `too_short`")
    max_duration_s: float = Field(6 * 3600, gt=0)
    min_free_mb: int = Field(200, ge=0, description="stop before the disk is fuller than this")


class WebSettings(_Section):
    """The desk in the browser (docs/desk.md)."""

    host: str = "127.0.0.1"
    port: int = Field(8480, ge=1, le=65535)
    idle_lock_minutes: int = Field(
        15, ge=1, le=60, description="idle this long, a screen locks (rulebook SC-02)"
    )
    session_hours: int = Field(12, ge=1, le=24, description="then one signs in again")
    default_locale: Literal["zh", "en"] = "zh"
    tls_certificate: Path | None = Field(None, description="PEM file; with tls_key, serve https")
    tls_key: Path | None = None
    behind_tls_proxy: bool = Field(
        False, description="a proxy on this machine speaks https with the browsers"
    )
    roles: Path | None = Field(None, description="another table of roles than the packaged one")
    failures_per_user: int = Field(5, ge=1, description="wrong passwords before a pause")
    failures_per_address: int = Field(30, ge=1)
    failure_window_minutes: int = Field(15, ge=1)
    queue_page: int = Field(50, ge=10, le=200, description="calls on one page of the queue")


class Settings(_Section):
    """Everything that may be set."""

    home: Path = Path("var")
    keys: Path = Path("~/.config/qc/keys")
    speech: SpeechSettings = SpeechSettings()
    intake: IntakeSettings = IntakeSettings()
    web: WebSettings = WebSettings()
    lexicons: Path | None = None
    policy: Path | None = None
    classifier: Literal["none"] | Path | None = Field(
        None, description="folder of the trained classifier; none = rules only"
    )

    @property
    def classifier_dir(self) -> Path | None:
        """The folder of the classifier: as set, else the packaged one; None for rules only."""
        if self.classifier == "none":
            return None
        return self.classifier or packaged_dir("models") / "classifier"

    @property
    def lexicon_dir(self) -> Path:
        """The folder of rule files: as set, else the packaged one, else the checkout's."""
        return self.lexicons or packaged_dir("lexicons")

    @property
    def policy_dir(self) -> Path:
        """The folder of policy files."""
        return self.policy or PACKAGE_DIR / "policy"


def packaged_dir(name: str) -> Path:
    """A data folder as the wheel carries it, or as it stands in a checkout."""
    inside = PACKAGE_DIR / "_data" / name
    return inside if inside.is_dir() else PACKAGE_DIR.parent / name


def load_settings(*, home: Path | None = None, **overrides: Any) -> Settings:
    """Settings for `home` (default: `QC_HOME`, else ./var).

    Raises SettingsError naming the setting and the remedy.
    """
    home = Path(home or os.environ.get("QC_HOME") or "var").expanduser().absolute()
    values: dict[str, Any] = {}
    path = home / "settings.yaml"
    if path.is_file():
        loaded = yaml.safe_load(path.read_text("utf-8")) or {}
        if not isinstance(loaded, dict):
            raise SettingsError(f"{path} is not a mapping", remedy="write `section: {name: value}`")
        values.update(loaded)
    for name, value in os.environ.items():
        if not name.startswith("QC_") or name in _NOT_SETTINGS:
            continue
        _put(values, name[3:].lower().split("__"), yaml.safe_load(value))
    for name, value in overrides.items():
        _put(values, name.split("__"), value)
    values["home"] = home
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            f"setting {where}: {first['msg']}",
            remedy=f"correct it in {path} or in the QC_ environment variables",
        ) from None
    return settings.model_copy(update={"keys": settings.keys.expanduser()})


def _put(values: dict[str, Any], keys: list[str], value: Any) -> None:
    for key in keys[:-1]:
        values = values.setdefault(key, {})
    values[keys[-1]] = value

"""What every page needs at hand, made once when the server starts."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar

from jinja2 import Environment

from qc_pipeline.detect.detectors import load_detectors
from qc_pipeline.detect.rules import RuleSet
from qc_pipeline.intake.recording_store import LocalRecordingStore, RecordingStore
from qc_pipeline.policy import Policy, load_policy
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers.access_log import record_access
from qc_pipeline.settings import Settings
from qc_pipeline.store.store import Store
from qc_pipeline.web.accounts.side_store import SideStore
from qc_pipeline.web.roles import Roles, load_roles
from qc_pipeline.web.scope import Scope
from qc_pipeline.web.templating import environment

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")

SIGNED_IN = "session.signed_in"
SIGN_IN_FAILED = "session.sign_in_failed"
SIGNED_OUT = "session.signed_out"
LISTENED = "call.listened"
REVEALED = "personal.revealed"
PLAYED = "span.played"
USER_CHANGED = "user.changed"


class Remembered(Generic[_K, _V]):
    """Answers that may be a little old: asked again after `seconds`."""

    def __init__(self, *, seconds: float) -> None:
        self._seconds = seconds
        self._held: dict[_K, tuple[float, _V]] = {}

    def get(self, key: _K, ask: Callable[[], _V]) -> _V:
        """What is known of `key`, or what `ask` says now."""
        now = time.monotonic()
        held = self._held.get(key)
        if held is None or held[0] < now - self._seconds:
            held = self._held[key] = (now, ask())
        return held[1]


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts behind the pages. `rules` takes seconds when it is first asked for."""

    settings: Settings
    store: Store
    policy: Policy
    side: SideStore
    roles: Roles
    recordings: RecordingStore
    templates: Environment
    rules: Callable[[], RuleSet]
    choices: Remembered[Scope, dict[str, Any]] = field(
        default_factory=lambda: Remembered(seconds=60)
    )

    def note_access(self, *, by: str, action: str, subject: str, **details: Any) -> int:
        """One entry in the access log, on the disk when this returns; its number."""
        entry = record_access(
            self.settings.home, keys=self.settings.keys, actor=by, action=action, subject=subject,
            at=datetime.now(SHANGHAI), details=details,
        )  # fmt: skip
        return entry.seq


def open_desk(settings: Settings) -> Desk:
    """Open the home folder for the web: database brought up to date, accounts file made.

    Raises HomeError, PolicyError or SettingsError naming what is wrong.
    """
    store = Store(settings.home, lock_timeout_s=10)
    store.migrate()
    side = SideStore(settings.home)
    side.prepare()
    policy = load_policy(settings.policy_dir)
    return Desk(
        settings=settings,
        store=store,
        policy=policy,
        side=side,
        roles=load_roles(settings.web.roles),
        recordings=LocalRecordingStore(settings.home / "recordings"),
        templates=environment(),
        rules=cache(lambda: load_detectors(settings, policy=policy).rules),
    )

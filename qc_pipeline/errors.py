"""The exception tree. Every message says what happened, where, and what to do about it.

QcError
├── UsageError              unusable input or arguments: nothing was done (exit code 2)
│   ├── ManifestError       the call manifest can't be used at all
│   ├── TableError          a reference table can't be used at all
│   ├── ColumnMapError      the column map is wrong
│   ├── RuleError           a lexicon file is wrong (names file, rule and line)
│   ├── PolicyError         a policy file is wrong
│   ├── SettingsError       a setting is wrong
│   ├── ModelError          a model is missing, incomplete or of another checksum
│   ├── CorpusError         a corpus file is wrong (names file and line)
│   ├── HomeError           the home folder can't be used (newer version, no space, in use)
│   ├── RegisterError       a register action isn't allowed
│   └── AccountError        a user account can't be made or changed like this
├── RecordingError          one recording can't be used; the rest goes on
│   ├── RecordingMissing
│   ├── RecordingUnreadable
│   └── RecordingOutsideRoots
├── LineError               one line of text-only input can't be used; the rest goes on
├── EngineError             a recognition service failed on a call; the rest goes on
├── CheckFailed             a check found something (exit code 1)
└── WorkerLost              a worker process died on a call
"""

from __future__ import annotations


class QcError(Exception):
    """Base of every error this project raises on purpose."""

    exit_code = 3

    def __init__(self, what: str, *, remedy: str = "") -> None:
        self.what = what
        self.remedy = remedy
        super().__init__(f"{what}. {remedy}" if remedy else what)


class UsageError(QcError):
    """Input or arguments can't be used; nothing was done."""

    exit_code = 2


class ManifestError(UsageError):
    """The call manifest can't be used at all."""


class TableError(UsageError):
    """A reference table can't be used at all."""


class ColumnMapError(UsageError):
    """The column map is wrong."""


class RuleError(UsageError):
    """A lexicon file is wrong; the message names file, rule and line."""


class PolicyError(UsageError):
    """A policy file is wrong."""


class SettingsError(UsageError):
    """A setting is wrong."""


class ModelError(UsageError):
    """A model is missing, incomplete or of another checksum."""


class CorpusError(UsageError):
    """A file of the labelled corpus is wrong; the message names file and line."""


class HomeError(UsageError):
    """The home folder can't be used: newer version, no space, in use, not writable."""


class RegisterError(UsageError):
    """A register action isn't allowed: unknown subject, wrong state, wrong person."""


class AccountError(UsageError):
    """A user account can't be made or changed like this."""


class RecordingError(QcError):
    """One recording can't be used; the rest of the batch goes on."""


class RecordingMissing(RecordingError):
    """The manifest names a recording that isn't there."""


class RecordingUnreadable(RecordingError):
    """The file is empty, damaged or not audio."""


class RecordingOutsideRoots(RecordingError):
    """The manifest points outside the configured recording roots."""


class LineError(QcError):
    """One line of text-only input can't be used; the rest of the lines go on."""


class EngineError(QcError):
    """A recognition service is down, too slow, or answers what can't be used."""


class CheckFailed(QcError):
    """A check found something."""

    exit_code = 1


class WorkerLost(QcError):
    """A worker process died while it worked on a call."""

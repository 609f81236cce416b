"""Structured logs: one JSON object a line, never with words spoken, names or numbers called."""

from __future__ import annotations

import json
import logging
from datetime import datetime
from pathlib import Path

from qc_pipeline.records import SHANGHAI

# Only these extra fields are written; anything else a caller adds by mistake stays out.
FIELDS = ("call_id", "error", "calls", "decoded", "skipped", "failed", "state", "seconds", "step")


class JsonLines(logging.Formatter):
    """Time, level, logger, message and the allowed extra fields."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, SHANGHAI).isoformat(timespec="seconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry.update({name: getattr(record, name) for name in FIELDS if hasattr(record, name)})
        return json.dumps(entry, ensure_ascii=False)


def log_to(home: Path) -> None:
    """Send the project's logs to `logs/qc.jsonl` in the home folder."""
    folder = home / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    logger = logging.getLogger("qc")
    for old in list(logger.handlers):
        logger.removeHandler(old)
        old.close()
    handler = logging.FileHandler(folder / "qc.jsonl", encoding="utf-8")
    handler.setFormatter(JsonLines())
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False

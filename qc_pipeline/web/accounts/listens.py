"""Listens: one audited access each, and which seconds were played.

The browser tells what it played. What it tells is held against the clock: nobody plays more
seconds than passed since the listen began, at the fastest speed the page offers.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qc_pipeline.web.accounts.sessions import hashed
from qc_pipeline.web.accounts.side_store import SideStore

FASTEST = 2.0
_SLACK_S = 1.0
_EDGE_S = 0.35
"""How much of a span's edge may be missing: players report in steps of up to a quarter second."""

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Listen:
    """One audited listen; `spans` are the played seconds, merged and in order."""

    user: str
    call_id: str
    access_seq: int
    started_at: float
    spans: tuple[Span, ...]


def start_listen(side: SideStore, *, user: str, call_id: str, access_seq: int) -> str:
    """Begin a listen that access-log entry `access_seq` tells of; the token for its audio."""
    token = secrets.token_urlsafe(24)
    row = {"token_hash": hashed(token), "user": user, "call_id": call_id}
    side.rows("listen_add", {**row, "access_seq": access_seq, "now": time.time()})
    return token


def find_listen(side: SideStore, token: str) -> Listen | None:
    """The listen of this token."""
    row = side.one("listen", {"token_hash": hashed(token)})
    if row is None:
        return None
    return Listen(**{**row, "spans": _spans(row["spans"])})


def note_played(side: SideStore, token: str, played: Iterable[Span]) -> bool:
    """Add played spans; False if they are more than can have been played by now."""
    listen = find_listen(side, token)
    if listen is None:
        return False
    spans = merged([*listen.spans, *played])
    passed = time.time() - listen.started_at
    if sum(end - start for start, end in spans) > passed * FASTEST + _SLACK_S:
        return False
    side.rows("listen_spans", {"token_hash": hashed(token), "spans": json.dumps(spans)})
    return True


def was_played(
    side: SideStore, *, user: str, call_id: str, start_s: float, end_s: float
) -> int | None:
    """The access-log entry of a listen in which `user` played all of this span, or None.

    The spans of several listens add up; the entry is the latest one's.
    """
    rows = side.rows("listens_of_call", {"user": user, "call_id": call_id})
    spans = merged(span for row in rows for span in _spans(row["spans"]))
    for start, end in spans:
        if start <= start_s + _EDGE_S and end >= end_s - _EDGE_S:
            return max(int(row["access_seq"]) for row in rows if _spans(row["spans"]))
    return None


def merged(spans: Iterable[Sequence[float]]) -> list[Span]:
    """`spans` in order, those that touch or overlap joined. Empty and reversed ones vanish."""
    done: list[Span] = []
    for start, end in sorted((float(span[0]), float(span[1])) for span in spans):
        if end <= start:
            continue
        if done and start <= done[-1][1] + 0.05:
            done[-1] = (done[-1][0], max(done[-1][1], end))
        else:
            done.append((start, end))
    return done


def _spans(text: str) -> tuple[Span, ...]:
    return tuple((float(start), float(end)) for start, end in json.loads(text))

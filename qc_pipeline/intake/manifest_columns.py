"""The columns of the call manifest, as the input contract lists them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import get_args

from qc_pipeline.intake.cells import (
    channel_order,
    free_text,
    identifier,
    moment,
    name,
    phone_number,
    seconds,
    yes_or_no,
)
from qc_pipeline.intake.columns import Column, word_column
from qc_pipeline.records import DialMode, Direction, Purpose, Role, Source

CHANNEL_ORDERS = ("agent,customer", "customer,agent", "mono")

# What a column map may translate an export's words to.
ALLOWED_WORDS: Mapping[str, tuple[str, ...]] = {
    "answered": ("1", "0", "true", "false", "yes", "no"),
    "direction": get_args(Direction),
    "purpose": get_args(Purpose),
    "dial_mode": get_args(DialMode),
    "callee": get_args(Role),
    "channels": CHANNEL_ORDERS,
    "source": get_args(Source),
}


def manifest_columns(*, time_format: str | None = None) -> tuple[Column, ...]:
    """The columns, with times read by `time_format` (as for strptime) beside ISO 8601."""
    when = partial(moment, time_format=time_format)

    def word(column: str) -> Column:
        return word_column(column, ALLOWED_WORDS[column])

    return (
        Column("call_id", identifier, required=True),
        Column("started_at", when, required=True),
        Column("agent_id", identifier, required=True),
        Column("recording", name),
        Column("duration_s", seconds),
        Column("answered_at", when),
        Column("talk_s", seconds),
        Column("answered", yes_or_no),
        word("direction"),
        word("purpose"),
        word("dial_mode"),
        Column("hangup_cause"),
        Column("team"),
        Column("phone", phone_number, private=True),
        word("callee"),
        Column("customer_id", identifier, private=True),
        Column("case_id", identifier, private=True),
        Column("bank"),
        Column("product"),
        Column("channels", channel_order),
        Column("agent_note", free_text, private=True),
        Column("note_at", when),
        word("source"),
    )


MANIFEST_COLUMNS: tuple[str, ...] = tuple(column.name for column in manifest_columns())
REQUIRED_COLUMNS: tuple[str, ...] = tuple(c.name for c in manifest_columns() if c.required)

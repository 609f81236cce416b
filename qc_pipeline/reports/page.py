"""A report as one page to read or print: no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, BinaryIO

from jinja2 import Environment, PackageLoader

from qc_pipeline.records import SHANGHAI

TITLES_ZH = {
    "precision": "规则准确率", "recall": "漏检估计", "rates": "违规率", "coverage": "质检覆盖",
    "complaints": "投诉时效", "calls": "通话清单", "trail": "客户联络轨迹", "dials": "拨打次数",
}  # fmt: skip


def write_page(title: str, rows: Sequence[dict[str, Any]], *, file: BinaryIO) -> None:
    """Write `rows` as an HTML table under the report's Chinese name."""
    environment = Environment(
        loader=PackageLoader("qc_pipeline.reports", "templates"), autoescape=True,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    page = environment.get_template("report.html").render(
        title=title, zh=TITLES_ZH.get(title, title), made_at=datetime.now(SHANGHAI),
        names=list(rows[0]) if rows else [], rows=[[_cell(v) for v in row.values()] for row in rows],
    )  # fmt: skip
    file.write(page.encode())


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    if isinstance(value, datetime):
        return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, list | tuple):
        return "、".join(map(_cell, value))
    return str(value)

"""Evidence packs from the browser: of a finding, a case or a complaint one may see."""

from __future__ import annotations

import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.responses import FileResponse, Response
from starlette.background import BackgroundTask

from qc_pipeline.evidence.pack import make_pack
from qc_pipeline.records import SHANGHAI
from qc_pipeline.web.refusals import NotThere
from qc_pipeline.web.visitor import May, Visitor

router = APIRouter(tags=["evidence"])
Exporter = Annotated[Visitor, Depends(May("evidence.export"))]


@router.post("/evidence", summary="An evidence pack")
def evidence(visitor: Exporter, id: Annotated[str, Form(min_length=1, max_length=80)]) -> Response:
    """A zip that `qc verify` checks on any machine, personal numbers masked.

    The access log says who made it (`evidence.made`) before the first byte leaves.
    """
    if not _visible(visitor, id):
        raise NotThere
    desk, folder = visitor.desk, Path(tempfile.mkdtemp(prefix="evidence-"))
    try:
        target = folder / f"evidence-{id}.zip"
        make_pack(
            desk.store, id, target=target, by=visitor.name, at=datetime.now(SHANGHAI),
            policy=desk.policy, keys=desk.settings.keys, recordings=desk.recordings,
        )  # fmt: skip
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return FileResponse(
        target, media_type="application/zip", filename=target.name,
        background=BackgroundTask(shutil.rmtree, folder, ignore_errors=True),
    )  # fmt: skip


def _visible(visitor: Visitor, subject: str) -> bool:
    complaint = {"complaint_id": subject, "open_only": False, "most": 1}
    return bool(
        visitor.one("finding", {"finding_id": subject})
        or (visitor.may("case.see") and visitor.one("case", {"case_id": subject}))
        or (visitor.may("complaint.see") and visitor.one("complaints", complaint))
    )

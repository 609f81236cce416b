"""Hearing a call: one audited access per listen, then the sound by ranges."""

from __future__ import annotations

from threading import Lock
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import FileResponse, JSONResponse, Response
from pydantic import BaseModel, Field

from qc_pipeline.errors import RecordingError
from qc_pipeline.intake.playback import MIME_TYPE, Playback, find_playback, playback_of
from qc_pipeline.web.accounts.listens import find_listen, note_played, start_listen
from qc_pipeline.web.desk import LISTENED
from qc_pipeline.web.refusals import BadRequest, NotThere
from qc_pipeline.web.visitor import May, Visitor

_MAKING = Lock()  # waveform and sound are asked for at once: the copy is made once
router = APIRouter(prefix="/audio", tags=["audio"])
Listener = Annotated[Visitor, Depends(May("call.listen"))]
CallId = Annotated[str, Query(alias="id", min_length=1, max_length=500)]


class Played(BaseModel):
    """Seconds of the recording that were played, as [from, to] pairs."""

    spans: list[tuple[float, float]] = Field(max_length=500)


@router.get("/peaks", summary="The shape of the waveform")
def peaks(visitor: Listener, call_id: CallId) -> Response:
    """`{"peaks_per_s", "duration_s", "channels": [[0..1, ...], ...]}`, made beforehand."""
    return FileResponse(_playback(visitor, call_id).peaks, media_type="application/json")


@router.post("/listen", summary="Begin to listen")
def listen(visitor: Listener, call_id: CallId) -> Response:
    """Writes the access log's entry first, then gives the address of the sound."""
    _playback(visitor, call_id)
    seq = visitor.desk.note_access(by=visitor.name, action=LISTENED, subject=call_id)
    token = start_listen(visitor.desk.side, user=visitor.name, call_id=call_id, access_seq=seq)
    return JSONResponse({"audio": f"/audio/{token}", "played": f"/audio/{token}/played"})


@router.get("/{token}", summary="The sound of a listen, by ranges")
def sound(visitor: Listener, token: str) -> Response:
    """Only for who began the listen, and only while he may see the call."""
    listen = find_listen(visitor.desk.side, token)
    if listen is None or listen.user != visitor.name:
        raise NotThere
    playback = _playback(visitor, listen.call_id)
    return FileResponse(playback.audio, media_type=MIME_TYPE)


@router.post("/{token}/played", summary="Tell what was played")
def played(visitor: Listener, token: str, told: Played) -> Response:
    """Spans are added up; more than can have been played by now is refused."""
    listen = find_listen(visitor.desk.side, token)
    if listen is None or listen.user != visitor.name:
        raise NotThere
    if not note_played(visitor.desk.side, token, told.spans):
        raise BadRequest("spans")
    return JSONResponse({"ok": True})


def _playback(visitor: Visitor, call_id: str) -> Playback:
    call = visitor.one("recording", {"call_id": call_id})
    if call is None or not call["recording_key"]:
        raise NotThere
    desk = visitor.desk
    home, sha256 = desk.settings.home, call["recording_sha256"]
    found = find_playback(home, sha256)
    if found is not None:
        return found
    try:
        source = desk.recordings.path(call["recording_key"])
        if not source.is_file():
            raise NotThere
        with _MAKING:
            return playback_of(source, sha256=sha256, home=home)
    except RecordingError:
        raise NotThere from None

"""Rebuild the samples beside the 16 spoken calls: other formats, damaged files, the manifest.

    python samples/build.py [FOLDER]

Reads `s01.ogg` ... `s16.ogg` and `truth/` in the folder of this script, writes `x01` ...,
the orphan and `manifest.csv` into FOLDER (default: the same). Needs the project and its own
dependencies only. Run again, it writes the same bytes, as far as the encoders of the installed
PyAV do.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from qc_pipeline.intake.decode import decode_audio
from qc_pipeline.intake.manifest_columns import MANIFEST_COLUMNS
from qc_pipeline.intake.probe import probe_recording

HERE = Path(__file__).resolve().parent
RATE = 8000
ORPHAN = "20261014-151200-A014.ogg"
TEAMS = {
    "A003": "一组", "A011": "一组", "A031": "一组", "A041": "一组", "A048": "一组",
    "A007": "二组", "A014": "二组", "A022": "二组", "A038": "二组",
    "A019": "三组", "A026": "三组", "A034": "三组", "A045": "三组",
}  # fmt: skip
BOTH = "agent,customer"


@dataclass(frozen=True, slots=True)
class Dial:
    """What the dialler knew about a call, beside what a truth file holds."""

    call_id: str
    phone: str
    callee: str
    product: str
    channels: str = BOTH
    dial_mode: str = "manual"
    ring_s: int = 9
    hung_up: str = "customer_hangup"


@dataclass(frozen=True, slots=True)
class Extra:
    """A call record made from one of the 16: same case and number unless it says otherwise."""

    dial: Dial
    of: str
    started_at: str
    recording: str = ""
    talk_s: int | None = None
    note: str = ""
    agent_id: str = ""


# `callee` is whom the collector meant to reach: in s04 and s15 he asked for the debtor.
SPOKEN = (
    Dial("s01", "19900002001", "debtor", "信用卡"),
    Dial("s02", "19900002037", "debtor", "装修贷", channels="", dial_mode="predictive", ring_s=6),
    Dial("s03", "19900002052", "debtor", "消费贷", ring_s=14),
    Dial("s04", "19900004066", "debtor", "信用卡", ring_s=11, hung_up="agent_hangup"),
    Dial("s05", "19900002078", "debtor", "教育分期", ring_s=7, hung_up="agent_hangup"),
    Dial("s06", "19900002090", "debtor", "信用卡", dial_mode="predictive", ring_s=5),
    Dial("s07", "19900004103", "third_party", "车贷", channels="", ring_s=16),
    Dial("s08", "19900002119", "debtor", "信用卡", hung_up="agent_hangup"),
    Dial("s09", "19900002124", "debtor", "信用卡", ring_s=12, hung_up="agent_hangup"),
    Dial("s10", "19900002131", "debtor", "消费贷", ring_s=8),
    Dial("s11", "19900002145", "debtor", "经营贷", channels="", dial_mode="predictive", ring_s=6),
    Dial("s12", "19900002158", "debtor", "信用卡", ring_s=10, hung_up="agent_hangup"),
    Dial("s13", "19900005163", "guarantor", "小微贷", ring_s=18),
    Dial("s14", "19900002177", "debtor", "信用卡", ring_s=13),
    Dial("s15", "19900006180", "debtor", "信用卡", ring_s=4),
    Dial("s16", "19900005194", "guarantor", "养殖贷", ring_s=15),
)

EXTRAS = (
    Extra(Dial("x01", "", "", "", channels="mono"), "s12", "2026-10-27T10:18:00+08:00",
          "x01-mono.ogg", note="客户对一笔4200元的交易有异议，称当天在上班。"),
    Extra(Dial("x02", "", "", ""), "s07", "2026-10-20T18:02:00+08:00",
          "x02.mp3", note="联系到客户母亲，其称不知情。"),
    Extra(Dial("x03", "", "", ""), "s08", "2026-10-23T11:20:00+08:00",
          "x03-alaw.wav", note="客户称手头约3000元，未作承诺。"),
    Extra(Dial("x04", "", "", ""), "s11", "2026-10-26T14:05:00+08:00",
          "x04-truncated.m4a", talk_s=96, note="客户询问分期申请进度，已告知仍在银行审批。"),
    Extra(Dial("x05", "", "", ""), "s16", "2026-10-27T09:50:00+08:00",
          "x05-half.ogg", talk_s=87, note="与担保人核对余款，以银行账为准。"),
    Extra(Dial("x06", "", "", ""), "s13", "2026-10-21T10:05:00+08:00",
          "x06-silent.ogg", note="接通后无人说话。"),
    Extra(Dial("x07", "19900006124", "third_party", "", ring_s=7), "s09",
          "2026-10-15T15:12:00+08:00", "x07-missing.ogg", talk_s=52,
          note="致电单位前台，请其转告回电。", agent_id="A026"),
    Extra(Dial("x08", "", "", "", ring_s=32, hung_up="no_answer"), "s04",
          "2026-10-19T10:30:00+08:00", agent_id="A019"),
    Extra(Dial("x09", "", "", ""), "s07", "2026-10-21T09:10:00+08:00",
          "x09-duplicate.mp3", note="再次联系客户母亲。"),
    # Four more dials to the number of s01 on its day: five in all, one above the limit.
    *(Extra(Dial(call_id, "", "", "", dial_mode=mode, ring_s=ring, hung_up=cause), "s01",
            f"2026-10-13T{clock}:00+08:00")
      for call_id, clock, mode, ring, cause in (
          ("x10", "08:31", "manual", 35, "no_answer"), ("x11", "09:12", "manual", 12, "busy"),
          ("x12", "13:15", "manual", 40, "no_answer"), ("x13", "15:48", "predictive", 28, "rejected"),
      )),
    # The four dials of the day before that the customer of s06 complains about: at the limit.
    *(Extra(Dial(call_id, "", "", "", dial_mode="predictive", ring_s=ring, hung_up="no_answer"),
            "s06", f"2026-10-08T{clock}:00+08:00")
      for call_id, clock, ring in (
          ("x14", "09:05", 30), ("x15", "11:40", 33), ("x16", "15:10", 25), ("x17", "18:22", 30),
      )),
)  # fmt: skip


def build(folder: Path) -> None:
    """Write the extra recordings and the manifest into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    _encode(folder / "x01-mono.ogg", _excerpt("s12", 40.3).mean(axis=0, keepdims=True), "libopus")
    _encode(folder / "x02.mp3", _excerpt("s07", 35.7), "libmp3lame")
    _encode(folder / "x03-alaw.wav", _excerpt("s08", 43.9), "pcm_alaw")
    _encode(folder / "x04-truncated.m4a", _excerpt("s11", 22.8), "aac")
    _keep_start(folder / "x04-truncated.m4a", folder / "x04-truncated.m4a", share=0.6)
    _keep_start(HERE / "s16.ogg", folder / "x05-half.ogg", share=0.5)
    _encode(folder / "x06-silent.ogg", _line_noise(22.0), "libopus")
    (folder / "x09-duplicate.mp3").write_bytes((folder / "x02.mp3").read_bytes())
    _encode(folder / ORPHAN, _excerpt("s02", 13.4), "libopus")
    (folder / "manifest.csv").write_text(_manifest(folder), "utf-8")


def _excerpt(call_id: str, seconds: float) -> NDArray[np.float32]:
    """The first seconds of a spoken call, [channels, frames] at 8 kHz."""
    audio = decode_audio(HERE / f"{call_id}.ogg", sample_rate=RATE)
    return audio.samples[:, : round(seconds * RATE)]


def _line_noise(seconds: float) -> NDArray[np.float32]:
    noise = np.random.default_rng(6).normal(0, 0.001, (2, round(seconds * RATE)))
    return noise.astype(np.float32)


def _encode(path: Path, samples: NDArray[np.float32], codec: str) -> None:
    layout = "mono" if samples.shape[0] == 1 else "stereo"
    options = {"fflags": "+bitexact"}
    with av.open(str(path), "w", container_options=options) as container:
        stream = container.add_stream(codec, rate=RATE, layout=layout)
        stream.codec_context.flags |= av.codec.context.Flags.bitexact
        if not codec.startswith("pcm"):
            stream.bit_rate = 24_000
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples), format="fltp", layout=layout
        )
        frame.sample_rate = RATE
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)


def _keep_start(source: Path, target: Path, *, share: float) -> None:
    data = source.read_bytes()
    target.write_bytes(data[: int(len(data) * share)])


def _manifest(folder: Path) -> str:
    """The manifest as CSV text, in the order the calls were made."""
    dials = {dial.call_id: dial for dial in SPOKEN}
    rows = [
        _row(dial, _truth(dial.call_id), recording=f"{dial.call_id}.ogg", folder=HERE)
        for dial in SPOKEN
    ]
    for extra in EXTRAS:
        source = dials[extra.of]
        dial = replace(
            extra.dial,
            phone=extra.dial.phone or source.phone,
            callee=extra.dial.callee or source.callee,
            product=source.product,
        )
        truth = _truth(extra.of)
        truth |= {
            "started_at": extra.started_at,
            "agent_note": extra.note,
            "agent_id": extra.agent_id or truth["agent_id"],
        }
        rows.append(
            _row(dial, truth, recording=extra.recording, folder=folder, talk_s=extra.talk_s)
        )
    rows.sort(key=lambda row: (row["started_at"], row["call_id"]))
    text = io.StringIO()
    writer = csv.DictWriter(text, [*MANIFEST_COLUMNS, "trunk"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _truth(call_id: str) -> dict[str, str]:
    return dict(json.loads((HERE / "truth" / f"{call_id}.truth.json").read_text("utf-8")))


def _row(
    dial: Dial,
    truth: dict[str, str],
    *,
    recording: str,
    folder: Path,
    talk_s: int | None = None,
) -> dict[str, object]:
    if recording and talk_s is None:
        talk_s = round(probe_recording(folder / recording).duration_s)
    answered = talk_s is not None
    started = datetime.fromisoformat(truth["started_at"])
    picked_up = started + timedelta(seconds=dial.ring_s)
    ended = picked_up + timedelta(seconds=talk_s or 0)
    return {
        "call_id": dial.call_id,
        "started_at": started.isoformat(),
        "agent_id": truth["agent_id"],
        "recording": recording,
        "duration_s": dial.ring_s + (talk_s or 0),
        "answered_at": picked_up.isoformat() if answered else "",
        "talk_s": talk_s or 0,
        "answered": int(answered),
        "direction": "outbound",
        "purpose": "collection",
        "dial_mode": dial.dial_mode,
        "hangup_cause": dial.hung_up,
        "team": TEAMS[truth["agent_id"]],
        "phone": dial.phone,
        "callee": dial.callee,
        "customer_id": truth["customer_id"],
        "case_id": truth["case_id"],
        "bank": truth["bank"],
        "product": dial.product,
        "channels": dial.channels if recording else "",
        "agent_note": truth["agent_note"],
        "note_at": (ended + timedelta(seconds=150)).isoformat() if truth["agent_note"] else "",
        "source": "phone",
        "trunk": f"T{1 + int(truth['agent_id'][1:]) % 2}",
    }


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)

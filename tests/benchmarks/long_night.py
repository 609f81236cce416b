"""Two hundred calls in one scan: is the workers' memory flat, and does time grow evenly?

    python -m tests.benchmarks.long_night              # 200 calls of 8 s, plot into docs/
    python -m tests.benchmarks.long_night 40 memory.svg

The calls are pieces of the sample calls (synthetic speech), each with a little noise of its own so
that none is a duplicate. After every call the resident memory of each worker process is read. Workers
aren't replaced during the run: what is shown is the memory of a process that goes on. A second scan
that finds the transcripts made shows what everything but recognition takes.
"""

from __future__ import annotations

import csv
import os
import shutil
import sys
import tempfile
import time
import wave
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from qc_pipeline.intake.decode import decode_audio
from qc_pipeline.scan.night import ScanRequest
from qc_pipeline.scan.run import scan
from qc_pipeline.settings import load_settings
from qc_pipeline.speech.models import get_model

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples"
PIECE_S = 8.0
SETTLED = 20  # calls after which memory should no longer grow
WIDTH, HEIGHT, EDGE = 640, 260, 48


def main(calls: int = 200, plot: Path = ROOT / "docs" / "memory.svg") -> None:
    """Scan, print, draw."""
    get_model("base")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["QC_KEYS"] = str(folder / "keys")
        manifest = make_calls(folder, calls)
        settings = load_settings(home=folder / "home", speech__calls_per_worker=10 * calls)
        began = time.perf_counter()
        finished_s: list[float] = []
        resident: dict[int, list[tuple[int, float]]] = {}

        def note() -> None:
            finished_s.append(time.perf_counter() - began)
            for pid, megabytes in workers_memory().items():
                resident.setdefault(pid, []).append((len(finished_s), megabytes))

        summary = scan(
            ScanRequest(manifest, recordings=folder / "recordings"),
            settings=settings, on_call=note,
        )  # fmt: skip
        took = time.perf_counter() - began
        again = folder / "again"
        shutil.copytree(settings.home / "transcripts", again / "transcripts")
        began = time.perf_counter()
        scan(
            ScanRequest(manifest, recordings=folder / "recordings"),
            settings=load_settings(home=again),
        )  # fmt: skip
        rest = time.perf_counter() - began
    print(f"{calls} calls of {PIECE_S:.0f} s (synthetic speech): {summary.by_state}, {took:.0f} s, "
          f"load {os.getloadavg()[0]:.1f}")  # fmt: skip
    for mark in (10, 100, calls):
        if mark <= len(finished_s):
            print(f"  the first {mark} calls were done after {finished_s[mark - 1]:.0f} s")
    print(f"  everything but recognition (a scan that finds the transcripts): {rest:.0f} s, "
          f"{rest / took:.1%}")  # fmt: skip
    resident = {pid: points for pid, points in resident.items() if len(points) > SETTLED}
    for pid, points in resident.items():
        later = [megabytes for at, megabytes in points if at > SETTLED]
        print(f"  worker {pid}: {points[0][1]:.0f} MB at first, after {SETTLED} calls "
              f"{later[0]:.0f} MB, at the end {later[-1]:.0f} MB, most {max(later):.0f} MB")  # fmt: skip
    plot.write_text(drawn(list(resident.values()), calls), "utf-8")


def make_calls(folder: Path, calls: int) -> Path:
    """Recordings and their manifest."""
    (folder / "recordings").mkdir()
    sources = [decode_audio(SAMPLES / f"s{n:02d}.ogg", sample_rate=8000) for n in range(1, 17)]
    dice = np.random.default_rng(7)
    rows = []
    for number in range(calls):
        audio = sources[number % len(sources)]
        length = int(PIECE_S * audio.sample_rate)
        first = int(dice.integers(0, audio.samples.shape[1] - length))
        piece = audio.samples[:, first : first + length]
        piece = piece + dice.normal(0, 2e-4, piece.shape).astype(np.float32)
        path = folder / "recordings" / f"{number}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(audio.sample_rate)
            file.writeframes((np.clip(piece.T, -1, 1) * 32767).astype("<i2").tobytes())
        rows.append({"call_id": f"n{number}", "started_at": "2026-10-13T10:00:00+08:00",
                     "agent_id": "A1", "recording": path.name, "channels": "agent,customer"})  # fmt: skip
    manifest = folder / "manifest.csv"
    with manifest.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return manifest


def workers_memory() -> Mapping[int, float]:
    """Resident megabytes of each child process that holds a model."""
    children = " ".join(
        path.read_text("utf-8") for path in Path("/proc/self/task").glob("*/children")
    )
    found: dict[int, float] = {}
    for pid in map(int, children.split()):
        try:
            pages = int(Path(f"/proc/{pid}/statm").read_text("utf-8").split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        megabytes = pages * os.sysconf("SC_PAGE_SIZE") / 1e6
        if megabytes > 100:  # multiprocessing's resource tracker is small
            found[pid] = megabytes
    return found


def drawn(workers: Sequence[Sequence[tuple[int, float]]], calls: int) -> str:
    """The curves as SVG."""
    most = 1.15 * max((mb for points in workers for _, mb in points), default=1.0)

    def at(call: float, megabytes: float) -> str:
        x = EDGE + call / calls * (WIDTH - 2 * EDGE)
        return f"{x:.1f},{HEIGHT - EDGE - megabytes / most * (HEIGHT - 2 * EDGE):.1f}"

    def text(call: float, megabytes: float, words: str) -> str:
        x, y = at(call, megabytes).split(",")
        return f'<text x="{x}" y="{y}" dy="14">{words}</text>'

    lines = "".join(
        f'<polyline fill="none" stroke="{color}" stroke-width="1.5" points="'
        f'{" ".join(at(call, mb) for call, mb in points)}"/>'
        for points, color in zip(
            workers, ("#1f5fa8", "#b3541e", "#3f7d3f", "#7a4b9a") * 8, strict=False
        )
    )
    top = round(most / 1.15)
    axes = (
        f'<polyline fill="none" stroke="#888" points="{at(0, most)} {at(0, 0)} {at(calls, 0)}"/>'
        f'<polyline stroke="#ccc" stroke-dasharray="4" points="{at(SETTLED, 0)} {at(SETTLED, most)}"/>'
        f'<polyline stroke="#ddd" points="{at(0, top)} {at(calls, top)}"/>'
    )
    words = (
        text(0, 0, "0") + text(SETTLED, 0, str(SETTLED)) + text(calls, 0, str(calls))
        + text(calls / 2, 0, "calls done") + text(0, most * 1.12, "resident MB of each worker")
        + text(calls * 0.9, top * 1.08, f"{top} MB")
    )  # fmt: skip
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="11">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>{axes}{lines}{words}</svg>\n'
    )


if __name__ == "__main__":
    given = sys.argv[1:]
    main(int(given[0]) if given else 200, *(Path(name) for name in given[1:2]))

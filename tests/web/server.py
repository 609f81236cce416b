"""A real server: `qc serve` as a process of its own, stopped by its id."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from qc_pipeline.settings import Settings


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """The address of a server over the home of `settings`."""
    port = _free_port()
    command = [
        sys.executable, "-m", "qc_pipeline", "serve", "--home", str(settings.home),
        "--port", str(port),
    ]  # fmt: skip
    environment = {**os.environ, "QC_KEYS": str(settings.keys), "QC_CLASSIFIER": "none"}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            _, complaints = process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            _, complaints = process.communicate()
        lines = complaints.decode().splitlines()
        assert not [line for line in lines if "Traceback" in line], complaints.decode()


def _wait_for(port: int, process: subprocess.Popen) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise AssertionError(process.stderr.read().decode())
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server did not start within a minute")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts a real archiver process on a data folder of a test, and ends it."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline.settings import PROJECT_DIR


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """Return the environment of a process that works on ``data_dir``."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("KRING_")}
    names = {f"KRING_{name.upper()}": value for name, value in settings.items()}
    return {**clean, "PYTHONPATH": str(PROJECT_DIR), "KRING_DATA_DIR": str(data_dir), **names}


@contextlib.contextmanager
def archiver(
    data_dir: Path, *, file_limit_bytes: int | None = None, **settings: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``python -m recorder.archiver``; its log goes to ``data_dir``/archiver.log. Killed at the end."""

    def limit() -> None:
        if file_limit_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit_bytes, file_limit_bytes))

    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "archiver.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "recorder.archiver"],
            env=environment(data_dir, **settings), cwd=data_dir, stdout=log, stderr=log, preexec_fn=limit,
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def wait_for(condition: Callable[[], bool], *, within_s: float = 20.0) -> None:
    """Wait until ``condition`` holds; fail after ``within_s``."""
    until = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > until:
            raise AssertionError("waited in vain")
        time.sleep(0.02)


def log_of(data_dir: Path) -> str:
    """Return what the archivers of this data folder logged so far."""
    return (data_dir / "archiver.log").read_text()

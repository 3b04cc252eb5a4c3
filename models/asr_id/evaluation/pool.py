# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes of the measurement: workers that make and hear speech, and children that measure themselves."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path

from models.asr_id.evaluation.errors import EvaluationError
from pipeline.catalog import text as message
from pipeline.settings import PROJECT_DIR

_CHILD_S = 1800


@contextmanager
def workers(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Yield a pool of fresh processes (vosk and the recipe's libraries must not meet by inheritance)."""
    context = multiprocessing.get_context("spawn")
    count = max(1, min(jobs, os.cpu_count() or 1))
    with ProcessPoolExecutor(count, mp_context=context, initializer=_leave_ctrl_c_to_parent) as pool:
        try:
            yield pool
        except BrokenProcessPool as error:
            raise EvaluationError(
                message("asr_eval.worker_died"), remedy=message("asr_eval.worker_died_remedy")
            ) from error
        finally:
            pool.shutdown(
                wait=False, cancel_futures=True
            )  # after an error or Ctrl-C: what waits is not wanted any more


def _leave_ctrl_c_to_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def child(module: str, *arguments: Path) -> dict[str, float]:
    """Run a module of ours as a process of its own and return the JSON object that it prints.

    Raises:
        EvaluationError: it failed; the message holds its last line.
    """
    command = [sys.executable, "-m", module, *map(str, arguments)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_CHILD_S, check=False, text=True, cwd=PROJECT_DIR)
    except subprocess.TimeoutExpired as error:
        raise EvaluationError(message("asr_eval.child_failed", module=module, problem=f"> {_CHILD_S} s")) from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
        raise EvaluationError(message("asr_eval.child_failed", module=module, problem=last))
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found

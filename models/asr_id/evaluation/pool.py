# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes of the measurement: workers that make and hear speech, and children that measure themselves."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
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
    """Yield a pool of fresh processes (vosk and the recipe's libraries must not meet by inheritance).

    An error or Ctrl-C in the body ends them at once; so does the death of this process.

    Raises:
        EvaluationError: a worker died.
    """
    context = multiprocessing.get_context("spawn")
    count = max(1, min(jobs, os.cpu_count() or 1))
    others = set(multiprocessing.active_children())
    with ProcessPoolExecutor(count, mp_context=context, initializer=_begin) as pool:
        try:
            yield pool
        except BaseException as error:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in set(multiprocessing.active_children()) - others:
                process.terminate()
            if isinstance(error, BrokenProcessPool):
                remedy = message("asr_eval.worker_died_remedy")
                raise EvaluationError(message("asr_eval.worker_died"), remedy=remedy) from error
            raise


def _begin() -> None:
    """Leave Ctrl-C to the parent, and end when it ends, however that happens."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


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

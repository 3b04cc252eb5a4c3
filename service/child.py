# SPDX-License-Identifier: GPL-3.0-or-later
"""One supervised process: started, watched, restarted with back-off, stopped within a bound.

A child dies with the supervisor (Linux PR_SET_PDEATHSIG), so that even ``kill -9`` of the supervisor leaves no
process behind. Its stderr goes to a log file of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from pipeline.clock import Clock
from pipeline.errors import CONFIGURATION_EXIT
from pipeline.events import Event, ProcessExited, ProcessStarted
from service.processes import ProcessSpec

log = structlog.get_logger("supervisor")
_PR_SET_PDEATHSIG = 1
LARGEST_LOG_BYTES = 20 * 1024**2
KEPT_LOGS = 3
_HEALTHY_S = 10.0  # a child that lived this long starts with the shortest delay again


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent ends; for ``preexec_fn``."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def rotate(path: Path) -> None:
    """Put a log larger than 20 MiB aside as ``.1`` (older ones move to ``.2`` and ``.3``, the oldest goes)."""
    with contextlib.suppress(OSError):  # a log that cannot be renamed is still a log
        if path.stat().st_size <= LARGEST_LOG_BYTES:
            return
        for number in range(KEPT_LOGS, 0, -1):
            older = path.with_name(f"{path.name}.{number - 1}") if number > 1 else path
            if older.exists():
                older.replace(path.with_name(f"{path.name}.{number}"))


class Child:
    """Keeps one :class:`ProcessSpec` running until :meth:`stop`."""

    def __init__(
        self,
        spec: ProcessSpec,
        *,
        log_dir: Path,
        env: Mapping[str, str],
        clock: Clock,
        publish: Callable[[Event], None],
        delays_s: tuple[float, float],
        stop_s: float,
    ) -> None:
        self.spec = spec
        self._log_path = log_dir / f"{spec.name}.log"
        self._env, self._clock, self._publish = dict(env), clock, publish
        self._delays_s, self._stop_s = delays_s, stop_s
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        self.restarts = 0
        self.problem = ""
        self.on_problem: Callable[[str, str], None] = lambda name, problem: None

    @property
    def pid(self) -> int | None:
        """Process id while the process runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def run(self) -> None:
        """Start the process and start it again whenever it ends, until stopped."""
        delay_s = self._delays_s[0]
        while True:
            began_s = self._clock.monotonic_s()
            code, pid = await self._run_once()
            if self._stopping.is_set():
                return
            lived_s = self._clock.monotonic_s() - began_s
            delay_s = self._next_delay_s(code, lived_s, delay_s)
            self.restarts += 1
            self._publish(
                ProcessExited(
                    at=self._clock.now(), process=self.spec.name, pid=pid, exit_code=code,
                    expected=code == 0, restart_in_s=delay_s,
                )
            )  # fmt: skip
            log.warning("process ended", process=self.spec.name, exit_code=code, restart_in_s=delay_s)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay_s)
                return

    def _next_delay_s(self, code: int, lived_s: float, delay_s: float) -> float:
        shortest_s, longest_s = self._delays_s
        self.problem = "" if code == 0 else self.last_log_line()
        if self.problem:
            self.on_problem(self.spec.name, self.problem)
        if code == CONFIGURATION_EXIT:
            return longest_s
        return shortest_s if lived_s >= _HEALTHY_S or code == 0 else min(delay_s * 2, longest_s)

    async def _run_once(self) -> tuple[int, int]:
        self._log_path.parent.mkdir(parents=True, exist_ok=True)
        rotate(self._log_path)
        with self._log_path.open("ab") as errors:
            self._process = await asyncio.create_subprocess_exec(
                *self.spec.argv, stdin=asyncio.subprocess.DEVNULL, stdout=errors, stderr=errors,
                env=self._env,
                preexec_fn=die_with_parent,
                start_new_session=True,  # Ctrl-C in a terminal is for the supervisor, which stops children in order
            )  # fmt: skip
        pid = self._process.pid
        self._publish(ProcessStarted(at=self._clock.now(), process=self.spec.name, pid=pid, restarts=self.restarts))
        return await self._process.wait(), pid

    async def stop(self) -> None:
        """Ask the process to stop; kill it after ``stop_s``."""
        self._stopping.set()
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), self._stop_s)
        except TimeoutError:
            log.warning("process killed", process=self.spec.name)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def last_log_line(self) -> str:
        """Return the last non-empty line of the process's log, for people."""
        try:
            with self._log_path.open("rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - 4000))
                lines = [line.strip() for line in file.read().decode(errors="replace").splitlines()]
        except OSError:
            return ""
        return next((line for line in reversed(lines) if line), "")

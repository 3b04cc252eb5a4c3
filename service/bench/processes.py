# SPDX-License-Identifier: GPL-3.0-or-later
"""CPU seconds and memory of the service's processes between two moments."""

from __future__ import annotations

from dataclasses import dataclass

import psutil

from service.supervisor import Supervisor


@dataclass(frozen=True)
class Usage:
    """What one kind of process used: CPU seconds in the interval, memory at its end, number of processes."""

    cpu_s: float
    rss_bytes: int
    processes: int


class ProcessMeter:
    """Reads /proc (through psutil) for every child of the supervisor and for the supervisor itself."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._before: dict[int, float] = {}

    def start(self) -> None:
        """Note the CPU seconds used so far."""
        self._before = {pid: _cpu_s(pid) for pid in self._pids().values()}

    def stop(self) -> dict[str, Usage]:
        """Return the usage since :meth:`start` by kind of process (hub, softphone, asr, archiver)."""
        totals: dict[str, Usage] = {}
        for name, pid in self._pids().items():
            kind = name.partition(".")[0]
            old = totals.get(kind, Usage(0.0, 0, 0))
            used_s = _cpu_s(pid) - self._before.get(pid, 0.0)
            totals[kind] = Usage(old.cpu_s + used_s, old.rss_bytes + _rss_bytes(pid), old.processes + 1)
        return totals

    def _pids(self) -> dict[str, int]:
        pids = {name: child.pid for name, child in self._supervisor.children.items() if child.pid is not None}
        return pids


def _cpu_s(pid: int) -> float:
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def _rss_bytes(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.NoSuchProcess:
        return 0

# SPDX-License-Identifier: GPL-3.0-or-later
"""A process's own line of health, made the same way in every process."""

from __future__ import annotations

from collections.abc import Mapping

import psutil

from pipeline.clock import Clock
from pipeline.events import WorkerMeasured


def measure(process: str, clock: Clock, figures: Mapping[str, float] | None = None) -> WorkerMeasured:
    """Return what this process uses now.

    Parameters:
        process: its name on the bus.
        figures: what else is worth telling, by name.
    """
    own = psutil.Process()
    times = own.cpu_times()
    return WorkerMeasured(
        at=clock.now(),
        process=process,
        pid=own.pid,
        rss_bytes=own.memory_info().rss,
        cpu_s=times.user + times.system,
        figures={name: float(value) for name, value in (figures or {}).items()},
    )

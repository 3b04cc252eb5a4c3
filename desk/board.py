# SPDX-License-Identifier: GPL-3.0-or-later
"""The wallboard's figures: processes and their health from the bus, the day and the open cases from the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from crm import calls, cases
from crm.clock import office_day
from crm.models import Case
from crm.procedure import SETTLED
from crm.views import CaseView, case_view
from desk.ingest import News
from desk.live_call import iso
from pipeline.database import Database
from pipeline.events import BundleSealed, ProcessExited, ProcessStarted, SealingFailed, WorkerMeasured

Json = dict[str, Any]
MOST_OPEN_CASES = 100


@dataclass
class ProcessHealth:
    """The last that is known of one process. ``state``: running, restarting or stopped."""

    name: str
    state: str = "running"
    restarts: int = 0
    rss_mb: float | None = None
    cpu_s: float | None = None
    figures: dict[str, float] = field(default_factory=dict)


class Health:
    """Collects news of processes and of calls that cannot be sealed. Lives in the event loop."""

    def __init__(self) -> None:
        self.processes: dict[str, ProcessHealth] = {}
        self._unsealable: dict[str, str] = {}

    def take(self, news: News) -> None:
        """Consumer: note what an event says about a process or about sealing."""
        item = news.item
        if isinstance(item, ProcessStarted):
            process = self._process(item.process)
            process.state, process.restarts = "running", item.restarts
        elif isinstance(item, ProcessExited):
            process = self._process(item.process)
            process.state = "restarting" if item.restart_in_s > 0 else "stopped"
            process.rss_mb, process.figures = None, {}
        elif isinstance(item, WorkerMeasured):
            process = self._process(item.process)
            process.state = "running"
            process.rss_mb, process.cpu_s = round(item.rss_bytes / 2**20, 1), round(item.cpu_s, 1)
            process.figures = dict(item.figures)
        elif isinstance(item, SealingFailed):
            self._unsealable[item.call_id] = item.problem
        elif isinstance(item, BundleSealed):
            self.forget(item.call_id)

    def forget(self, call_id: str) -> None:
        """Drop what is known of a call."""
        self._unsealable.pop(call_id, None)

    def sealing_failed(self) -> list[Json]:
        """Return the calls whose last sealing failed and why, oldest call first (the archiver keeps trying)."""
        return [{"call_id": call_id, "problem": problem} for call_id, problem in sorted(self._unsealable.items())]

    def _process(self, name: str) -> ProcessHealth:
        return self.processes.setdefault(name, ProcessHealth(name))

    def asr_lag_s(self) -> float | None:
        """Return how far the slowest transcription worker is behind; None when none has told."""
        lags_ms = [
            process.figures["lag_ms"]
            for process in self.processes.values()
            if process.name.startswith("asr.") and "lag_ms" in process.figures
        ]
        return round(max(lags_ms) / 1000, 2) if lags_ms else None

    def rows(self) -> list[Json]:
        """Return the processes for the wallboard, by name."""
        return [
            {
                "name": process.name,
                "state": process.state,
                "restarts": process.restarts,
                "rss_mb": process.rss_mb,
                "cpu_s": process.cpu_s,
            }
            for _, process in sorted(self.processes.items())
        ]


def open_cases(database: Database) -> list[CaseView]:
    """Return all cases whose clock runs, soonest deadline first (at most ``MOST_OPEN_CASES``)."""
    with database.read() as session:
        rows = session.scalars(
            select(Case).where(Case.state.not_in(SETTLED)).order_by(Case.deadline_at).limit(MOST_OPEN_CASES)
        )
        return [case_view(row) for row in rows]


def board_figures(database: Database, now: datetime) -> Json:
    """Return the part of the board's snapshot that comes from the database (blocks)."""
    day = calls.board_day(database, now=now)
    begin, end = office_day(now)
    return {
        "today": {
            "answered": day.answered,
            "abandoned": day.abandoned,
            "longest_ringing_s": day.longest_ringing_s,
            "service_level": day.service_level,
        },
        "cases": cases.count_by_state(database, since=begin, until=end),
        "open_cases": [
            {
                "case_id": str(case.id),
                "call_id": case.call_id,
                "number": case.number,
                "state": case.state,
                "deadline_at": iso(case.deadline_at),
                "warning_at": iso(case.warning_at),
                "agent_name": case.agent_name,
            }
            for case in open_cases(database)
        ],
    }

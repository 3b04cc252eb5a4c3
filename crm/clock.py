# SPDX-License-Identifier: GPL-3.0-or-later
"""The 15-minute clock of a case as a pure function of what is recorded.

LIP20-0015 gives the procedure at most 15 minutes from the moment the agent received the question. The clock warns
before, stops for good where :data:`crm.procedure.CLOCK_STOPS` says, and a breach stays a breach whatever happens
afterwards, because it follows from the recorded times alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from crm.procedure import CLOCK_STOPS
from pipeline.clock import OFFICE_ZONE


@dataclass(frozen=True)
class CaseLimits:
    """How long a case may take, and when its clock warns; seconds (settings ``case_limit_s``, ``case_warning_s``)."""

    limit_s: int = 900
    warning_s: int = 600


@dataclass(frozen=True)
class CaseClock:
    """A case's clock at one moment.

    ``state`` is ``breached`` whenever the limit was passed, also after the clock stopped. ``remaining_s`` is negative
    after a breach and stands still once ``stopped``.
    """

    state: Literal["good", "warning", "breached", "stopped"]
    remaining_s: float
    stopped: bool


def case_clock(
    opened_at: datetime, transitions: Iterable[tuple[datetime, str]], now: datetime, limits: CaseLimits
) -> CaseClock:
    """Return the clock of a case.

    Parameters:
        opened_at: when the agent received the question.
        transitions: (when, state reached), in any order.
        now: the moment asked about; a moment before ``opened_at`` counts as ``opened_at``.
        limits: the procedure's limits; exactly at the limit is still in time ("at most").
    """
    stops = [at for at, state in transitions if state in CLOCK_STOPS]
    stopped_at = min(stops, default=None)
    stopped = stopped_at is not None and stopped_at <= now
    until = stopped_at if stopped_at is not None and stopped else now
    elapsed_s = max((until - opened_at).total_seconds(), 0.0)
    remaining_s = limits.limit_s - elapsed_s
    if remaining_s < 0:
        return CaseClock("breached", remaining_s, stopped)
    if stopped:
        return CaseClock("stopped", remaining_s, stopped)
    return CaseClock("warning" if elapsed_s >= limits.warning_s else "good", remaining_s, stopped)


def office_day(moment: datetime) -> tuple[datetime, datetime]:
    """Return begin and end (exclusive) of the office day that a moment falls into."""
    begin = moment.astimezone(OFFICE_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    return begin, begin + timedelta(days=1)

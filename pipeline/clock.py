# SPDX-License-Identifier: GPL-3.0-or-later
"""Time as a dependency.

Code that needs the time receives a :class:`Clock`; tests hand in :class:`ManualClock` and move it by hand, so
that no unit test ever sleeps.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Protocol

# Office days, rules' dates and the year in a case number follow Jakarta's time (WIB, UTC+7, no summer time).
OFFICE_ZONE = timezone(timedelta(hours=7), "WIB")


class Clock(Protocol):
    """Wall time for records and monotonic time for durations."""

    def now(self) -> datetime:
        """Return the current wall time, timezone-aware, in UTC."""
        ...

    def monotonic_s(self) -> float:
        """Return seconds on a clock that never goes back."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the current wall time, timezone-aware, in UTC."""
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        """Return seconds on a clock that never goes back."""
        return time.monotonic()


class ManualClock:
    """A clock that moves only when told; for tests and simulations."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
        self._monotonic_s = 0.0

    def now(self) -> datetime:
        """Return the current simulated wall time in UTC."""
        return self._now

    def monotonic_s(self) -> float:
        """Return simulated seconds since the clock was made."""
        return self._monotonic_s

    def advance(self, seconds: float) -> None:
        """Move both clocks forward by ``seconds``; raises ValueError when negative."""
        if seconds < 0:
            raise ValueError("a clock does not go back")
        self._now += timedelta(seconds=seconds)
        self._monotonic_s += seconds


def office_date(moment: datetime) -> date:
    """Return the date in the office at a moment."""
    return moment.astimezone(OFFICE_ZONE).date()

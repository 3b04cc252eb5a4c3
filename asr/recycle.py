# SPDX-License-Identifier: GPL-3.0-or-later
"""When a worker has served long enough, and how eagerly it takes a call.

Native decoders fragment memory, so a worker is replaced after so many calls or above so much memory. Names spread
the call limits, so that a pool whose workers started together does not drain together.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

CLAIM_STEP_S = 0.04  # how much later a worker claims for each call it has: the idlest comes first
FULL_DELAY_S = 1.5  # a worker at its limit takes a call only when nobody else did for so long
DRAIN_PATIENCE_S = 20.0  # then what is left of a draining worker's calls goes to others, who resume from the disk


def claim_delay_s(calls: int, most_calls: int) -> float:
    """Return how long a call must have waited before a worker that follows ``calls`` calls takes it."""
    return CLAIM_STEP_S * calls + (FULL_DELAY_S if calls >= most_calls else 0.0)


@dataclass(frozen=True)
class RecycleRule:
    """Limits of one worker process."""

    most_calls: int
    most_rss_bytes: int

    @classmethod
    def for_worker(cls, name: str, *, most_calls: int, most_rss_mb: int) -> RecycleRule:
        """Return a worker's limits: the settings', with up to a fifth fewer calls depending on its name."""
        fewer = zlib.crc32(name.encode()) % (most_calls // 5 + 1)
        return cls(most_calls - fewer, most_rss_mb << 20)

    def reason_to_drain(self, *, calls_taken: int, rss_bytes: int) -> str:
        """Return why the worker should take no further call; empty when it may go on."""
        if calls_taken >= self.most_calls:
            return f"{calls_taken} calls taken, limit {self.most_calls}"
        if rss_bytes >= self.most_rss_bytes:
            return f"{rss_bytes >> 20} MiB of memory, limit {self.most_rss_bytes >> 20}"
        return ""

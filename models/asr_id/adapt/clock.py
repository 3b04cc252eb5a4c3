# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the stages of a piece of work took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """Runs from its making; ``seconds`` holds the time by stage."""

    def __init__(self) -> None:
        self._began_s = time.monotonic()
        self.seconds: dict[str, float] = {}

    @property
    def elapsed_s(self) -> float:
        """Time since the clock was made."""
        return time.monotonic() - self._began_s

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time inside for a stage."""
        began_s = time.monotonic()
        yield
        self.seconds[name] = round(self.seconds.get(name, 0.0) + time.monotonic() - began_s, 1)

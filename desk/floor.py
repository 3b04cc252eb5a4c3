# SPDX-License-Identifier: GPL-3.0-or-later
"""Word to the pages that a queue has changed; what it holds now they read anew.

Such news is passing: whoever resumes the stream gets the newest of each queue, which is all that matters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

Queue = Literal["consultations", "escalations", "callbacks", "tasks", "agents", "articles"]
CASE_QUEUES: tuple[Queue, ...] = ("consultations", "escalations", "callbacks", "tasks")
NAME = "queues"


class Floor:
    """Tells of changed queues. Thread-safe.

    Parameters:
        publish: hands (queue, message) on to the stream, from whatever thread.
    """

    def __init__(self, publish: Callable[[Queue, dict[str, Any]], None]) -> None:
        self._publish = publish

    def changed(self, *queues: Queue) -> None:
        """Say that what these queues hold has changed."""
        for queue in queues:
            self._publish(queue, {"queue": queue})

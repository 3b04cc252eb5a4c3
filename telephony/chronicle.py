# SPDX-License-Identifier: GPL-3.0-or-later
"""One call's events: first into ``call.jsonl``, then out to the bus.

The journal is the truth and the bus is news. A disk that is full loses lines, never the call: the event still goes
out (unnumbered) and the loss is logged.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog

from pipeline.callfolder import CallFolder
from pipeline.clock import Clock
from pipeline.events import CallEvent, Event
from pipeline.journal import JournalWriter

log = structlog.get_logger("telephony.chronicle")

Publish = Callable[[Event], None]


class Chronicle:
    """Writer of one call's journal; one thread only.

    Raises:
        OSError: the folder or the journal cannot be created.
    """

    def __init__(self, folder: CallFolder, clock: Clock, publish: Publish) -> None:
        self._writer: JournalWriter = folder.create().writer("call")
        self._call_id = folder.call_id
        self._clock, self._publish = clock, publish
        self._sample_zero_s: float | None = None

    @property
    def offset_ms(self) -> int | None:
        """Audio time now (ms since sample 0), None before the recording runs."""
        if self._sample_zero_s is None:
            return None
        return round((self._clock.monotonic_s() - self._sample_zero_s) * 1000)

    def start_audio_time(self) -> None:
        """Sample 0 is now."""
        self._sample_zero_s = self._clock.monotonic_s()

    def tell(self, event: type[CallEvent], **fields: Any) -> None:
        """Journal and publish an event that happens now."""
        item = event(at=self._clock.now(), call_id=self._call_id, offset_ms=self.offset_ms, **fields)
        if item.stream is not None:
            try:
                item = self._writer.append(item)
            except OSError as error:
                log.error("event not journalled", call_id=self._call_id, event_name=item.name, problem=str(error))
        self._publish(item)

    def close(self) -> None:
        """Close the journal."""
        self._writer.close()

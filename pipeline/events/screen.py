# SPDX-License-Identifier: GPL-3.0-or-later
"""What the agent's desk looked like (``screen.jsonl``): sent by the page, checked and written by the hub.

``page`` names one run of the page's recorder: a reload, a second tab or the next call begins another, each with a full
picture of its own; ``part`` counts from 1 within it. ``at`` and ``offset_ms`` belong to the first moment of the part,
``page_ms`` to ``until_page_ms`` is the stretch by the page's own clock (milliseconds since 1970), which is what the
recorded moments carry as ``timestamp``.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.events.base import CallEvent, event

MissedReason = Literal["storage_full", "too_large", "refused", "recorder_failed", "parts_missing", "log_full"]


class _ScreenPart(CallEvent):
    stream = "screen"
    page: str
    part: int = Field(ge=1)
    page_ms: int = 0
    until_page_ms: int = 0


@event
class ScreenCaptured(_ScreenPart):
    """A stretch of the screen. ``data``: rrweb events, see :func:`pipeline.screenlog.unpack`.

    ``full``: the part holds a full picture, so a replay can begin with it. ``last``: the page ended its log here.
    ``size_bytes``: length of the events before compression.
    """

    name = "screen.captured"
    events: int
    full: bool
    size_bytes: int
    data: str
    last: bool = False


@event
class ScreenMissed(_ScreenPart):
    """A stretch of the screen is not in the log and why. ``parts``: how many numbered parts never came."""

    name = "screen.missed"
    reason: MissedReason
    parts: int = 0
    last: bool = False

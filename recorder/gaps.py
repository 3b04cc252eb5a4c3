# SPDX-License-Identifier: GPL-3.0-or-later
"""The gap map: where the time line holds no (useful) voice, and why.

Audio is never cut: holds, mutes and missing packets are silence in the recording. The map lets a player show them
and an assessor understand them.
"""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.events import (
    AgentMuted,
    AgentUnmuted,
    AudioMissing,
    CallEnded,
    CallEvent,
    CallHeld,
    CallResumed,
    Leg,
    RecordingClosed,
)
from recorder.manifest import Gap, GapKind

_OPENS: dict[type[CallEvent], GapKind] = {CallHeld: "hold", AgentMuted: "muted"}
_CLOSES: dict[type[CallEvent], GapKind] = {CallResumed: "hold", AgentUnmuted: "muted"}


def gaps_of(events: Iterable[CallEvent], duration_ms: int) -> tuple[Gap, ...]:
    """Return the gaps of a call of ``duration_ms``, by start. Events without an offset cannot be placed."""
    found: list[Gap] = []
    began: dict[GapKind, int] = {}
    for item in events:
        kind = type(item)
        if kind in _OPENS and item.offset_ms is not None:
            began.setdefault(_OPENS[kind], item.offset_ms)
        elif kind in _CLOSES:
            _close(found, began, _CLOSES[kind], item.offset_ms)
        elif isinstance(item, AudioMissing) and item.offset_ms is not None:
            _extend(found, item.leg, max(0, item.offset_ms - item.silent_ms), item.offset_ms)
        elif isinstance(item, CallEnded):
            for open_kind in list(began):
                _close(found, began, open_kind, item.offset_ms)
        elif isinstance(item, RecordingClosed) and item.gap:
            found.append(Gap(kind="lost", leg=None, start_ms=duration_ms, end_ms=None))
    for open_kind in list(began):
        _close(found, began, open_kind, None)
    return tuple(sorted(found, key=lambda gap: (gap.start_ms, gap.kind, gap.leg or "")))


def _close(found: list[Gap], began: dict[GapKind, int], kind: GapKind, end_ms: int | None) -> None:
    start_ms = began.pop(kind, None)
    if start_ms is not None:
        found.append(Gap(kind=kind, leg="agent" if kind == "muted" else None, start_ms=start_ms, end_ms=end_ms))


def _extend(found: list[Gap], leg: Leg, start_ms: int, end_ms: int) -> None:
    """Add a silence; one that telephony reports again while it lasts grows instead of repeating."""
    for place, gap in enumerate(found):
        if gap.kind == "no_audio" and gap.leg == leg and gap.end_ms is not None and start_ms <= gap.end_ms:
            longer = {"start_ms": min(gap.start_ms, start_ms), "end_ms": max(gap.end_ms, end_ms)}
            found[place] = gap.model_copy(update=longer)
            return
    found.append(Gap(kind="no_audio", leg=leg, start_ms=start_ms, end_ms=end_ms))

# SPDX-License-Identifier: GPL-3.0-or-later
"""Finishes the calls that a predecessor of this softphone left behind when it died.

A call folder of our extension without ``CallEnded`` can only be of a process that is gone (one process owns an
extension), and so can one of an extension that is no longer configured: the first softphone takes those too. The
journal gets the two lines that everyone downstream waits for; the sound files stay as they are, with what had reached
the disk: the archiver repairs them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import structlog

from pipeline.callfolder import LEGS, CallFolder, Spool
from pipeline.catalog import text
from pipeline.clock import Clock
from pipeline.events import CallBridged, CallEnded, CallEvent, CallOffered, RecordingClosed, RecordingStarted

log = structlog.get_logger("telephony.orphans")

_WAV_HEADER_BYTES = 44


def finish_orphans(
    spool: Spool,
    extension: str,
    clock: Clock,
    publish: Callable[[CallEvent], None],
    *,
    configured: Collection[str] = (),
) -> list[str]:
    """Finish every unfinished call that falls to ``extension`` and return their ids; call before taking calls.

    Parameters:
        configured: all extension numbers there are; the lowest one's softphone adopts the calls of any other number.
    """
    others = set(configured) - {extension}
    adopts = bool(configured) and extension == min(configured)

    def ours(number: str) -> bool:
        return number == extension or (adopts and number not in others)

    finished = []
    for folder in spool.calls():
        try:
            if _finish(folder, ours, clock, publish):
                finished.append(folder.call_id)
                log.warning("finished a call whose softphone died", call_id=folder.call_id)
        except OSError as error:
            log.error("cannot finish an orphaned call", call_id=folder.call_id, problem=str(error))
    return finished


def _finish(
    folder: CallFolder, ours: Callable[[str], bool], clock: Clock, publish: Callable[[CallEvent], None]
) -> bool:
    if folder.is_sealing:
        return False
    told = {type(item): item for item in folder.read("call")}
    offered = told.get(CallOffered)
    if not isinstance(offered, CallOffered) or not ours(offered.extension):
        return False
    missing: list[CallEvent] = []
    samples = [_samples(folder, index) for index in range(2)]
    offset_ms = min(samples) // 8 if RecordingStarted in told else None  # 8 samples a millisecond
    common = {"at": clock.now(), "call_id": folder.call_id, "offset_ms": offset_ms}
    if CallEnded not in told:
        bridged = told.get(CallBridged)
        talk_ms = max(0, (offset_ms or 0) - (bridged.offset_ms or 0)) if bridged else 0
        missing.append(CallEnded(**common, reason="softphone_died", talk_ms=talk_ms))
    if RecordingStarted in told and RecordingClosed not in told:
        missing.append(
            RecordingClosed(
                **common,
                caller_samples=samples[0],
                agent_samples=samples[1],
                gap=True,
                note=text("telephony.recording_died"),
            )
        )
    if not missing:
        return False
    writer = folder.writer("call")
    try:
        for item in missing:
            publish(writer.append(item))
    finally:
        writer.close()
    return True


def _samples(folder: CallFolder, leg_index: int) -> int:
    """Samples on disk of a leg's PCM16 mono file, whatever its header says."""
    try:
        size = folder.audio(LEGS[leg_index]).stat().st_size
    except OSError:
        return 0
    return max(0, size - _WAV_HEADER_BYTES) // 2

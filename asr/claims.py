# SPDX-License-Identifier: GPL-3.0-or-later
"""Which worker follows which call: a file lock in the call folder, so that a dead worker's claim ends with it.

The lock file also counts how often a call was begun without getting anywhere: a recording that kills the native
decoder each time is given up instead of killing one worker after another.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from types import TracebackType

from pipeline.callfolder import LEGS, CallFolder, Spool
from pipeline.events import RecordingStarted, TranscriptCompleted


class Claim:
    """The right to write a call's transcript, held until :meth:`release` or the death of the process."""

    def __init__(self, folder: CallFolder, fd: int, attempt: int) -> None:
        self.folder = folder
        self.attempt = attempt  # how many workers in a row began this call without progress, this one included
        self._fd = fd

    def progressed(self) -> None:
        """Note that decoding this call works: the count of attempts begins anew."""
        if self.attempt and self._fd >= 0:
            self.attempt = 0
            _write_count(self._fd, 0)

    def release(self) -> None:
        """Give the call up cleanly; safe to call twice."""
        if self._fd >= 0:
            with contextlib.suppress(OSError):
                _write_count(self._fd, 0)
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Claim:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def try_claim(folder: CallFolder) -> Claim | None:
    """Claim a call; None when another worker has it, or it is being sealed or gone."""
    try:
        fd = os.open(folder.asr_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not _still_there(folder, fd) or is_transcribed(folder):
            os.close(fd)
            return None
        attempt = _read_count(fd) + 1
        _write_count(fd, attempt)
    except OSError:
        os.close(fd)
        return None
    return Claim(folder, fd, attempt)


def is_transcribed(folder: CallFolder) -> bool:
    """Return whether the transcript of both legs is complete."""
    done = {item.leg for item in folder.read("transcript") if isinstance(item, TranscriptCompleted)}
    return done.issuperset(LEGS)


def waiting_calls(spool: Spool, known: set[str]) -> Iterator[CallFolder]:
    """Yield folders whose recording began and whose transcript is not complete.

    Parameters:
        known: call ids not to look at. Ids found complete are added, so that each is read only once.
    """
    for folder in spool.calls():
        if folder.call_id in known or folder.is_sealing:
            continue
        if not any(isinstance(item, RecordingStarted) for item in folder.read("call")):
            continue
        if is_transcribed(folder):
            known.add(folder.call_id)
            continue
        yield folder


def _still_there(folder: CallFolder, fd: int) -> bool:
    """Return whether the locked file is still the one in the folder and nobody is sealing it."""
    if folder.is_sealing:
        return False
    here = folder.asr_lock.stat()
    mine = os.fstat(fd)
    return (here.st_dev, here.st_ino) == (mine.st_dev, mine.st_ino)


def _read_count(fd: int) -> int:
    digits = os.pread(fd, 16, 0).strip()
    return int(digits) if digits.isdigit() else 0


def _write_count(fd: int, count: int) -> None:
    os.pwrite(fd, f"{count:<8}".encode(), 0)

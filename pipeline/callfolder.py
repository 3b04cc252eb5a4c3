# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a call lives on disk while it is up: ``spool/YYYY/MM/DD/<call-id>/``.

The folder is the truth of a call (design). This module knows the names in it; what the files hold is the business
of their single writers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.events import CallEnded, CallEvent, Leg, RecordingClosed, Stream
from pipeline.ids import CALL_ID_PATTERN, call_date
from pipeline.journal import JournalWriter, read_journal

STREAMS: tuple[Stream, ...] = ("call", "transcript", "suggestions", "screen", "case")
NEWS_STREAMS: tuple[Stream, ...] = ("call", "transcript", "suggestions", "case")  # the screen log is news to nobody
LEGS: tuple[Leg, ...] = ("caller", "agent")


@dataclass(frozen=True)
class CallFolder:
    """One call's folder. Making the object touches nothing on disk."""

    path: Path

    @property
    def call_id(self) -> str:
        """The call's id, which is the folder's name."""
        return self.path.name

    def journal(self, stream: Stream) -> Path:
        """Path of a stream's JSON-lines file."""
        return self.path / f"{stream}.jsonl"

    def audio(self, leg: Leg) -> Path:
        """Path of a leg's recording (mono PCM16 WAV at the media clock)."""
        return self.path / f"{leg}.wav"

    @property
    def asr_lock(self) -> Path:
        """File that the ASR worker following this call holds locked (flock)."""
        return self.path / ".asr.lock"

    @property
    def sealing_mark(self) -> Path:
        """File that the archiver puts here while it seals the call: nobody else may write any more."""
        return self.path / ".sealing"

    @property
    def is_sealing(self) -> bool:
        """Whether the archiver is sealing the call (or was killed while doing so)."""
        return self.sealing_mark.exists()

    def create(self) -> CallFolder:
        """Make the folder (parents too) and return it."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o750)
        return self

    def writer(self, stream: Stream) -> JournalWriter:
        """Open a stream for appending; only its one owner may call this."""
        return JournalWriter(self.journal(stream))

    def read(self, stream: Stream, *, after_seq: int = 0) -> Iterator[CallEvent]:
        """Yield a stream's events after ``after_seq``."""
        return read_journal(self.journal(stream), after_seq=after_seq)

    def ended(self) -> CallEnded | None:
        """Return the event that ended the call, or None while it is up (or its softphone died unheard)."""
        return next((item for item in self.read("call") if isinstance(item, CallEnded)), None)

    def recording_closed(self) -> RecordingClosed | None:
        """Return the event that closed the recordings, if they were closed."""
        return next((item for item in self.read("call") if isinstance(item, RecordingClosed)), None)


class Spool:
    """The folder of all calls that are not sealed yet."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, call_id: str) -> CallFolder:
        """Return the folder of a call id (which need not exist).

        Raises:
            MessageError: the text is no call id (guards against path tricks).
        """
        return CallFolder(self.root / f"{call_date(call_id):%Y/%m/%d}" / call_id)

    def calls(self) -> Iterator[CallFolder]:
        """Yield the folders of all calls in the spool, oldest first."""
        for path in sorted(self.root.glob("[0-9]*/[0-9]*/[0-9]*/*")):
            if path.is_dir() and CALL_ID_PATTERN.match(path.name):
                yield CallFolder(path)

# SPDX-License-Identifier: GPL-3.0-or-later
"""What a call folder's journals say, read once: the ground of both readiness and the manifest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from pipeline.callfolder import STREAMS, CallFolder
from pipeline.events import (
    CallAnswered,
    CallEnded,
    CallEvent,
    CallOffered,
    CaseOpened,
    CaseTransitioned,
    RecordingClosed,
    RecordingStarted,
    ScreenCaptured,
    ScreenMissed,
)
from pipeline.journal import damaged_lines
from recorder.turns import completed_legs

# States after which the agent adds nothing to a case (LIP20-0015: step 6, the escalations, step 8).
SETTLED_STATES = frozenset({"documented", "escalated", "handling", "calling_back", "resolved", "closed", "archived"})

E_ = TypeVar("E_", bound=CallEvent)


@dataclass(frozen=True)
class CallFacts:
    """The stored events of one call.

    Parameters:
        damaged: (file name, line numbers) of journal lines that are not readable events.
        screen: the last entry of the agent's screen log, if there is one.
        last_change_at: when any file of the folder but the screen log was last written, UTC. The log is written by the
            agent's page, which goes on whatever becomes of the call.
        sealing_begun: the folder carries the mark of a sealing under way (or killed).
    """

    folder: CallFolder
    call: tuple[CallEvent, ...]
    transcript: tuple[CallEvent, ...]
    case: tuple[CallEvent, ...]
    screen: ScreenCaptured | ScreenMissed | None
    damaged: tuple[tuple[str, tuple[int, ...]], ...]
    last_change_at: datetime
    sealing_begun: bool

    def first(self, kind: type[E_]) -> E_ | None:
        """Return the first call event of a kind."""
        return next((item for item in self.call if isinstance(item, kind)), None)

    def every(self, kind: type[E_]) -> list[E_]:
        """Return all call events of a kind, in order."""
        return [item for item in self.call if isinstance(item, kind)]

    @property
    def ended_at(self) -> datetime | None:
        """When the call ended; None while nobody said so."""
        ended = self.first(CallEnded)
        return ended.at if ended else None

    @property
    def recorded(self) -> bool:
        """Whether recording ever began."""
        return self.first(RecordingStarted) is not None

    @property
    def recording_closed(self) -> bool:
        """Whether the recordings were closed."""
        return self.first(RecordingClosed) is not None

    @property
    def opens_case(self) -> bool:
        """Whether the desk opens a case for the call: a caller was answered (what we call about has its case)."""
        offered = self.first(CallOffered)
        return self.first(CallAnswered) is not None and (offered is None or offered.direction == "in")

    @property
    def transcribed(self) -> bool:
        """Whether both legs were decoded to the end."""
        return len(completed_legs(self.transcript)) == 2

    @property
    def screen_open_since(self) -> datetime | None:
        """When the agent's page last added to its screen log; None when it has none or said that it is complete."""
        return self.screen.at if self.screen is not None and not self.screen.last else None

    def case_states(self) -> dict[str, str]:
        """Return the last state of each of the call's cases, by case number."""
        states: dict[str, str] = {}
        for item in self.case:
            if isinstance(item, CaseOpened):
                states.setdefault(item.case_number, "received")
            elif isinstance(item, CaseTransitioned):
                states[item.case_number] = item.to_state
        return states

    def unsettled_cases(self) -> list[str]:
        """Return the numbers of cases that the agent is not done with."""
        return [number for number, state in self.case_states().items() if state not in SETTLED_STATES]


def call_files(folder: Path) -> Iterator[Path]:
    """Yield the regular files of a call folder or bundle, sorted; marks and locks (dot files) are not content."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not path.is_symlink() and not hidden:
            yield path


def signature(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Return (name, size, modification time in ns) of each file: changes whenever the call's content does."""
    rows = []
    for path in call_files(folder):
        stat = path.stat()
        rows.append((path.relative_to(folder).as_posix(), stat.st_size, stat.st_mtime_ns))
    return tuple(rows)


def read_facts(folder: CallFolder) -> CallFacts:
    """Read a folder's journals; what is absent is empty."""
    screen = folder.journal("screen").name
    stamps = [mtime_ns for name, _, mtime_ns in signature(folder.path) if name != screen]
    last_ns = max(stamps, default=folder.path.stat().st_mtime_ns)
    damaged = ((folder.journal(stream).name, damaged_lines(folder.journal(stream))) for stream in STREAMS)
    return CallFacts(
        folder=folder,
        call=tuple(folder.read("call")),
        transcript=tuple(folder.read("transcript")),
        case=tuple(folder.read("case")),
        screen=_last_of_screen(folder),
        damaged=tuple((name, tuple(lines)) for name, lines in damaged if lines),
        last_change_at=datetime.fromtimestamp(last_ns / 1e9, UTC),
        sealing_begun=folder.is_sealing,
    )


def _last_of_screen(folder: CallFolder) -> ScreenCaptured | ScreenMissed | None:
    found = None
    for item in folder.read("screen"):
        if isinstance(item, (ScreenCaptured, ScreenMissed)):
            found = item
    return found

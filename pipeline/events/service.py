# SPDX-License-Identifier: GPL-3.0-or-later
"""The service itself: processes, extensions, archive. On the bus only."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.events.base import CallEvent, Event, event


@event
class ExtensionStateChanged(Event):
    """A softphone's state: what the wallboard and the agent's lamp show. ``available``: whether it takes callers."""

    name = "extension.state_changed"
    extension: str
    state: Literal["starting", "ready", "ringing", "talking", "held", "stopped", "failed"]
    call_id: str = ""
    sip_uri: str = ""
    detail: str = ""
    available: bool = True


@event
class CallProgressed(CallEvent):
    """A heartbeat of a live call, every second: lets pages show levels and lamps. Not stored."""

    name = "call.progressed"
    caller_level_db: float | None = None
    agent_level_db: float | None = None
    recorded_ms: int = 0


@event
class ArticlesSeeded(Event):
    """An empty database began with the sample articles of a folder."""

    name = "articles.seeded"
    articles: int
    folder: str


@event
class SetUpOffered(Event):
    """Nobody is administrator yet: whoever started the service may open this page of it, once. Told on the bus only;
    the database holds a hash of the token in ``path``."""

    name = "setup.offered"
    path: str


@event
class ProcessStarted(Event):
    """The supervisor started a process."""

    name = "process.started"
    process: str
    pid: int
    restarts: int = 0


@event
class ProcessExited(Event):
    """A process ended. ``expected`` False: it will be restarted after ``restart_in_s``."""

    name = "process.exited"
    process: str
    pid: int
    exit_code: int
    expected: bool
    restart_in_s: float = 0.0


@event
class WorkerMeasured(Event):
    """One line of health from a process, every few seconds."""

    name = "worker.measured"
    process: str
    pid: int
    rss_bytes: int
    cpu_s: float
    figures: dict[str, float] = Field(default_factory=dict)


@event
class BundleSealed(CallEvent):
    """A call folder became a verified bundle in the archive."""

    name = "bundle.sealed"
    bundle: str
    manifest_sha256: str
    complete: bool
    problems: tuple[str, ...] = ()


@event
class SealingFailed(CallEvent):
    """The archiver could not seal a call; its folder stays in the spool."""

    name = "sealing.failed"
    problem: str

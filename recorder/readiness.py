# SPDX-License-Identifier: GPL-3.0-or-later
"""Is this call ready to be sealed now, and if not, why, and when to look again?

A pure function of what is known, so that every rule is a row of a test table. Waiting is bounded in every branch:
each thing waited for has a deadline after which the call is sealed without it, marked so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pipeline.settings import Settings
from recorder.facts import CallFacts

ORPHAN_QUIET_S = 60.0  # a live call writes audio every 40 ms and statistics every few seconds
CASE_GRACE_S = 30.0  # answering opens a case; a hub that was just restarted opens it a little late
SCREEN_GRACE_S = 15.0  # the agent's page sends what it has every 5 s while anything moves on it
CLOSE_GRACE_S = 5.0  # recordings are closed well within a second of a call's end, unless the softphone is gone

Reason = Literal[
    "ready", "sealing_begun", "call_up", "recording_open", "transcript_pending", "case_missing", "case_pending",
    "screen_open",
]  # fmt: skip


@dataclass(frozen=True)
class Rules:
    """Deadlines, in seconds: see ``pipeline.settings`` for the first two."""

    seal_after_s: float
    seal_transcript_s: float
    orphan_quiet_s: float = ORPHAN_QUIET_S
    close_grace_s: float = CLOSE_GRACE_S
    case_grace_s: float = CASE_GRACE_S
    screen_grace_s: float = SCREEN_GRACE_S

    @classmethod
    def of(cls, settings: Settings) -> Rules:
        """Return the rules in force. A call may ring without writing anything: an orphan is quiet for longer."""
        return cls(
            seal_after_s=settings.seal_after_s,
            seal_transcript_s=settings.seal_transcript_s,
            orphan_quiet_s=max(ORPHAN_QUIET_S, 2 * settings.ring_timeout_s),
        )


@dataclass(frozen=True)
class Situation:
    """All that readiness depends on; see :class:`recorder.facts.CallFacts` for the fields' meanings."""

    ended_at: datetime | None
    recorded: bool
    recording_closed: bool
    transcribed: bool
    case_pending: bool
    case_missing: bool
    last_change_at: datetime
    sealing_begun: bool = False
    screen_open_since: datetime | None = None

    @classmethod
    def of(cls, facts: CallFacts) -> Situation:
        """Return a call folder's situation."""
        return cls(
            ended_at=facts.ended_at,
            recorded=facts.recorded,
            recording_closed=facts.recording_closed,
            transcribed=facts.transcribed,
            case_pending=bool(facts.unsettled_cases()),
            case_missing=facts.opens_case and not facts.case_states(),
            last_change_at=facts.last_change_at,
            sealing_begun=facts.sealing_begun,
            screen_open_since=facts.screen_open_since,
        )


@dataclass(frozen=True)
class Readiness:
    """The verdict. ``look_again_at`` is when time alone may change a "no"; events may change it earlier."""

    ready: bool
    reason: Reason
    look_again_at: datetime | None = None

    @property
    def ended(self) -> bool:
        """Whether the call is over: only then does it count as work that waits."""
        return self.reason != "call_up"


def readiness(now: Situation, rules: Rules, at: datetime) -> Readiness:
    """Return whether a call may be sealed at the time ``at``."""
    if now.sealing_begun:
        return Readiness(True, "sealing_begun")  # a killed archiver: the hub already writes elsewhere
    ended_at = now.ended_at
    if ended_at is None:
        quiet_at = now.last_change_at + timedelta(seconds=rules.orphan_quiet_s)
        if at < quiet_at:
            return Readiness(False, "call_up", quiet_at)
        ended_at = now.last_change_at  # the softphone died and never came back
    waits: list[tuple[Reason, datetime]] = []
    if now.recorded and not now.recording_closed:
        waits.append(("recording_open", now.last_change_at + timedelta(seconds=rules.close_grace_s)))
    if now.recorded and not now.transcribed:
        waits.append(("transcript_pending", ended_at + timedelta(seconds=rules.seal_transcript_s)))
    if now.case_missing:
        grace_s = min(rules.case_grace_s, rules.seal_after_s)
        waits.append(("case_missing", ended_at + timedelta(seconds=grace_s)))
    if now.case_pending:
        waits.append(("case_pending", ended_at + timedelta(seconds=rules.seal_after_s)))
    if now.screen_open_since is not None:
        last_s = min(rules.screen_grace_s, rules.seal_after_s)
        longest = ended_at + timedelta(seconds=rules.seal_after_s)  # a page that never stops is not waited for
        waits.append(("screen_open", min(now.screen_open_since + timedelta(seconds=last_s), longest)))
    open_waits = [(reason, deadline) for reason, deadline in waits if at < deadline]
    if not open_waits:
        return Readiness(True, "ready")
    return Readiness(False, open_waits[0][0], max(deadline for _, deadline in open_waits))

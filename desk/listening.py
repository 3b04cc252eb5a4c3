# SPDX-License-Identifier: GPL-3.0-or-later
"""Who opens a recording says what for, and the audit trail keeps it before anything is sent.

A player asks for one recording in many pieces: playing is written down once for each sign-in, recording and purpose,
and again after a while.
"""

from __future__ import annotations

import threading

from crm import audit
from crm.audit import Action, Fact
from crm.errors import FieldError
from crm.sessions import SessionView
from pipeline.catalog import text
from pipeline.clock import Clock
from pipeline.database import Database

PURPOSES = ("assessment", "complaint", "coaching", "legal", "technical")
AGAIN_S = 900.0


def known_purpose(purpose: str) -> str:
    """Return a purpose that is on the list; raises FieldError."""
    if purpose not in PURPOSES:
        raise FieldError(text("crm.audit_purpose"), remedy=text("crm.audit_purpose_remedy"))
    return purpose


class Listening:
    """Writes down who opens and plays what. Thread-safe; blocks."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._lock = threading.Lock()
        self._noted_s: dict[tuple[str, str, str, str], float] = {}

    def opened(self, session: SessionView, call_id: str, purpose: str) -> None:
        """Write down that a recording's page is opened; raises FieldError or DatabaseError."""
        self._record("recording_opened", session, call_id, known_purpose(purpose))

    def played(self, session: SessionView, call_id: str, purpose: str) -> None:
        """Write down that a recording is played, unless that stands there already; raises as :meth:`opened` does."""
        self._once("recording_played", session, call_id, known_purpose(purpose))

    def identified(self, session: SessionView, call_id: str, purpose: str) -> None:
        """Write down that identity numbers are shown unmasked, unless that stands there; raises as :meth:`opened`."""
        self._once("identity_shown", session, call_id, known_purpose(purpose))

    def watched(self, session: SessionView, call_id: str) -> None:
        """Write down that a call's transcript is followed, unless that stands there already; raises DatabaseError."""
        self._once("transcript_viewed", session, call_id, "")

    def listed(self, session: SessionView) -> None:
        """Write down that the list of archived calls is looked at, as :meth:`watched` does."""
        self._once("calls_listed", session, "", "")

    def _once(self, action: Action, session: SessionView, call_id: str, purpose: str) -> None:
        key = action, session.csrf, call_id, purpose
        with self._lock:
            now_s = self._clock.monotonic_s()
            self._noted_s = {one: at_s for one, at_s in self._noted_s.items() if now_s - at_s < AGAIN_S}
            if key not in self._noted_s:
                self._record(action, session, call_id, purpose)
                self._noted_s[key] = now_s

    def _record(self, action: Action, session: SessionView, call_id: str, purpose: str) -> None:
        about = ("call", call_id) if call_id else ("archive", "")
        fact = Fact(action, about, purpose=purpose, person=session.person.username)
        audit.record(self._database, fact, now=self._clock.now())

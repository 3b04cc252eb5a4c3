# SPDX-License-Identifier: GPL-3.0-or-later
"""What agents are doing, as their buttons and their calls have it; told to their pages and to their softphones.

The database keeps the states (:mod:`crm.agents`), so a restarted hub knows them; events of calls that it reads again
change nothing. Blocking: works in threads.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from crm import agents, shifts
from crm.agents import AgentStateView, State
from crm.procedure import SETTLED
from crm.views import PersonView
from desk.casework import Casework
from pipeline.clock import Clock
from pipeline.database import Database
from pipeline.events import CallAnswered, CallEnded, CallEvent

OnState = Callable[[str, AgentStateView], None]  # (extension, state), in the thread of the change


class Duty:
    """Keeps agents' states. Thread-safe.

    Parameters:
        begin_ready: agents are ready until they say otherwise, signed in or not (else paused until they say so).
        finish_alone: an agent is ready again by itself when the cases of the call are settled.
        wrap_up_s: tells after how long in wrap-up an agent is ready again; 0: never.
        on_state: told of each change of somebody who has an extension.
    """

    def __init__(
        self,
        database: Database,
        casework: Casework,
        clock: Clock,
        *,
        begin_ready: bool,
        finish_alone: bool,
        wrap_up_s: Callable[[], float],
        on_state: OnState = lambda extension, state: None,
    ) -> None:
        self._db, self._casework, self._clock, self._on_state = database, casework, clock, on_state
        self._begin_ready, self._finish_alone, self._wrap_up_s = begin_ready, finish_alone, wrap_up_s

    def choose(self, person: PersonView, state: State, *, reason: str = "", request_key: str = "") -> AgentStateView:
        """Enter what an agent says; raises what :func:`crm.agents.set_state` raises."""
        call_id = agents.present_state(self._db, person.id).call_id if state == "wrap_up" else ""
        now_is = agents.set_state(
            self._db, person.id, state, now=self._clock.now(), reason=reason, call_id=call_id, actor=person,
            request_key=request_key,
        )  # fmt: skip
        self._on_state(person.extension, now_is)
        return now_is

    def arrive(self, person: PersonView) -> None:
        """Begin an agent's work: called when the desk is opened; who is here already stays as is."""
        if agents.present_state(self._db, person.id).state == "offline":
            if self._begin_ready:
                self.choose(person, "ready")
            else:
                self.choose(person, "paused", reason=agents.SIGNED_IN)

    def leave(self, person: PersonView) -> None:
        """End an agent's work: signed out."""
        if "agent" in person.roles and agents.present_state(self._db, person.id).state != "offline":
            self.choose(person, "offline")

    def follow(self, item: CallEvent) -> None:
        """Take an event of a call in: an answered one keeps its agent busy, an ended one leaves documentation."""
        changed = None
        if isinstance(item, CallAnswered):
            changed = shifts.call_answered(self._db, item.call_id, now=item.at)
        elif isinstance(item, CallEnded):
            changed = shifts.call_ended(self._db, item.call_id, now=item.at)
        if changed is not None:
            self._on_state(*changed)
            if self._finish_alone:
                self.review()

    def review(self) -> None:
        """Make ready whose documentation is done or has taken too long, and offline whoever is signed in no more."""
        now = self._clock.now()
        for gone in shifts.sign_out_absent(self._db, now=now):
            self._on_state(*gone)
        most = timedelta(seconds=self._wrap_up_s())
        for extension, state in shifts.wrapping_up(self._db):
            late = bool(most) and now - state.at >= most
            if late or (self._finish_alone and self._is_done(state.call_id)):
                ready = shifts.finish_wrap_up(self._db, state, now=now)
                if ready is not None:
                    self._on_state(extension, ready)

    def availability(self) -> dict[str, bool]:
        """Return which extensions take calls now; one that nobody answers does."""
        return shifts.availability(self._db, signed_out=self._begin_ready)

    def takes_calls(self, state: AgentStateView) -> bool:
        """Tell whether somebody in this state takes calls."""
        return shifts.takes_calls(state.state, signed_out=self._begin_ready)

    def _is_done(self, call_id: str) -> bool:
        return all(case.state in SETTLED for case in self._casework.cases_in(call_id))

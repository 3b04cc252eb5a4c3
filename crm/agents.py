# SPDX-License-Identifier: GPL-3.0-or-later
"""What agents are doing: ready, paused with a reason, on a call, wrapping up, signed out. Only changes are kept; every
figure (time in pause, time to document) follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.errors import FieldError, NotFoundError, ProcedureError
from crm.guards import enter_request
from crm.models import AgentState, Person
from crm.views import PersonView
from pipeline.catalog import text
from pipeline.database import Database

State = Literal["ready", "paused", "busy", "wrap_up", "offline"]
PAUSE_REASONS = ("break", "prayer", "meeting", "training", "technical", "other")
SIGNED_IN = "signed_in"  # the pause in which a working day begins; nobody chooses it
# From which state to which. A call may find an agent in any state but signed out; it ends in wrap-up.
MOVES: Mapping[State, tuple[State, ...]] = {
    "offline": ("ready", "paused", "busy"),
    "ready": ("paused", "busy", "wrap_up", "offline"),
    "paused": ("ready", "busy", "offline"),
    "busy": ("wrap_up", "ready", "offline"),
    "wrap_up": ("ready", "paused", "busy", "offline"),
}
STATES: tuple[State, ...] = tuple(MOVES)
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class AgentStateView:
    """What an agent does since ``at``; ``call_id`` says for which call (busy, wrap-up)."""

    person_id: int
    state: str
    reason: str
    call_id: str
    at: datetime

    def wire(self) -> dict[str, Any]:
        """Return the state as the agent's page reads it; ``since`` is null for somebody who never signed in."""
        since = None if self.at == NEVER else self.at.isoformat()
        return {"state": self.state, "reason": self.reason, "since": since, "call_id": self.call_id or None}


@dataclass(frozen=True)
class Span:
    """A stretch of one state; ``end`` is the moment asked about when it still lasts."""

    state: str
    reason: str
    begin: datetime
    end: datetime

    @property
    def length_s(self) -> float:
        """How long it lasted."""
        return (self.end - self.begin).total_seconds()


def set_state(
    database: Database,
    person_id: int,
    state: State,
    *,
    now: datetime,
    reason: str = "",
    call_id: str = "",
    actor: PersonView | None = None,
    request_key: str = "",
) -> AgentStateView:
    """Enter what an agent does now; the same once more changes nothing.

    Parameters:
        reason: one of ``PAUSE_REASONS``, for a pause only.
        call_id: the call that keeps the agent busy, or that is being documented.
        actor: who presses the button (None: the system follows the call).

    Raises:
        NotFoundError: no such person.
        FieldError: a pause without a known reason.
        ProcedureError: this change is not possible from the present state; the message says which are.
    """
    if reason not in ((*PAUSE_REASONS, SIGNED_IN) if state == "paused" else ("",)):
        raise unknown_reason(PAUSE_REASONS)
    with database.write() as session:
        content = ("agent_state", person_id, state, reason, call_id)
        _, repeated = enter_request(session, request_key, content, person=actor, now=now)
        if session.scalar(select(Person.id).where(Person.id == person_id).with_for_update()) is None:
            raise NotFoundError(text("crm.no_person"), remedy=text("crm.no_person_remedy"))
        present = _present(session, person_id)
        if repeated or (present.state, present.reason, present.call_id) == (state, reason, call_id):
            return present
        if state != present.state:
            _require_way(present.state, state)
        at = max(now, present.at)  # clocks of two machines: the order of the changes is kept
        session.add(AgentState(person_id=person_id, at=at, state=state, reason=reason, call_id=call_id))
        session.commit()
    return AgentStateView(person_id, state, reason, call_id, at)


def unknown_reason(offered: Iterable[str]) -> FieldError:
    """Return the error of a pause for a reason that is not among those offered."""
    choices = ", ".join(text(f"crm.pause_{name}") for name in offered)
    return FieldError(text("crm.pause_unknown"), remedy=text("crm.pause_unknown_remedy", choices=choices))


def present_state(database: Database, person_id: int) -> AgentStateView:
    """Return what an agent does now; somebody of whom nothing is known is signed out."""
    with database.read() as session:
        return _present(session, person_id)


def present_states(database: Database) -> dict[int, AgentStateView]:
    """Return what everybody does of whom anything is known, by person."""
    newest = select(func.max(AgentState.id)).group_by(AgentState.person_id)
    with database.read() as session:
        rows = session.scalars(select(AgentState).where(AgentState.id.in_(newest)))
        return {row.person_id: state_view(row) for row in rows}


def spans(database: Database, person_id: int, begin: datetime, end: datetime) -> list[Span]:
    """Return an agent's stretches between two moments, in order and without gaps; those cut by them are shortened."""
    of_person = select(AgentState).where(AgentState.person_id == person_id)
    with database.read() as session:
        before = session.scalar(of_person.where(AgentState.at <= begin).order_by(AgentState.id.desc()).limit(1))
        after = session.scalars(
            of_person.where(AgentState.at > begin, AgentState.at < end).order_by(AgentState.id)
        ).all()
        changes = [state_view(row) for row in ([before] if before else []) + list(after)]
    return spans_of(changes, begin, end)


def spans_of(changes: Iterable[AgentStateView], begin: datetime, end: datetime) -> list[Span]:
    """Cut changes (in order) into stretches between two moments; before the first change the agent is signed out."""
    found: list[Span] = []
    state, reason, since = "offline", "", begin
    for change in changes:
        at = min(max(change.at, begin), end)
        if at > since:
            found.append(Span(state, reason, since, at))
        state, reason, since = change.state, change.reason, at
    if end > since:
        found.append(Span(state, reason, since, end))
    return found


def seconds_by_state(found: Iterable[Span]) -> dict[str, float]:
    """Return how long each state lasted in all; every state is named."""
    lengths: dict[str, float] = {state: 0.0 for state in STATES}
    for span in found:
        lengths[span.state] += span.length_s
    return lengths


def _require_way(state: str, to: State) -> None:
    ways = next(ways for name, ways in MOVES.items() if name == state)
    if to not in ways:
        raise ProcedureError(
            text("crm.agent_no_move", state=text(f"crm.agent_{state}"), to=text(f"crm.agent_{to}")),
            remedy=text("crm.agent_no_move_remedy", ways=", ".join(text(f"crm.agent_{way}") for way in ways)),
        )


def _present(session: Session, person_id: int) -> AgentStateView:
    row = session.scalar(
        select(AgentState).where(AgentState.person_id == person_id).order_by(AgentState.id.desc()).limit(1)
    )
    return state_view(row) if row else AgentStateView(person_id, "offline", "", "", NEVER)


def state_view(row: AgentState) -> AgentStateView:
    """Picture a state as it is stored."""
    return AgentStateView(row.person_id, row.state, row.reason, row.call_id, row.at)

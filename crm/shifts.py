# SPDX-License-Identifier: GPL-3.0-or-later
"""How agents' states (:mod:`crm.agents`) follow from calls and sign-ins, each call once however often it is told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from crm.agents import AgentStateView, State, set_state, state_view
from crm.errors import ProcedureError
from crm.models import AgentState, Call, Extension, Person, PersonRole, WebSession
from pipeline.database import Database

Changed = tuple[str, AgentStateView]  # whose extension, and the new state


def call_answered(database: Database, call_id: str, *, now: datetime) -> Changed | None:
    """Enter that a call keeps its agent busy; returns the change, None when there is none.

    Told again (a restarted hub reads journals), or about a call that is nobody's, it changes nothing.
    """
    with database.read() as session:
        found = _agent_of_call(session, call_id)
        if found is None:
            return None
        person_id, _ = found
        known = exists().where(
            AgentState.person_id == person_id, AgentState.call_id == call_id, AgentState.state == "busy"
        )
        if session.scalar(select(known)):
            return None
    return _follow(database, found, "busy", call_id, now=now)


def call_ended(database: Database, call_id: str, *, now: datetime) -> Changed | None:
    """Enter that an agent documents a call that is over, if it kept the agent busy until now."""
    with database.read() as session:
        found = _agent_of_call(session, call_id)
        if found is None:
            return None
        present = session.scalar(_newest(found[0]))
        if present is None or (present.state, present.call_id) != ("busy", call_id):
            return None
    return _follow(database, found, "wrap_up", call_id, now=now)


def wrapping_up(database: Database) -> list[Changed]:
    """Return everybody who documents a call, and the extension (empty: none)."""
    return [(extension, view) for _, extension, view in _present(database) if view and view.state == "wrap_up"]


def finish_wrap_up(database: Database, seen: AgentStateView, *, now: datetime) -> AgentStateView | None:
    """Make an agent ready after documentation; None when the agent has gone on since ``seen``."""
    with database.read() as session:
        present = session.scalar(_newest(seen.person_id))
        if present is None or (present.state, present.at) != (seen.state, seen.at):
            return None
    return set_state(database, seen.person_id, "ready", now=now)


def sign_out_absent(database: Database, *, now: datetime) -> list[Changed]:
    """Enter as signed out who has no session in force any more; a call that is up is waited for."""
    with database.read() as session:
        here = set(session.scalars(select(WebSession.person_id).where(WebSession.expires_at > now)))
    gone = [
        (person_id, extension)
        for person_id, extension, view in _present(database)
        if view is not None and view.state not in ("offline", "busy") and person_id not in here
    ]
    return [(extension, set_state(database, person_id, "offline", now=now)) for person_id, extension in gone]


def takes_calls(state: str, *, signed_out: bool) -> bool:
    """Tell whether an agent in a state takes calls; who is on one does, for the telephone refuses a second by itself.

    Parameters:
        signed_out: what holds for those who are signed out.
    """
    return state in ("ready", "busy") or (signed_out and state == "offline")


def availability(database: Database, *, signed_out: bool) -> dict[str, bool]:
    """Return which extensions take calls: by what their agents do, and those that are no agent's always."""
    with database.read() as session:
        numbers = {number: True for number in session.scalars(select(Extension.number))}
    return numbers | {
        extension: takes_calls(view.state if view else "offline", signed_out=signed_out)
        for _, extension, view in _present(database)
        if extension
    }


def _follow(database: Database, agent: tuple[int, str], state: State, call_id: str, *, now: datetime) -> Changed | None:
    person_id, extension = agent
    try:
        return extension, set_state(database, person_id, state, now=now, call_id=call_id)
    except ProcedureError:  # the agent went another way in the same moment
        return None


def _agent_of_call(session: Session, call_id: str) -> tuple[int, str] | None:
    query = (
        select(Call.agent_id, Call.extension)
        .join(PersonRole, PersonRole.person_id == Call.agent_id)
        .where(Call.call_id == call_id, PersonRole.role == "agent")
    )
    row = session.execute(query).first()
    return (row[0], row[1]) if row and row[0] is not None else None


def _newest(person_id: int) -> Select[AgentState]:
    return select(AgentState).where(AgentState.person_id == person_id).order_by(AgentState.id.desc()).limit(1)


def _present(database: Database) -> list[tuple[int, str, AgentStateView | None]]:
    """Return every agent with the extension and what the agent does (None: never signed in)."""
    newest = select(func.max(AgentState.id)).group_by(AgentState.person_id)
    query = (
        select(Person.id, Extension.number, AgentState)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .outerjoin(Extension, Extension.person_id == Person.id)
        .outerjoin(AgentState, (AgentState.person_id == Person.id) & AgentState.id.in_(newest))
        .where(PersonRole.role == "agent", Person.active)
    )
    with database.read() as session:
        return [
            (person_id, number or "", state_view(row) if row else None)
            for person_id, number, row in session.execute(query).all()
        ]

# SPDX-License-Identifier: GPL-3.0-or-later
"""The state that a page begins with, and the cursor from which the live stream goes on.

What the database knows is read first, in a thread; the live part and the cursor are then taken in one go in the event
loop, so that nothing falls between snapshot and stream.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.concurrency import run_in_threadpool

from crm import agents, calls, cases, people
from crm.calls import CallView
from crm.fields import NO_QUESTION_REASONS
from crm.views import CaseView, PersonView
from desk.board import board_figures
from desk.casework import case_wire
from desk.deps import Deps
from desk.errors import ForbiddenError, NotFoundError
from desk.live_call import LiveCall, iso, project
from pipeline.callfolder import NEWS_STREAMS
from pipeline.catalog import text
from recorder.errors import BundleNotFoundError

Json = dict[str, Any]
RECENT = 8
OFFICE = "office"  # name of the message that an office's setting has changed


async def agent_snapshot(have: Deps, person: PersonView) -> Json:
    """Return the snapshot of scope "agent"."""
    figures = await run_in_threadpool(_agent_figures, have, person)
    number = person.extension
    configured = next((item for item in have.settings.extensions if item.number == number), None)
    lamp = have.live.extensions.get(number)
    call = have.live.current_call(number) if number else None
    return {
        "cursor": have.stream.cursor,
        "server_now": iso(have.clock.now()),
        "person": person.wire(),
        "extension": {
            "number": number,
            "state": lamp.state if lamp else "stopped",
            "device": configured.device if configured else "",
            "answer": configured.answer if configured else "device",
        },
        "call": call.snapshot(person.name) if call else None,
        **office_news(have),
        **figures,
    }


async def board_snapshot(have: Deps) -> Json:
    """Return the snapshot of scope "board"."""
    figures, names = await run_in_threadpool(_board_figures, have)
    live = have.live

    def agent_name(number: str) -> str:
        return names.get(number, "")

    return {
        "cursor": have.stream.cursor,
        "server_now": iso(have.clock.now()),
        "calls": [call.snapshot(agent_name(call.extension), segments=False) for call in live.live_calls()],
        "extensions": live.extension_rows(agent_name),
        **figures,
        "health": {
            "processes": have.health.rows(),
            "asr_lag_s": have.health.asr_lag_s(),
            "archive_backlog": live.unsealed(),
            "sealing_failed": have.health.sealing_failed(),
        },
    }


async def one_call(have: Deps, call_id: str, person: PersonView) -> Json:
    """Return one LiveCall of this agent, from memory or from the archive.

    Raises:
        NotFoundError, ForbiddenError: there is no such call, or it is another agent's.
    """
    await require_own_call(have, call_id, person)
    call = have.live.calls.get(call_id)
    return call.snapshot(person.name) if call else await run_in_threadpool(_from_archive, have, call_id, person)


async def require_own_call(have: Deps, call_id: str, person: PersonView) -> None:
    """Refuse what is not this agent's call: a live one by its extension, an older one by who answered it.

    Raises:
        NotFoundError, ForbiddenError: there is no such call, or it is another agent's.
    """
    call = have.live.calls.get(call_id)
    if call is not None:
        require_own(call.extension, person)
        return
    known = await run_in_threadpool(calls.find_call, have.database, call_id)
    if known is None:
        raise NotFoundError
    if known.agent_id != person.id:
        raise ForbiddenError


def require_own(extension: str, person: PersonView) -> None:
    """Refuse calls of other extensions; raises ForbiddenError."""
    if not person.extension or extension != person.extension:
        raise ForbiddenError


def _from_archive(have: Deps, call_id: str, person: PersonView) -> Json:
    try:
        bundle = have.archive.open(call_id)
    except BundleNotFoundError:
        raise NotFoundError from None
    call: LiveCall = project(call_id, [item for stream in NEWS_STREAMS for item in bundle.events(stream)])
    for case in have.casework.cases_in(call_id):
        call.cases[str(case.id)] = case_wire(case, person, have.settings.language)
    return call.snapshot(person.name)


def _agent_figures(have: Deps, person: PersonView) -> Json:
    """Read the agent's day and recent calls; calls with an unfinished case come first, whatever their age."""
    day = calls.agent_day(have.database, person.id, now=have.clock.now())
    waiting = {case.call_id: case for case in cases.unfinished(have.database, person.id)}
    recent = calls.recent_calls(have.database, person.extension, limit=RECENT) if person.extension else []
    shown = {view.call_id for view in recent}
    older = [calls.find_call(have.database, call_id) for call_id in waiting if call_id not in shown]
    rows = [view for view in older if view is not None and view.ended_at is not None] + recent
    rows.sort(key=lambda view: view.call_id not in waiting)
    return {
        "agent": agents.present_state(have.database, person.id).wire(),
        "no_question_reasons": labelled("no_question_reason", NO_QUESTION_REASONS, have.settings.language),
        "recent": [_recent_row(view, waiting.get(view.call_id)) for view in rows],
        "day": {"calls": day.calls, "handled_s": day.handled_s, "unfinished_cases": day.unfinished_cases},
    }


def office_news(have: Deps) -> Json:
    """Return what agents' pages must know of the office's settings; told under :data:`OFFICE` when it changes."""
    return {"pause_reasons": labelled("pause", have.office.current.pause_reasons, have.settings.language)}


def labelled(key: str, names: Iterable[str], language: str) -> list[Json]:
    """Return choices for a page: name, and label from the catalogue's ``crm.<key>_<name>``."""
    return [{"name": name, "label": text(f"crm.{key}_{name}", language=language)} for name in names]


def _recent_row(view: CallView, case: CaseView | None) -> Json:
    return {
        **view.recent_wire(),
        "caller_name": view.caller_name,
        "case_deadline_at": iso(case.deadline_at) if case else None,
    }


def _board_figures(have: Deps) -> tuple[Json, dict[str, str]]:
    names = {person.extension: person.name for person in people.list_people(have.database) if person.extension}
    return board_figures(have.database, have.clock.now()), names

# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages: sign-in, the way to one's own page, the agent's desk and the wallboard."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from crm import audit, setup, signin
from crm.audit import Fact, Outcome
from crm.errors import SignInLimitedError, SignInRefusedError
from crm.procedure import Role
from crm.views import PersonView
from desk.auth import (
    ADMINS,
    AGENTS,
    HANDLERS,
    KEEPERS,
    LEADERS,
    LISTENERS,
    WATCHERS,
    Agent,
    Anybody,
    AnyPerson,
    HaveDeps,
    Watcher,
    client_address,
    end_session,
    start_session,
)
from desk.deps import Deps
from desk.errors import ForbiddenError
from desk.masked_responses import PUBLIC_SCREEN
from desk.snapshots import agent_snapshot, board_snapshot

router = APIRouter()
_OWN_PAGE = re.compile(r"^/(agen|papan|(tim|eskalasi|pemutakhiran|admin|audit|arsip)(/[0-9A-Za-z-]{1,40})?)$")
HOMES: tuple[tuple[frozenset[Role], str], ...] = (
    (AGENTS, "/agen"),
    (LEADERS, "/tim"),
    (HANDLERS, "/eskalasi"),
    (KEEPERS, "/pemutakhiran"),
    (ADMINS, "/admin"),
    (WATCHERS, "/papan"),
    (LISTENERS, "/arsip"),
)


def home_of(person: PersonView) -> str:
    """Return the address of the page that a person works on; raises ForbiddenError when there is none yet."""
    for roles, path in HOMES:
        if roles & person.roles:
            return path
    raise ForbiddenError


@router.get("/")
async def home(session: AnyPerson) -> Response:
    """Lead to one's own page."""
    return RedirectResponse(home_of(session.person), status_code=303)


@router.get("/masuk")
async def sign_in_form(
    request: Request, have: HaveDeps, rule: Anybody, lanjut: Annotated[str, Query()] = ""
) -> Response:
    """Show the sign-in form; who is signed in goes on at once."""
    if request.state.session is not None:
        return RedirectResponse("/", status_code=303)
    return _form(request, have, empty=await run_in_threadpool(setup.is_empty, have.database))


@router.post("/masuk")
async def sign_in(
    *,
    request: Request,
    have: HaveDeps,
    rule: Anybody,
    username: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    lanjut: Annotated[str, Query()] = "",
) -> Response:
    """Check name and password and begin a new session; an older one of this browser ends."""
    try:
        async with request.app.state.sign_ins:
            person = await run_in_threadpool(
                signin.authenticate,
                have.database,
                username,
                password,
                address=client_address(request),
                now=have.clock.now(),
            )
    except SignInRefusedError as error:
        await _record_sign_in(have, username, "refused")
        return _form(request, have, status=401, error=str(error), username=username)
    except SignInLimitedError as error:
        refused = _form(request, have, status=429, error=str(error), username=username)
        refused.headers["Retry-After"] = str(error.retry_after_s)
        return refused
    await _record_sign_in(have, person.username, "done")
    response = RedirectResponse(lanjut if _OWN_PAGE.match(lanjut) else "/", status_code=303)
    await end_session(request, response, have)
    await start_session(request, response, have, person.id)
    return response


@router.post("/keluar")
async def sign_out(request: Request, have: HaveDeps, session: AnyPerson) -> Response:
    """End the session."""
    fact = Fact("sign_out", ("person", session.person.username))
    await run_in_threadpool(audit.record, have.database, fact, now=have.clock.now())
    await run_in_threadpool(have.duty.leave, session.person)
    response = RedirectResponse("/masuk", status_code=303)
    await end_session(request, response, have)
    return response


@router.get("/agen")
async def agent_desk(request: Request, have: HaveDeps, session: Agent) -> Response:
    """Show the agent's desk with all that is going on at the own extension."""
    await run_in_threadpool(have.duty.arrive, session.person)
    snapshot = await agent_snapshot(have, session.person)
    return have.render.page(request, "agent.html", page="agent", data={"snapshot": snapshot})


@router.get("/papan")
async def wallboard(request: Request, have: HaveDeps, session: Watcher) -> Response:
    """Show the wallboard."""
    setattr(request.state, PUBLIC_SCREEN, True)
    snapshot = await board_snapshot(have)
    return have.render.page(request, "board.html", page="board", data={"snapshot": snapshot})


async def _record_sign_in(have: Deps, username: str, outcome: Outcome) -> None:
    """Note a sign-in; attempts past the limit are not looked at and not noted, or a stranger could fill the disk."""
    person = username if outcome == "done" else ""
    fact = Fact("sign_in", ("person", username.strip().casefold()[:64]), outcome=outcome, person=person)
    await run_in_threadpool(audit.record, have.database, fact, now=have.clock.now())


def _form(
    request: Request,
    have: Deps,
    *,
    status: int = 200,
    error: str | None = None,
    username: str = "",
    empty: bool = False,
) -> Response:
    return have.render.page(
        request, "signin.html", page="signin", status=status, error=error, username=username[:64], empty=empty,
        office_name=have.office.current.office_name,
    )  # fmt: skip

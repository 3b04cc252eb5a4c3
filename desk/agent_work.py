# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent at work: own state (ready, pause, wrap-up), callers' history, further questions of a call, taxpayers."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from crm import agents, callers, taxpayers
from crm.errors import NumberError
from crm.taxpayers import TaxpayerView
from crm.views import PersonView
from desk.api import CallId
from desk.auth import Agent, Caseworker, HaveDeps
from desk.casework import case_wire
from desk.deps import Deps
from desk.errors import AgentBusyError, error_body
from desk.snapshots import require_own_call

router = APIRouter(prefix="/api")
Json = dict[str, Any]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class StateBody(_Body):
    """What the agent does from now on; ``reason`` of a pause."""

    state: Literal["ready", "paused", "wrap_up", "offline"]
    reason: str = Field("", max_length=32)
    request_key: str = Field("", max_length=64)


class KeyBody(_Body):
    """A press of a button that needs nothing else; ``request_key`` is the page's own: sent again, it works once."""

    request_key: str = Field("", max_length=64)


class TaxpayerBody(_Body):
    """A taxpayer as typed; numbers may stay empty."""

    name: str = Field(max_length=400)
    npwp: str = Field("", max_length=60)
    nik: str = Field("", max_length=60)
    phone: str = Field("", max_length=60)

    def values(self) -> dict[str, str]:
        """Return what is kept of it."""
        return {"name": self.name, "npwp": self.npwp, "nik": self.nik, "phone": self.phone}


class NewTaxpayerBody(TaxpayerBody):
    """A taxpayer who is not known yet."""

    request_key: str = Field("", max_length=64)


class ChangedTaxpayerBody(TaxpayerBody):
    """What a taxpayer is to be from now on; ``version`` is the one that the page has seen."""

    version: int = Field(ge=1)


@router.post("/agent/state")
async def set_state(have: HaveDeps, session: Agent, body: StateBody) -> Json:
    """Change what the agent does; not while a call is up, which says it by itself."""
    person = session.person
    call = have.live.current_call(person.extension) if person.extension else None
    if call is not None and call.is_live and call.answered_at is not None:
        raise AgentBusyError
    offered = have.office.current.pause_reasons
    if body.state == "paused" and body.reason not in offered:
        raise agents.unknown_reason(offered)
    state = await run_in_threadpool(
        have.duty.choose, person, body.state, reason=body.reason, request_key=body.request_key
    )
    return {"agent": state.wire()}


@router.get("/calls/{call_id}/history")
async def history(have: HaveDeps, session: Agent, call_id: CallId) -> Json:
    """Return what is known of whoever calls: taxpayers with this number, earlier calls and cases."""
    await require_own_call(have, call_id, session.person)

    def read() -> Json:
        known = callers.history(have.database, call_id)
        for taxpayer in known.taxpayers:
            taxpayers.note_seen(have.database, taxpayer, session.person, call_id, now=have.clock.now())
        return {
            "taxpayers": [taxpayer.wire(session.person) for taxpayer in known.taxpayers],
            "calls": [asdict(call) for call in known.calls],
            "cases": [callers.case_row(case) for case in known.cases],
        }

    return await run_in_threadpool(read)


@router.get("/calls/{call_id}/cases")
async def cases(have: HaveDeps, session: Agent, call_id: CallId) -> Json:
    """Return the cases spoken about in a call, oldest first."""
    await require_own_call(have, call_id, session.person)
    found = await run_in_threadpool(have.casework.cases_in, call_id)
    return {"cases": [case_wire(case, session.person, have.settings.language) for case in found]}


@router.post("/calls/{call_id}/cases")
async def open_next_case(have: HaveDeps, session: Agent, call_id: CallId, body: KeyBody) -> Json:
    """Open a case for a further question of the call, with a clock of its own."""
    person = session.person
    await require_own_call(have, call_id, person)
    case = await run_in_threadpool(have.casework.open_next, call_id, person, request_key=body.request_key)
    return {"case": case_wire(case, person, have.settings.language)}


@router.get("/taxpayers")
async def search(have: HaveDeps, session: Caseworker, q: Annotated[str, Query(max_length=200)] = "") -> Json:
    """Find taxpayers by part of the name, or by a whole NPWP, NIK or telephone number."""

    def read() -> list[TaxpayerView]:
        found = taxpayers.search_taxpayers(have.database, q)
        for taxpayer in found:
            taxpayers.note_seen(have.database, taxpayer, session.person, "", now=have.clock.now())
        return found

    return {"taxpayers": [taxpayer.wire(session.person) for taxpayer in await run_in_threadpool(read)]}


@router.post("/taxpayers")
async def create(have: HaveDeps, session: Caseworker, body: NewTaxpayerBody) -> Response:
    """Enter a taxpayer."""
    person = session.person

    def work() -> TaxpayerView:
        return taxpayers.create_taxpayer(
            have.database, **body.values(), person=person, now=have.clock.now(), request_key=body.request_key
        )

    return await _entered(have, person, work)


@router.post("/taxpayers/{taxpayer_id}")
async def change(have: HaveDeps, session: Caseworker, taxpayer_id: int, body: ChangedTaxpayerBody) -> Response:
    """Change a taxpayer; a stale page is refused (409)."""
    person = session.person

    def work() -> TaxpayerView:
        return taxpayers.change_taxpayer(
            have.database, taxpayer_id, body.version, **body.values(), person=person, now=have.clock.now()
        )

    return await _entered(have, person, work)


async def _entered(have: Deps, person: PersonView, work: Any) -> Response:
    """Run an entry in a thread; numbers of a wrong form come back as a list of problems."""
    try:
        taxpayer: TaxpayerView = await run_in_threadpool(work)
    except NumberError as error:
        body = error_body(error.code, error.message, error.remedy, problems=list(error.problems))
        return JSONResponse(body, status_code=422)
    return JSONResponse({"taxpayer": taxpayer.wire(person)})

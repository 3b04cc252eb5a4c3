# SPDX-License-Identifier: GPL-3.0-or-later
"""The escalation agent's page: queue with ages, a case in full context, call-backs, resolution (E1 to E3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from crm import attachments, callbacks, calls, cases, queues, taxpayers
from crm.callbacks import CallBackView
from crm.queues import Waiting
from crm.views import CaseView, PersonView
from desk.auth import Handler, HaveDeps
from desk.casework import case_wire
from desk.deps import Deps
from desk.errors import BadRequestError
from desk.followed import call_data, work_data
from pipeline.clock import OFFICE_ZONE

router = APIRouter()
Json = dict[str, Any]
Key = Annotated[str, Form(max_length=64)]
Version = Annotated[int, Form(ge=0)]
Sieve = Literal["semua", "saya", "menunggu"]
Step = Literal["handling", "escalated", "calling_back", "resolved"]
SOON_S, LATE_S = 4 * 3600, 24 * 3600  # how old an escalation may get: the queue's own clock


@router.get("/eskalasi")
async def escalation(request: Request, have: HaveDeps, session: Handler, saring: Sieve = "semua") -> Response:
    """Show the queue with nothing opened."""
    queue = await run_in_threadpool(_queue, have, session.person, saring, "")
    return have.render.page(
        request, "escalation.html", page="escalation", data={**work_data(have), "call": None, "case": None, "own": ""},
        **queue, case=None, call=None,
    )  # fmt: skip


@router.get("/eskalasi/antrean")
async def queue_part(
    request: Request,
    have: HaveDeps,
    session: Handler,
    saring: Sieve = "semua",
    buka: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Return call-backs that are due and the queue; ``buka``: the case that is open."""
    queue = await run_in_threadpool(_queue, have, session.person, saring, buka)
    return have.render.page(request, "parts/escalation_queue.html", page="escalation", **queue)


@router.get("/eskalasi/{case_id}")
async def opened(
    *,
    request: Request,
    have: HaveDeps,
    session: Handler,
    case_id: int,
    saring: Sieve = "semua",
    panggilan: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Open a case with all that is known of it; ``panggilan``: which of its calls is shown."""
    person = session.person
    facts = await run_in_threadpool(_facts, have, person, case_id)
    case: CaseView = facts["case"]
    linked = [item.call_id for item in facts["calls"]]
    live = have.live.current_call(person.extension) if person.extension else None
    own = live.call_id if live is not None and live.is_live else ""
    chosen = next((one for one in (panggilan, own) if one and one in {*linked, own}), case.call_id)
    await run_in_threadpool(request.app.state.listening.watched, session, chosen)
    queue = await run_in_threadpool(_queue, have, person, saring, str(case_id))
    data = await call_data(have, chosen)
    wire = case_wire(case, person, have.settings.language)
    return have.render.page(
        request, "escalation.html", page="escalation", data={**data, "case": wire, "own": own}, **queue, **facts,
        call=data["call"], call_id=chosen, own=own,
    )  # fmt: skip


@router.get("/eskalasi/{case_id}/kasus")
async def case_part(request: Request, have: HaveDeps, session: Handler, case_id: int) -> Response:
    """Return the case's part of the page as it stands now."""
    return await _case_part(request, have, session.person, case_id)


@router.get("/eskalasi/{case_id}/telepon-balik")
async def callbacks_part(request: Request, have: HaveDeps, session: Handler, case_id: int) -> Response:
    """Return the case's call-backs as they stand now."""
    return await _callbacks_part(request, have, session.person, case_id)


@router.post("/eskalasi/{case_id}/simpan")
async def save(
    *,
    request: Request,
    have: HaveDeps,
    session: Handler,
    case_id: int,
    version: Version,
    request_key: Key,
    answer: Annotated[str, Form(max_length=20_000)] = "",
    sikp_update: Annotated[Literal["", "needed", "not_needed"], Form()] = "",
    article_id: Annotated[str, Form(max_length=120)] = "",
    article_version: Annotated[str, Form(max_length=9)] = "",
) -> Response:
    """Save what is typed."""
    fields = _fields(answer, sikp_update, article_id, article_version)

    def work() -> CaseView:
        return have.casework.save(case_id, version, fields, session.person, request_key=request_key)

    case = await run_in_threadpool(work)
    return have.render.page(
        request, "parts/work_saved.html", page="escalation", version=case.version, at=have.clock.now()
    )


@router.post("/eskalasi/{case_id}/langkah/{to}")
async def step(
    *,
    request: Request,
    have: HaveDeps,
    session: Handler,
    case_id: int,
    to: Step,
    version: Version,
    request_key: Key,
    answer: Annotated[str | None, Form(max_length=20_000)] = None,
    sikp_update: Annotated[Literal["", "needed", "not_needed"], Form()] = "",
    article_id: Annotated[str, Form(max_length=120)] = "",
    article_version: Annotated[str, Form(max_length=9)] = "",
) -> Response:
    """Take a step: E1 take or give back, E2 call back, E3 resolve; what is typed is saved with it."""
    fields = {} if answer is None else _fields(answer, sikp_update, article_id, article_version)

    def work() -> CaseView:
        return have.casework.move(case_id, version, to, fields, session.person, request_key=request_key)

    await run_in_threadpool(work)
    return await _case_part(request, have, session.person, case_id)


@router.post("/eskalasi/{case_id}/rencana")
async def plan(
    *,
    request: Request,
    have: HaveDeps,
    session: Handler,
    case_id: int,
    request_key: Key,
    due: Annotated[str, Form(max_length=32)] = "",
    phone: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Plan when the taxpayer is called back, in the office's time."""
    try:
        due_at = datetime.fromisoformat(due).replace(tzinfo=OFFICE_ZONE)
    except ValueError as error:
        raise BadRequestError from error

    def work() -> CallBackView:
        return callbacks.plan(
            have.database, case_id, due_at=due_at, phone=phone, person=session.person, now=have.clock.now(),
            request_key=request_key,
        )  # fmt: skip

    return await _callback_change(request, have, session.person, case_id, work)


@router.post("/eskalasi/{case_id}/telepon-balik/{callback_id}/{action}")
async def callback_action(
    *,
    request: Request,
    have: HaveDeps,
    session: Handler,
    case_id: int,
    callback_id: int,
    action: Literal["dicoba", "tercapai", "menyerah"],
    version: Version,
    request_key: Key,
    reason: Annotated[str, Form(max_length=8000)] = "",
) -> Response:
    """Note a try made with another telephone, that the taxpayer was reached, or that nobody can be reached."""
    common: Json = {"person": session.person, "now": have.clock.now(), "request_key": request_key}

    def work() -> CallBackView:
        if action == "dicoba":
            return callbacks.attempt(have.database, callback_id, version, call_id=None, **common)
        if action == "tercapai":
            return callbacks.reached(have.database, callback_id, version, **common)
        return callbacks.give_up(have.database, callback_id, version, reason=reason, **common)

    return await _callback_change(request, have, session.person, case_id, work)


async def _callback_change(
    request: Request, have: Deps, person: PersonView, case_id: int, work: Callable[[], CallBackView]
) -> Response:
    await run_in_threadpool(work)
    have.floor.changed("callbacks")
    return await _callbacks_part(request, have, person, case_id)


def _fields(answer: str, sikp_update: str, article_id: str, article_version: str) -> Json:
    fields: Json = {"answer": answer, "sikp_update": sikp_update}
    if article_id and article_version.isdigit():
        fields |= {"article_id": article_id, "article_version": int(article_version)}
    return fields


def _queue(have: Deps, person: PersonView, sieve: Sieve, opened_id: str) -> Json:
    """Return the queue, one's own cases first, and the open call-backs of it, the one due first at the top."""
    now = have.clock.now()
    everything = queues.escalations(have.database, now=now)

    def fits(item: Waiting) -> bool:
        by = item.case.escalation.taken_by_id if item.case.escalation else None
        return sieve == "semua" or (by == person.id if sieve == "saya" else by is None)

    rows = sorted((item for item in everything if fits(item)), key=lambda item: not _is_mine(item.case, person))
    of_case = {item.case.id: item.case for item in everything}
    due = [item for item in callbacks.due_callbacks(have.database) if item.case_id in of_case]
    mine = [item for item in due if _is_mine(of_case[item.case_id], person)]
    return {
        "queue": rows, "due": mine, "opened": opened_id, "sieve": sieve, "now": now,
        "me": person.id, "soon_s": SOON_S, "late_s": LATE_S, "count": len(everything),
    }  # fmt: skip


def _is_mine(case: CaseView, person: PersonView) -> bool:
    return case.escalation is not None and case.escalation.taken_by_id == person.id


def _facts(have: Deps, person: PersonView, case_id: int) -> Json:
    """Return all that is known of a case."""
    case = cases.find_case(have.database, case_id)
    asked = calls.find_call(have.database, case.call_id)
    known = _taxpayers(have, case, asked.caller_number if asked else "")
    history = {
        item.id: item
        for payer in known
        for item in taxpayers.cases_of_taxpayer(have.database, payer.id)
        if item.id != case_id
    }
    return {
        "case": case,
        "escalation": case.escalation,
        "mine": _is_mine(case, person),
        "calls": attachments.calls_of_case(have.database, case_id),
        "articles": attachments.articles_of_case(have.database, case_id),
        "payers": [payer.wire(person) for payer in known],
        "history": list(history.values()),
        "asked": asked,
        **_call_backs(have, person, case),
    }


def _taxpayers(have: Deps, case: CaseView, number: str) -> list[taxpayers.TaxpayerView]:
    chosen = case.fields["taxpayer_id"]
    if isinstance(chosen, int):
        return [taxpayers.find_taxpayer(have.database, chosen)]
    return taxpayers.taxpayers_of_phone(have.database, number)


def _call_backs(have: Deps, person: PersonView, case: CaseView) -> Json:
    found = callbacks.callbacks_of_case(have.database, case.id)
    current = next((item for item in found if item.state in ("planned", "attempted")), None)
    return {
        "callbacks": found,
        "current": current,
        "tries_least": callbacks.TRIES_LEAST,
        "due_local": (current.due_at if current else have.clock.now())
        .astimezone(OFFICE_ZONE)
        .strftime("%Y-%m-%dT%H:%M"),
        "works": _is_mine(case, person) and case.state in ("handling", "calling_back"),
    }


async def _case_part(request: Request, have: Deps, person: PersonView, case_id: int) -> Response:
    facts = await run_in_threadpool(_facts, have, person, case_id)
    return have.render.page(request, "parts/escalation_case.html", page="escalation", **facts)


async def _callbacks_part(request: Request, have: Deps, person: PersonView, case_id: int) -> Response:
    def work() -> Json:
        case = cases.find_case(have.database, case_id)
        return {"case": case, **_call_backs(have, person, case)}

    facts = await run_in_threadpool(work)
    return have.render.page(request, "parts/escalation_callbacks.html", page="escalation", **facts)

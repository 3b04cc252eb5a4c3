# SPDX-License-Identifier: GPL-3.0-or-later
"""The team leader's page: consultations that wait, their live transcript and case, the decision (steps 4 and 5)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from crm import audit, cases, consultations, people, queues
from crm.audit import Action, Fact
from crm.views import CaseView, PersonView
from desk.api import CallId
from desk.auth import HaveDeps, Leader
from desk.casework import case_wire
from desk.deps import Deps
from desk.errors import GuestNotYoursError, NoExtensionError, NotFoundError
from desk.followed import call_data, work_data
from desk.softphones import live_call, send

router = APIRouter()
Json = dict[str, Any]
Key = Annotated[str, Form(max_length=64)]
Version = Annotated[int, Form(ge=0)]
QUICK_S = 600  # a consultation that has waited so long is red


@router.get("/tim")
async def team(request: Request, have: HaveDeps, session: Leader) -> Response:
    """Show the queue with nothing opened."""
    queue = await run_in_threadpool(_queue, have, session.person, "")
    return have.render.page(
        request, "team.html", page="team", data={**work_data(have), "call": None, "case": None}, **queue,
        calls=await _live_rows(have), case=None, call_id="",
    )  # fmt: skip


@router.get("/tim/antrean")
async def queue_part(
    request: Request, have: HaveDeps, session: Leader, buka: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """Return the queue's rows; ``buka``: the case that is open."""
    rows = await run_in_threadpool(_queue, have, session.person, buka)
    return have.render.page(request, "parts/team_queue.html", page="team", **rows)


@router.get("/tim/panggilan")
async def calls_part(
    request: Request, have: HaveDeps, session: Leader, buka: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """Return the calls that are up; ``buka``: the one that is open."""
    return have.render.page(
        request, "parts/team_calls.html", page="team", calls=await _live_rows(have), call_id=buka
    )  # fmt: skip


@router.get("/tim/panggilan/{call_id}")
async def watch(request: Request, have: HaveDeps, session: Leader, call_id: CallId) -> Response:
    """Follow a call without a consultation; that it was followed is written down."""
    await run_in_threadpool(request.app.state.listening.watched, session, call_id)
    opened = await run_in_threadpool(cases.cases_of_call, have.database, call_id)
    return await _opened(request, have, session.person, call_id, opened[-1] if opened else None, waiting=False)


@router.get("/tim/{case_id}")
async def consultation(request: Request, have: HaveDeps, session: Leader, case_id: int) -> Response:
    """Open a consultation: transcript, suggestions, case and the decision."""
    case = await run_in_threadpool(cases.find_case, have.database, case_id)
    await run_in_threadpool(request.app.state.listening.watched, session, case.call_id)
    return await _opened(request, have, session.person, case.call_id, case, waiting=True)


@router.get("/tim/{case_id}/kasus")
async def case_part(request: Request, have: HaveDeps, session: Leader, case_id: int) -> Response:
    """Return the case as it stands now."""
    case = await run_in_threadpool(cases.find_case, have.database, case_id)
    return _case_part(request, have, session.person, case)


@router.post("/tim/{case_id}/ambil")
async def take(
    request: Request, have: HaveDeps, session: Leader, case_id: int, alih: Annotated[bool, Form()] = False
) -> Response:
    """Help with a case; ``alih``: take it over from a colleague."""
    now = have.clock.now()
    case = await run_in_threadpool(
        consultations.take, have.database, case_id, person=session.person, now=now, over=alih
    )
    have.floor.changed("consultations")
    return _case_part(request, have, session.person, case)


@router.post("/tim/{case_id}/lepas")
async def leave(request: Request, have: HaveDeps, session: Leader, case_id: int) -> Response:
    """Help no longer: the case waits for anybody."""
    now = have.clock.now()
    case = await run_in_threadpool(consultations.leave, have.database, case_id, person=session.person, now=now)
    have.floor.changed("consultations")
    return _case_part(request, have, session.person, case)


@router.post("/tim/{case_id}/jawab")
async def answer(
    *,
    request: Request,
    have: HaveDeps,
    session: Leader,
    case_id: int,
    version: Version,
    request_key: Key,
    answer: Annotated[str, Form(max_length=20_000)] = "",
    sikp_update: Annotated[Literal["", "needed", "not_needed"], Form()] = "",
    article_id: Annotated[str, Form(max_length=120)] = "",
    article_version: Annotated[int | None, Form(ge=1)] = None,
) -> Response:
    """Step 5: the answer goes to the agent, with the decision whether SIKP needs an update."""
    fields: Json = {"answer": answer, "sikp_update": sikp_update}
    if article_id and article_version:
        fields |= {"article_id": article_id, "article_version": article_version}

    def work() -> CaseView:
        return have.casework.move(case_id, version, "answered", fields, session.person, request_key=request_key)

    case = await run_in_threadpool(work)
    return _outcome(request, have, case)


@router.post("/tim/{case_id}/eskalasi")
async def escalate(
    *,
    request: Request,
    have: HaveDeps,
    session: Leader,
    case_id: int,
    version: Version,
    request_key: Key,
    reason: Annotated[str, Form(max_length=8000)] = "",
) -> Response:
    """Step 4: nobody knows the answer; the case goes to the escalation with the reason."""

    def work() -> CaseView:
        return have.casework.move(
            case_id, version, "escalated", {}, session.person, request_key=request_key, remark=reason
        )

    case = await run_in_threadpool(work)
    return _outcome(request, have, case)


@router.post("/tim/panggilan/{call_id}/gabung")
async def join(
    *,
    request: Request,
    have: HaveDeps,
    session: Leader,
    call_id: CallId,
    mode: Annotated[Literal["conference", "whisper", "listen"], Form()] = "conference",
) -> Response:
    """Call the team leader's own telephone into the call, or change the part taken in it."""
    person = session.person
    if not person.extension:
        raise NoExtensionError
    known = live_call(have, call_id)
    if known.guest is not None and known.guest["to"] == person.extension:
        await send(have, known, "guest_mode", "team_join", mode=mode)
    else:
        more = {"to": person.extension, "mode": mode, "person": person.name, "auto_answer": True}
        await send(have, known, "guest", "team_join", **more)
    await _write_down(have, "call_joined", person, call_id, mode=mode)
    return _join_part(request, have, person, call_id, calling=True)


@router.post("/tim/panggilan/{call_id}/tinggalkan")
async def drop(request: Request, have: HaveDeps, session: Leader, call_id: CallId) -> Response:
    """Leave the call again; agent and taxpayer go on talking. Whom the agent has brought in stays."""
    known = live_call(have, call_id)
    if not session.person.extension:
        raise NoExtensionError
    if known.guest is not None and known.guest["to"] != session.person.extension:
        raise GuestNotYoursError(name=known.guest["person"] or known.guest["to"])
    await send(have, known, "guest_drop", "team_leave_call")
    await _write_down(have, "call_left", session.person, call_id)
    return _join_part(request, have, session.person, call_id)


@router.get("/tim/panggilan/{call_id}/gabung")
async def join_part(request: Request, have: HaveDeps, session: Leader, call_id: CallId) -> Response:
    """Return whether the team leader is in the call, and the buttons for it."""
    return _join_part(request, have, session.person, call_id)


async def _opened(
    request: Request, have: Deps, person: PersonView, call_id: str, case: CaseView | None, *, waiting: bool
) -> Response:
    """Render the page with a call opened; ``waiting``: it is a consultation."""
    opened = str(case.id) if case and waiting else ""
    queue = await run_in_threadpool(_queue, have, person, opened)
    rows = await _live_rows(have)
    data = await call_data(have, call_id)
    if data["call"] is None and case is None:
        raise NotFoundError
    wire = case_wire(case, person, have.settings.language) if case and waiting else None
    facts = _facts(have, person, case) if case else {"case": None}
    return have.render.page(
        request, "team.html", page="team", data={**data, "case": wire}, **queue, **facts, calls=rows,
        call_id=call_id, call=data["call"], waiting=waiting, **_joined(have, person, call_id),
    )  # fmt: skip


def _queue(have: Deps, person: PersonView, opened: str) -> Json:
    now = have.clock.now()
    waiting = queues.consultations(have.database, now=now)
    return {"queue": waiting, "opened": opened, "late_s": QUICK_S, "me": person.id}


async def _live_rows(have: Deps) -> list[Json]:
    names = await run_in_threadpool(_names, have)
    return [call.snapshot(names.get(call.extension, ""), segments=False) for call in have.live.live_calls()]


def _names(have: Deps) -> dict[str, str]:
    return {person.extension: person.name for person in people.list_people(have.database) if person.extension}


def _facts(have: Deps, person: PersonView, case: CaseView) -> Json:
    """Return what the case's part of the page shows."""
    helper = case.consultation
    return {
        "case": case,
        "clock": case.clock(have.clock.now()),
        "waits": case.state == "consulting",
        "mine": helper.taken_by_id == person.id,
        "others": helper.taken_by if helper.taken_by_id not in (None, person.id) else "",
        "last": case.timeline[-1] if case.timeline else None,
    }


def _case_part(request: Request, have: Deps, person: PersonView, case: CaseView) -> Response:
    return have.render.page(request, "parts/team_case.html", page="team", **_facts(have, person, case))


def _outcome(request: Request, have: Deps, case: CaseView) -> Response:
    """Say what became of the case, in place of the form."""
    more = queues.consultations(have.database, now=have.clock.now())
    return have.render.page(
        request, "parts/team_outcome.html", page="team", case=case, more=[item.case for item in more][:1]
    )  # fmt: skip


def _join_part(request: Request, have: Deps, person: PersonView, call_id: str, *, calling: bool = False) -> Response:
    return have.render.page(
        request, "parts/team_join.html", page="team", call_id=call_id, **_joined(have, person, call_id, calling)
    )  # fmt: skip


def _joined(have: Deps, person: PersonView, call_id: str, calling: bool = False) -> Json:
    """Return where the team leader's telephone is: ``join`` is no, calling, in, other (somebody else is) or over."""
    call = have.live.calls.get(call_id)
    if call is None or not call.is_live or call.answered_at is None:
        return {"join": "over", "guest": None}
    guest = call.guest
    if guest is None:
        return {"join": "calling" if calling else "no", "guest": None}
    if guest["to"] != person.extension:
        return {"join": "other", "guest": guest}
    return {"join": "in" if guest["joined_at"] else "calling", "guest": guest}


async def _write_down(have: Deps, action: Action, person: PersonView, call_id: str, **detail: str) -> None:
    fact = Fact(action, ("call", call_id), person=person.username, detail=detail)
    await run_in_threadpool(audit.record, have.database, fact, now=have.clock.now())

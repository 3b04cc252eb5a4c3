# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON API and the live stream of the pages. Every refusal has the one error shape (``desk.web``)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from functools import partial
from typing import Annotated, Any, Literal

import structlog
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from crm import sessions
from crm.cases import find_case
from crm.errors import ConflictError
from crm.procedure import Role
from crm.sessions import SessionView
from crm.views import CaseView, PersonView
from desk.auth import AGENTS, COOKIE, FOLLOWERS, WATCHERS, WORKERS, Agent, AnyPerson, Caseworker, HaveDeps
from desk.casework import case_wire
from desk.deps import Deps
from desk.errors import (
    ForbiddenError,
    SearchNotReadyError,
    StreamClosingError,
    error_body,
)
from desk.floor import NAME as QUEUES
from desk.markdown import to_html
from desk.masked_responses import PUBLIC_SCREEN, masked_news
from desk.masking import is_masked
from desk.snapshots import OFFICE, agent_snapshot, board_snapshot, one_call, require_own_call
from desk.stream import HEARTBEAT_S, Filter, Message, as_it_is
from pipeline.clock import office_date
from pipeline.events import PartialRecognized
from retrieval.quoting import Turn
from retrieval.rows import cited, suggested
from retrieval.search import MAX_QUERY_CHARS

router = APIRouter(prefix="/api")
log = structlog.get_logger("desk.api")
Json = dict[str, Any]
Scope = Literal["agent", "board", "work"]
SCOPES: dict[Scope, frozenset[Role]] = {"agent": AGENTS, "board": WATCHERS, "work": WORKERS}
SEARCH_HITS = 8

CallId = Annotated[str, Path(pattern=r"^\d{8}T\d{6}-[0-9a-f]{8}$")]
ArticleId = Annotated[str, Path(max_length=120)]
Sources = dict[str, dict[str, Any] | None]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SaveBody(_Body):
    """Fields typed so far; ``version`` is the one that the page has seen.

    ``request_key`` is the page's own for this change (a UUID): sent again, it works once. ``sources`` names, by field,
    the stretch of the transcript that a text was filled in from; it has to come with every change of that text that
    still goes back to it (:mod:`crm.sources`), null takes it off.
    """

    version: int = Field(ge=0)
    fields: dict[str, Any]
    request_key: str = Field("", max_length=64)
    sources: Sources = Field(default_factory=dict)


class TransitionBody(_Body):
    """A step of the procedure, with fields to save along; ``request_key`` and ``sources`` as in :class:`SaveBody`."""

    version: int = Field(ge=0)
    to: str = Field(max_length=32)
    fields: dict[str, Any] = Field(default_factory=dict)
    request_key: str = Field("", max_length=64)
    sources: Sources = Field(default_factory=dict)


class FeedbackBody(_Body):
    """Which version of the article was meant; ``query``: what was searched for by hand."""

    version: int = Field(ge=1)
    query: str = Field(default="", max_length=MAX_QUERY_CHARS)


class WithoutSikpBody(_Body):
    """The question as it stands in the case."""

    question: str = Field(default="", max_length=4000)


def check_scope(scope: Scope, person: PersonView) -> None:
    """Refuse a scope that the person's roles do not open; raises ForbiddenError."""
    if not SCOPES[scope] & person.roles:
        raise ForbiddenError


@router.get("/state")
async def state(request: Request, have: HaveDeps, session: AnyPerson, scope: Literal["agent", "board"]) -> Json:
    """Return the snapshot of a scope; the wallboard's is masked for everybody, it hangs on a wall."""
    check_scope(scope, session.person)
    setattr(request.state, PUBLIC_SCREEN, scope == "board")
    return await agent_snapshot(have, session.person) if scope == "agent" else await board_snapshot(have)


@router.get("/live")
async def live(
    *,
    request: Request,
    have: HaveDeps,
    session: AnyPerson,
    scope: Scope,
    cursor: Annotated[str, Query(max_length=64)] = "",
    call: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Stream the news of a scope; resumes after ``Last-Event-ID``, else after ``cursor``.

    Scope "work" carries the news of queues and, for those who may follow calls, all that happens in ``call``.
    """
    check_scope(scope, session.person)
    if call and not FOLLOWERS & session.person.roles:
        raise ForbiddenError
    if have.stream.closed:
        raise StreamClosingError
    if call in have.live.calls:
        await run_in_threadpool(request.app.state.listening.watched, session, call)
    after = request.headers.get("last-event-id") or cursor
    wanted = {"board": board_filter, "agent": agent_filter(session.person.extension), "work": work_filter(call)}[scope]
    masks = scope == "board" or (scope == "work" and is_masked(session.person.roles))
    told = partial(masked_news, have.live) if masks else as_it_is
    body = while_signed_in(have, request, session, have.stream.follow(after, wanted, told=told))
    return StreamingResponse(
        body, media_type="text/event-stream", headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    )


def board_filter(message: Message) -> bool:
    """Let all but partials through: the board shows whole utterances."""
    return message.name != PartialRecognized.name


def agent_filter(extension: str) -> Filter:
    """Let the news of one extension through, and what the office has changed for everybody."""
    return lambda message: message.name == OFFICE or (bool(extension) and message.extension == extension)


def work_filter(call_id: str) -> Filter:
    """Let the news of the queues through, and those of one call (empty: of none)."""
    return lambda message: message.name == QUEUES or (bool(call_id) and message.call_id == call_id)


async def while_signed_in(
    have: Deps, request: Request, session: SessionView, stream: AsyncGenerator[bytes, None]
) -> AsyncIterator[bytes]:
    """End a stream when its session ends or the person's rights or extension change (the page then comes back)."""
    token = request.cookies.get(COOKIE, "")
    checked_s = have.clock.monotonic_s()
    async with aclosing(stream):
        async for piece in stream:
            if have.clock.monotonic_s() - checked_s >= HEARTBEAT_S:
                now = await run_in_threadpool(sessions.find_session, have.database, token, now=have.clock.now())
                if now is None or now.person != session.person:
                    return
                checked_s = have.clock.monotonic_s()
            yield piece


@router.get("/calls/{call_id}")
async def call(have: HaveDeps, session: Agent, call_id: CallId) -> Json:
    """Return one of the agent's own calls, also one that is sealed already."""
    return {"call": await one_call(have, call_id, session.person)}


@router.post("/calls/{call_id}/suggestions/{article_id}/{action}")
async def feedback(
    *,
    have: HaveDeps,
    session: Agent,
    call_id: CallId,
    article_id: ArticleId,
    action: Literal["opened", "used", "rejected"],
    body: FeedbackBody,
) -> Json:
    """Keep what the agent did with an article during the call."""
    await require_own_call(have, call_id, session.person)
    person = session.person.username
    await run_in_threadpool(have.suggest.feedback, call_id, article_id, body.version, action, person, query=body.query)
    return {"ok": True}


@router.post("/calls/{call_id}/answered-without-sikp")
async def answered_without_sikp(have: HaveDeps, session: Agent, call_id: CallId, body: WithoutSikpBody) -> Json:
    """Keep that the agent answered the question from elsewhere: SIKP lacks something."""
    await require_own_call(have, call_id, session.person)
    await run_in_threadpool(
        have.suggest.answered_without_sikp, call_id, session.person.username, question=body.question
    )
    return {"ok": True}


@router.post("/cases/{case_id}/save")
async def save(have: HaveDeps, session: Caseworker, case_id: int, body: SaveBody) -> Response:
    """Save fields without a step."""
    person = session.person

    def work() -> CaseView:
        return have.casework.save(
            case_id, body.version, body.fields, person, request_key=body.request_key, sources=body.sources
        )

    return await _change(
        have,
        person,
        case_id,
        work,
        lambda case: {"version": case.version, "saved_at": have.clock.now().isoformat()},
    )


@router.post("/cases/{case_id}/transition")
async def transition(have: HaveDeps, session: Caseworker, case_id: int, body: TransitionBody) -> Response:
    """Take a step of the procedure."""
    person = session.person

    def work() -> CaseView:
        return have.casework.move(
            case_id, body.version, body.to, body.fields, person, request_key=body.request_key, sources=body.sources
        )

    return await _change(
        have, person, case_id, work, lambda case: {"case": case_wire(case, person, have.settings.language)}
    )


async def _change(
    have: Deps, person: PersonView, case_id: int, work: Callable[[], CaseView], answer: Callable[[CaseView], Json]
) -> Response:
    """Run a change in a thread; a version conflict comes back with the case as it is stored."""
    try:
        return JSONResponse(answer(await run_in_threadpool(work)))
    except ConflictError as error:
        current = await run_in_threadpool(find_case, have.database, case_id)
        wire = case_wire(current, person, have.settings.language)
        return JSONResponse(error_body("version_conflict", error.message, error.remedy, case=wire), status_code=409)


@router.get("/articles/{article_id}")
async def article(
    have: HaveDeps, session: AnyPerson, article_id: ArticleId, version: Annotated[int | None, Query(ge=1)] = None
) -> Json:
    """Return an article for the reader, as it was published; ``newest`` and ``status`` tell what became of it since."""
    found = await run_in_threadpool(have.search.article, article_id, version)
    newest = found if version is None else await run_in_threadpool(have.search.article, article_id)
    return {
        "article_id": found.id,
        "version": found.version,
        "newest": newest.version,
        "status": newest.status,
        "title": found.title,
        "topic": found.topic,
        "html": to_html(found.body),
        "answer": found.answer,
        "legal_basis": [cited(basis).model_dump(mode="json") for basis in found.legal_basis],
        "effective_from": found.effective_from.isoformat() if found.effective_from else None,
        "effective_to": found.effective_to.isoformat() if found.effective_to else None,
        "in_force": found.in_force(office_date(have.clock.now())),
        "verification": found.verification,
    }


@router.get("/search")
async def search(have: HaveDeps, session: AnyPerson, q: Annotated[str, Query(max_length=2000)] = "") -> Json:
    """Search SIKP by hand."""
    status = have.search.status()
    if not status.articles:
        raise SearchNotReadyError(problem=status.problem or have.render.t("desk.search_loading"))
    found = await run_in_threadpool(have.search.search, q, limit=SEARCH_HITS)
    typed = [Turn("agent", 0, q)]
    return {
        "articles": [suggested(hit, typed).model_dump(mode="json") for hit in found.hits],
        "no_answer": found.no_answer_probability > have.office.current.no_answer_threshold,
        "no_answer_probability": found.no_answer_probability,
    }

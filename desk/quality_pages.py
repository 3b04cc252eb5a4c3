# SPDX-License-Identifier: GPL-3.0-or-later
"""Quality staff's first page: tasks to update SIKP, each with its case; taken, given back, declined, written."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from crm import tasks
from crm.fields import check_text
from crm.tasks import TaskView
from crm.views import PersonView
from desk.auth import LISTENERS, HaveDeps, Keeper
from desk.deps import Deps
from desk.excerpt import excerpt
from desk.masked_responses import REVEALED
from desk.masking import mask_text
from desk.unanswered import case_key
from retrieval.errors import QueryError
from retrieval.search import MAX_QUERY_CHARS, Hit
from retrieval.sheetfields import SheetFields

router = APIRouter()
Json = dict[str, Any]
Showing = Literal["menunggu", "selesai"]
STATES: dict[Showing, tuple[str, ...]] = {"menunggu": ("open", "taken"), "selesai": ("published", "declined")}
MOST = 200
NEAREST = 4
KEY_CHARS = 64


@router.get("/pemutakhiran")
async def quality_page(
    *,
    request: Request,
    have: HaveDeps,
    session: Keeper,
    tampil: Showing = "menunggu",
    tugas: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """Show the tasks and one of them: the one asked for, else the person's own, else the oldest."""
    queue = await run_in_threadpool(_queue, have, tampil)
    chosen = tugas or next((one.id for one in queue if one.taken_by_id == session.person.id), None)
    chosen = chosen or next((one.id for one in queue), None)
    detail = await run_in_threadpool(_detail, have, session.person, chosen) if chosen else {"task": None}
    return have.render.page(
        request,
        "quality.html",
        page="work",
        data=live_data(have),
        queue=queue,
        tampil=tampil,
        chosen=chosen,
        age=_age_words(have),
        sheets=await run_in_threadpool(have.sheets.open_sheets),
        **detail,
    )


@router.get("/pemutakhiran/tugas")
async def queue_fragment(
    *,
    request: Request,
    have: HaveDeps,
    session: Keeper,
    tampil: Showing = "menunggu",
    tugas: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """Return the list of tasks, for a page that hears of a change."""
    queue = await run_in_threadpool(_queue, have, tampil)
    return have.render.page(
        request, "quality_queue.html", page="work", queue=queue, tampil=tampil, chosen=tugas, age=_age_words(have)
    )


@router.get("/pemutakhiran/tugas/{task_id}")
async def task_fragment(request: Request, have: HaveDeps, session: Keeper, task_id: int) -> Response:
    """Return one task with its case."""
    detail = await run_in_threadpool(_detail, have, session.person, task_id)
    return have.render.page(request, "quality_task.html", page="work", age=_age_words(have), **detail)


@router.post("/pemutakhiran/tugas/{task_id}/{action}")
async def move(
    *,
    request: Request,
    have: HaveDeps,
    session: Keeper,
    task_id: int,
    action: Literal["take", "give_back", "decline"],
    version: Annotated[int, Form(ge=0)],
    request_key: Annotated[str, Form(max_length=KEY_CHARS)] = "",
    reason: Annotated[str, Form(max_length=20_000)] = "",
) -> Response:
    """Take a task, give it back or decline it; return it as it is then."""

    def work() -> Json:
        tasks.move_task(
            have.database, task_id, version, action, person=session.person, now=have.clock.now(),
            reason=check_text("reason", reason, most=4000) if action == "decline" else "", request_key=request_key,
        )  # fmt: skip
        return _detail(have, session.person, task_id)

    detail = await run_in_threadpool(work)
    have.floor.changed("tasks")
    return have.render.page(request, "quality_task.html", page="work", age=_age_words(have), **detail)


@router.post("/pemutakhiran/tugas/{task_id}/tulis/artikel")
async def write_article(
    *,
    have: HaveDeps,
    session: Keeper,
    task_id: int,
    article_id: Annotated[str, Form(max_length=120)] = "",
) -> Response:
    """Open the editor for a task: a new article, or a new version of ``article_id``; takes the task if it is free."""

    def work() -> int:
        task = tasks.find_task(have.database, task_id)
        if task.state == "open":
            tasks.move_task(
                have.database, task_id, task.version, "take", person=session.person, now=have.clock.now()
            )  # fmt: skip
        by, origin, questions = session.person.name, origin_of(task_id), [case_key(task.case_id)]
        if article_id:
            return have.sheets.begin_version(article_id, by=by, origin=origin, questions=questions).id
        return have.sheets.begin(fields_of_task(task), by=by, origin=origin, questions=questions).id

    sheet_id = await run_in_threadpool(work)
    have.floor.changed("tasks", "articles")
    return RedirectResponse(f"/pemutakhiran/lembar/{sheet_id}", status_code=303)


async def as_written(request: Request) -> None:
    """Let articles through as they are written: a mask in the editor would be saved in the place of what it hides.

    No caller's words are among them; what comes from a case is masked by the routes themselves.
    """
    setattr(request.state, REVEALED, True)


def origin_of(task_id: int) -> str:
    """Return how a sheet names the task that it was begun for."""
    return f"task:{task_id}"


def task_of_origin(have: Deps, origin: str) -> TaskView | None:
    """Return the task that a sheet was begun for (blocks)."""
    kind, _, number = origin.partition(":")
    return tasks.find_task(have.database, int(number)) if kind == "task" else None


def fields_of_task(task: TaskView) -> SheetFields:
    """Return an article's fields as far as the case gives them; who asked stays out of it."""
    question, answer = mask_text(task.question).strip(), mask_text(task.answer).strip()
    first, _, rest = answer.partition("\n\n")
    form = " ".join(question.split())[:300]
    return SheetFields(title=form[:120], topic=task.topic[:120], questions=form, answer=first, body=rest.strip())


def live_data(have: Deps) -> Json:
    """Return what a work page needs to follow the news."""
    return {"cursor": have.stream.cursor, "server_now": have.clock.now().isoformat()}


def new_key() -> str:
    """Return the key of one press of a button."""
    return str(uuid.uuid4())


def _queue(have: Deps, showing: Showing) -> list[TaskView]:
    done = showing == "selesai"
    return tasks.list_tasks(have.database, STATES[showing], limit=MOST, newest_first=done)


def _detail(have: Deps, person: PersonView, task_id: int) -> Json:
    """Return what is shown of a task (blocks)."""
    task = tasks.find_task(have.database, task_id)
    sheets = [one for one in have.sheets.open_sheets() if one.origin == origin_of(task_id)]
    return {
        "task": task,
        "question": mask_text(task.question),
        "answer": mask_text(task.answer),
        "turns": excerpt(have, task.call_id, task.question),
        "mine": task.taken_by_id == person.id,
        "sheet": sheets[0] if sheets else None,
        "nearest": _nearest(have, task.question) if task.state in ("open", "taken") else [],
        "may_listen": bool(LISTENERS & person.roles),
        "keys": {name: new_key() for name in ("take", "give_back", "decline")},
    }


def _nearest(have: Deps, question: str) -> tuple[Hit, ...]:
    try:
        return have.search.search(mask_text(question)[:MAX_QUERY_CHARS], limit=NEAREST).hits
    except QueryError:
        return ()


def _age_words(have: Deps) -> Callable[..., str]:
    """Return what says for how long something waits ("2 hari 4 jam"), for templates."""
    t, now = have.render.t, have.clock.now()

    def words(since: datetime, until: datetime | None = None) -> str:
        minutes = max(int(((until or now) - since).total_seconds()) // 60, 0)
        days, rest = divmod(minutes, 24 * 60)
        hours, minutes = divmod(rest, 60)
        if days:
            return t("desk.age_days", days=days, hours=hours)
        return t("desk.age_hours", hours=hours, minutes=minutes) if hours else t("desk.age_minutes", minutes=minutes)

    return words

# SPDX-License-Identifier: GPL-3.0-or-later
"""The article editor: a sheet is saved while it is typed, looked at as it will be read, checked, and published."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool

from crm import tasks
from crm.errors import NotAllowedError
from crm.tasks import TaskView
from crm.views import PersonView
from desk.article_checks import Checks, check
from desk.auth import HaveDeps, Keeper
from desk.deps import Deps
from desk.errors import SheetProblemsError, SheetTooLongError, error_body
from desk.excerpt import excerpt
from desk.live_call import iso
from desk.markdown import to_html
from desk.masking import mask_text
from desk.quality_pages import KEY_CHARS, as_written, live_data, task_of_origin
from desk.worddiff import FIELDS, FieldDiff, changed_fields, field_diffs, text_of
from pipeline.catalog import text
from retrieval.errors import StaleSheetError
from retrieval.sheetfields import SheetFields, body_of, fields_of, label, written_lines
from retrieval.sheets import Sheet

router = APIRouter(dependencies=[Depends(as_written)])
Json = dict[str, Any]
NOTE_CHARS = 4000


class SheetBody(BaseModel):
    """What is typed; ``version`` is the one that the page has seen."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=0)
    fields: dict[str, Any]


class PublishBody(BaseModel):
    """A sheet to publish. ``acknowledged``: the person has seen the warnings."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=0)
    note: str = Field("", max_length=NOTE_CHARS)
    acknowledged: bool = False
    request_key: str = Field("", max_length=KEY_CHARS)


@router.get("/pemutakhiran/lembar/{sheet_id}")
async def editor(request: Request, have: HaveDeps, session: Keeper, sheet_id: int) -> Response:
    """Show the editor; a sheet that is published leads to its article."""
    sheet = await run_in_threadpool(have.sheets.get, sheet_id)
    if sheet.state == "published":
        return RedirectResponse(f"/pemutakhiran/artikel/{sheet.article_id}", status_code=303)
    context = await run_in_threadpool(_editor_context, have, sheet)
    data = {
        **live_data(have), "sheet_id": sheet.id, "version": sheet.version, "fields": sheet.fields.model_dump(),
        "fixed_id": sheet.made_from > 0,
    }  # fmt: skip
    return have.render.page(request, "article_editor.html", page="editor", data=data, sheet=sheet, **context)


@router.post("/api/sheets/{sheet_id}/save")
async def save(have: HaveDeps, session: Keeper, sheet_id: int, body: SheetBody) -> Response:
    """Keep what is typed; a stale version comes back with what is stored."""
    fields = checked_fields(body.fields)
    try:
        sheet = await run_in_threadpool(have.sheets.save, sheet_id, body.version, fields, by=session.person.name)
    except StaleSheetError as error:
        stored = {"fields": error.stored.model_dump(), "version": error.version}
        return JSONResponse(error_body(error.code, error.message, error.remedy, stored=stored), status_code=409)
    return JSONResponse({"version": sheet.version, "saved_at": iso(sheet.saved_at)})


@router.post("/api/sheets/{sheet_id}/publish")
async def publish(have: HaveDeps, session: Keeper, sheet_id: int, body: PublishBody) -> Json:
    """Publish a sheet, close its task, and tell everybody; once more does nothing anew."""
    sheet = await run_in_threadpool(_publish, have, session.person, sheet_id, body)
    await run_in_threadpool(have.search.refresh)
    have.floor.changed("tasks", "articles")
    return {"address": f"/pemutakhiran/artikel/{sheet.article_id}?terbit={sheet.published_version}"}


@router.get("/pemutakhiran/lembar/{sheet_id}/pratinjau")
async def preview(request: Request, have: HaveDeps, session: Keeper, sheet_id: int) -> Response:
    """Return the article as it will be read."""
    sheet = await run_in_threadpool(have.sheets.get, sheet_id)
    return have.render.page(request, "article_preview.html", page="editor", **preview_of(sheet.fields))


@router.get("/pemutakhiran/lembar/{sheet_id}/perubahan")
async def changes(request: Request, have: HaveDeps, session: Keeper, sheet_id: int) -> Response:
    """Return what differs from the version that the sheet was made from."""

    def work() -> tuple[Sheet, list[FieldDiff]]:
        sheet = have.sheets.get(sheet_id)
        return sheet, field_diffs(_base(have, sheet), sheet.fields)

    sheet, diffs = await run_in_threadpool(work)
    return have.render.page(
        request, "article_diff.html", page="editor", diffs=diffs, old=sheet.made_from, new=text("desk.sheet_this")
    )


@router.get("/pemutakhiran/lembar/{sheet_id}/periksa")
async def checks(request: Request, have: HaveDeps, session: Keeper, sheet_id: int) -> Response:
    """Return what is wrong with the sheet and what to know before it is published."""

    def work() -> Checks:
        return check(have, have.sheets.get(sheet_id))

    found = await run_in_threadpool(work)
    return have.render.page(request, "article_checks.html", page="editor", checks=found, label=label)


@router.get("/pemutakhiran/lembar/{sheet_id}/bentrok")
async def clash(request: Request, have: HaveDeps, session: Keeper, sheet_id: int) -> Response:
    """Return the sheet beside the version that was published meanwhile, field by field."""

    def work() -> Json:
        sheet = have.sheets.get(sheet_id)
        newest = have.articles.version(sheet.article_id)
        theirs = fields_of(newest.article)
        both = both_changed(_base(have, sheet), sheet.fields, theirs)
        rows = [
            {"field": name, "label": label(name), "mine": text_of(sheet.fields, name), "theirs": text_of(theirs, name)}
            for name in both
        ]
        taken = [label(name) for name in changed_fields(_base(have, sheet), theirs) if name not in both]
        return {"sheet": sheet, "newest": newest, "rows": rows, "taken": taken}

    return have.render.page(request, "article_clash.html", page="editor", **await run_in_threadpool(work))


@router.post("/pemutakhiran/lembar/{sheet_id}/gabung")
async def merge(
    *,
    request: Request,
    have: HaveDeps,
    session: Keeper,
    sheet_id: int,
    version: Annotated[int, Form(ge=0)],
    onto: Annotated[int, Form(ge=1)],
) -> Response:
    """Put the sheet on the newest version; where both changed a field, the form says whose text is kept."""
    chosen = {name: str(value) for name, value in (await request.form()).items() if name.startswith("pakai_")}

    def work() -> None:
        sheet = have.sheets.get(sheet_id)
        theirs = fields_of(have.articles.version(sheet.article_id, onto).article)
        merged = merged_fields(_base(have, sheet), sheet.fields, theirs, chosen)
        have.sheets.rebase(sheet_id, version, merged, onto, by=session.person.name)

    await run_in_threadpool(work)
    return RedirectResponse(f"/pemutakhiran/lembar/{sheet_id}", status_code=303)


@router.post("/pemutakhiran/lembar/{sheet_id}/buang")
async def discard(*, have: HaveDeps, session: Keeper, sheet_id: int, version: Annotated[int, Form(ge=0)]) -> Response:
    """Throw the sheet away."""
    await run_in_threadpool(have.sheets.discard, sheet_id, version)
    have.floor.changed("articles")
    return RedirectResponse("/pemutakhiran", status_code=303)


def checked_fields(given: dict[str, Any]) -> SheetFields:
    """Return fields as the page sends them; raises SheetTooLongError, which names the field."""
    try:
        return SheetFields.model_validate(given)
    except ValidationError as error:
        names = [str(one["loc"][0]) for one in error.errors(include_url=False) if one["loc"]]
        raise SheetTooLongError(field=label(names[0]) if names and names[0] in given else "–") from error


def preview_of(fields: SheetFields) -> Json:
    """Return what the reader shows of an article being typed; its Markdown as safe HTML."""
    return {
        "fields": fields,
        "html": to_html(body_of(fields)),
        "forms": [line for _, line in written_lines(fields.questions)],
        "audience": [line for _, line in written_lines(fields.audience)],
        "related": [line for _, line in written_lines(fields.related)],
    }


def both_changed(base: SheetFields, mine: SheetFields, theirs: SheetFields) -> list[str]:
    """Return the fields that both changed, differently."""
    we, they, apart = (set(changed_fields(*pair)) for pair in ((base, mine), (base, theirs), (mine, theirs)))
    return [name for name in FIELDS if name in we & they & apart]


def merged_fields(base: SheetFields, mine: SheetFields, theirs: SheetFields, chosen: dict[str, str]) -> SheetFields:
    """Return ``mine`` with what only they changed; of what both changed theirs where ``chosen`` says so."""
    both = both_changed(base, mine, theirs)
    take = {name for name in changed_fields(base, theirs) if name not in both}
    take |= {name for name in both if chosen.get(f"pakai_{name}") == "theirs"}
    return mine.model_copy(update={name: getattr(theirs, name) for name in take})


def _publish(have: Deps, person: PersonView, sheet_id: int, body: PublishBody) -> Sheet:
    """Publish and close the task (blocks). Both can be repeated: what is done already stays as it is."""
    sheet = have.sheets.get(sheet_id)
    task = task_of_origin(have, sheet.origin)
    if sheet.state == "open":
        _require_task(task, person)
        found = check(have, sheet)
        if found.mistakes or found.article is None:
            raise SheetProblemsError(count=str(len(found.mistakes)))
        if found.warnings and not body.acknowledged:
            raise SheetProblemsError(count="0")
        note = body.note.strip() or (text("desk.sheet_note_task", case=task.case_number) if task else "")
        sheet = have.sheets.publish(sheet_id, body.version, found.article, by=person.name, note=note)
    if task is not None and task.state == "taken":
        tasks.move_task(
            have.database, task.id, task.version, "publish", person=person, now=have.clock.now(),
            article_id=sheet.article_id, article_version=sheet.published_version, request_key=body.request_key,
        )  # fmt: skip
    return sheet


def _require_task(task: TaskView | None, person: PersonView) -> None:
    """Refuse to publish for a task that a colleague has taken meanwhile, or nobody."""
    if task is not None and task.state in ("open", "taken") and task.taken_by_id != person.id:
        name = task.taken_by or text("desk.task_nobody")
        raise NotAllowedError(text("crm.task_not_yours", name=name), remedy=text("desk.task_take_first"))


def _base(have: Deps, sheet: Sheet) -> SheetFields:
    """Return the version that a sheet was made from; nothing for a new article."""
    if not sheet.made_from:
        return SheetFields(verification="")
    return fields_of(have.articles.get(sheet.article_id, sheet.made_from))


def _editor_context(have: Deps, sheet: Sheet) -> Json:
    """Return what stands around the fields (blocks)."""
    task = task_of_origin(have, sheet.origin)
    newest = have.articles.get(sheet.article_id).version if sheet.made_from else 0
    topics = sorted({article.topic for article in have.articles.published()})
    return {
        "task": task,
        "question": mask_text(task.question) if task else "",
        "answer": mask_text(task.answer) if task else "",
        "turns": excerpt(have, task.call_id, task.question) if task else [],
        "newest": newest,
        "topics": topics,
        **preview_of(sheet.fields),
    }

# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions that SIKP did not answer, alike ones together: where an article is missing."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from desk.auth import HaveDeps, Keeper
from desk.deps import Deps
from desk.masking import mask_text
from desk.quality_pages import live_data
from desk.unanswered import unanswered_questions
from retrieval.answered import mark_answered
from retrieval.sheetfields import SheetFields
from retrieval.unanswered import Cluster, clusters

router = APIRouter()
Json = dict[str, Any]
Since = Literal["30", "90", "365"]
MOST_CLUSTERS = 100
KEYS_CHARS = 200_000
FORMS = 20


@router.get("/pemutakhiran/pertanyaan")
async def questions_page(request: Request, have: HaveDeps, session: Keeper, sejak: Since = "90") -> Response:
    """Show the page; its list, which takes a moment to make, comes by itself."""
    articles = await run_in_threadpool(have.articles.published)
    return have.render.page(
        request, "quality_questions.html", page="quality", data=live_data(have), sejak=sejak, articles=articles
    )


@router.get("/pemutakhiran/pertanyaan/kelompok")
async def clusters_fragment(request: Request, have: HaveDeps, session: Keeper, sejak: Since = "90") -> Response:
    """Return the clusters of the last days, largest first."""
    found = await run_in_threadpool(_clusters, have, int(sejak))
    return have.render.page(
        request, "quality_clusters.html", page="quality", clusters=found[:MOST_CLUSTERS], total=len(found), sejak=sejak
    )


@router.post("/pemutakhiran/pertanyaan/tulis")
async def write(
    *,
    have: HaveDeps,
    session: Keeper,
    keys: Annotated[str, Form(max_length=KEYS_CHARS)],
    forms: Annotated[str, Form(max_length=40_000)] = "",
    article_id: Annotated[str, Form(max_length=120)] = "",
) -> Response:
    """Open the editor with a cluster's wordings as question forms; for ``article_id`` as a new version of it."""
    wordings = [" ".join(line.split())[:300] for line in mask_text(forms).splitlines() if line.strip()][:FORMS]

    def work() -> int:
        by, questions = session.person.name, keys.split()
        if article_id:
            return have.sheets.begin_version(article_id, by=by, questions=questions).id
        title = wordings[0][:120] if wordings else ""
        return have.sheets.begin(SheetFields(title=title, questions="\n".join(wordings)), by=by, questions=questions).id

    sheet_id = await run_in_threadpool(work)
    have.floor.changed("articles")
    return RedirectResponse(f"/pemutakhiran/lembar/{sheet_id}", status_code=303)


@router.post("/pemutakhiran/pertanyaan/terjawab")
async def answered(
    *,
    request: Request,
    have: HaveDeps,
    session: Keeper,
    keys: Annotated[str, Form(max_length=KEYS_CHARS)],
    article_id: Annotated[str, Form(max_length=120)],
    sejak: Annotated[Since, Form()] = "90",
) -> Response:
    """Mark a cluster as answered by a published article; return the clusters that are left."""

    def work() -> list[Cluster]:
        article = have.articles.get(article_id.strip())
        mark_answered(
            have.database, keys.split(), article.id, article.version, by=session.person.name, at=have.clock.now()
        )
        return _clusters(have, int(sejak))

    found = await run_in_threadpool(work)
    have.floor.changed("articles")
    return have.render.page(
        request, "quality_clusters.html", page="quality", clusters=found[:MOST_CLUSTERS], total=len(found), sejak=sejak
    )


def _clusters(have: Deps, days: int) -> list[Cluster]:
    encoder = have.search.encoder()
    since = have.clock.now() - timedelta(days=days)
    return clusters(unanswered_questions(have.database, since=since), encoder.encode if encoder else None)

# SPDX-License-Identifier: GPL-3.0-or-later
"""SIKP's articles for those who keep them: what needs a look, what each one's versions were, new versions, retiring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from crm.errors import ProcedureError
from crm.fields import check_text
from desk.auth import HaveDeps, Keeper
from desk.deps import Deps
from desk.quality_pages import as_written, live_data
from desk.sheet_pages import preview_of
from desk.worddiff import field_diffs
from pipeline.catalog import text
from pipeline.clock import office_date
from retrieval.articles import Article
from retrieval.errors import StaleArticleError
from retrieval.feedback import FeedbackIndex
from retrieval.search import MAX_QUERY_CHARS
from retrieval.sheetfields import SheetFields, fields_of
from retrieval.versions import ArticleVersion

router = APIRouter(dependencies=[Depends(as_written)])
Json = dict[str, Any]
Sieve = Literal["semua", "ditolak", "tak-terpakai", "perlu-verifikasi", "hukum-berakhir", "ditarik"]
SIEVES: tuple[Sieve, ...] = ("semua", "ditolak", "tak-terpakai", "perlu-verifikasi", "hukum-berakhir", "ditarik")
ENDS_WITHIN = timedelta(days=90)
PAGE_ROWS = 60
FOUND = 30


@dataclass(frozen=True, slots=True)
class Row:
    """One article of the list. ``ends``: the day on which what it rests on ends, if that is soon or over."""

    article: Article
    used: int
    rejected: int
    ends: date | None

    def passes(self, sieve: Sieve) -> bool:
        """Return whether the row belongs to a list."""
        if sieve == "ditarik":
            return self.article.status == "retired"
        return (
            self.article.status == "published"
            and {
                "semua": True,
                "ditolak": self.rejected > 0,
                "tak-terpakai": self.used == 0,
                "perlu-verifikasi": self.article.verification == "perlu verifikasi",
                "hukum-berakhir": self.ends is not None,
            }[sieve]
        )


@router.get("/pemutakhiran/artikel")
async def article_list(
    *,
    request: Request,
    have: HaveDeps,
    session: Keeper,
    saring: Sieve = "semua",
    q: Annotated[str, Query(max_length=MAX_QUERY_CHARS)] = "",
    hal: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """List the articles of one kind, or those that a search finds."""
    rows, counts = await run_in_threadpool(_rows, have, saring, q.strip())
    pages = max(-(-len(rows) // PAGE_ROWS), 1)
    hal = min(hal, pages)
    return have.render.page(
        request, "article_list.html", page="quality", data=live_data(have),
        rows=rows[(hal - 1) * PAGE_ROWS : hal * PAGE_ROWS], total=len(rows), counts=counts, sieves=SIEVES,
        saring=saring, q=q, hal=hal, pages=pages, sheets=await run_in_threadpool(have.sheets.open_sheets),
        drafts=await run_in_threadpool(have.articles.drafts), today=office_date(have.clock.now()),
    )  # fmt: skip


@router.post("/pemutakhiran/artikel")
async def begin(have: HaveDeps, session: Keeper, article_id: Annotated[str, Form(max_length=120)] = "") -> Response:
    """Open the editor: a new article, or a new version of ``article_id``."""

    def work() -> int:
        if article_id:
            return have.sheets.begin_version(article_id, by=session.person.name).id
        return have.sheets.begin(SheetFields(), by=session.person.name).id

    sheet_id = await run_in_threadpool(work)
    have.floor.changed("articles")
    return RedirectResponse(f"/pemutakhiran/lembar/{sheet_id}", status_code=303)


@router.get("/pemutakhiran/artikel/{article_id}")
async def article_page(
    *,
    request: Request,
    have: HaveDeps,
    session: Keeper,
    article_id: str,
    dari: Annotated[int | None, Query(ge=1)] = None,
    ke: Annotated[int | None, Query(ge=1)] = None,
    terbit: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """Show an article, its history, and the difference between two versions: the last two unless asked otherwise."""
    context = await run_in_threadpool(_history, have, article_id, dari, ke)
    sheets = [one for one in await run_in_threadpool(have.sheets.open_sheets) if one.article_id == article_id]
    return have.render.page(
        request, "article.html", page="quality", data=live_data(have), terbit=terbit,
        sheet=sheets[0] if sheets else None, **context,
    )  # fmt: skip


@router.post("/pemutakhiran/artikel/{article_id}/tarik")
async def retire(
    *,
    have: HaveDeps,
    session: Keeper,
    article_id: str,
    version: Annotated[int, Form(ge=1)],
    reason: Annotated[str, Form(max_length=20_000)] = "",
) -> Response:
    """Take an article out of the search; the reason is obligatory. Once more changes nothing."""

    def work() -> None:
        why = check_text("reason", reason, most=4000)
        if not why:
            raise ProcedureError(text("desk.retire_reason"), remedy=text("crm.fields_missing_remedy"))
        newest = have.articles.get(article_id)
        if newest.status == "retired" and newest.version == version + 1:
            return
        if newest.status == "retired":
            raise StaleArticleError(text("desk.retired_already"))
        have.articles.retire(article_id, on=version, by=session.person.name, note=why)
        have.search.refresh()

    await run_in_threadpool(work)
    have.floor.changed("articles")
    return RedirectResponse(f"/pemutakhiran/artikel/{article_id}", status_code=303)


def ends_soon(article: Article, today: date) -> date | None:
    """Return the first day on which the article's rule or a regulation ends, if that is within 90 days or over."""
    days = [article.effective_to, *(basis.in_force_to for basis in article.legal_basis)]
    first = min((day for day in days if day is not None), default=None)
    return first if first is not None and first <= today + ENDS_WITHIN else None


def _rows(have: Deps, sieve: Sieve, query: str) -> tuple[list[Row], Mapping[Sieve, int]]:
    """Return the rows of a list and how many rows each list has (blocks)."""
    feedback = FeedbackIndex(have.database).counts()
    today = office_date(have.clock.now())
    every = {
        one.article.id: Row(
            one.article,
            feedback.get(one.article.id, {}).get("used", 0),
            feedback.get(one.article.id, {}).get("rejected", 0),
            ends_soon(one.article, today),
        )
        for one in have.articles.newest()
    }
    counts = {name: sum(row.passes(name) for row in every.values()) for name in SIEVES}
    if query:
        return _found(have, every, query), counts
    rows = [row for row in every.values() if row.passes(sieve)]
    order = {
        "ditolak": lambda row: (-row.rejected, row.article.id),
        "hukum-berakhir": lambda row: (row.ends, row.article.id),
    }.get(sieve, lambda row: (row.article.topic, row.article.title))
    return sorted(rows, key=order), counts


def _found(have: Deps, every: Mapping[str, Row], query: str) -> list[Row]:
    """Return what a search finds: ids and titles that hold the words first, then what the callers' search finds."""
    folded = query.casefold()
    named = [row for row in every.values() if folded in row.article.id or folded in row.article.title.casefold()]
    ids = [row.article.id for row in named] + [hit.article_id for hit in have.search.search(query, limit=FOUND).hits]
    return [every[name] for name in dict.fromkeys(ids) if name in every]


def _history(have: Deps, article_id: str, older: int | None, newer: int | None) -> Json:
    """Return an article's versions and the difference between two of them (blocks)."""
    history: list[ArticleVersion] = have.articles.history(article_id)
    newest = history[0].article
    to = have.articles.get(article_id, newer) if newer else newest
    before = [one.article for one in history if one.article.version < to.version]
    base = have.articles.get(article_id, older) if older else next(iter(before), None)
    diffs = field_diffs(fields_of(base), fields_of(to)) if base is not None else []
    counts = FeedbackIndex(have.database).counts().get(article_id, {})
    return {
        "article": newest, "history": history, "old": base.version if base else 0, "new": to.version, "diffs": diffs,
        "used": counts.get("used", 0), "rejected": counts.get("rejected", 0), "opened": counts.get("opened", 0),
        "ends": ends_soon(newest, office_date(have.clock.now())), **preview_of(fields_of(newest)),
    }  # fmt: skip

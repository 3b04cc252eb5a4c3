# SPDX-License-Identifier: GPL-3.0-or-later
"""/audit: who did, saw or played what. Search, one entry, the check of the whole chain, export (noted itself)."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse, Response
from markupsafe import Markup, escape
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from crm import audit, audit_search
from crm.audit import Action, Fact
from crm.audit_search import AuditQuery
from desk.auth import AuditReader, HaveDeps
from desk.deps import Deps
from desk.errors import NotFoundError
from desk.live_call import iso
from pipeline.clock import OFFICE_ZONE

router = APIRouter(prefix="/audit")
ACTIONS: tuple[str, ...] = get_args(Action)
KINDS = (
    "person", "case", "call", "archive", "taxpayer", "update_task", "callback", "article", "extension", "setting",
    "audit",
)  # fmt: skip
Text = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True)
class Asked:
    """The filter as it stands in the address; ``problem`` names a date that is none."""

    orang: str
    tindakan: str
    jenis: str
    id: str
    kata: str
    dari: str
    sampai: str
    problem: str
    query: AuditQuery

    @property
    def address(self) -> str:
        """The filter as part of an address."""
        names = ("orang", "tindakan", "jenis", "id", "kata", "dari", "sampai")
        return urlencode({name: getattr(self, name) for name in names if getattr(self, name)})


def asked(
    *, orang: Text = "", tindakan: Text = "", jenis: Text = "", id: Text = "", kata: Text = "", dari: Text = "",
    sampai: Text = "",
) -> Asked:  # fmt: skip
    """Read the filter from the address; ``sampai`` counts whole."""
    since, until = _day(dari), _day(sampai)
    problem = "dari" if dari and since is None else "sampai" if sampai and until is None else ""
    query = AuditQuery(
        person=orang, action=tindakan if tindakan in ACTIONS else "", object_kind=jenis, object_id=id, words=kata,
        since=since, until=until + timedelta(days=1) if until else None,
    )  # fmt: skip
    return Asked(orang, tindakan, jenis, id, kata, dari, sampai, problem, query)


Filter = Annotated[Asked, Depends(asked)]


def _day(typed: str) -> datetime | None:
    try:
        day = date.fromisoformat(typed)
        return datetime(day.year, day.month, day.day, tzinfo=OFFICE_ZONE)
    except ValueError:
        return None


@router.get("")
async def listing(
    *,
    request: Request,
    have: HaveDeps,
    session: AuditReader,
    asked: Filter,
    hal: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> Response:
    """Show a page of entries, newest first."""
    found = await run_in_threadpool(audit_search.search, have.database, asked.query, page=hal)
    return _page(request, have, "audit.html", asked=asked, found=found, actions=ACTIONS, kinds=KINDS)


@router.get("/periksa")
async def verify(request: Request, have: HaveDeps, session: AuditReader) -> Response:
    """Follow the whole chain and tell whether it holds."""
    found = await run_in_threadpool(audit.verify, have.database)
    return _page(request, have, "audit_verified.html", found=found, head=_hash(found.head_hash))


@router.get("/ekspor")
async def export(
    *, have: HaveDeps, session: AuditReader, asked: Filter, bentuk: Literal["csv", "jsonl"] = "csv"
) -> Response:
    """Send all that fits, oldest first; noted before anything is sent."""
    path = await run_in_threadpool(_write, have, asked, bentuk)
    kind = "text/csv" if bentuk == "csv" else "application/x-ndjson"
    return FileResponse(
        path, media_type=f"{kind}; charset=utf-8", filename=f"jejak-audit.{bentuk}",
        background=BackgroundTask(path.unlink, missing_ok=True),
    )  # fmt: skip


def _write(have: Deps, asked: Asked, form: str) -> Path:
    """Write the export to a file of its own: a slow download must not hold the database."""
    detail = {name: str(value) for name, value in vars(asked.query).items() if value}
    fact = Fact("trail_exported", ("audit", form), detail=detail)
    audit.record(have.database, fact, now=have.clock.now())
    entries = audit_search.export(have.database, asked.query)
    lines = audit_search.csv_lines(entries) if form == "csv" else audit_search.json_lines(entries)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="", delete=False) as file:
        file.writelines(lines)
    return Path(file.name)


@router.get("/{serial}")
async def entry(request: Request, have: HaveDeps, session: AuditReader, serial: int) -> Response:
    """Show one entry whole."""
    found = await run_in_threadpool(audit_search.find_entry, have.database, serial)
    if found is None:
        raise NotFoundError
    detail: dict[str, Any] = json.loads(found.detail)
    hashes = (_hash(found.previous_hash), _hash(found.entry_hash))
    return _page(request, have, "audit_entry.html", entry=found, detail=detail, hashes=hashes)


def _hash(digits: str) -> Markup:
    """Return a hash marked as our own, so that masking takes no stretch of it for an identity number."""
    return Markup(escape(digits))  # noqa: S704


def _page(request: Request, have: Deps, template: str, **context: Any) -> Response:
    data = {"cursor": have.stream.cursor, "server_now": iso(have.clock.now())}
    return have.render.page(request, template, page="work", data=data, **context)

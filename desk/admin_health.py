# SPDX-License-Identifier: GPL-3.0-or-later
"""/admin/kesehatan: is the running service well, and if not, what to do. Looks anew every few seconds."""

from __future__ import annotations

import ipaddress
import platform
import shutil
from dataclasses import dataclass
from typing import Any

import sqlalchemy
from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from crm.database import check_database
from desk.auth import Admin, HaveDeps
from desk.deps import Deps
from desk.live_call import iso
from pipeline.errors import KringError

router = APIRouter(prefix="/admin")
LEAST_FREE_BYTES = 5 * 1024**3
LAG_LATE_S = 5.0
BACKLOG_SOON = 20


@dataclass(frozen=True)
class Check:
    """One finding. ``state``: good, soon (look after it) or late (act now)."""

    name: str
    state: str
    detail: str
    remedy: str = ""


@router.get("/kesehatan")
async def page(request: Request, have: HaveDeps, session: Admin) -> Response:
    """Show the service's health."""
    data = {"cursor": have.stream.cursor, "server_now": iso(have.clock.now())}
    return have.render.page(request, "admin_health.html", page="work", data=data, tab="health", **await _context(have))


@router.get("/kesehatan/isi")
async def content(request: Request, have: HaveDeps, session: Admin) -> Response:
    """Return the findings alone."""
    return have.render.page(request, "admin_health_body.html", page="work", **await _context(have))


async def _context(have: Deps) -> dict[str, Any]:
    live = [_processes(have), _lag(have), _backlog(have), _search(have), _cookies(have)]
    stored = await run_in_threadpool(lambda: [_disk(have), _database(have), *_sealing(have)])
    versions = {
        "Python": platform.python_version(),
        "SQLAlchemy": sqlalchemy.__version__,
        have.database.engine.dialect.name: _engine_version(have),
    }
    return {"checks": stored + live, "processes": have.health.rows(), "versions": versions}


def _processes(have: Deps) -> Check:
    away = [row["name"] for row in have.health.rows() if row["state"] != "running"]
    often = [f"{row['name']} ({row['restarts']}×)" for row in have.health.rows() if row["restarts"] > 2]
    if away:
        return Check("processes", "late", ", ".join(away), "processes_away")
    if often:
        return Check("processes", "soon", ", ".join(often), "processes_often")
    return Check("processes", "good", str(len(have.health.rows())))


def _lag(have: Deps) -> Check:
    lag_s = have.health.asr_lag_s()
    if lag_s is None:
        return Check("lag", "good", "–")
    return Check("lag", "late" if lag_s > LAG_LATE_S else "good", f"{lag_s:.1f} s", "lag" if lag_s > LAG_LATE_S else "")


def _backlog(have: Deps) -> Check:
    waiting = have.live.unsealed()
    many = waiting > BACKLOG_SOON
    return Check("backlog", "soon" if many else "good", str(waiting), "backlog" if many else "")


def _sealing(have: Deps) -> list[Check]:
    failed = have.health.sealing_failed()
    if not failed:
        return [Check("sealing", "good", "0")]
    return [Check("sealing", "late", f"{row['call_id']}: {row['problem']}", "sealing") for row in failed[:10]]


def _search(have: Deps) -> Check:
    status = have.search.status()
    detail = f"{status.mode} · {status.articles} · {status.encoder_state}"
    if status.problem:
        return Check("search", "late", f"{detail} · {status.problem}", "search")
    return Check("search", "good" if status.articles else "soon", detail, "" if status.articles else "search")


def _cookies(have: Deps) -> Check:
    try:
        private = ipaddress.ip_address(have.settings.http_bind).is_loopback
    except ValueError:
        private = have.settings.http_bind == "localhost"
    plain = not private and not have.settings.secure_cookies
    address = f"{have.settings.http_bind}:{have.settings.http_port}"
    return Check("cookies", "soon" if plain else "good", address, "cookies" if plain else "")


def _disk(have: Deps) -> Check:
    usage = shutil.disk_usage(have.settings.data_dir)
    full = usage.free < LEAST_FREE_BYTES
    detail = f"{usage.free / 1024**3:.1f} / {usage.total / 1024**3:.1f} GiB · {have.settings.data_dir}"
    return Check("disk", "late" if full else "good", detail, "disk" if full else "")


def _database(have: Deps) -> Check:
    try:
        check_database(have.database)
    except KringError as error:
        return Check("database", "late", str(error), "database")
    return Check("database", "good", have.database.where)


def _engine_version(have: Deps) -> str:
    return ".".join(map(str, have.database.engine.dialect.server_version_info or ()))

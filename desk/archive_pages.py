# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive for listeners: list, player, and the media that the player loads.

Every opening of a recording asks for its purpose and stands in the audit trail (:mod:`desk.listening`). Integrity on
the list is checked within a time budget and remembered for a while: a page of long recordings must not keep anybody
waiting.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from crm import calls
from crm.calls import CallView
from crm.sessions import SessionView
from desk.auth import IDENTITY_CHECKERS, HaveDeps, Listener
from desk.casework import case_wire
from desk.deps import Deps
from desk.errors import BadRequestError, ForbiddenError, NotFoundError
from desk.listening import PURPOSES, Listening
from desk.live_call import iso
from desk.masked_responses import REVEALED, shows_masks
from pipeline.clock import Clock
from pipeline.errors import KringError
from pipeline.events import to_wire
from recorder.archive import Archive
from recorder.manifest import MANIFEST, Manifest

router = APIRouter()
Purpose = Annotated[str, Query(alias="tujuan", max_length=40)]
Numbers = Annotated[Literal["", "tampil"], Query(alias="nomor")]
Json = dict[str, Any]
CHECK_BUDGET_S = 0.5
REMEMBER_S = 600.0


@dataclass
class Integrity:
    """Remembers for a while which bundles were found whole."""

    archive: Archive
    clock: Clock
    _known: dict[str, tuple[float, tuple[str, ...]]] = field(default_factory=dict)

    def check(self, call_id: str) -> tuple[str, ...]:
        """Return what is wrong with a bundle now (blocks; reads all its files); empty = intact."""
        problems = self.archive.verify(call_id, deep=False)
        self._known[call_id] = (self.clock.monotonic_s(), problems)
        return problems

    def recent(self, call_id: str) -> tuple[str, ...] | None:
        """Return the result of a check that is not too old, else None."""
        known = self._known.get(call_id)
        if known is None or self.clock.monotonic_s() - known[0] > REMEMBER_S:
            return None
        return known[1]


@router.get("/arsip")
async def listing(
    *,
    request: Request,
    have: HaveDeps,
    session: Listener,
    q: Annotated[str, Query(max_length=200)] = "",
    tanggal: Annotated[str, Query(max_length=10)] = "",
    hal: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> Response:
    """List the sealed calls, newest first."""
    try:
        day = date.fromisoformat(tanggal) if tanggal else None
    except ValueError:
        raise BadRequestError from None
    await run_in_threadpool(_listening(request).listed, session)
    page, rows = await run_in_threadpool(_rows, request, have, q, day, hal)
    return have.render.page(
        request,
        "archive.html",
        page="archive",
        rows=rows,
        q=q,
        tanggal=tanggal,
        hal=page.page,
        pages=page.pages,
        total=page.total,
    )


def _rows(request: Request, have: Deps, q: str, day: date | None, hal: int) -> tuple[calls.ArchivePage, list[Json]]:
    page = calls.archive_page(have.database, query=q, day=day, page=hal)
    integrity: Integrity = request.app.state.integrity
    until_s = have.clock.monotonic_s() + CHECK_BUDGET_S
    return page, [_row(have, integrity, view, until_s) for view in page.rows]


def _row(have: Deps, integrity: Integrity, view: CallView, until_s: float) -> Json:
    problems: list[str] = []
    state = "unchecked"
    duration_s = round(view.talk_ms / 1000)
    try:
        manifest = have.archive.open(view.call_id).manifest
        duration_s = round(manifest.duration_ms / 1000)
        problems += [problem.text for problem in manifest.problems]
        found = integrity.recent(view.call_id)
        if found is None and have.clock.monotonic_s() < until_s:
            found = integrity.check(view.call_id)
        if found is not None:
            problems += found
            state = "intact"
    except KringError as error:
        problems.append(str(error))
    case = view.cases[-1] if view.cases else None
    return {
        "call_id": view.call_id,
        "started_at": iso(view.offered_at),
        "caller_number": view.caller_number,
        "caller_name": view.caller_name,
        "agent_name": view.agent_name,
        "extension": view.extension,
        "duration_s": duration_s,
        "case_number": case.number if case else None,
        "case_state": case.state if case else None,
        "reason": view.end_reason,
        "integrity": "problem" if problems else state,
        "problems": problems,
    }


@router.get("/arsip/{call_id}")
async def player(
    *, request: Request, have: HaveDeps, session: Listener, call_id: str, purpose: Purpose = "", numbers: Numbers = ""
) -> Response:
    """Ask what a sealed call is needed for, then show it: sound, transcript, suggestions, case on one time line."""
    await run_in_threadpool(have.archive.open, call_id)
    if not purpose:
        return have.render.page(request, "purpose.html", page="purpose", call_id=call_id, purposes=PURPOSES)
    await run_in_threadpool(_listening(request).opened, session, call_id, purpose)
    await _reveal(request, session, call_id, purpose, numbers)
    body = {**await run_in_threadpool(_player_data, request, have, call_id), "purpose": purpose}
    state = request.scope["state"]
    shown = "masked" if shows_masks(state) else "revealed" if state.get(REVEALED) else ""
    may_reveal = bool(IDENTITY_CHECKERS & session.person.roles)
    data = {"call": body}
    return have.render.page(
        request, "player.html", page="player", data=data, call=body, shown=shown, may_reveal=may_reveal
    )


async def _reveal(request: Request, session: SessionView, call_id: str, purpose: str, numbers: str) -> None:
    """Show identity numbers to those who judge whether identity was checked, once that is written down."""
    if not numbers or not shows_masks(request.scope["state"]):
        return
    if not IDENTITY_CHECKERS & session.person.roles:
        raise ForbiddenError
    await run_in_threadpool(_listening(request).identified, session, call_id, purpose)
    setattr(request.state, REVEALED, True)


def _listening(request: Request) -> Listening:
    found: Listening = request.app.state.listening
    return found


def _player_data(request: Request, have: Deps, call_id: str) -> Json:
    bundle = have.archive.open(call_id)
    manifest = bundle.manifest
    integrity: Integrity = request.app.state.integrity
    problems = [problem.text for problem in manifest.problems] + list(integrity.check(call_id))
    known = calls.find_call(have.database, call_id)
    case = have.casework.case_of(call_id)
    return {
        **_facts(manifest),
        "agent_name": known.agent_name if known else "",
        "integrity": "problem" if problems else "intact",
        "problems": problems,
        "notes": [note.text for note in manifest.notes],
        "manifest_sha256": hashlib.sha256((bundle.path / MANIFEST).read_bytes()).hexdigest(),
        "events": [to_wire(item) for item in bundle.events("call")],
        "suggestions": [to_wire(item) for item in bundle.events("suggestions")],
        "case_events": [to_wire(item) for item in bundle.events("case")],
        "case": {**case_wire(case, None, have.settings.language), "next": []} if case else None,
        "has_audio": bundle.audio_path is not None and bundle.audio_path.is_file(),
    }


def _facts(manifest: Manifest) -> Json:
    return {
        "call_id": manifest.call_id,
        "started_at": iso(manifest.offered_at),
        "recording_started_at": iso(manifest.recording_started_at),
        "caller_number": manifest.caller_number,
        "caller_name": manifest.caller_name,
        "extension": manifest.extension,
        "duration_ms": manifest.duration_ms,
        "reason": manifest.end_reason,
        "sealed_at": iso(manifest.sealed_at),
    }


@router.get("/arsip/{call_id}/audio.flac")
async def audio(request: Request, have: HaveDeps, session: Listener, call_id: str, purpose: Purpose = "") -> Response:
    """Send the stereo recording, whole or in ranges (the player seeks)."""
    bundle = await run_in_threadpool(have.archive.open, call_id)
    path = bundle.audio_path
    if path is None or not path.is_file():
        raise NotFoundError
    await run_in_threadpool(_listening(request).played, session, call_id, purpose)
    return FileResponse(path, media_type="audio/flac")


@router.get("/arsip/{call_id}/peaks.json")
async def peaks(have: HaveDeps, session: Listener, call_id: str) -> Response:
    """Send the waveform of both channels."""
    return JSONResponse(await run_in_threadpool(_peaks, have.archive, call_id))


def _peaks(archive: Archive, call_id: str) -> Json:
    found = archive.open(call_id).peaks()
    if found is None:
        raise NotFoundError
    return {
        "sample_rate_hz": found.rate_hz,
        "samples_per_peak": found.samples_per_point,
        "caller": list(found.caller),
        "agent": list(found.agent),
    }


@router.get("/arsip/{call_id}/transcript.json")
async def transcript(
    *, request: Request, have: HaveDeps, session: Listener, call_id: str, purpose: Purpose = "", numbers: Numbers = ""
) -> Response:
    """Send the segments of both legs in time order; reading counts as playing."""
    bundle = await run_in_threadpool(have.archive.open, call_id)
    await run_in_threadpool(_listening(request).played, session, call_id, purpose)
    await _reveal(request, session, call_id, purpose, numbers)
    return JSONResponse([to_wire(item) for item in await run_in_threadpool(bundle.segments)])

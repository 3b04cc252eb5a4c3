# SPDX-License-Identifier: GPL-3.0-or-later
"""The screen log: what the agent's desk looked like during a call, sent in parts by the page (docs/screen-log.md)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from desk.api import CallId
from desk.auth import Agent, HaveDeps
from desk.errors import ScreenNotKeptError
from desk.screen_log import Sent, State
from desk.snapshots import require_own_call

router = APIRouter(prefix="/api")
YEAR_MS = 366 * 24 * 3600 * 1000  # a browser's clock may be set to anything; its distance is only carried along


@router.post("/screen/{call_id}")
async def keep(
    *,
    request: Request,
    have: HaveDeps,
    session: Agent,
    call_id: CallId,
    page: Annotated[str, Query(pattern=r"^[0-9a-f]{16}$")],
    part: Annotated[int, Query(ge=1, le=1_000_000)],
    ahead_ms: Annotated[int, Query(ge=-100 * YEAR_MS, le=100 * YEAR_MS)] = 0,
    last: bool = False,
) -> dict[str, State]:
    """Keep a part of the screen log of the agent's own call; the answer says what became of it.

    ``kept``; ``repeated``: it was kept before; ``sealed``: the call is archived and takes nothing any more; ``full``:
    its log is as long as a log may be. In all four cases the page has nothing more to do for this part.
    """
    await require_own_call(have, call_id, session.person)
    try:
        body = await request.body()
    except ClientDisconnect as error:  # a page that goes away in the middle sends the part again when it comes back
        raise ScreenNotKeptError from error
    return {"state": await run_in_threadpool(have.screen.take, call_id, Sent(page, part, ahead_ms, last, body))}

# SPDX-License-Identifier: GPL-3.0-or-later
"""A call as team leaders and escalation agents follow it: live from memory, else from the archive."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool

from crm import calls
from desk.deps import Deps
from desk.errors import NotFoundError
from desk.live_call import iso, project
from pipeline.callfolder import NEWS_STREAMS
from recorder.errors import RecorderError

Json = dict[str, Any]


async def call_data(have: Deps, call_id: str) -> Json:
    """Return a page's data of one call: ``call`` (None: nothing of it is kept), ``cursor`` and ``server_now``.

    Raises:
        NotFoundError: there never was such a call.
    """
    known = await run_in_threadpool(calls.find_call, have.database, call_id)
    live = have.live.calls.get(call_id)
    if known is None and live is None:
        raise NotFoundError
    agent_name = known.agent_name if known else ""
    shown = None if live else await run_in_threadpool(_from_archive, have, call_id, agent_name)
    live = have.live.calls.get(call_id)  # together with the cursor: nothing falls between them
    return {**work_data(have), "call": live.snapshot(agent_name) if live else shown}


def work_data(have: Deps) -> Json:
    """Return what every work page begins with."""
    return {"cursor": have.stream.cursor, "server_now": iso(have.clock.now())}


def _from_archive(have: Deps, call_id: str, agent_name: str) -> Json | None:
    try:
        bundle = have.archive.open(call_id)
        return project(call_id, [item for stream in NEWS_STREAMS for item in bundle.events(stream)]).snapshot(
            agent_name
        )
    except RecorderError:
        return None

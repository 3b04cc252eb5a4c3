# SPDX-License-Identifier: GPL-3.0-or-later
"""Work in the background that has to go on whatever goes wrong with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from pipeline.errors import KringError

log = structlog.get_logger("hub")


async def keep_house(work: Callable[[], object], every_s: float) -> None:
    """Do a piece of housekeeping again and again, in a thread."""
    problem = ""
    while True:
        await asyncio.sleep(every_s)
        problem = await attempt("housekeeping", work, told=problem)


async def attempt(what: str, work: Callable[[], object], *, told: str = "") -> str:
    """Do blocking work in a thread and return its problem, logged unless it is ``told`` already; "" = done."""
    try:
        await asyncio.to_thread(work)
    except Exception as error:
        expected = isinstance(error, KringError)
        problem = str(error) if expected else f"{type(error).__name__}: {error}"
        if problem != told:
            log.error("background work failed", part=what, problem=problem, exc_info=not expected)
        return problem
    return ""

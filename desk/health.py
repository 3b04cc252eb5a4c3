# SPDX-License-Identifier: GPL-3.0-or-later
"""``GET /healthz``: is the service up, which extensions can take calls, what does the search work with.

Needs no sign-in and tells nothing about anybody.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from desk.auth import Anybody, HaveDeps

router = APIRouter()
TAKES_CALLS = frozenset({"ready", "ringing", "talking", "held"})


@router.get("/healthz")
async def healthz(have: HaveDeps, rule: Anybody) -> dict[str, Any]:
    """Return ``{"status", "extensions_ready", "search"}``; search is hybrid, bm25 or loading."""
    status = have.search.status()
    loading = not status.articles and not status.problem
    return {
        "status": "ok",
        "extensions_ready": [
            number for number, lamp in sorted(have.live.extensions.items()) if lamp.state in TAKES_CALLS
        ],
        "search": "loading" if loading or status.encoder_state == "loading" else status.mode,
    }

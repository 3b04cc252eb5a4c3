# SPDX-License-Identifier: GPL-3.0-or-later
"""The screen log: what the agent's desk looked like during a call, sent in chunks by the page."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/api")

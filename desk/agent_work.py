# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent at work: own state (ready, pause, wrap-up), callers' history, further questions of a call."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/api")

# SPDX-License-Identifier: GPL-3.0-or-later
"""The escalation agent's page: the queue with its age, the case in full, call-back, resolution (steps E1 to E3)."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()

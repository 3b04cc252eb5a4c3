# SPDX-License-Identifier: GPL-3.0-or-later
"""The team leader's page: consultations that wait, their live transcript and case, the decision (steps 4 and 5)."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()

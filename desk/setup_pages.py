# SPDX-License-Identifier: GPL-3.0-or-later
"""First sign-in: what has to be set up before the office can work."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()

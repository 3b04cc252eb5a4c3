# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit trail's page: search, verify, export."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()

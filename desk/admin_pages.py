# SPDX-License-Identifier: GPL-3.0-or-later
"""The admin's pages: people, extensions, settings, health."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()

# SPDX-License-Identifier: GPL-3.0-or-later
"""Quality staff's pages: SIKP update tasks, the article editor, clusters of unanswered questions."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()

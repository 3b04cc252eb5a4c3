# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions of the CRM's tables."""

from __future__ import annotations

from pathlib import Path

from pipeline.schema import Schema

SCHEMA = Schema(Path(__file__).parent, "alembic_version")

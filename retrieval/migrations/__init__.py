# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions of the articles' tables; they share a database with the CRM's and have a version table of their own."""

from __future__ import annotations

from pathlib import Path

from pipeline.schema import Schema

SCHEMA = Schema(Path(__file__).parent, "alembic_version_articles")

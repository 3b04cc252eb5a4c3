# SPDX-License-Identifier: GPL-3.0-or-later
"""Alembic's entry to the articles' versions."""

from __future__ import annotations

from pipeline.schema import run_versions
from retrieval.migrations import SCHEMA
from retrieval.tables import Base

run_versions(Base.metadata, SCHEMA.version_table)

# SPDX-License-Identifier: GPL-3.0-or-later
"""Alembic's entry to the CRM's versions."""

from __future__ import annotations

from crm.migrations import SCHEMA
from crm.models import Base
from pipeline.schema import run_versions

run_versions(Base.metadata, SCHEMA.version_table)

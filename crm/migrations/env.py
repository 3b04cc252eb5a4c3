# SPDX-License-Identifier: GPL-3.0-or-later
"""Alembic's entry: runs the versions on the connection that :func:`crm.migrations.upgrade` hands over."""

from __future__ import annotations

from alembic import context

from crm.models import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    compare_type=True,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()

# SPDX-License-Identifier: GPL-3.0-or-later
"""Sheets of the editor, why a version was made, and questions that an article has answered since."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.add_column("article_version", sa.Column("note", sa.String(length=4000), nullable=False, server_default=""))
    op.create_table(
        "article_sheet",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.String(length=120), nullable=False),
        sa.Column("made_from", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=80), nullable=False),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_by", sa.String(length=200), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by", sa.String(length=200), nullable=False),
        sa.Column("published_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_sheet")),
    )
    op.create_index(op.f("ix_article_sheet_state"), "article_sheet", ["state"])
    op.create_table(
        "answered_question",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("article_id", sa.String(length=120), nullable=False),
        sa.Column("article_version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_answered_question")),
    )


def downgrade() -> None:
    """Go back to drafts alone."""
    op.drop_table("answered_question")
    op.drop_table("article_sheet")
    op.drop_column("article_version", "note")

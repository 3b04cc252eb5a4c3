# SPDX-License-Identifier: GPL-3.0-or-later
"""What was suggested in calls and what people did with it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "suggestion_feedback",
        sa.Column("call_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("article_id", sa.String(length=120), nullable=False),
        sa.Column("question", sa.Integer(), nullable=False),
        sa.Column("query", sa.String(length=2000), nullable=False),
        sa.Column("articles", sa.JSON(), nullable=False),
        sa.Column("no_answer", sa.Boolean(), nullable=False),
        sa.Column("no_answer_probability", sa.Float(), nullable=False),
        sa.Column("person", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("call_id", "at", "action", "article_id", name=op.f("pk_suggestion_feedback")),
    )
    op.create_index(op.f("ix_suggestion_feedback_at"), "suggestion_feedback", ["at"])


def downgrade() -> None:
    """Go back to articles alone."""
    op.drop_table("suggestion_feedback")

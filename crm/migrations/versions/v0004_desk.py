# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a case's texts came from, why a call had no question, and which calls were made by us."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
SOURCES = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Go to this version."""
    op.add_column("case", sa.Column("sources", SOURCES, nullable=False, server_default="{}"))
    op.add_column("case", sa.Column("no_question_reason", sa.String(length=16), nullable=False, server_default=""))
    op.add_column("call", sa.Column("direction", sa.String(length=4), nullable=False, server_default="in"))


def downgrade() -> None:
    """Go back to version 0003."""
    op.execute('ALTER TABLE "call" DROP COLUMN direction')
    op.execute('ALTER TABLE "case" DROP COLUMN no_question_reason')
    op.execute('ALTER TABLE "case" DROP COLUMN sources')

# SPDX-License-Identifier: GPL-3.0-or-later
"""What administrators need: passwords to be changed, versions of people, where sessions come from, settings of the
office, the first set-up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PERSON = ("version", "must_change", "last_sign_in_at")
WEB_SESSION = ("address", "browser")


def upgrade() -> None:
    """Go to this version."""
    op.add_column("person", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("person", sa.Column("must_change", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("person", sa.Column("last_sign_in_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("web_session", sa.Column("address", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("web_session", sa.Column("browser", sa.String(length=200), nullable=False, server_default=""))
    op.create_table(
        "office_setting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "person_id",
            sa.Integer(),
            sa.ForeignKey("person.id", name=op.f("fk_office_setting_person_id_person"), ondelete="SET NULL"),
            nullable=True,
        ),
        sa.Column("person_name", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office_setting")),
    )
    op.create_index(op.f("ix_office_setting_name_id"), "office_setting", ["name", "id"])
    op.create_table(
        "set_up",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_up")),
    )


def downgrade() -> None:
    """Go back; settings of the office fall back to those of the file."""
    op.drop_table("set_up")
    op.drop_table("office_setting")
    for table, columns in (("web_session", WEB_SESSION), ("person", PERSON)):
        for column in columns:
            op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")

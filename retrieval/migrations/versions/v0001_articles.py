# SPDX-License-Identifier: GPL-3.0-or-later
"""First schema: articles, their immutable versions, drafts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQLITE_GUARDS = {
    "update": "CREATE TRIGGER article_version_update BEFORE UPDATE ON article_version "
    "BEGIN SELECT RAISE(ABORT, 'a published article version never changes'); END",
    "delete": "CREATE TRIGGER article_version_delete BEFORE DELETE ON article_version "
    "BEGIN SELECT RAISE(ABORT, 'a published article version never changes'); END",
    # INSERT OR REPLACE deletes the old row without asking the trigger above
    "replace": "CREATE TRIGGER article_version_replace BEFORE INSERT ON article_version "
    "WHEN EXISTS (SELECT 1 FROM article_version AS old WHERE old.serial = NEW.serial "
    "OR (old.article_id = NEW.article_id AND old.version = NEW.version)) "
    "BEGIN SELECT RAISE(ABORT, 'a published article version never changes'); END",
}
POSTGRESQL_GUARDS = {
    "function": "CREATE FUNCTION article_version_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'a published article version never changes' "
    "USING ERRCODE = 'integrity_constraint_violation'; END $$",
    "change": "CREATE TRIGGER article_version_change BEFORE UPDATE OR DELETE ON article_version "
    "FOR EACH ROW EXECUTE FUNCTION article_version_refuse()",
    "truncate": "CREATE TRIGGER article_version_truncate BEFORE TRUNCATE ON article_version "
    "FOR EACH STATEMENT EXECUTE FUNCTION article_version_refuse()",
}


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "article_set",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_set")),
    )
    op.create_table(
        "article",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("newest", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article")),
    )
    op.create_table(
        "article_version",
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("topic", sa.String(length=120), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_article_version_article_id_article")),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_article_version")),
        sa.UniqueConstraint("article_id", "version", name=op.f("uq_article_version_article_id_version")),
    )
    op.create_table(
        "article_draft",
        sa.Column("article_id", sa.String(length=120), nullable=False),
        sa.Column("made_from", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_article_draft")),
    )
    guards = SQLITE_GUARDS if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_GUARDS
    for statement in guards.values():
        op.execute(statement)


def downgrade() -> None:
    """Go back to no articles."""
    op.drop_table("article_draft")
    op.drop_table("article_version")  # its triggers go with it
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION article_version_refuse()")
    op.drop_table("article")
    op.drop_table("article_set")

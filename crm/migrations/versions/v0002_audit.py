# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit trail: entries that are only ever added, and the head of their chain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ENTRY = "the audit trail is only ever added to"
_HEAD = "the head of the audit trail moves one entry at a time"
SQLITE_GUARDS = (
    f"CREATE TRIGGER audit_entry_update BEFORE UPDATE ON audit_entry BEGIN SELECT RAISE(ABORT, '{_ENTRY}'); END",
    f"CREATE TRIGGER audit_entry_delete BEFORE DELETE ON audit_entry BEGIN SELECT RAISE(ABORT, '{_ENTRY}'); END",
    # INSERT OR REPLACE deletes the old row without asking the triggers above
    "CREATE TRIGGER audit_entry_replace BEFORE INSERT ON audit_entry "
    "WHEN EXISTS (SELECT 1 FROM audit_entry AS old WHERE old.serial = NEW.serial) "
    "BEGIN SELECT RAISE(ABORT, 'the audit trail is only ever added to'); END",
    "CREATE TRIGGER audit_head_update BEFORE UPDATE ON audit_head "
    f"WHEN NEW.id <> OLD.id OR NEW.serial <> OLD.serial + 1 BEGIN SELECT RAISE(ABORT, '{_HEAD}'); END",
    f"CREATE TRIGGER audit_head_delete BEFORE DELETE ON audit_head BEGIN SELECT RAISE(ABORT, '{_HEAD}'); END",
    f"CREATE TRIGGER audit_head_insert BEFORE INSERT ON audit_head BEGIN SELECT RAISE(ABORT, '{_HEAD}'); END",
)
POSTGRESQL_GUARDS = (
    "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{_ENTRY}' USING ERRCODE = 'integrity_constraint_violation'; END $$",
    "CREATE TRIGGER audit_entry_change BEFORE UPDATE OR DELETE ON audit_entry "
    "FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER audit_entry_truncate BEFORE TRUNCATE ON audit_entry "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER audit_head_update BEFORE UPDATE ON audit_head FOR EACH ROW "
    "WHEN (NEW.id <> OLD.id OR NEW.serial <> OLD.serial + 1) EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER audit_head_change BEFORE INSERT OR DELETE ON audit_head "
    "FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER audit_head_truncate BEFORE TRUNCATE ON audit_head "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
)


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "audit_entry",
        sa.Column("serial", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("object_kind", sa.String(length=32), nullable=False),
        sa.Column("object_id", sa.String(length=120), nullable=False),
        sa.Column("purpose", sa.String(length=200), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("entry_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_audit_entry")),
    )
    op.create_index(op.f("ix_audit_entry_at"), "audit_entry", ["at"])
    op.create_index(op.f("ix_audit_entry_person"), "audit_entry", ["person"])
    op.create_index(op.f("ix_audit_entry_action"), "audit_entry", ["action"])
    op.create_index(op.f("ix_audit_entry_object_kind_object_id"), "audit_entry", ["object_kind", "object_id"])
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("entry_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.bulk_insert(head, [{"id": 1, "serial": 0, "entry_hash": "0" * 64}])
    for statement in SQLITE_GUARDS if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_GUARDS:
        op.execute(statement)


def downgrade() -> None:
    """Go back to no audit trail."""
    op.drop_table("audit_head")  # the triggers go with their tables
    op.drop_table("audit_entry")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION audit_refuse()")

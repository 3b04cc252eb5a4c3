# SPDX-License-Identifier: GPL-3.0-or-later
"""The work around a case: taxpayers, further calls, articles used, escalation, call-backs, SIKP updates; extensions as
records of their own, what agents are doing, and keys of requests.

What the first schema knew only as a state or a field becomes rows: calls of cases, escalations, articles used, updates
that a team leader asked for.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOVED = (
    "INSERT INTO extension (number, enabled, person_id) SELECT number, true, person_id FROM extension_assignment",
    "INSERT INTO case_call (case_id, call_id, part, linked_at) SELECT id, call_id, 'question', opened_at FROM \"case\"",
    "INSERT INTO case_article (case_id, article_id, article_version, attached_at, person_id, person_name) "
    "SELECT c.id, c.article_id, c.article_version, t.at, t.person_id, t.person_name "
    "FROM \"case\" AS c JOIN case_transition AS t ON t.case_id = c.id AND t.to_state = 'answered' "
    "WHERE c.article_id <> '' AND c.article_version IS NOT NULL",
    "INSERT INTO escalation (case_id, reason, escalated_at, escalated_by, taken_by) "
    "SELECT case_id, CASE WHEN from_state = 'classified' THEN 'interpretation' ELSE 'no_answer' END, at, person_name, "
    "'' FROM case_transition WHERE to_state = 'escalated'",
    "INSERT INTO update_task (case_id, state, version, question, answer, opened_at, opened_by, taken_by, decided_by, "
    "article_id, reason) SELECT c.id, 'open', 1, c.question, c.answer, t.at, t.person_name, '', '', '', '' "
    "FROM \"case\" AS c JOIN case_transition AS t ON t.case_id = c.id AND t.to_state = 'answered' "
    "WHERE c.sikp_update = 'needed'",
)
TABLES = (
    "request_key", "agent_state", "update_task", "callback_attempt", "callback", "escalation", "case_article",
    "case_call", "extension", "taxpayer",
)  # fmt: skip


def upgrade() -> None:
    """Go to this version."""
    _taxpayers()
    _extensions()
    _around_cases()
    _escalation()
    _update_tasks()
    _agents_and_requests()
    for statement in MOVED:
        op.execute(statement)
    op.drop_table("extension_assignment")


def downgrade() -> None:
    """Go back to the tables of version 0002; what they have no place for is lost."""
    op.create_table(
        "extension_assignment",
        sa.Column("number", sa.String(length=8), nullable=False),
        _key("person_id", "extension_assignment", "person.id", "CASCADE", nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_extension_assignment")),
        sa.UniqueConstraint("person_id", name=op.f("uq_extension_assignment_person_id")),
    )
    op.execute(
        "INSERT INTO extension_assignment (number, person_id) "
        "SELECT number, person_id FROM extension WHERE person_id IS NOT NULL"
    )
    op.drop_index(op.f("ix_case_taxpayer_id"), table_name="case")
    op.execute('ALTER TABLE "case" DROP COLUMN taxpayer_id')
    op.execute('ALTER TABLE "case" DROP COLUMN bill_checked')
    for table in TABLES:
        op.drop_table(table)


def _key(name: str, table: str, target: str, ondelete: str | None, *, nullable: bool = True) -> sa.Column[Any]:
    """Return a column that refers to another table's key."""
    kind: Any = sa.String(length=32) if target == "call.call_id" else sa.Integer()
    constraint = op.f(f"fk_{table}_{name}_{target.partition('.')[0]}")
    return sa.Column(name, kind, sa.ForeignKey(target, name=constraint, ondelete=ondelete), nullable=nullable)


def _name(column: str) -> sa.Column[str]:
    return sa.Column(column, sa.String(length=200), nullable=False)


def _time(column: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(column, sa.DateTime(timezone=True), nullable=nullable)


def _taxpayers() -> None:
    op.create_table(
        "taxpayer",
        sa.Column("id", sa.Integer(), nullable=False),
        _name("name"),
        sa.Column("npwp", sa.String(length=16), nullable=False),
        sa.Column("nik", sa.String(length=16), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _time("created_at"),
        _time("changed_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_taxpayer")),
    )
    for column in ("npwp", "nik", "phone"):
        op.create_index(op.f(f"ix_taxpayer_{column}"), "taxpayer", [column])
    op.add_column("case", sa.Column("bill_checked", sa.Boolean(), nullable=False, server_default=sa.false()))
    # Written out: SQLite takes a reference with a new column, not afterwards, and copying the table would delete
    # what refers to it.
    op.execute(
        'ALTER TABLE "case" ADD COLUMN taxpayer_id INTEGER '
        "CONSTRAINT fk_case_taxpayer_id_taxpayer REFERENCES taxpayer (id)"
    )
    op.create_index(op.f("ix_case_taxpayer_id"), "case", ["taxpayer_id"])


def _extensions() -> None:
    op.create_table(
        "extension",
        sa.Column("number", sa.String(length=8), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        _key("person_id", "extension", "person.id", "SET NULL"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_extension")),
        sa.UniqueConstraint("person_id", name=op.f("uq_extension_person_id")),
    )


def _around_cases() -> None:
    op.create_table(
        "case_call",
        _key("case_id", "case_call", "case.id", "CASCADE", nullable=False),
        _key("call_id", "case_call", "call.call_id", None, nullable=False),
        sa.Column("part", sa.String(length=16), nullable=False),
        _time("linked_at"),
        sa.PrimaryKeyConstraint("case_id", "call_id", name=op.f("pk_case_call")),
    )
    op.create_index(op.f("ix_case_call_call_id"), "case_call", ["call_id"])
    op.create_table(
        "case_article",
        _key("case_id", "case_article", "case.id", "CASCADE", nullable=False),
        sa.Column("article_id", sa.String(length=120), nullable=False),
        sa.Column("article_version", sa.Integer(), autoincrement=False, nullable=False),
        _time("attached_at"),
        _key("person_id", "case_article", "person.id", "SET NULL"),
        _name("person_name"),
        sa.PrimaryKeyConstraint("case_id", "article_id", "article_version", name=op.f("pk_case_article")),
    )
    op.create_index(
        op.f("ix_case_article_article_id_article_version"), "case_article", ["article_id", "article_version"]
    )


def _escalation() -> None:
    op.create_table(
        "escalation",
        _key("case_id", "escalation", "case.id", "CASCADE", nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        _time("escalated_at"),
        _name("escalated_by"),
        _time("taken_at", nullable=True),
        _key("taken_by_id", "escalation", "person.id", "SET NULL"),
        _name("taken_by"),
        _time("resolved_at", nullable=True),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_escalation")),
    )
    op.create_index(op.f("ix_escalation_escalated_at"), "escalation", ["escalated_at"])
    op.create_index(op.f("ix_escalation_taken_by_id"), "escalation", ["taken_by_id"])
    op.create_table(
        "callback",
        sa.Column("id", sa.Integer(), nullable=False),
        _key("case_id", "callback", "case.id", "CASCADE", nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("phone", sa.String(length=64), nullable=False),
        _time("due_at"),
        _time("planned_at"),
        _name("planned_by"),
        _time("ended_at", nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback")),
    )
    op.create_index(op.f("ix_callback_case_id"), "callback", ["case_id"])
    op.create_index(op.f("ix_callback_state_due_at"), "callback", ["state", "due_at"])
    op.create_table(
        "callback_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        _key("callback_id", "callback_attempt", "callback.id", "CASCADE", nullable=False),
        _time("at"),
        _key("person_id", "callback_attempt", "person.id", "SET NULL"),
        _name("person_name"),
        _key("call_id", "callback_attempt", "call.call_id", None),
        sa.Column("reached", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback_attempt")),
    )
    op.create_index(op.f("ix_callback_attempt_callback_id"), "callback_attempt", ["callback_id"])


def _update_tasks() -> None:
    op.create_table(
        "update_task",
        sa.Column("id", sa.Integer(), nullable=False),
        _key("case_id", "update_task", "case.id", "CASCADE", nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        _time("opened_at"),
        _name("opened_by"),
        _time("taken_at", nullable=True),
        _key("taken_by_id", "update_task", "person.id", "SET NULL"),
        _name("taken_by"),
        _time("decided_at", nullable=True),
        _name("decided_by"),
        sa.Column("article_id", sa.String(length=120), nullable=False),
        sa.Column("article_version", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_update_task")),
        sa.UniqueConstraint("case_id", name=op.f("uq_update_task_case_id")),
    )
    op.create_index(op.f("ix_update_task_state"), "update_task", ["state"])


def _agents_and_requests() -> None:
    op.create_table(
        "agent_state",
        sa.Column("id", sa.Integer(), nullable=False),
        _key("person_id", "agent_state", "person.id", "CASCADE", nullable=False),
        _time("at"),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_state")),
    )
    op.create_index(op.f("ix_agent_state_at"), "agent_state", ["at"])
    op.create_index(op.f("ix_agent_state_person_id_at"), "agent_state", ["person_id", "at"])
    op.create_table(
        "request_key",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        _time("at"),
        sa.Column("result", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_request_key")),
    )
    op.create_index(op.f("ix_request_key_at"), "request_key", ["at"])

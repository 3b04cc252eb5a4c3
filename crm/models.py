# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables. Portable SQL only: the same models run on SQLite and on PostgreSQL.

Times are UTC; texts have the lengths that :mod:`crm.fields` checks. A case has no column for the answers to identity
questions (NPWP, EFIN, bills) on purpose: only whether they were checked is kept. The tables of the work around a case
are in :mod:`crm.worktables`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.base import Base
from crm.officetables import OfficeSetting, SetUp
from crm.worktables import (
    AgentState,
    CallBack,
    CallBackAttempt,
    CaseArticle,
    CaseCall,
    Consultation,
    Escalation,
    RequestKey,
    Taxpayer,
    UpdateTask,
)

__all__ = [
    "AgentState",
    "AuditEntry",
    "AuditHead",
    "Base",
    "Call",
    "CallBack",
    "CallBackAttempt",
    "Case",
    "CaseArticle",
    "CaseCall",
    "CaseCounter",
    "CaseTransition",
    "Consultation",
    "Escalation",
    "Extension",
    "OfficeSetting",
    "Person",
    "PersonRole",
    "RequestKey",
    "SetUp",
    "SignInFailure",
    "Taxpayer",
    "UpdateTask",
    "WebSession",
]


SOURCES = JSON().with_variant(JSONB(), "postgresql")  # PostgreSQL compares rows by it, which plain JSON cannot


class Person(Base):
    """Somebody who may sign in."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)  # optimistic lock: +1 with every change of the account
    must_change: Mapped[bool] = mapped_column(default=False)  # the password is an administrator's, for once
    last_sign_in_at: Mapped[datetime | None]
    roles: Mapped[list[PersonRole]] = relationship(cascade="all, delete-orphan", lazy="selectin")
    extension: Mapped[Extension | None] = relationship(lazy="selectin")


class PersonRole(Base):
    """One role of one person (a person may hold several)."""

    __tablename__ = "person_role"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(String(32), primary_key=True)


class Extension(Base):
    """A telephone of the office and who answers it; each person has at most one."""

    __tablename__ = "extension"

    number: Mapped[str] = mapped_column(String(8), primary_key=True)
    enabled: Mapped[bool] = mapped_column(default=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), unique=True)


class WebSession(Base):
    """A sign-in that is in force; the token itself is only in the browser's cookie."""

    __tablename__ = "web_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    address: Mapped[str] = mapped_column(String(64), default="")
    browser: Mapped[str] = mapped_column(String(200), default="")
    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class SignInFailure(Base):
    """A sign-in attempt that failed (or is being checked); rows older than the window are deleted."""

    __tablename__ = "sign_in_failure"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (Index(None, "username", "address"), Index(None, "address"))


class Call(Base):
    """What the database knows of a call; the call's folder or bundle is the truth."""

    __tablename__ = "call"

    call_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    extension: Mapped[str] = mapped_column(String(8), default="")
    direction: Mapped[str] = mapped_column(String(4), default="in", server_default="in")  # out: we called
    caller_number: Mapped[str] = mapped_column(String(64), default="")
    caller_name: Mapped[str] = mapped_column(String(200), default="")
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    offered_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(String(32), default="")
    ring_ms: Mapped[int | None]
    talk_ms: Mapped[int] = mapped_column(default=0)
    recording_gap: Mapped[bool | None]  # None: nothing known about a recording
    bundle: Mapped[str] = mapped_column(String(400), default="")
    bundle_complete: Mapped[bool | None]
    sealed_at: Mapped[datetime | None]
    manifest_sha256: Mapped[str] = mapped_column(String(64), default="")
    agent: Mapped[Person | None] = relationship(lazy="joined")
    cases: Mapped[list[Case]] = relationship(back_populates="call", order_by="Case.ordinal")

    __table_args__ = (Index(None, "offered_at"), Index(None, "extension", "offered_at"), Index(None, "agent_id"))


class CaseCounter(Base):
    """The last case number given in a year."""

    __tablename__ = "case_counter"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class Case(Base):
    """One question of one caller on its way through LIP20-0015."""

    __tablename__ = "case"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.call_id"))
    ordinal: Mapped[int]  # 1 for the call's first question
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    state: Mapped[str] = mapped_column(String(16))
    version: Mapped[int] = mapped_column(default=1)  # optimistic lock: +1 with every change
    opened_at: Mapped[datetime]
    warning_at: Mapped[datetime]
    deadline_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    question: Mapped[str] = mapped_column(Text, default="")
    kind: Mapped[str] = mapped_column(String(16), default="")
    topic: Mapped[str] = mapped_column(String(200), default="")
    caller_name: Mapped[str] = mapped_column(String(200), default="")
    npwp_checked: Mapped[bool] = mapped_column(default=False)
    name_checked: Mapped[bool] = mapped_column(default=False)
    efin_checked: Mapped[bool] = mapped_column(default=False)
    bill_checked: Mapped[bool] = mapped_column(default=False)
    taxpayer_id: Mapped[int | None] = mapped_column(ForeignKey("taxpayer.id"), index=True)
    answer: Mapped[str] = mapped_column(Text, default="")
    article_id: Mapped[str] = mapped_column(String(120), default="")
    article_version: Mapped[int | None]
    sikp_update: Mapped[str] = mapped_column(String(16), default="")
    no_question_reason: Mapped[str] = mapped_column(String(16), default="", server_default="")
    sources: Mapped[dict[str, Any]] = mapped_column(SOURCES, default=dict, server_default="{}")  # crm.sources
    agent: Mapped[Person | None] = relationship(lazy="joined")
    call: Mapped[Call] = relationship(back_populates="cases")
    timeline: Mapped[list[CaseTransition]] = relationship(
        order_by="CaseTransition.id", lazy="selectin", cascade="all, delete-orphan"
    )
    escalation: Mapped[Escalation | None] = relationship(lazy="selectin", cascade="all, delete-orphan")
    consultation: Mapped[Consultation | None] = relationship(lazy="selectin", cascade="all, delete-orphan")
    callbacks: Mapped[list[CallBack]] = relationship(
        order_by="CallBack.id", lazy="selectin", cascade="all, delete-orphan"
    )

    __table_args__ = (
        UniqueConstraint("call_id", "ordinal"),
        Index(None, "state"),
        Index(None, "agent_id", "state"),
        Index(None, "opened_at"),
    )


class CaseTransition(Base):
    """One step of a case, kept for ever: who, when, from where to where."""

    __tablename__ = "case_transition"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    step: Mapped[str] = mapped_column(String(8))
    from_state: Mapped[str] = mapped_column(String(16))
    to_state: Mapped[str] = mapped_column(String(16))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    person_name: Mapped[str] = mapped_column(String(200), default="")  # as it was then; empty = the system


class AuditEntry(Base):
    """One line of the audit trail (:mod:`crm.audit`): never changed, never deleted; triggers hold that.

    People are named by user name and not by key: what was written must not depend on another row.
    """

    __tablename__ = "audit_entry"

    serial: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # 1, 2, 3 ... without a gap
    at: Mapped[datetime] = mapped_column(index=True)
    person: Mapped[str] = mapped_column(String(64), index=True)  # empty = the system, or nobody signed in
    address: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(32), index=True)
    object_kind: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[str] = mapped_column(String(120))
    purpose: Mapped[str] = mapped_column(String(200))
    outcome: Mapped[str] = mapped_column(String(16))
    detail: Mapped[str] = mapped_column(Text)  # canonical JSON
    previous_hash: Mapped[str] = mapped_column(String(64))
    entry_hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (Index(None, "object_kind", "object_id"),)


class AuditHead(Base):
    """The one row that says where the trail ends; whoever appends holds it, so that the chain never forks."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    serial: Mapped[int]
    entry_hash: Mapped[str] = mapped_column(String(64))

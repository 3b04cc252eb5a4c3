# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of the work around a case: taxpayers, further calls, articles used, escalation, call-backs, SIKP updates.

People are kept as key and as the name that they had then, as in the case's timeline: a person who leaves takes no
history along. Imported by :mod:`crm.models`, which is the entry to all tables.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.base import Base


class Taxpayer(Base):
    """Somebody who asks. Numbers are kept as digits; :mod:`crm.identity` has checked their form."""

    __tablename__ = "taxpayer"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    npwp: Mapped[str] = mapped_column(String(16), default="", index=True)
    nik: Mapped[str] = mapped_column(String(16), default="", index=True)
    phone: Mapped[str] = mapped_column(String(20), default="", index=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class CaseCall(Base):
    """A call about a case. ``part``: ``question`` (it was asked there), ``callback``, ``repeat`` (asked again)."""

    __tablename__ = "case_call"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.call_id"), primary_key=True, index=True)
    part: Mapped[str] = mapped_column(String(16))
    linked_at: Mapped[datetime]


class CaseArticle(Base):
    """A version of a SIKP article that a case was answered with; once attached it stays."""

    __tablename__ = "case_article"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), primary_key=True)
    article_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    article_version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    attached_at: Mapped[datetime]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    person_name: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (Index(None, "article_id", "article_version"),)


class Escalation(Base):
    """What became of a case after it left the agents. ``reason``: ``interpretation`` (3a) or ``no_answer`` (4)."""

    __tablename__ = "escalation"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), primary_key=True)
    reason: Mapped[str] = mapped_column(String(16))
    escalated_at: Mapped[datetime] = mapped_column(index=True)
    escalated_by: Mapped[str] = mapped_column(String(200), default="")
    taken_at: Mapped[datetime | None]
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    taken_by: Mapped[str] = mapped_column(String(200), default="")
    resolved_at: Mapped[datetime | None]


class Consultation(Base):
    """Which team leader is helping with a case (step 3d), so that no two do, and what the escalation should know."""

    __tablename__ = "consultation"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), primary_key=True)
    taken_at: Mapped[datetime | None]
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    taken_by: Mapped[str] = mapped_column(String(200), default="")
    remark: Mapped[str] = mapped_column(Text, default="")


class CallBack(Base):
    """A promise to call the taxpayer. ``state`` moves by :data:`crm.callbacks.MOVES`."""

    __tablename__ = "callback"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    version: Mapped[int] = mapped_column(default=1)
    phone: Mapped[str] = mapped_column(String(64), default="")
    due_at: Mapped[datetime]
    planned_at: Mapped[datetime]
    planned_by: Mapped[str] = mapped_column(String(200), default="")
    ended_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    attempts: Mapped[list[CallBackAttempt]] = relationship(
        order_by="CallBackAttempt.id", lazy="selectin", cascade="all, delete-orphan"
    )

    __table_args__ = (Index(None, "state", "due_at"),)


class CallBackAttempt(Base):
    """One try to reach the taxpayer, with the call that it was (None: made without our telephones)."""

    __tablename__ = "callback_attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    callback_id: Mapped[int] = mapped_column(ForeignKey("callback.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    person_name: Mapped[str] = mapped_column(String(200), default="")
    call_id: Mapped[str | None] = mapped_column(ForeignKey("call.call_id"))
    reached: Mapped[bool] = mapped_column(default=False)


class UpdateTask(Base):
    """A SIKP update that a team leader found necessary. ``state`` moves by :data:`crm.tasks.MOVES`."""

    __tablename__ = "update_task"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(16), index=True)
    version: Mapped[int] = mapped_column(default=1)
    question: Mapped[str] = mapped_column(Text)  # as they stood at the decision
    answer: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(String(200), default="")
    taken_at: Mapped[datetime | None]
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    taken_by: Mapped[str] = mapped_column(String(200), default="")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(200), default="")
    article_id: Mapped[str] = mapped_column(String(120), default="")
    article_version: Mapped[int | None]
    reason: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (UniqueConstraint("case_id"),)


class AgentState(Base):
    """A change of what an agent is doing; it lasts until the next one of the same person."""

    __tablename__ = "agent_state"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(32), default="")
    call_id: Mapped[str] = mapped_column(String(32), default="")

    __table_args__ = (Index(None, "person_id", "at"),)


class RequestKey(Base):
    """A change that was made, by the key that the page gave it; a repeat of the same request does nothing more."""

    __tablename__ = "request_key"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(index=True)
    result: Mapped[int | None]  # key of what was made

# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of running the office: what it has set for itself, and its first set-up.

Imported by :mod:`crm.models`, which is the entry to all tables.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from crm.base import Base


class OfficeSetting(Base):
    """A value that the office gave one of :data:`crm.office.RULES`; the newest of a name is in force, the others are
    its history. An empty value goes back to the default."""

    __tablename__ = "office_setting"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    value: Mapped[str] = mapped_column(Text)  # JSON; empty: the default again
    at: Mapped[datetime]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    person_name: Mapped[str] = mapped_column(String(200), default="")  # as it was then

    __table_args__ = (Index(None, "name", "id"),)


class SetUp(Base):
    """How far the first set-up is; one row, made when an empty office is offered its set-up address.

    ``token_hash`` is of the one-time address, empty once the first administrator exists.
    """

    __tablename__ = "set_up"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    token_hash: Mapped[str] = mapped_column(String(64))
    step: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]

# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that the office has set for itself, as rows: read and written within a unit of work."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.models import OfficeSetting
from crm.views import PersonView


def newest(session: Session) -> dict[str, OfficeSetting]:
    """Return the row in force of every setting that was ever set."""
    ids = select(func.max(OfficeSetting.id)).group_by(OfficeSetting.name)
    return {row.name: row for row in session.scalars(select(OfficeSetting).where(OfficeSetting.id.in_(ids)))}


def in_force(session: Session, name: str, default: Any) -> Any:
    """Return the value of one setting; ``default`` while the office has set none."""
    rows = select(OfficeSetting).where(OfficeSetting.name == name).order_by(OfficeSetting.id.desc())
    row = session.scalar(rows.limit(1))
    return json.loads(row.value) if row is not None and row.value else default


def put(session: Session, name: str, value: Any, *, person: PersonView | None, now: datetime) -> OfficeSetting:
    """Add a value (None: the default again); it is in force from then on."""
    row = OfficeSetting(
        name=name,
        value="" if value is None else json.dumps(value, ensure_ascii=False),
        at=now,
        person_id=person.id if person else None,
        person_name=person.name if person else "",
    )
    session.add(row)
    session.flush()
    return row

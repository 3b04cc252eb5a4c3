# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks to update SIKP (step 5a): opened by the team leader's decision, taken by quality staff, published or declined.

The article itself is published elsewhere; the task keeps which version came of it, or why none did.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from crm import audit
from crm.audit import Fact
from crm.errors import NotAllowedError, NotFoundError, ProcedureError
from crm.fields import check_text, field_label
from crm.guards import enter_request, refuse_stale
from crm.models import Case, UpdateTask
from crm.procedure import Role, role_label
from crm.views import PersonView
from pipeline.catalog import text
from pipeline.database import Database

TaskState = Literal["open", "taken", "published", "declined"]
TASK_STATES: tuple[TaskState, ...] = ("open", "taken", "published", "declined")
TASK_ROLES: frozenset[Role] = frozenset({"quality_staff"})


@dataclass(frozen=True)
class TaskMove:
    """One row of a task's life; ``requires`` names what must be given."""

    action: Literal["take", "give_back", "publish", "decline"]
    from_state: TaskState
    to_state: TaskState
    requires: tuple[str, ...] = ()


MOVES: tuple[TaskMove, ...] = (
    TaskMove("take", "open", "taken"),
    TaskMove("give_back", "taken", "open"),
    TaskMove("publish", "taken", "published", ("article_id", "article_version")),
    TaskMove("decline", "taken", "declined", ("reason",)),
)


@dataclass(frozen=True)
class TaskView:
    """One task; question and answer as they stood when the team leader decided."""

    id: int
    case_id: int
    case_number: str
    call_id: str
    state: str
    version: int
    question: str
    answer: str
    topic: str
    opened_at: datetime
    opened_by: str
    taken_at: datetime | None
    taken_by_id: int | None
    taken_by: str
    decided_at: datetime | None
    decided_by: str
    article_id: str
    article_version: int | None
    reason: str

    def age_s(self, now: datetime) -> float:
        """Return how long the task has waited; stands still once decided."""
        return max(((self.decided_at or now) - self.opened_at).total_seconds(), 0.0)


def list_tasks(
    database: Database, states: Collection[str] = ("open", "taken"), *, limit: int = 100, newest_first: bool = False
) -> list[TaskView]:
    """Return tasks in these states, oldest first unless ``newest_first`` (then by when they were decided)."""
    order = (UpdateTask.opened_at, UpdateTask.id)
    latest = (UpdateTask.decided_at.desc(), UpdateTask.id.desc())
    query = _query().where(UpdateTask.state.in_(tuple(states))).order_by(*(latest if newest_first else order))
    with database.read() as session:
        return [_view(row, case) for row, case in session.execute(query.limit(limit)).all()]


def find_task(database: Database, task_id: int) -> TaskView:
    """Return a task; raises NotFoundError."""
    with database.read() as session:
        return _view(*_row(session, task_id, lock=False))


def task_of_case(database: Database, case_id: int) -> TaskView | None:
    """Return the task that a case led to, if it did."""
    with database.read() as session:
        found = session.execute(_query().where(UpdateTask.case_id == case_id)).first()
        return _view(found[0], found[1]) if found else None


def move_task(
    database: Database,
    task_id: int,
    version: int,
    action: str,
    *,
    person: PersonView,
    now: datetime,
    article_id: str = "",
    article_version: int | None = None,
    reason: str = "",
    request_key: str = "",
) -> TaskView:
    """Take a task, give it back, or decide it; one that a colleague has taken is the colleague's.

    Parameters:
        action: ``take``, ``give_back``, ``publish`` (with the article version that came of it) or ``decline``
            (with a reason).

    Raises:
        NotFoundError: no such task.
        NotAllowedError: not quality staff, or a colleague has taken it.
        ConflictError: ``version`` is not the stored one; ``yours`` and ``theirs`` hold both contents.
        ProcedureError: the task's life knows no such action now, or something is missing.
        FieldError, RequestReusedError: a text is too long; the key was used for something else.
    """
    given: dict[str, Any] = {
        "article_id": check_text("article_id", article_id, most=120),
        "article_version": article_version,
        "reason": check_text("reason", reason, most=4000),
    }
    if not TASK_ROLES & person.roles:
        raise NotAllowedError(
            text("crm.move_not_yours", step="5a", roles=", ".join(map(role_label, TASK_ROLES))),
            remedy=text("crm.move_not_yours_remedy"),
        )
    with database.write() as session:
        _, repeated = enter_request(session, request_key, ("task", task_id, action, given), person=person, now=now)
        row, case = _row(session, task_id, lock=True)
        if repeated:
            return _view(row, case)
        refuse_stale("task", row.version, version, given, {name: getattr(row, name) for name in given})
        move = _check(row, action, given, person)
        _enter(row, move, given, person, now)
        detail = {"case": case.number, "action": move.action, "state": row.state}
        fact = Fact("task_moved", ("update_task", str(row.id)), person=person.username, detail=detail)
        audit.add(session, fact, now=now)
        session.commit()
        return _view(row, case)


def _check(row: UpdateTask, action: str, given: dict[str, Any], person: PersonView) -> TaskMove:
    move = next((item for item in MOVES if (item.action, item.from_state) == (action, row.state)), None)
    if move is None:
        raise ProcedureError(
            text("crm.task_no_way", state=text(f"crm.task_{row.state}")), remedy=text("crm.callback_remedy")
        )
    if row.taken_by_id not in (None, person.id):
        raise NotAllowedError(
            text("crm.task_not_yours", name=row.taken_by), remedy=text("crm.task_not_yours_remedy", name=row.taken_by)
        )
    missing = tuple(name for name in move.requires if given[name] in (None, ""))
    if missing:
        raise ProcedureError(
            text("crm.task_missing", fields=", ".join(map(field_label, missing))),
            remedy=text("crm.fields_missing_remedy"),
            missing=missing,
        )
    return move


def _enter(row: UpdateTask, move: TaskMove, given: dict[str, Any], person: PersonView, now: datetime) -> None:
    row.state, row.version = move.to_state, row.version + 1
    for name in move.requires:
        setattr(row, name, given[name])
    if move.action == "take":
        row.taken_at, row.taken_by_id, row.taken_by = now, person.id, person.name
    elif move.action == "give_back":
        row.taken_at, row.taken_by_id, row.taken_by = None, None, ""
    else:
        row.decided_at, row.decided_by = now, person.name


def _query() -> Select[UpdateTask, Case]:
    return select(UpdateTask, Case).join(Case, Case.id == UpdateTask.case_id)


def _row(session: Session, task_id: int, *, lock: bool) -> tuple[UpdateTask, Case]:
    query = _query().where(UpdateTask.id == task_id)
    found = session.execute(query.with_for_update(of=UpdateTask) if lock else query).first()
    if found is None:
        raise NotFoundError(text("crm.no_task"), remedy=text("crm.callback_remedy"))
    return found[0], found[1]


def _view(row: UpdateTask, case: Case) -> TaskView:
    return TaskView(
        id=row.id,
        case_id=row.case_id,
        case_number=case.number,
        call_id=case.call_id,
        state=row.state,
        version=row.version,
        question=row.question,
        answer=row.answer,
        topic=case.topic,
        opened_at=row.opened_at,
        opened_by=row.opened_by,
        taken_at=row.taken_at,
        taken_by_id=row.taken_by_id,
        taken_by=row.taken_by,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        article_id=row.article_id,
        article_version=row.article_version,
        reason=row.reason,
    )

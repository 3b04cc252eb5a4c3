# SPDX-License-Identifier: GPL-3.0-or-later
"""What hangs on a case: the calls it was spoken about in, and the article versions it was answered with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select

from crm.callrows import call_row
from crm.caserows import held_case
from crm.effects import Actor, attach_article
from crm.errors import FieldError
from crm.fields import check_fields, field_label
from crm.models import Call, Case, CaseArticle, CaseCall
from crm.procedure import KEEPERS
from crm.views import CaseView, PersonView, case_view
from pipeline.catalog import text
from pipeline.database import Database


@dataclass(frozen=True)
class LinkedCall:
    """A call of a case. ``part``: ``question`` (it was asked there), ``callback``, ``repeat``."""

    call_id: str
    part: str
    offered_at: datetime
    agent_name: str
    recording_gap: bool | None
    sealed: bool


@dataclass(frozen=True)
class AttachedArticle:
    """An article version that a case was answered with."""

    article_id: str
    article_version: int
    attached_at: datetime
    person: str


def link_call(
    database: Database,
    case_id: int,
    call_id: str,
    *,
    part: Literal["callback", "repeat"],
    person: PersonView | None,
    now: datetime,
) -> list[LinkedCall]:
    """Link a further call to a case (the taxpayer calls again about it); once more changes nothing.

    Raises:
        NotFoundError, NotAllowedError: no such case, or not this person's.
    """
    with database.write() as session:
        held_case(session, case_id, person)
        call_row(session, call_id, now)
        if session.get(CaseCall, (case_id, call_id)) is None:
            session.add(CaseCall(case_id=case_id, call_id=call_id, part=part, linked_at=now))
        session.commit()
    return calls_of_case(database, case_id)


def calls_of_case(database: Database, case_id: int) -> list[LinkedCall]:
    """Return all calls of a case, oldest first."""
    query = select(CaseCall, Call).join(Call, Call.call_id == CaseCall.call_id).where(CaseCall.case_id == case_id)
    with database.read() as session:
        rows = session.execute(query.order_by(Call.offered_at, Call.call_id)).all()
        return [
            LinkedCall(
                call_id=call.call_id,
                part=link.part,
                offered_at=call.offered_at,
                agent_name=call.agent.name if call.agent else "",
                recording_gap=call.recording_gap,
                sealed=call.sealed_at is not None,
            )
            for link, call in rows
        ]


def cases_in_call(database: Database, call_id: str) -> list[CaseView]:
    """Return all cases spoken about in a call: asked there, called back or asked again."""
    query = select(Case).join(CaseCall, CaseCall.case_id == Case.id).where(CaseCall.call_id == call_id)
    with database.read() as session:
        return [case_view(case) for case in session.scalars(query.order_by(Case.id))]


def attach(
    database: Database, case_id: int, article_id: str, article_version: int, *, person: PersonView, now: datetime
) -> list[AttachedArticle]:
    """Attach a further article version to a case (the chosen one is attached by the step); nothing is taken off again.

    Raises:
        NotFoundError, NotAllowedError: no such case, or not this person's.
        FieldError: no article id, or no version.
    """
    checked = check_fields({"article_id": article_id, "article_version": article_version})
    if not checked["article_id"] or not article_version:
        raise FieldError(
            text("crm.field_wrong", field=field_label("article_id")), remedy=text("crm.field_wrong_remedy")
        )
    with database.write() as session:
        case = held_case(session, case_id, person)
        held_case(session, case_id, person, KEEPERS[case.state])
        attach_article(session, case_id, str(checked["article_id"]), article_version, Actor(person, now))
        session.commit()
    return articles_of_case(database, case_id)


def articles_of_case(database: Database, case_id: int) -> list[AttachedArticle]:
    """Return the article versions of a case, in the order in which they were attached."""
    query = select(CaseArticle).where(CaseArticle.case_id == case_id)
    with database.read() as session:
        rows = session.scalars(query.order_by(CaseArticle.attached_at, CaseArticle.article_id))
        return [AttachedArticle(row.article_id, row.article_version, row.attached_at, row.person_name) for row in rows]


def cases_with_article(database: Database, article_id: str, article_version: int | None = None) -> list[CaseView]:
    """Return the cases that an article (or one version of it) was used in, newest first."""
    query = select(Case).join(CaseArticle, CaseArticle.case_id == Case.id).where(CaseArticle.article_id == article_id)
    if article_version is not None:
        query = query.where(CaseArticle.article_version == article_version)
    with database.read() as session:
        rows = session.scalars(query.distinct().order_by(Case.id.desc()).limit(200))
        return [case_view(case) for case in rows]

# SPDX-License-Identifier: GPL-3.0-or-later
"""What else a step brings about, in the same transaction: the escalation's entry, a planned call-back, a task to update
SIKP, the attachment of the article version that was used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.models import CallBack, Case, CaseArticle, Escalation, UpdateTask
from crm.procedure import ESCALATED, Move, State
from crm.views import OPEN_CALLBACKS, PersonView


@dataclass(frozen=True)
class Actor:
    """Who does something, and when; ``person`` None: the system."""

    person: PersonView | None
    now: datetime

    @property
    def by(self) -> str:
        """The person's name; empty for the system."""
        return self.person.name if self.person else ""

    @property
    def by_id(self) -> int | None:
        """The person's key; None for the system."""
        return self.person.id if self.person else None


@dataclass(frozen=True)
class Step(Actor):
    """A step being taken: by whom, when, which row of the procedure."""

    session: Session
    case: Case
    move: Move


def bring_about(step: Step) -> None:
    """Do what the state reached by a step asks for."""
    for effect in EFFECTS.get(step.move.to_state, ()):
        effect(step)


def attach_article(session: Session, case_id: int, article_id: str, version: int, actor: Actor) -> None:
    """Attach an article version to a case; once more changes nothing."""
    if session.get(CaseArticle, (case_id, article_id, version)) is None:
        session.add(
            CaseArticle(
                case_id=case_id,
                article_id=article_id,
                article_version=version,
                attached_at=actor.now,
                person_id=actor.by_id,
                person_name=actor.by,
            )
        )


def _attach(step: Step) -> None:
    case = step.case
    if case.article_id and case.article_version is not None:
        attach_article(step.session, case.id, case.article_id, case.article_version, step)


def _enter_queue(step: Step) -> None:
    if step.move.from_state in ESCALATED and step.case.escalation is not None:  # given back: its age goes on
        step.case.escalation.taken_at = step.case.escalation.taken_by_id = None
        step.case.escalation.taken_by = ""
        return
    step.case.escalation = Escalation(
        reason="interpretation" if step.case.kind == "interpretation" else "no_answer",
        escalated_at=step.now,
        escalated_by=step.by,
    )


def _take(step: Step) -> None:
    if step.case.escalation is not None:
        step.case.escalation.taken_at = step.now
        step.case.escalation.taken_by_id, step.case.escalation.taken_by = step.by_id, step.by


def _plan_call_back(step: Step) -> None:
    if not any(item.state in OPEN_CALLBACKS for item in step.case.callbacks):
        step.case.callbacks.append(
            CallBack(
                state="planned",
                version=1,
                phone=step.case.call.caller_number,
                due_at=step.now,
                planned_at=step.now,
                planned_by=step.by,
            )
        )


def _resolve(step: Step) -> None:
    if step.case.escalation is not None:
        step.case.escalation.resolved_at = step.now


def _ask_for_update(step: Step) -> None:
    case = step.case
    known = select(UpdateTask.id).where(UpdateTask.case_id == case.id)
    if case.sikp_update == "needed" and step.session.scalar(known) is None:
        step.session.add(
            UpdateTask(
                case_id=case.id,
                state="open",
                version=1,
                question=case.question,
                answer=case.answer,
                opened_at=step.now,
                opened_by=step.by,
            )
        )


EFFECTS: Mapping[State, tuple[Callable[[Step], None], ...]] = {
    "answered": (_attach, _ask_for_update),
    "documented": (_attach,),
    "escalated": (_enter_queue,),
    "handling": (_take,),
    "calling_back": (_plan_call_back,),
    "resolved": (_attach, _resolve, _ask_for_update),
}

# SPDX-License-Identifier: GPL-3.0-or-later
"""Publications, retirements and discarded drafts in the audit trail, in the transaction that makes them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from crm import audit
from crm.audit import Action, Fact
from pipeline.clock import Clock
from retrieval.dbstore import Change, Witness

ACTIONS: dict[str, Action] = {
    "published": "article_published",
    "retired": "article_retired",
    "draft_discarded": "article_draft_discarded",
}


def audited(clock: Clock) -> Witness:
    """Return a witness that writes each change of the articles into the trail; who acts is known to it already."""

    def note(session: Session, change: Change) -> None:
        detail: dict[str, str | int | bool | None] = {}
        if change.version:
            detail["version"] = change.version
        if change.note:
            detail["note"] = change.note
        fact = Fact(ACTIONS[change.kind], ("article", change.article_id), detail=detail or None)
        audit.add(session, fact, now=clock.now())

    return note

# SPDX-License-Identifier: GPL-3.0-or-later
"""All questions without an answer in SIKP: those of the suggestions, and those that a team leader was asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from crm.queues import Consulted, consulted
from desk.masking import mask_text
from pipeline.database import Database
from retrieval.answered import still_open
from retrieval.feedback import FeedbackIndex
from retrieval.normalize import content_stems
from retrieval.unanswered import Unanswered, unanswered

SAME_QUESTION = 0.5  # of the shorter one's telling words


def unanswered_questions(database: Database, *, since: datetime | None = None) -> list[Unanswered]:
    """Return the questions that no article answers yet, oldest first (blocks)."""
    found = unanswered(FeedbackIndex(database).facts(since=since))
    return still_open(database, with_consulted(found, consulted(database, since=since)))


def case_key(case_id: int) -> str:
    """Return the key of a case's question."""
    return f"case/{case_id}"


def with_consulted(questions: Sequence[Unanswered], asked: Sequence[Consulted]) -> list[Unanswered]:
    """Return ``questions`` and what was asked of a team leader; the same question of one call is one question."""
    merged = list(questions)
    for one in asked:
        if not one.question.strip():
            continue
        place = next((number for number, other in enumerate(merged) if _same(one, other)), None)
        if place is None:
            query, key = mask_text(one.question), case_key(one.case_id)
            merged.append(Unanswered(one.call_id, one.at, query, ("consulted",), (key,)))
        else:
            other = merged[place]
            keys = (*other.keys, case_key(one.case_id))
            merged[place] = replace(other, reasons=(*other.reasons, "consulted"), keys=keys)
    return sorted(merged, key=lambda item: item.at)


def _same(one: Consulted, other: Unanswered) -> bool:
    if one.call_id != other.call_id or "consulted" in other.reasons:
        return False
    left, right = set(content_stems(one.question)), set(content_stems(other.query))
    least = min(len(left), len(right))
    return least > 0 and len(left & right) >= SAME_QUESTION * least

# SPDX-License-Identifier: GPL-3.0-or-later
"""A call's row within a transaction: finding or making it, and what each event enters into it.

Each event sets only its own columns, so that order and repeats do not matter.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from crm.extensions import agent_of
from crm.fields import clean_text
from crm.models import Call
from pipeline.events import BundleSealed, CallAnswered, CallEnded, CallEvent, CallOffered, RecordingClosed


def call_row(session: Session, call_id: str, at: datetime, *, lock: bool = False) -> Call:
    """Return a call's row within a session, making it when it is not there; ``at`` stands in until it is offered."""
    row = session.get(Call, call_id, with_for_update={"of": Call} if lock else None)
    if row is None:
        row = Call(call_id=call_id, offered_at=at)
        session.add(row)
        session.flush()
    return row


def _offered(session: Session, row: Call, item: CallOffered) -> None:
    row.extension, row.offered_at, row.direction = item.extension, item.at, item.direction
    row.caller_number = clean_text(item.caller_number)[:64]
    row.caller_name = clean_text(item.caller_name)[:200]
    _ring_of_abandoned(row)


def _answered(session: Session, row: Call, item: CallAnswered) -> None:
    row.extension, row.answered_at, row.ring_ms = item.extension, item.at, item.ring_ms
    if row.agent_id is None:  # who held the extension then; a later re-assignment changes no history
        agent = agent_of(session, item.extension)
        row.agent_id = agent.id if agent else None


def _ended(session: Session, row: Call, item: CallEnded) -> None:
    row.ended_at, row.end_reason, row.talk_ms = item.at, item.reason, item.talk_ms
    _ring_of_abandoned(row)


def _recording_closed(session: Session, row: Call, item: RecordingClosed) -> None:
    row.recording_gap = item.gap


def _sealed(session: Session, row: Call, item: BundleSealed) -> None:
    row.bundle, row.manifest_sha256 = item.bundle, item.manifest_sha256
    row.bundle_complete, row.sealed_at = item.complete, item.at


def _ring_of_abandoned(row: Call) -> None:
    if row.answered_at is None and row.ended_at is not None:
        row.ring_ms = max(0, round((row.ended_at - row.offered_at).total_seconds() * 1000))


HANDLERS: dict[type[CallEvent], Callable[[Session, Call, Any], None]] = {
    CallOffered: _offered,
    CallAnswered: _answered,
    CallEnded: _ended,
    RecordingClosed: _recording_closed,
    BundleSealed: _sealed,
}

# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases between the database, the call folder and the pages.

Every change goes the same way: one database transaction, one line in ``case.jsonl``, then the news. A lock keeps the
lines in the order of the transactions. All of it blocks and runs in threads; the news goes back to the event loop.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import structlog

from crm import attachments, cases, people
from crm.changes import CaseChange
from crm.clock import CaseLimits
from crm.views import CaseView, PersonView
from desk.journals import StreamJournal
from pipeline.clock import Clock
from pipeline.database import Database
from pipeline.events import CallEvent, CaseNoted, CaseOpened, CaseTransitioned

log = structlog.get_logger("desk.casework")
Json = dict[str, Any]
# (call id, case for the pages, stored event or None): called in the thread of the change.
OnChange = Callable[[str, Json, CallEvent | None], None]


class Casework:
    """Opens, saves and moves cases. Thread-safe.

    Parameters:
        offset_ms: tells where in the recording of a call a moment lies; None when it is not known.
    """

    def __init__(
        self,
        database: Database,
        journal: StreamJournal,
        clock: Clock,
        limits: Callable[[], CaseLimits],
        *,
        language: str,
        on_change: OnChange = lambda call_id, case, event: None,
        offset_ms: Callable[[str, datetime], int | None] = lambda call_id, at: None,
    ) -> None:
        self._db, self._journal, self._clock, self._limits = database, journal, clock, limits
        self._language, self.on_change, self.offset_ms = language, on_change, offset_ms
        self._lock = threading.Lock()

    def open_for(self, call_id: str, extension: str, answered_at: datetime) -> CaseView:
        """Open the call's first case for the person at the extension; an existing one is returned as it is.

        The clock runs from the moment the agent received the question: the answer of the call.
        """
        person = people.person_of_extension(self._db, extension)
        with self._lock:
            change = cases.open_case(self._db, call_id, person=person, now=answered_at, limits=self._limits())
            return self._tell(change)

    def save(
        self,
        case_id: int,
        version: int,
        fields: Mapping[str, object],
        person: PersonView,
        *,
        request_key: str = "",
        sources: Mapping[str, object] | None = None,
    ) -> CaseView:
        """Save fields without a step; raises CrmError (conflict, field, not allowed)."""
        with self._lock:
            change = cases.save_fields(
                self._db, case_id, version, fields, person=person, now=self._clock.now(), request_key=request_key,
                sources=sources,
            )  # fmt: skip
            return self._tell(change)

    def move(
        self,
        case_id: int,
        version: int,
        to: str,
        fields: Mapping[str, object],
        person: PersonView,
        *,
        request_key: str = "",
        sources: Mapping[str, object] | None = None,
        remark: str | None = None,
    ) -> CaseView:
        """Take a step of the procedure, with a ``remark`` for the escalation.

        Raises:
            CrmError: procedure, conflict, field, not allowed.
        """
        with self._lock:
            change = cases.transition(
                self._db, case_id, version, to, fields, person=person, now=self._clock.now(), request_key=request_key,
                sources=sources, remark=remark,
            )  # fmt: skip
            return self._tell(change)

    def close_archived(self, call_id: str) -> None:
        """Steps 7 and 8: the bundle is in the archive, so documented cases are closed by the system."""
        with self._lock:
            for change in cases.close_archived(self._db, call_id, now=self._clock.now()):
                self._tell(change)

    def open_next(self, call_id: str, person: PersonView, *, request_key: str = "") -> CaseView:
        """Open a case for a further question of the call, with a clock of its own."""
        with self._lock:
            change = cases.open_next_case(
                self._db, call_id, person=person, now=self._clock.now(), limits=self._limits(), request_key=request_key
            )
            return self._tell(change)

    def cases_in(self, call_id: str) -> list[CaseView]:
        """Return all cases spoken about in a call, oldest first: asked there, or called back about."""
        return attachments.cases_in_call(self._db, call_id)

    def case_of(self, call_id: str) -> CaseView | None:
        """Return the call's newest case, if it has one."""
        found = cases.cases_of_call(self._db, call_id)
        return found[-1] if found else None

    def wire_for_agent(self, case: CaseView) -> Json:
        """Return a case as its own agent sees it: ``next`` offers what that person may do."""
        agent = people.find_person(self._db, case.agent_username) if case.agent_username else None
        return case_wire(case, agent, self._language)

    def repair_journal(self, call_id: str, read: Callable[[], Iterable[CallEvent]]) -> None:
        """Add what the database knows of a call's case and its case.jsonl lacks.

        A hub that was killed between the transaction and the line leaves such a hole; so does a full disk. People work
        on while journals are repaired: the journal is read when no line can come in between.

        Parameters:
            read: reads the call's case.jsonl.
        """
        with self._lock:
            history = list(read())
            for case in cases.cases_of_call(self._db, call_id):
                for event in missing_lines(case, history, self._clock.now()):
                    log.warning("case journal repaired", call_id=call_id, event_name=event.name)
                    self._publish(case, event)

    def _tell(self, change: CaseChange) -> CaseView:
        self._publish(change.case, change.event)
        return change.case

    def _publish(self, case: CaseView, event: CallEvent | None) -> None:
        stored = event
        if event is not None:
            offset_ms = self.offset_ms(case.call_id, event.at)
            stored = self._journal.append(event.model_copy(update={"offset_ms": offset_ms}), sync=True)
        self.on_change(case.call_id, self.wire_for_agent(case), stored)


def case_wire(case: CaseView, viewer: PersonView | None, language: str) -> Json:
    """Return a case in the contract's form: ids as text, an article that is not chosen as null."""
    wire = case.wire(viewer=viewer, language=language)
    return {**wire, "case_id": str(case.id), "article_id": wire["article_id"] or None}


def missing_lines(case: CaseView, history: list[CallEvent], now: datetime) -> list[CallEvent]:
    """Return the events that a case's journal should hold by the database and does not, in order.

    The database keeps each step but only the last value of each field: what cannot be told to belong to one lost step
    comes in a note at the end, made ``now`` and by nobody.
    """
    lacking: list[CallEvent] = []
    if not any(isinstance(item, CaseOpened) and item.case_number == case.number for item in history):
        lacking.append(
            CaseOpened(
                at=case.opened_at,
                call_id=case.call_id,
                case_number=case.number,
                agent=case.agent_username,
                deadline_at=case.deadline_at,
            )
        )
    changes = [
        item for item in history if isinstance(item, CaseTransitioned | CaseNoted) and item.case_number == case.number
    ]
    steps, fields = _missing_steps(case, changes), _missing_fields(case, changes)
    lost = case.version - 1 - len(changes)  # every change raises the version by one
    if fields and len(steps) == lost == 1:
        steps, fields = [steps[0].model_copy(update={"fields": fields})], {}
    if fields:
        note = CaseNoted(at=now, call_id=case.call_id, case_number=case.number, person="", fields=fields)
        return [*lacking, *steps, note]
    return [*lacking, *steps]


def _missing_steps(case: CaseView, changes: list[CaseTransitioned | CaseNoted]) -> list[CaseTransitioned]:
    written = Counter((item.from_state, item.to_state) for item in changes if isinstance(item, CaseTransitioned))
    steps = []
    for entry in case.timeline:
        written[entry.from_state, entry.to_state] -= 1
        if entry.from_state and written[entry.from_state, entry.to_state] < 0:
            steps.append(
                CaseTransitioned(
                    at=entry.at,
                    call_id=case.call_id,
                    case_number=case.number,
                    from_state=entry.from_state,
                    to_state=entry.to_state,
                    step=entry.step,
                    person=entry.person,
                )
            )
    return steps


def _missing_fields(case: CaseView, changes: list[CaseTransitioned | CaseNoted]) -> Json:
    """Return the fields whose value is not what the journal says; one that was never written is empty."""
    written: Json = {}
    for item in changes:
        written |= item.fields
    return {name: value for name, value in case.fields.items() if (value or None) != (written.get(name) or None)}

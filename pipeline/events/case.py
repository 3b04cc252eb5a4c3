# SPDX-License-Identifier: GPL-3.0-or-later
"""What the CRM decided (``case.jsonl``): written by the hub."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from pipeline.events.base import CallEvent, event


@event
class CaseOpened(CallEvent):
    """Step 1: the question was received; the 15-minute clock runs from ``at``."""

    name = "case.opened"
    stream = "case"
    case_number: str
    agent: str
    deadline_at: datetime


@event
class CaseTransitioned(CallEvent):
    """A person (or the system) moved the case along the procedure LIP20-0015."""

    name = "case.transitioned"
    stream = "case"
    case_number: str
    from_state: str
    to_state: str
    step: str
    person: str
    fields: dict[str, Any] = Field(default_factory=dict)


@event
class CaseNoted(CallEvent):
    """Fields of the case were saved without a transition."""

    name = "case.noted"
    stream = "case"
    case_number: str
    person: str
    fields: dict[str, Any] = Field(default_factory=dict)

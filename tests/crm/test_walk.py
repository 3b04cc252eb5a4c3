# SPDX-License-Identifier: GPL-3.0-or-later
"""Hypothesis walks cases at random and compares each answer with the procedure's table."""

from __future__ import annotations

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crm import cases
from crm.clock import CaseLimits
from crm.database import open_database
from crm.errors import ConflictError, FieldError, NotAllowedError, ProcedureError
from crm.people import create_person
from crm.procedure import EDITABLE, MOVES, STATES
from pipeline.clock import ManualClock
from pipeline.database import Database
from tests.crm.office import CALL, CHEAP_HASHER, PASSWORD

pytestmark = pytest.mark.unit

PEOPLE = {"sari": ["agent"], "bima": ["agent"], "wulan": ["team_leader"], "citra": ["supervisor"]}
VALUES = {
    "question": st.sampled_from(["", "q1", "q2"]),
    "kind": st.sampled_from(["", "interpretation", "information"]),
    "answer": st.sampled_from(["", "a1", "a2"]),
    "article_id": st.sampled_from(["", "art-1"]),
    "sikp_update": st.sampled_from(["", "needed", "not_needed"]),
    "npwp_checked": st.booleans(),
}
fields = st.fixed_dictionaries({}, optional=VALUES)


class CaseWalk(RuleBasedStateMachine):
    """One case, four people, any order of saving and moving; ``self.expected`` is what it must look like."""

    @initialize()
    def begin(self):
        self.folder = Path(tempfile.mkdtemp(prefix="kring-walk-"))
        self.db: Database = open_database(f"sqlite:///{self.folder / 'kring.db'}")
        self.clock = ManualClock()
        self.people = {
            name: create_person(
                self.db, username=name, name=name, password=PASSWORD, roles=roles, now=self.clock.now(),
                hasher=CHEAP_HASHER,
            )
            for name, roles in PEOPLE.items()
        }  # fmt: skip
        opened = cases.open_case(
            self.db, CALL, person=self.people["sari"], now=self.clock.now(), limits=CaseLimits()
        ).case
        self.case_id, self.state, self.version = opened.id, opened.state, 1
        self.expected = dict(opened.fields)
        self.path = ["1"]

    def teardown(self):
        if hasattr(self, "db"):
            self.db.close()
            shutil.rmtree(self.folder)

    def may_touch(self, who):
        return who in ("sari", "wulan")

    def changes(self, given):
        return {name: value for name, value in given.items() if value != self.expected[name]}

    @rule(given=fields, who=st.sampled_from(sorted(PEOPLE)), stale=st.booleans())
    def save(self, given, who, stale):
        self.clock.advance(1)
        changes = self.changes(given)
        version = self.version - stale
        try:
            change = cases.save_fields(
                self.db, self.case_id, version, given, person=self.people[who], now=self.clock.now()
            )
        except NotAllowedError:
            assert not self.may_touch(who)
        except ConflictError:
            assert stale
        except FieldError:
            assert not set(changes) <= EDITABLE[self.state]
        else:
            assert self.may_touch(who) and not stale and set(changes) <= EDITABLE[self.state]
            assert (change.event.fields if change.event else {}) == changes
            self.expected |= changes
            self.version += bool(changes)

    @rule(
        to=st.sampled_from(STATES), given=fields, who=st.sampled_from([*sorted(PEOPLE), "system"]), stale=st.booleans()
    )
    def move_anywhere(self, to, given, who, stale):
        self.move(to, given, who, stale)

    @rule(given=fields, who=st.sampled_from(["sari", "wulan"]), choice=st.integers(0, 3))
    def move_along(self, given, who, choice):
        ways = [move for move in MOVES if move.from_state == self.state]
        if ways:
            self.move(ways[choice % len(ways)].to_state, given, who, False)

    def move(self, to, given, who, stale):
        self.clock.advance(1)
        person = self.people.get(who)
        changes = self.changes(given)
        after = {**self.expected, **changes}
        row = next((move for move in MOVES if (move.from_state, move.to_state) == (self.state, to)), None)
        roles = set(PEOPLE.get(who, ["system"]))
        possible = (
            row is not None
            and not stale
            and bool(row.roles & roles)
            and (self.may_touch(who) or who == "system")
            and set(changes) <= EDITABLE[self.state]
            and all(after[name] for name in row.requires)
            and all(after[name] == wanted for name, wanted in row.when.items())
        )
        try:
            change = cases.transition(
                self.db, self.case_id, self.version - stale, to, given, person=person, now=self.clock.now()
            )
        except (NotAllowedError, ConflictError, FieldError, ProcedureError) as error:
            assert not possible, error
            assert error.message and error.remedy
        else:
            assert possible and change.event.step == row.step
            self.expected, self.state, self.version = after, to, self.version + 1
            self.path.append(row.step)

    @invariant()
    def stored_as_expected(self):
        if not hasattr(self, "db"):
            return
        stored = cases.find_case(self.db, self.case_id)
        assert (stored.state, stored.version, stored.fields) == (self.state, self.version, self.expected)
        assert [entry.step for entry in stored.timeline] == self.path
        for before, entry in zip(stored.timeline, stored.timeline[1:], strict=False):
            assert before.to_state == entry.from_state
            assert before.at < entry.at
        offered = {item["to"] for item in stored.wire()["next"]}
        assert offered <= {move.to_state for move in MOVES if move.from_state == self.state}
        assert stored.clock(self.clock.now() + timedelta(days=1)).stopped == (
            self.state in ("documented", "escalated", "closed")
        )


TestCaseWalk = CaseWalk.TestCase
TestCaseWalk.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)

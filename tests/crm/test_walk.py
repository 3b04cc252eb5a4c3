# SPDX-License-Identifier: GPL-3.0-or-later
"""Hypothesis walks a case at random, with people of every role, and compares each answer with the declared tables."""

from __future__ import annotations

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from crm import attachments, callbacks, cases, queues, tasks
from crm.clock import CaseLimits
from crm.database import open_database
from crm.errors import ConflictError, FieldError, NotAllowedError, ProcedureError
from crm.people import create_person
from crm.procedure import CALLED_BACK, CLOCK_STOPS, EDITABLE, ESCALATED, KEEPERS, MOVES, RESERVED, STATES
from pipeline.clock import ManualClock
from pipeline.database import Database
from tests.crm.office import CALL, CHEAP_HASHER, PASSWORD
from tests.postgresql import Server

pytestmark = pytest.mark.unit

PEOPLE = {
    "sari": {"agent"},
    "bima": {"agent"},
    "wulan": {"team_leader"},
    "eka": {"escalation_agent"},
    "maya": {"agent", "escalation_agent"},
    "kiki": {"quality_staff"},
    "lestari": {"quality_staff"},
    "rangga": {"quality_assessor"},
    "citra": {"supervisor"},
    "dono": {"admin"},
}
OWNER = "sari"
REFUSALS = (NotAllowedError, ConflictError, FieldError, ProcedureError)
VALUES = {
    "question": st.sampled_from(["", "q1", "q2"]),
    "kind": st.sampled_from(["", "interpretation", "information"]),
    "answer": st.sampled_from(["", "a1", "a2"]),
    "article_id": st.sampled_from(["", "art-1"]),
    "article_version": st.sampled_from([None, 1, 2]),
    "sikp_update": st.sampled_from(["", "needed", "not_needed"]),
    "no_question_reason": st.sampled_from(["", "", "dropped"]),
    "npwp_checked": st.booleans(),
}
FILLED = {
    "question": "q1", "answer": "a1", "article_id": "art-1", "article_version": 1, "no_question_reason": "dropped",
}  # fmt: skip
given_fields = st.fixed_dictionaries({}, optional=VALUES)
anybody = st.sampled_from(sorted(PEOPLE))
kinds = st.sampled_from(["interpretation", "information"])
updates = st.sampled_from(["needed", "not_needed"])

# Where a walk begins: so far the case has come in the proper way.
RECORDED = (("recorded", {"question": "q1"}, "sari"),)
SEARCHING = (*RECORDED, ("classified", {"kind": "information"}, "sari"), ("searching", {}, "sari"))
CONSULTING = (*SEARCHING, ("consulting", {}, "sari"))
ESCALATED_3A = (*RECORDED, ("classified", {"kind": "interpretation"}, "sari"), ("escalated", {}, "sari"))
HANDLING = (*CONSULTING, ("escalated", {}, "wulan"), ("handling", {}, "eka"))
STARTS = (
    (),
    RECORDED,
    SEARCHING,
    CONSULTING,
    (*SEARCHING, ("answered", {"answer": "a1", "article_id": "art-1", "article_version": 1}, "sari")),
    (*CONSULTING, ("answered", {"answer": "a1", "sikp_update": "needed"}, "wulan")),
    ESCALATED_3A,
    HANDLING,
    (*HANDLING, ("calling_back", {"answer": "a2"}, "eka")),
    (*ESCALATED_3A, ("handling", {}, "maya"), ("calling_back", {"answer": "a2"}, "maya")),
)


def empty_office() -> Path:
    """Return a folder with a database of all tables, made once."""
    if not OFFICE:
        OFFICE.append(Path(tempfile.mkdtemp(prefix="kring-office-")))
        open_database(f"sqlite:///{OFFICE[0] / 'kring.db'}").close()
    return OFFICE[0]


OFFICE: list[Path] = []


@pytest.fixture(autouse=True, scope="module")
def _clean_up():
    yield
    while OFFICE:
        shutil.rmtree(OFFICE.pop())


class CaseWalk(RuleBasedStateMachine):
    """One case, people of all roles, any order of saving and moving; what it must look like is kept beside."""

    @initialize(start=st.sampled_from(STARTS))
    def begin(self, start):
        self.open_office()
        self.clock = ManualClock()
        self.people = {
            name: create_person(
                self.db, username=name, name=name, password=PASSWORD, roles=roles, now=self.clock.now(),
                hasher=CHEAP_HASHER,
            )
            for name, roles in PEOPLE.items()
        }  # fmt: skip
        opened = cases.open_case(self.db, CALL, person=self.people[OWNER], now=self.clock.now(), limits=CaseLimits())
        self.opened_at = self.clock.now()
        self.case_id, self.state, self.version = opened.case.id, opened.case.state, 1
        self.expected = dict(opened.case.fields)
        self.path = [("1", "received", OWNER, self.opened_at)]
        self.stopped_at = None
        self.handler = None
        self.callbacks: list[str] = []  # the state of each
        self.tries = 0
        self.task = None
        self.attached: set[tuple[str, int]] = set()
        self.keys = 0
        for to, given, who in start:
            self.clock.advance(1)
            self.move(to, given, who)
            assert self.state == to

    def open_office(self):
        self.folder = Path(tempfile.mkdtemp(prefix="kring-walk-"))
        shutil.copyfile(empty_office() / "kring.db", self.folder / "kring.db")
        self.db = Database(f"sqlite:///{self.folder / 'kring.db'}")

    def close_office(self):
        shutil.rmtree(self.folder)

    def teardown(self):
        if hasattr(self, "db"):
            self.db.close()
            self.close_office()

    def acts(self, who, roles):
        mine = PEOPLE[who] & set(roles)
        return (
            bool(mine - {"agent", "escalation_agent"})
            or ("agent" in mine and who == OWNER)
            or ("escalation_agent" in mine and self.handler in (None, who))
        )

    def may_change(self, who, changes):
        if not changes:
            return True
        reserved = all(PEOPLE[who] & roles for name, roles in RESERVED.items() if name in changes)
        return set(changes) <= EDITABLE[self.state] and self.acts(who, KEEPERS[self.state]) and reserved

    def onward(self):
        return set(KEEPERS[self.state]).union(*(move.roles for move in MOVES if move.from_state == self.state))

    def changes(self, given):
        return {name: value for name, value in given.items() if value != self.expected[name]}

    def new_key(self):
        self.keys += 1
        return f"request-{self.keys:06d}"

    @rule(seconds=st.sampled_from([1, 1, 1, 30, 299, 600, 901]))
    def time_passes(self, seconds):
        self.clock.advance(seconds)

    @rule(given=given_fields, who=anybody, stale=st.sampled_from([False, False, False, True]))
    def save(self, given, who, stale):
        changes = self.changes(given)
        possible = not stale and self.acts(who, self.onward()) and self.may_change(who, changes)
        call = {"person": self.people[who], "now": self.clock.now(), "request_key": self.new_key()}
        try:
            change = cases.save_fields(self.db, self.case_id, self.version - stale, given, **call)
        except REFUSALS as error:
            assert not possible, error
            return
        assert possible
        assert (change.event.fields if change.event else {}) == changes
        self.expected |= changes
        self.version += bool(changes)
        if changes:  # pressed twice, or the answer was lost on the way: the same request does nothing more
            again = cases.save_fields(self.db, self.case_id, self.version - 1, given, **call)
            assert (again.case.version, again.event) == (self.version, None)

    @rule(to=st.sampled_from(STATES), given=given_fields, who=st.sampled_from([*sorted(PEOPLE), "system"]))
    def move_anywhere(self, to, given, who):
        self.move(to, given, who)

    @rule(to=st.sampled_from(STATES), who=anybody)
    def move_on_a_stale_page(self, to, who):
        self.move(to, {}, who, stale=True)

    @rule(who=anybody, choice=st.integers(0, 3), kind=kinds, update=updates)
    def move_along(self, who, choice, kind, update):
        self.along(who, choice, kind, update)

    @rule(choice=st.integers(0, 3), kind=kinds, update=updates)
    def move_along_properly(self, choice, kind, update):
        ways = [move for move in MOVES if move.from_state == self.state]
        if ways:
            roles = ways[choice % len(ways)].roles
            proper = (OWNER, "wulan", self.handler or "eka")
            self.along(next(name for name in proper if PEOPLE[name] & roles), choice, kind, update)

    def along(self, who, choice, kind, update):
        ways = [move for move in MOVES if move.from_state == self.state]
        if ways:
            way = ways[choice % len(ways)]
            filled = {**FILLED, "kind": kind, "sikp_update": update, **way.when}
            reserved = PEOPLE[who] & RESERVED["sikp_update"]
            given = {
                name: value for name, value in filled.items()
                if name in EDITABLE[self.state] and (name != "sikp_update" or reserved)
            }  # fmt: skip
            self.move(way.to_state, given, who)

    def move(self, to, given, who, stale=False):
        person, roles = self.people.get(who), PEOPLE.get(who, {"system"})
        changes = self.changes(given)
        after = {**self.expected, **changes}
        facts = {**after, CALLED_BACK: bool(self.callbacks) and self.callbacks[-1] in ("done", "given_up")}
        row = next((move for move in MOVES if (move.from_state, move.to_state) == (self.state, to)), None)
        possible = (
            row is not None
            and not stale
            and bool(row.roles & roles)
            and (person is None or (self.acts(who, row.roles) and self.may_change(who, changes)))
            and set(changes) <= EDITABLE[self.state]
            and all(facts[name] for name in row.requires)
            and all(after[name] == wanted for name, wanted in row.when.items())
        )
        call = {"person": person, "now": self.clock.now(), "request_key": self.new_key()}
        try:
            change = cases.transition(self.db, self.case_id, self.version - stale, to, given, **call)
        except REFUSALS as error:
            assert not possible, error
            assert error.message and error.remedy
            return
        assert possible and change.event.step == row.step
        again = cases.transition(self.db, self.case_id, self.version, to, given, **call)
        assert (again.case, again.event) == (change.case, None)
        self.moved(row, after, who)

    def moved(self, row, after, who):
        self.expected, self.state, self.version = after, row.to_state, self.version + 1
        self.path.append((row.step, row.to_state, "" if who == "system" else who, self.clock.now()))
        if row.to_state in CLOCK_STOPS and self.stopped_at is None:
            self.stopped_at = self.clock.now()
        if row.to_state == "escalated":
            self.handler = None
        elif row.to_state == "handling":
            self.handler = who
        elif row.to_state == "calling_back" and (not self.callbacks or self.callbacks[-1] in ("done", "given_up")):
            self.callbacks.append("planned")
            self.tries = 0
        if row.to_state in ("answered", "resolved") and after["sikp_update"] == "needed" and self.task is None:
            self.task = ("open", None)
        if row.to_state in ("answered", "documented", "resolved") and after["article_id"] and after["article_version"]:
            self.attached.add((after["article_id"], after["article_version"]))

    @precondition(lambda self: getattr(self, "callbacks", None))
    @rule(
        action=st.sampled_from(["attempt", "attempt", "reached", "give_up"]),
        who=st.sampled_from(["eka", "maya", "sari", "wulan"]),
    )
    def call_back(self, action, who):
        self.do_call_back(action, who)

    @precondition(lambda self: "planned" in getattr(self, "callbacks", ()) and self.state == "calling_back")
    @rule()
    def reach_the_taxpayer(self):
        for action in ("attempt", "reached"):
            self.do_call_back(action, self.handler)

    def do_call_back(self, action, who):
        newest = callbacks.callbacks_of_case(self.db, self.case_id)[-1]
        state = self.callbacks[-1]
        after = callbacks.MOVES[action].get(state)
        possible = after and self.acts(who, {"escalation_agent"}) and (action != "give_up" or self.tries >= 3)
        more = {"attempt": {"call_id": None}, "reached": {}, "give_up": {"reason": "Tidak diangkat."}}[action]
        try:
            done = getattr(callbacks, action)(
                self.db, newest.id, newest.version, person=self.people[who], now=self.clock.now(), **more
            )
        except (NotAllowedError, ProcedureError) as error:
            assert not possible, error
            return
        assert possible and done.state == after
        self.callbacks[-1] = after
        self.tries += action == "attempt"
        assert len(done.attempts) == self.tries

    @precondition(lambda self: getattr(self, "task", None))
    @rule(
        action=st.sampled_from(["take", "give_back", "publish", "decline"]),
        who=st.sampled_from(["kiki", "kiki", "lestari", "wulan"]),
    )
    def work_on_task(self, action, who):
        stored = tasks.task_of_case(self.db, self.case_id)
        row = next((move for move in tasks.MOVES if (move.action, move.from_state) == (action, self.task[0])), None)
        possible = row and "quality_staff" in PEOPLE[who] and self.task[1] in (None, who)
        try:
            done = tasks.move_task(
                self.db, stored.id, stored.version, action, person=self.people[who], now=self.clock.now(),
                article_id="art-1", article_version=3, reason="Sudah ada.",
            )  # fmt: skip
        except (NotAllowedError, ProcedureError) as error:
            assert not possible, error
            return
        assert possible and done.state == row.to_state
        self.task = (done.state, who if action != "give_back" else None)

    @invariant()
    def stored_as_expected(self):
        if not hasattr(self, "db"):
            return
        stored = cases.find_case(self.db, self.case_id)
        assert (stored.state, stored.version, stored.fields) == (self.state, self.version, self.expected)
        assert [(line.step, line.to_state, line.person, line.at) for line in stored.timeline] == self.path
        assert [line.from_state for line in stored.timeline] == ["", *(line[1] for line in self.path[:-1])]
        offered = {item["to"] for item in stored.wire()["next"]}
        assert offered <= {move.to_state for move in MOVES if move.from_state == self.state}

    @invariant()
    def clock_is_right(self):
        if not hasattr(self, "db"):
            return
        stored = cases.find_case(self.db, self.case_id)
        for now in (self.clock.now(), self.clock.now() + timedelta(days=1)):
            elapsed_s = ((self.stopped_at or now) - self.opened_at).total_seconds()
            running = "warning" if elapsed_s >= 600 else "good"
            state = "breached" if elapsed_s > 900 else "stopped" if self.stopped_at else running
            found = stored.clock(now)
            assert (found.state, found.stopped, found.remaining_s) == (
                state, self.stopped_at is not None, 900 - elapsed_s,
            )  # fmt: skip

    @invariant()
    def work_is_as_expected(self):
        if not hasattr(self, "db"):
            return
        now = self.clock.now()
        assert [item.case.id for item in queues.consultations(self.db, now=now)] == [self.case_id] * (
            self.state == "consulting"
        )
        waiting = queues.escalations(self.db, now=now)
        assert len(waiting) == (self.state in ESCALATED)
        if waiting:
            assert waiting[0].case.escalation.taken_by == (self.handler or "")
            assert waiting[0].age_s == (now - self.stopped_at).total_seconds()
        assert [item.state for item in callbacks.callbacks_of_case(self.db, self.case_id)] == self.callbacks
        task = tasks.task_of_case(self.db, self.case_id)
        assert (task.state if task else None) == (self.task[0] if self.task else None)
        articles = attachments.articles_of_case(self.db, self.case_id)
        assert {(item.article_id, item.article_version) for item in articles} == self.attached


class CaseWalkOnPostgresql(CaseWalk):
    """The same on the other engine; ``server`` and ``template`` are the test's."""

    server: Server
    template: str

    def open_office(self):
        self.url = self.server.create(self.template)
        self.db = Database(self.url)

    def close_office(self):
        self.server.drop(self.url)


@pytest.mark.integration
def test_the_walk_on_postgresql(postgresql, postgresql_template):
    CaseWalkOnPostgresql.server, CaseWalkOnPostgresql.template = postgresql, postgresql_template
    few = settings(max_examples=4, stateful_step_count=15, deadline=None, phases=(Phase.generate,))
    run_state_machine_as_test(CaseWalkOnPostgresql, settings=few)


TestCaseWalk = CaseWalk.TestCase
TestCaseWalk.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)

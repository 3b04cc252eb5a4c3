# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit trail: only added to, one chain whoever writes, and every change past the triggers is found."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy.exc
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from crm import audit, calls, cases
from crm.audit import Actor, Broken, Fact, act_as, verify
from crm.audit_search import AuditQuery, csv_lines, export, json_lines, search
from crm.clock import CaseLimits
from crm.errors import ConflictError, FieldError, SignInRefusedError
from crm.passwords import set_password
from crm.people import change_person, find_person, set_active
from crm.signin import authenticate
from pipeline.clock import ManualClock
from pipeline.database import Database
from tests.crm.office import CHEAP_HASHER

pytestmark = pytest.mark.integration
CALL = ("call", "20260105T010000-0000abcd")
PLAYED = Fact("recording_played", CALL, purpose="penilaian mutu", person="rangga")
ROWS = 6
NOW = ManualClock().now()


@pytest.fixture(autouse=True)
def _nobody():
    act_as(Actor())


def fill(db: Database, count: int = ROWS) -> None:
    for number in range(count):
        audit.record(db, Fact("case_moved", ("case", f"LI-{number}"), person="sari"), now=NOW + timedelta(hours=number))


@contextlib.contextmanager
def past_the_triggers(db: Database):
    """Yield a connection of somebody who owns the database and took its guards away; what is done is undone."""
    with db.engine.connect() as connection:
        for statement in ("entry", "head"):
            drop_guards(connection, f"audit_{statement}")
        yield connection
        connection.rollback()


def drop_guards(connection, table: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        return
    for name in ("update", "delete", "replace", "insert"):
        connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_{name}"))


class Within(Database):
    """A database seen through one open transaction, so that what was tampered with needs no commit."""

    def __init__(self, connection) -> None:
        self._connection = connection

    @contextlib.contextmanager
    def read(self):
        from sqlalchemy.orm import Session

        with Session(self._connection) as session:
            yield session


def test_who_what_when_from_where_for_what(db):
    act_as(Actor("rangga", "10.0.0.7"))
    audit.record(
        db, Fact("recording_played", CALL, purpose=" penilaian mutu ", detail={"n": 1, "why": "x\x00y"}), now=NOW
    )
    (entry,) = search(db, AuditQuery()).rows
    assert (entry.serial, entry.at, entry.person, entry.address) == (1, NOW, "rangga", "10.0.0.7")
    assert (entry.action, entry.object_kind, entry.object_id, entry.outcome) == ("recording_played", *CALL, "done")
    assert (entry.purpose, entry.detail) == ("penilaian mutu", '{"n":1,"why":"xy"}')
    assert entry.previous_hash == audit.BEFORE_FIRST
    assert verify(db) == audit.Verified(1, entry.entry_hash, None)


@pytest.mark.parametrize("action", sorted(audit.NEEDS_PURPOSE))
def test_a_recording_needs_a_purpose(db, action):
    with pytest.raises(FieldError, match="purpose"):
        audit.record(db, Fact(action, CALL, purpose=" \x00"), now=NOW)
    assert verify(db).entries == 0


def test_overlong_and_strange_texts_fit(db):
    act_as(Actor("p" * 500, "a" * 500))
    audit.record(db, Fact("sign_in", ("person", "\ud800\x00" + "n" * 500), purpose="z" * 999), now=NOW)
    (entry,) = search(db, AuditQuery()).rows
    assert [len(one) for one in (entry.person, entry.address, entry.object_id, entry.purpose)] == [64, 64, 120, 200]
    assert verify(db).broken is None


def test_an_entry_is_kept_with_what_it_tells_of_or_not_at_all(db):
    fill(db, 1)
    with db.write() as session:
        assert audit.add(session, PLAYED, now=NOW) == 2
    assert verify(db).entries == 1
    with db.write() as session:
        assert [audit.add(session, PLAYED, now=NOW) for _ in range(2)] == [2, 3]
        session.commit()
    assert verify(db) == audit.Verified(3, search(db, AuditQuery()).rows[0].entry_hash, None)


@pytest.mark.parametrize("table", ["audit_entry", "audit_head"])
def test_the_database_refuses_changes(db, table):
    fill(db, 2)
    before = verify(db)
    own = {"sqlite": f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}", "postgresql": f"TRUNCATE {table}"}
    for statement in (
        f"UPDATE {table} SET entry_hash = 'x'",
        f"UPDATE {table} SET serial = serial + 7",
        f"DELETE FROM {table}",
        own[db.url.get_backend_name()],
    ):
        with pytest.raises(sqlalchemy.exc.IntegrityError, match="audit trail"), db.connection() as connection:
            connection.execute(text(statement))
    assert verify(db) == before
    assert before.broken is None


def test_the_chain_never_forks(db, url):
    handles = [db, Database(url)]

    def work(number):
        for _ in range(5):
            audit.record(handles[number % 2], Fact("sign_in", ("person", str(number))), now=NOW)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    handles[1].close()
    assert (verify(db).entries, verify(db).broken) == (30, None)


@pytest.fixture
def trail(db):
    fill(db)
    return db


def test_every_changed_removed_swapped_or_added_row_is_found(trail):
    columns = [name for name in audit.Entry.__dataclass_fields__ if name not in ("serial", "at")]
    with past_the_triggers(trail) as connection:
        seen = Within(connection)
        assert verify(seen).broken is None

        @given(serial=st.integers(1, ROWS), other=st.integers(1, ROWS), data=st.data())
        def tampered(serial, other, data):
            kind = data.draw(st.sampled_from(["remove", "swap", "time", "add", *columns]))
            first = min(serial, other) if kind == "swap" else ROWS + 1 if kind == "add" else serial
            if kind == "swap" and serial == other:
                return
            with connection.begin_nested() as undone:
                for statement in statements(kind, serial, other, data):
                    connection.execute(text(statement[0]), statement[1])
                broken = verify(seen).broken
                undone.rollback()
            assert broken is not None and broken.serial == first, (kind, broken)

        tampered()
        assert verify(seen).broken is None


def statements(kind, serial, other, data):
    row = {"serial": serial, "other": other}
    change = "UPDATE audit_entry SET"
    if kind == "remove":
        return [("DELETE FROM audit_entry WHERE serial = :serial", row)]
    if kind == "time":
        another = "(SELECT max(at) FROM audit_entry AS x WHERE x.serial <> :serial)"
        return [(f"{change} at = {another} WHERE serial = :serial", row)]
    if kind == "swap":
        return [
            (f"{change} serial = -1 WHERE serial = :serial", row),
            (f"{change} serial = :serial WHERE serial = :other", row),
            (f"{change} serial = :other WHERE serial = -1", row),
        ]
    if kind == "add":
        names = [name for name in audit.Entry.__dataclass_fields__ if name != "serial"]
        listed = ", ".join(names)
        copied = f"INSERT INTO audit_entry (serial, {listed}) SELECT {ROWS + 1}, {listed} FROM audit_entry"
        return [(f"{copied} WHERE serial = :serial", row)]
    value = data.draw(
        st.text(st.characters(min_codepoint=32, max_codepoint=125), max_size=15).map(lambda one: one + "~")
    )
    return [(f"{change} {kind} = :value WHERE serial = :serial", row | {"value": value})]


def test_a_forger_who_makes_the_hash_fit_is_found_at_the_next_entry(trail):
    for serial in (2, ROWS):
        with past_the_triggers(trail) as connection:
            seen = Within(connection)
            (entry,) = [one for one in search(seen, AuditQuery()).rows if one.serial == serial]
            forged = audit.digest(audit.Entry(**{**vars(entry), "person": "bima"}))
            connection.execute(
                text("UPDATE audit_entry SET person = 'bima', entry_hash = :forged WHERE serial = :serial"),
                {"forged": forged, "serial": serial},
            )
            assert verify(seen).broken == (Broken(3, "unlinked") if serial == 2 else Broken(ROWS, "head"))


def test_a_new_trail_in_the_place_of_the_old_differs_from_what_was_noted(trail):
    noted = (ROWS, verify(trail).head_hash)
    assert verify(trail, noted=noted).broken is None
    assert verify(trail, noted=(ROWS, "0" * 64)).broken == Broken(ROWS, "not_as_noted")
    assert verify(trail, noted=(ROWS + 1, noted[1])).broken == Broken(ROWS + 1, "missing")


def test_without_its_head_nothing_is_added(trail):
    with trail.connection() as connection:
        drop_guards(connection, "audit_head")
        connection.execute(text("DELETE FROM audit_head"))
    assert verify(trail).broken == Broken(ROWS, "head")
    with pytest.raises(Exception, match="head of the audit trail is missing"):
        fill(trail, 1)


def test_search_by_each_and_by_pages(trail):
    act_as(Actor("rangga", "10.0.0.7"))
    audit.record(trail, Fact("recording_played", CALL, purpose="keluhan 100%"), now=NOW + timedelta(days=3))

    def found(**query):
        return [one.serial for one in search(trail, AuditQuery(**query)).rows]

    assert found(person="Rangga") == found(action="recording_played") == found(object_kind="call") == [7]
    assert found(object_kind="case", object_id="LI-2") == [3]
    assert found(words="KELUHAN") == found(words="0.0.7") == found(words="100%") == [7]
    assert found(words="100_") == found(words="' OR 1=1 --") == found(person="x") == []
    assert found(since=NOW + timedelta(days=1)) == [7]
    assert found(since=NOW + timedelta(hours=1), until=NOW + timedelta(hours=3)) == [3, 2]
    assert found(words="\x00") == found() == [7, 6, 5, 4, 3, 2, 1]
    pages = [search(trail, AuditQuery(), page=number, rows=3) for number in (-1, 2, 99)]
    assert [[one.serial for one in page.rows] for page in pages] == [[7, 6, 5], [4, 3, 2], [1]]
    assert [(page.page, page.pages, page.total) for page in pages] == [(1, 3, 7), (2, 3, 7), (3, 3, 7)]


def test_exports_hold_all_that_the_hash_covers(trail):
    audit.record(trail, Fact("sign_in", ("person", "=HYPERLINK(1)")), now=NOW)
    lines = [json.loads(line) for line in json_lines(export(trail, AuditQuery()))]
    assert [line["serial"] for line in lines] == list(range(1, ROWS + 2))
    for before, line in zip([{"entry_hash": audit.BEFORE_FIRST}, *lines], lines, strict=False):
        assert line["previous_hash"] == before["entry_hash"]
    rows = list(csv.DictReader(io.StringIO("".join(csv_lines(export(trail, AuditQuery(person="")))))))
    assert len(rows) == ROWS + 1
    assert rows[-1]["object_id"] == "'=HYPERLINK(1)"
    assert rows[0]["entry_hash"] == lines[0]["entry_hash"]


def test_people_and_cases_are_written_down_with_what_is_done(db, staff, now):
    act_as(Actor("admin", "10.0.0.9"))
    before = verify(db).entries
    change_person(db, staff.agent.id, roles=["agent", "supervisor"], now=now)
    set_password(db, staff.agent.id, "angsa-di-atas-air", now=now, hasher=CHEAP_HASHER)
    set_active(db, staff.colleague.id, False, now=now)
    case = cases.open_case(db, CALL[1], person=staff.agent, now=now, limits=CaseLimits()).case
    cases.open_case(db, CALL[1], person=staff.agent, now=now, limits=CaseLimits())
    fields = {"question": "Lupa EFIN", "caller_name": "Budi Contoh"}
    cases.transition(db, case.id, 1, "recorded", fields, person=staff.agent, now=now)
    with pytest.raises(ConflictError):
        cases.transition(db, case.id, 1, "recorded", person=staff.agent, now=now)
    rows = search(db, AuditQuery()).rows
    told = [(one.action, one.person, one.address, one.object_id, json.loads(one.detail)) for one in rows]
    assert told[: len(rows) - before] == [
        ("case_moved", "sari", "10.0.0.9", case.number,
         {"call": CALL[1], "step": "2", "from": "received", "to": "recorded"}),
        ("case_opened", "sari", "10.0.0.9", case.number, {"call": CALL[1], "step": "1"}),
        ("person_changed", "admin", "10.0.0.9", "bima", {"active": False}),
        ("person_changed", "admin", "10.0.0.9", "sari", {"password": True, "once": False}),
        ("person_changed", "admin", "10.0.0.9", "sari", {"roles": "agent, supervisor", "signed_out": 0}),
    ]  # fmt: skip
    assert told[-1] == ("person_added", "", "", "sari",
                        {"name": "Sari Contoh", "roles": "agent", "extension": "2101"})  # fmt: skip
    assert "angsa" not in str(told)


def test_what_no_text_holds_is_only_not_found(db, staff, now):
    """PostgreSQL takes no NUL in a text; whoever types one hears the same as on SQLite."""
    assert find_person(db, "no\x00body") is None
    with pytest.raises(SignInRefusedError):
        authenticate(db, "\x00", "x", address="127.0.0.1", now=now, hasher=CHEAP_HASHER)
    assert calls.archive_page(db, query="\x00x").total == 0

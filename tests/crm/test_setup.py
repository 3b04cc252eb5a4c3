# SPDX-License-Identifier: GPL-3.0-or-later
"""The first set-up of an empty office: one token, for once, kept as a hash, void once somebody is administrator."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text as sql

from crm import setup
from crm.audit_search import AuditQuery, search
from crm.errors import AccountError, NotFoundError, SetUpOverError
from crm.people import find_person
from tests.crm.office import CHEAP_HASHER, PASSWORD

pytestmark = pytest.mark.integration


def begin(db, token, now, **change):
    who = {"username": "wati", "name": "Wati Contoh", "password": PASSWORD, **change}
    return setup.first_admin(db, token, **who, now=now, hasher=CHEAP_HASHER)


def test_the_token_makes_one_administrator_and_is_void_then(db, now):
    assert setup.is_empty(db)
    token = setup.offer(db, now=now)
    setup.check_token(db, token)
    person = begin(db, token, now)
    assert (person.roles, person.must_change) == ({"admin"}, False)
    assert not setup.is_empty(db)
    with pytest.raises(SetUpOverError):
        setup.check_token(db, token)
    with pytest.raises(SetUpOverError):
        begin(db, token, now, username="jahat")
    assert find_person(db, "jahat") is None
    assert setup.offer(db, now=now) is None
    assert search(db, AuditQuery(action="set_up", object_id="wati")).total == 1


def test_only_a_hash_is_kept_and_only_of_the_newest(db, now):
    first, second = setup.offer(db, now=now), setup.offer(db, now=now)
    assert first != second and min(len(first), len(second)) >= 43
    with db.read() as session:
        [kept] = session.execute(sql("SELECT token_hash FROM set_up")).scalars()
    assert len(kept) == 64 and second not in kept
    for wrong in (first, kept, "", "\udcff", second + "x"):
        with pytest.raises(NotFoundError):
            setup.check_token(db, wrong)
    setup.check_token(db, second)


def test_what_is_typed_wrong_leaves_the_token_valid(db, now):
    token = setup.offer(db, now=now)
    for change in ({"password": "pendek"}, {"username": "<b>"}, {"name": " "}):
        with pytest.raises(AccountError):
            begin(db, token, now, **change)
    assert setup.is_empty(db)
    begin(db, token, now)


def test_an_administrator_who_came_another_way_voids_it(db, now, add_person):
    token = setup.offer(db, now=now)
    add_person("sari", "agent")
    setup.check_token(db, token)
    add_person("astri", "admin")
    with pytest.raises(SetUpOverError):
        begin(db, token, now)
    assert setup.step(db) == setup.DONE


def test_of_two_who_open_the_address_at_once_one_becomes_administrator(db, now):
    token = setup.offer(db, now=now)

    def attempt(username):
        try:
            return begin(db, token, now, username=username).username
        except SetUpOverError:
            return None

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(attempt, ("wati", "jahat")))
    assert sorted(made, key=str) == sorted([None, next(filter(None, made))], key=str)
    assert sum(find_person(db, username) is not None for username in ("wati", "jahat")) == 1


def test_the_steps_are_remembered(db, now):
    assert setup.step(db) == setup.DONE  # never begun
    begin(db, setup.offer(db, now=now), now)
    assert setup.step(db) == setup.STEPS[0]
    for name in (*setup.STEPS[1:], setup.DONE):
        setup.go_to(db, name, now=now)
        assert setup.step(db) == name

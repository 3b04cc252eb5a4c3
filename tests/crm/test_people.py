# SPDX-License-Identifier: GPL-3.0-or-later
"""People and signing in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select

from crm.errors import AccountError, NotFoundError, SignInLimitedError, SignInRefusedError
from crm.models import Person, SignInFailure
from crm.passwords import set_password
from crm.people import change_person, create_person, find_person, list_people, person_of_extension, set_active
from crm.signin import SignInLimits, authenticate
from tests.crm.office import CHEAP_HASHER, PASSWORD

pytestmark = pytest.mark.unit


class CountingHasher(PasswordHasher):
    """Counts the expensive work, which is what an attacker could time."""

    def __init__(self):
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.work = 0

    def hash(self, password, *, salt=None):
        self.work += 1
        return super().hash(password, salt=salt)

    def verify(self, hash, password):
        self.work += 1
        return super().verify(hash, password)


def sign_in(db, now, username="sari", password=PASSWORD, address="127.0.0.1", hasher=CHEAP_HASHER, **more):
    return authenticate(db, username, password, address=address, now=now, hasher=hasher, **more)


def hash_of(db, username="sari"):
    with db.read() as session:
        return session.scalar(select(Person.password_hash).where(Person.username == username))


def failures(db):
    with db.read() as session:
        return session.scalar(select(func.count()).select_from(SignInFailure))


def test_sign_in(db, staff, now):
    assert sign_in(db, now) == staff.agent
    assert sign_in(db, now, username="  SARI ") == staff.agent
    assert failures(db) == 0


def test_only_a_hash_is_kept(db, staff):
    assert hash_of(db).startswith("$argon2id$")
    assert PASSWORD not in hash_of(db)


def test_every_refusal_says_the_same_and_works_as_much(db, staff, now):
    set_active(db, staff.colleague.id, False, now=now)
    said, worked = set(), set()
    for username, password in (("sari", "wrong-password"), ("nobody", PASSWORD), ("bima", PASSWORD)):
        hasher = CountingHasher()
        with pytest.raises(SignInRefusedError) as refused:
            sign_in(db, now, username, password, hasher=hasher)
        said.add((str(refused.value), refused.value.code))
        worked.add(hasher.work)
    assert len(said) == 1
    assert worked == {1}


def test_failures_are_limited_per_name_and_address(db, staff, clock):
    limits = SignInLimits(failures=3, window_s=600)
    for _ in range(3):
        with pytest.raises(SignInRefusedError):
            sign_in(db, clock.now(), password="wrong-password", limits=limits)
        clock.advance(10)
    hasher = CountingHasher()
    with pytest.raises(SignInLimitedError) as limited:
        sign_in(db, clock.now(), limits=limits, hasher=hasher)
    assert (limited.value.retry_after_s, hasher.work) == (570, 0)
    assert "Wait 10 minutes" in str(limited.value)
    assert sign_in(db, clock.now(), address="127.0.0.2", limits=limits) == staff.agent
    assert sign_in(db, clock.now(), username="bima", limits=limits) == staff.colleague
    clock.advance(571)
    assert sign_in(db, clock.now(), limits=limits) == staff.agent


def test_unknown_names_are_limited_alike(db, now):
    for _ in range(5):
        with pytest.raises(SignInRefusedError):
            sign_in(db, now, username="nobody")
    with pytest.raises(SignInLimitedError):
        sign_in(db, now, username="nobody")


def test_one_address_cannot_try_many_names(db, staff, now):
    limits = SignInLimits(failures_by_address=4)
    for number in range(4):
        with pytest.raises(SignInRefusedError):
            sign_in(db, now, username=f"guess{number}", limits=limits)
    with pytest.raises(SignInLimitedError):
        sign_in(db, now, limits=limits)


def test_success_forgives_earlier_failures_and_old_rows_go(db, staff, clock):
    with pytest.raises(SignInRefusedError):
        sign_in(db, clock.now(), password="wrong-password")
    sign_in(db, clock.now())
    assert failures(db) == 0
    with pytest.raises(SignInRefusedError):
        sign_in(db, clock.now(), username="nobody")
    clock.advance(901)
    sign_in(db, clock.now())
    assert failures(db) == 0


def test_hashes_are_renewed_when_the_work_factor_grew(db, staff, now):
    before = hash_of(db)
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    sign_in(db, now, hasher=stronger)
    renewed = hash_of(db)
    assert renewed != before and "t=2" in renewed
    sign_in(db, now, hasher=stronger)
    assert hash_of(db) == renewed


def test_a_very_long_password_is_refused_without_much_work(db, staff, now):
    with pytest.raises(SignInRefusedError):
        sign_in(db, now, password="x" * 1_000_000)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # refused before any SQL
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"username": "sari"}, "user name sari is taken"),
        ({"username": "SARI"}, "user name sari is taken"),
        ({"username": "a b"}, "cannot be used"),
        ({"username": "x"}, "cannot be used"),
        ({"name": "  "}, "full name is empty"),
        ({"password": "short"}, "at least 10 characters"),
        ({"password": "dewi.contoh.1"}, "do not contain the user name"),
        ({"roles": ["agent", "boss"]}, "Unknown role: boss"),
        ({"roles": []}, "No role is chosen"),
        ({"roles": ["system"]}, "Unknown role: system"),
        ({"extension": "2101"}, "2101 is Sari Contoh's"),
        ({"extension": "12x"}, "no extension number"),
    ],
)
def test_people_that_cannot_be_created(db, staff, now, change, message):
    person = {"username": "dewi.contoh", "name": "Dewi Contoh", "password": PASSWORD, "roles": ["agent"]}
    with pytest.raises(AccountError, match=message):
        create_person(db, **{**person, **change}, now=now, hasher=CHEAP_HASHER)
    assert len(list_people(db)) == 8


def test_extensions_move_between_people(db, staff, now):
    assert person_of_extension(db, "2101") == staff.agent
    with pytest.raises(AccountError):
        change_person(db, staff.leader.id, extension="2101", now=now)
    change_person(db, staff.agent.id, extension="", now=now)
    assert change_person(db, staff.leader.id, extension="2101", now=now).extension == "2101"
    assert change_person(db, staff.leader.id, extension="2103", now=now).extension == "2103"
    assert person_of_extension(db, "2101") is None


def test_roles_and_password_change(db, staff, now):
    assert change_person(db, staff.agent.id, roles=["agent", "team_leader"], now=now).roles == {"agent", "team_leader"}
    assert find_person(db, "Sari").roles == {"agent", "team_leader"}
    set_password(db, staff.agent.id, "angsa-di-atas-air", hasher=CHEAP_HASHER, now=now)
    with pytest.raises(SignInRefusedError):
        sign_in(db, now)
    assert sign_in(db, now + timedelta(seconds=1), password="angsa-di-atas-air").id == staff.agent.id


def test_nobody(db, now):
    assert find_person(db, "nobody") is None
    with pytest.raises(NotFoundError):
        set_active(db, 99, False, now=now)

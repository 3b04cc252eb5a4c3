# SPDX-License-Identifier: GPL-3.0-or-later
"""Several threads and several database handles on one file, as the hub and the command line use it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from crm import calls, cases
from crm.changes import CaseChange
from crm.clock import CaseLimits
from crm.database import open_database
from crm.errors import ConflictError, SignInLimitedError, SignInRefusedError
from crm.signin import authenticate
from pipeline.events import CallOffered
from tests.crm.office import CALL, CHEAP_HASHER

pytestmark = pytest.mark.integration
THREADS = 8


def at_once(work: Callable[[int], object]) -> list[object]:
    """Run ``work(0..7)`` in threads that start together; exceptions are results."""
    gate = threading.Barrier(THREADS)

    def one(number):
        gate.wait()
        try:
            return work(number)
        except (ConflictError, SignInRefusedError, SignInLimitedError) as error:
            return error

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(THREADS)))


@pytest.fixture
def handles(db, url):
    opened = [db, open_database(url)]
    yield opened
    opened[1].close()


def test_of_eight_savers_one_wins_and_seven_are_told(handles, staff, now):
    case = cases.open_case(handles[0], CALL, person=staff.agent, now=now, limits=CaseLimits()).case
    results = at_once(
        lambda number: cases.save_fields(
            handles[number % 2], case.id, 1, {"question": f"text {number}"}, person=staff.agent, now=now
        )
    )
    won = [item for item in results if isinstance(item, CaseChange)]
    lost = [item for item in results if isinstance(item, ConflictError)]
    assert (len(won), len(lost)) == (1, 7)
    stored = cases.find_case(handles[0], case.id)
    assert stored.version == 2
    assert {error.theirs["question"] for error in lost} == {stored.fields["question"]}
    assert len({error.yours["question"] for error in lost}) == 7


def test_case_numbers_have_no_gap_and_no_twin(handles, staff, now):
    def work(number):
        return [
            cases.open_case(
                handles[number % 2], f"20260105T010000-{number:04x}{count:04x}", person=staff.agent, now=now,
                limits=CaseLimits(),
            ).case.number
            for count in range(5)
        ]  # fmt: skip

    numbers = [number for made in at_once(work) for number in made]
    assert sorted(numbers) == [f"LI-2026-{number:06d}" for number in range(1, 5 * THREADS + 1)]


def test_one_call_opened_by_many_is_one_case(handles, staff, now):
    def work(number):
        calls.apply(
            handles[number % 2], CallOffered(at=now, call_id=CALL, extension="2101", caller_number="081200000001")
        )
        return cases.open_case(handles[number % 2], CALL, person=staff.agent, now=now, limits=CaseLimits())

    changes = at_once(work)
    assert {change.case.id for change in changes} == {changes[0].case.id}
    assert sum(change.event is not None for change in changes) == 1


def test_guesses_made_at_the_same_moment_are_counted(handles, staff, now):
    results = at_once(
        lambda number: authenticate(
            handles[number % 2], "sari", "wrong-password", address="127.0.0.1", now=now, hasher=CHEAP_HASHER
        )
    )
    kinds = [type(item) for item in results]
    assert (kinds.count(SignInRefusedError), kinds.count(SignInLimitedError)) == (5, 3)

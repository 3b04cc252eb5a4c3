# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties of the 15-minute clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.clock import CaseLimits, case_clock, office_day
from crm.procedure import CLOCK_STOPS, STATES

pytestmark = pytest.mark.unit

OPENED = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
LIMITS = CaseLimits()
seconds = st.floats(0, 5000, allow_nan=False).map(lambda value: round(value, 3))
steps = st.lists(st.tuples(seconds, st.sampled_from(STATES)), max_size=8)


def after(value: float) -> datetime:
    return OPENED + timedelta(seconds=value)


def clock(path, now_s, limits=LIMITS):
    return case_clock(OPENED, [(after(at), state) for at, state in path], after(now_s), limits)


@pytest.mark.parametrize(
    ("now_s", "state", "remaining_s"),
    [(0, "good", 900), (599.9, "good", 300.1), (600, "warning", 300), (900, "warning", 0), (900.5, "breached", -0.5)],
)
def test_running(now_s, state, remaining_s):
    found = clock([], now_s)
    assert (found.state, found.stopped) == (state, False)
    assert found.remaining_s == pytest.approx(remaining_s)


@pytest.mark.parametrize("stop", sorted(CLOCK_STOPS))
def test_stops_in_time_and_stays_so(stop):
    assert clock([(300, stop)], 5000) == clock([(300, stop)], 300)
    assert clock([(300, stop)], 5000).state == "stopped"


def test_stopping_late_is_a_breach_for_ever():
    late = clock([(901, "escalated")], 90000)
    assert (late.state, late.remaining_s, late.stopped) == ("breached", -1, True)


def test_before_the_opening_counts_as_the_opening():
    assert case_clock(OPENED, [], OPENED - timedelta(seconds=5), LIMITS).remaining_s == 900


@given(steps, seconds, seconds)
def test_a_breach_is_never_undone_by_time(path, first, later):
    early, late = sorted((first, later))
    if clock(path, early).state == "breached":
        assert clock(path, late).state == "breached"


@given(steps, seconds, seconds)
def test_remaining_time_never_grows(path, first, later):
    early, late = sorted((first, later))
    assert clock(path, late).remaining_s <= clock(path, early).remaining_s


@given(steps, seconds, st.sampled_from(sorted(CLOCK_STOPS)), seconds)
def test_a_breach_is_never_undone_by_a_later_step(path, now_s, stop, delay_s):
    if clock(path, now_s).state == "breached":
        assert clock([*path, (now_s + delay_s, stop)], now_s + delay_s).state == "breached"


@given(steps, seconds)
def test_steps_that_do_not_stop_the_clock_do_not_matter(path, now_s):
    assert clock(path, now_s) == clock([step for step in path if step[1] in CLOCK_STOPS], now_s)


@given(steps, seconds)
def test_order_of_the_recorded_steps_does_not_matter(path, now_s):
    assert clock(path, now_s) == clock(path[::-1], now_s)


@given(steps, seconds, st.integers(2, 3000), st.integers(1, 2999))
def test_state_follows_from_remaining_time(path, now_s, limit_s, warning_s):
    limits = CaseLimits(limit_s=limit_s, warning_s=min(warning_s, limit_s))
    found = clock(path, now_s, limits)
    assert (found.state == "breached") == (found.remaining_s < 0)
    if not found.stopped and found.remaining_s >= 0:
        assert (found.state == "warning") == (now_s >= limits.warning_s)
    assert found.stopped == any(at <= now_s for at, state in path if state in CLOCK_STOPS)


def test_office_day_is_jakartas():
    begin, end = office_day(datetime(2026, 11, 23, 17, 30, tzinfo=UTC))
    assert begin.isoformat() == "2026-11-24T00:00:00+07:00"
    assert end - begin == timedelta(days=1)

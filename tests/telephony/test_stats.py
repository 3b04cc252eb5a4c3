# SPDX-License-Identifier: GPL-3.0-or-later
"""E-model values against G.107's published points, the silence watch, levels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.stats import AudioWatch, StreamFigures, estimate_mos, level_db, mos, rating

pytestmark = pytest.mark.unit


def test_default_connection_has_the_published_values() -> None:
    assert rating(0, 0) == pytest.approx(93.2)
    assert mos(93.2) == pytest.approx(4.41, abs=0.01)  # G.107 table B.1: R 93.2
    assert mos(90) == pytest.approx(4.34, abs=0.01)
    assert mos(70) == pytest.approx(3.60, abs=0.01)
    assert mos(50) == pytest.approx(2.58, abs=0.01)
    assert (mos(-5), mos(101)) == (1.0, 4.5)


def test_counts_go_on_when_a_hold_makes_a_new_stream() -> None:
    first = StreamFigures(packets=100, lost=3, discarded=2, jitter_ms=9.0, buffer_ms=60, round_trip_ms=8.0)
    second = StreamFigures(packets=50, lost=1, discarded=0, jitter_ms=1.0, buffer_ms=20, round_trip_ms=None)
    both = StreamFigures(packets=150, lost=4, discarded=2, jitter_ms=1.0, buffer_ms=20, round_trip_ms=None)
    assert second.after(first) == both
    assert first.after(None) is first


def test_delay_impairment_begins_at_100_ms() -> None:
    assert rating(0, 100) == pytest.approx(93.2)
    assert 93.2 - rating(0, 150) < 2
    assert 93.2 - rating(0, 400) == pytest.approx(24.0, abs=1.5)  # G.107: Idd at Ta = 400 ms


def test_loss_costs() -> None:
    assert 93.2 - rating(0.01, 0) == pytest.approx(3.64, abs=0.01)  # 95 * 1 / (1 + 25.1)
    assert 93.2 - rating(0.05, 0) == pytest.approx(15.78, abs=0.01)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1000), st.floats(0, 1000))
def test_more_loss_and_more_delay_are_never_better(loss: float, more: float, delay: float, longer: float) -> None:
    assert rating(max(loss, more), delay) <= rating(loss, delay) + 1e-9
    assert rating(loss, max(delay, longer)) <= rating(loss, delay) + 1e-9
    assert 1.0 <= mos(rating(loss, delay)) <= 4.5


def test_estimate() -> None:
    assert estimate_mos(StreamFigures(0, 0, 0, 0.0, 0.0, None)) is None
    assert estimate_mos(StreamFigures(500, 0, 0, 0.2, 20.0, 0.1)) == 4.41
    assert estimate_mos(StreamFigures(442, 58, 0, 0.2, 20.0, None)) == pytest.approx(3.2, abs=0.15)


def test_silence_is_told_once_per_spell() -> None:
    watch = AudioWatch(3.0)
    assert watch.observe(10, 0.0) is None
    assert watch.observe(10, 2.9) is None
    assert watch.observe(10, 3.5) == 3500
    assert watch.observe(10, 9.0) is None
    assert watch.observe(60, 10.0) is None
    assert watch.observe(60, 13.0) == 3000


def test_a_stream_that_never_began_counts_from_the_first_look() -> None:
    watch = AudioWatch(2.0)
    assert watch.observe(0, 100.0) is None
    assert watch.observe(0, 101.0) is None
    assert watch.observe(0, 102.0) == 2000


def test_silence_on_hold_is_not_counted() -> None:
    watch = AudioWatch(2.0)
    watch.observe(5, 0.0)
    watch.rest(10.0)
    assert watch.observe(5, 11.0) is None
    assert watch.observe(5, 12.0) == 2000


@pytest.mark.parametrize(
    ("percent", "db"), [(7, -44.7), (15, -34.2), (24, -24.7), (32, -16.2), (39, -10.1), (44, -4.7)]
)
def test_level_in_db(percent: int, db: float) -> None:
    """Levels that PJSIP gave for sines of these mean magnitudes."""
    assert level_db(percent) == pytest.approx(db, abs=1.0)


def test_levels_rise_and_begin_at_silence() -> None:
    assert level_db(0) == pytest.approx(-90.3)
    steps = [level_db(percent) for percent in range(51)]
    assert steps == sorted(steps)

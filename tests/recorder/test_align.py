# SPDX-License-Identifier: GPL-3.0-or-later
"""The start offset of the channels, found under noise, a voice on top and G.711 distortion."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.align import Alignment, align, find_tone
from tests.recorder.folders import RATE_HZ, tone

pytestmark = pytest.mark.unit
LENGTH = 9600


def a_law(samples: np.ndarray) -> np.ndarray:
    """Pass samples through A-law's curve with 8-bit steps (ITU-T G.711, the continuous form, A = 87.6)."""
    scale, a = 32768.0, 87.6
    x = np.abs(samples) / scale
    bent = np.where(x < 1 / a, a * x, 1 + np.log(np.maximum(a * x, 1e-12))) / (1 + np.log(a))
    bent = np.round(bent * 127) / 127
    back = np.where(bent < 1 / (1 + np.log(a)), bent * (1 + np.log(a)) / a, np.exp(bent * (1 + np.log(a)) - 1) / a)
    return (np.sign(samples) * back * scale).astype(np.int16)


def channel(place: int, rng: np.random.Generator, noise: float) -> np.ndarray:
    """Return a channel whose tone begins at ``place`` (negative: its beginning is missing)."""
    whole = rng.normal(0, noise, LENGTH + 2 * RATE_HZ)
    head = tone()
    whole[RATE_HZ + place : RATE_HZ + place + len(head)] += head
    return whole[RATE_HZ : RATE_HZ + LENGTH].clip(-32768, 32767).astype(np.int16)


@settings(deadline=None, max_examples=50)
@given(
    caller_at=st.integers(-160, 1200),
    agent_at=st.integers(-160, 1200),
    noise=st.floats(0, 600),
    distorted=st.booleans(),
    seed=st.integers(0, 2**31),
)
def test_the_offset_is_found(caller_at: int, agent_at: int, noise: float, distorted: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    caller, agent = channel(caller_at, rng, noise), channel(agent_at, rng, noise)
    if distorted:
        caller, agent = a_law(caller), a_law(agent)
    found = align(caller, agent, tone(), RATE_HZ)
    assert found.found
    assert abs(found.offset_samples - (caller_at - agent_at)) <= 2


@pytest.mark.parametrize(
    ("caller_at", "agent_at", "lead"),
    [
        (0, 0, (0, 0)),
        (160, 0, (0, 160)),
        (0, -160, (0, 160)),
        (0, 320, (320, 0)),
        (480, 0, (0, 0)),  # more than telephony can cause: reported, not corrected
        (80, 0, (0, 0)),  # half a tick is no tick
    ],
)
def test_only_what_a_late_recorder_causes_is_corrected(caller_at: int, agent_at: int, lead: tuple[int, int]) -> None:
    rng = np.random.default_rng(7)
    found = align(channel(caller_at, rng, 50), channel(agent_at, rng, 50), tone(), RATE_HZ)
    assert found.found
    assert found.lead == lead


def test_what_is_left_after_a_correction() -> None:
    assert Alignment(162, 0.9, (0, 160)).left_samples == 2
    assert Alignment(-320, 0.9, (320, 0)).left_samples == 0
    assert Alignment(480, 0.9).left_samples == 480


def test_a_caller_who_talks_over_the_tone_does_not_hide_it() -> None:
    rng = np.random.default_rng(3)
    found = align(channel(160, rng, 2500), channel(0, rng, 0), tone(), RATE_HZ)
    assert found.found
    assert found.lead == (0, 160)


@pytest.mark.parametrize("noise", [0.0, 4000.0])
def test_without_a_tone_nothing_is_claimed(noise: float) -> None:
    rng = np.random.default_rng(5)
    silent = rng.normal(0, noise, LENGTH).astype(np.int16)
    found = align(silent, channel(0, rng, 0), tone(), RATE_HZ)
    assert not found.found
    assert found.lead == (0, 0)


def test_empty_channels_are_no_error() -> None:
    empty = np.zeros(0, np.int16)
    assert find_tone(empty, tone()) == (0, 0.0)
    assert not align(empty, empty, tone(), RATE_HZ).found

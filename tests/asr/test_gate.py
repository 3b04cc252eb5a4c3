# SPDX-License-Identifier: GPL-3.0-or-later
"""The detector of speech: what it must let through and what it may not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.gate import UNIT_MS, Gate, SoundGate
from asr.signals import Audio, clipped, comfort, dtmf, hum, mixed, music, pink, white
from tests.asr.calls import RATE_HZ, silence

pytestmark = pytest.mark.unit
UNIT = UNIT_MS * RATE_HZ // 1000
LEARNT_S = 3.0  # what the gate needs to know a line


def voice(seconds: float, rms: float = 1500, seed: int = 1) -> Audio:
    """Return something that moves as speech does: harmonics of a voice, in syllables of four a second."""
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    draw = np.random.default_rng(seed)
    pitch_hz = 130 + 30 * np.sin(2 * np.pi * 0.7 * times)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
    wave = sum(np.sin(n * phase + draw.uniform(0, 6)) / n for n in range(1, 20))
    wave = wave * np.abs(np.sin(2 * np.pi * 2 * times)) ** 1.5
    return np.round(wave / wave.std() * rms).astype(np.int16)


def verdicts(audio: Audio, gate: Gate | None = None) -> list[bool]:
    """Return for each unit whether the gate heard speech in it."""
    gate = gate or Gate(RATE_HZ)
    found = []
    for at in range(0, audio.size - UNIT + 1, UNIT):
        gate.hear(audio[at : at + UNIT])
        found.append(gate.last_speech == at + UNIT)
    return found


@pytest.mark.parametrize("rms", [15, 60, 300, 3000])
@pytest.mark.parametrize("make", [white, pink, hum])
def test_steady_noise_is_no_speech_once_it_is_known(make, rms: float) -> None:  # type: ignore[no-untyped-def]
    found = verdicts(make(30, RATE_HZ, rms=rms))
    assert all(found[:25])  # not yet known: in doubt, speech
    assert np.mean(found[round(LEARNT_S * 1000 / UNIT_MS) :]) < 0.02


def test_an_idle_line_is_no_speech_from_its_first_moment() -> None:
    assert not any(verdicts(silence(5)))
    assert not any(verdicts(np.tile(np.array([-8, 8], np.int16), 20_000)))


@settings(max_examples=10, deadline=None)
@given(
    snr_db=st.floats(10, 30),
    rms=st.sampled_from([40, 200, 1500, 6000]),
    noise=st.sampled_from([white, pink, hum]),
    place=st.integers(0, UNIT - 1),
    seed=st.integers(0, 5),
)
def test_a_word_in_noise_is_noticed_before_its_pre_roll_is_over(snr_db, rms, noise, place, seed) -> None:  # type: ignore[no-untyped-def]
    """From 10 dB on, whatever the level and the noise, a word of 0.3 s opens the gate within its first 0.2 s."""
    word = voice(0.3, rms, seed)
    before = round(8 * RATE_HZ) + place
    speech = np.concatenate([np.zeros(before, np.int16), word, np.zeros(RATE_HZ // 2, np.int16)])
    loud = np.concatenate([np.zeros(0, np.int16), word, word])
    level = mixed(loud, noise(loud.size / RATE_HZ, RATE_HZ, rms=100), snr_db).astype(int) - loud
    under = noise(speech.size / RATE_HZ, RATE_HZ, rms=max(1.0, float(level.std())), seed=seed + 2)
    found = verdicts((speech + under).clip(-32768, 32767).astype(np.int16))
    first = before // UNIT
    assert any(found[first : first + 200 // UNIT_MS + 1])


def test_long_speech_never_becomes_noise() -> None:
    found = verdicts(np.concatenate([voice(60), silence(1)]))
    gaps = np.diff(np.flatnonzero([True, *found[:1200], True]))
    assert gaps.max() * UNIT_MS <= 500


def test_sound_after_an_idle_line_is_speech_whatever_the_noise_was() -> None:
    gate = Gate(RATE_HZ)
    verdicts(white(10, RATE_HZ, rms=500), gate)
    gate.hear(silence(1))
    place = 11 * RATE_HZ
    gate.hear(white(0.05, RATE_HZ, rms=30))
    assert gate.last_speech == place + UNIT


def test_key_tones_are_no_speech() -> None:
    known = white(LEARNT_S, RATE_HZ, rms=20)
    keys = dtmf("0123456789*#ABCD" * 3, RATE_HZ, rms=2000)
    found = verdicts(np.concatenate([known, keys]))[round(LEARNT_S * 1000 / UNIT_MS) :]
    assert np.mean(found) < 0.05


@given(cuts=st.lists(st.integers(1, 900), min_size=1, max_size=30))
@settings(max_examples=10, deadline=None)
def test_the_verdict_does_not_depend_on_how_the_audio_is_cut(cuts: list[int]) -> None:
    audio = np.concatenate([white(2, RATE_HZ, rms=60), voice(1), white(1, RATE_HZ, rms=60)])
    whole, parts = Gate(RATE_HZ, 80), Gate(RATE_HZ, 80)
    whole.hear(audio)
    at = 0
    while at < audio.size:
        length = cuts[at % len(cuts)]
        parts.hear(audio[at : at + length])
        at += length
    assert parts.last_speech == whole.last_speech
    span = (80 + 2 * RATE_HZ, 80 + 3 * RATE_HZ)
    assert parts.spoken_share(*span, slack=0) == whole.spoken_share(*span, slack=0)


def test_the_share_of_speech_is_judged_by_what_is_known_later() -> None:
    gate = Gate(RATE_HZ)
    audio = white(10, RATE_HZ, rms=100)
    audio[4 * RATE_HZ : 5 * RATE_HZ] += voice(1)
    gate.hear(audio)
    assert gate.spoken_share(0, RATE_HZ, slack=0) < 0.1  # was called speech when it was heard
    assert gate.spoken_share(4 * RATE_HZ, 5 * RATE_HZ, slack=800) > 0.9
    assert gate.spoken_share(6 * RATE_HZ, 7 * RATE_HZ, slack=800) < 0.2
    assert gate.spoken_share(5, 5, slack=0) == 0


@pytest.mark.parametrize(
    "audio",
    [
        music(5, RATE_HZ, rms=2000),
        comfort(5, RATE_HZ, rms=50),
        clipped(voice(5)),
        np.full(4 * RATE_HZ, 32767, np.int16),
        np.tile(np.array([-32768, 32767], np.int16), 16_000),
        np.zeros(0, np.int16),
    ],
    ids=["music", "comfort", "clipped", "stuck", "full scale", "empty"],
)
def test_strange_audio_does_no_harm(audio: Audio) -> None:
    gate = Gate(RATE_HZ)
    gate.hear(audio)
    assert 0 <= gate.last_speech <= audio.size


def test_memory_does_not_grow_with_the_call() -> None:
    gate = Gate(RATE_HZ)
    audio = voice(30)
    for _ in range(5):
        gate.hear(audio)
    assert len(gate._heard) == 800
    assert len(gate._noise) == 50


def test_the_gate_without_judgement_lets_all_sound_through_and_no_silence() -> None:
    found = verdicts(np.concatenate([white(10, RATE_HZ, rms=60), silence(1)]), SoundGate(RATE_HZ))
    assert found == [True] * 200 + [False] * 20

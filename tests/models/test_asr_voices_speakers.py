# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may be trained on, and what a style draws."""

from __future__ import annotations

import random
from collections import Counter
from statistics import fmean

import pytest

from models.asr_id.voices import (
    SPEAKERS,
    Style,
    VoiceError,
    draw_training_speaker,
    held_out_speakers,
    speak,
    training_speakers,
)
from models.asr_id.voices.speaking import RENDERERS
from models.asr_id.voices.style import draw
from models.asr_id.voices.tables import diphone_sets

pytestmark = pytest.mark.unit

_STRANGERS = {"kal", "flite-kal", "flite-kal16", "flite-awb", "dita"}


def test_strangers_are_never_trained_on() -> None:
    training = {speaker.name for speaker in training_speakers()}
    assert not training & _STRANGERS
    assert {speaker.name for speaker in held_out_speakers(recorded=True)} == _STRANGERS
    assert not training & {speaker.name for speaker in held_out_speakers()}
    for part in ("kal", "awb", "dita"):
        assert not [name for name in training if part in name.split(":")[0]]


def test_every_language_of_a_held_out_formant_voice_is_held_out() -> None:
    for variant in ("f4", "m7", "klatt3", "Andy", "linda", "steph2", "edward2", "anika", "Michael", "robosoft4",
                    "victor", "Alicia"):  # fmt: skip
        family = [speaker for speaker in SPEAKERS.values() if speaker.voice.endswith(f"+{variant}")]
        assert family
        assert all(speaker.held_out for speaker in family)


def test_draws_are_only_from_training_speakers() -> None:
    rng = random.Random(1)
    for recorded in (True, False):
        drawn = Counter(draw_training_speaker(rng, recorded=recorded).name for _ in range(2000))
        assert not any(SPEAKERS[name].held_out for name in drawn)
        assert all(SPEAKERS[name].recorded == recorded for name in drawn)
        if recorded:
            assert len(drawn) == len(training_speakers(recorded=True))


def test_table_is_consistent() -> None:
    assert {speaker.engine for speaker in SPEAKERS.values()} == set(RENDERERS)
    assert {name for name, speaker in SPEAKERS.items() if speaker.engine == "festival"} == set(diphone_sets())
    for name, speaker in SPEAKERS.items():
        assert name == speaker.name
        assert speaker.package
        assert speaker.licence
        assert speaker.warp_range[0] <= 1.0 <= speaker.warp_range[1]


def test_unknown_speaker_is_named() -> None:
    with pytest.raises(VoiceError, match="nobody"):
        speak("nobody", [], rng=random.Random(1), workdir=None)  # type: ignore[arg-type]


def test_training_style_is_wide_and_neutral_style_is_the_voice_itself() -> None:
    speaker, rng = SPEAKERS["lp"], random.Random(3)
    wide = [draw(speaker, Style(), rng) for _ in range(300)]
    assert min(take.warp for take in wide) < 0.88
    assert max(take.warp for take in wide) > 1.12
    assert {take.contour for take in wide} == {"statement", "question", "flat", "lively"}
    assert any(take.hesitation() >= 1.5 for take in wide)
    plain = [draw(speaker, Style.neutral(), rng) for _ in range(100)]
    assert {take.warp for take in plain} == {1.0}
    assert all(140 <= take.rate_wpm <= 215 and take.hesitation() == 1.0 for take in plain)
    assert fmean(take.f0_hz for take in plain) == pytest.approx(speaker.f0_hz, rel=0.03)

# SPDX-License-Identifier: GPL-3.0-or-later
"""Time, stability and silence in one leg's recogniser, against an engine that hears beeps."""

from __future__ import annotations

import numpy as np
import pytest

from asr.recogniser import Final, LegRecogniser, Partial, PlacedWord
from tests.asr.calls import RATE_HZ, Audio, silence
from tests.asr.fakes import BeepEngine, beep, sentence

pytestmark = pytest.mark.unit
BLOCK = RATE_HZ // 10


def feed(leg: LegRecogniser, audio: Audio) -> list[Partial | Final]:
    return [
        item for at in range(0, audio.size, BLOCK) for item in leg.feed(audio[at : at + BLOCK].astype("<i2").tobytes())
    ]


def finals(heard: list[Partial | Final]) -> list[Final]:
    return [item for item in heard if isinstance(item, Final)]


def partials(heard: list[Partial | Final]) -> list[Partial]:
    return [item for item in heard if isinstance(item, Partial)]


def test_word_times_are_on_the_axis_of_the_recording() -> None:
    leg = LegRecogniser(BeepEngine(), RATE_HZ, first_sample=RATE_HZ * 7)
    [final] = finals(feed(leg, np.concatenate([silence(0.5), sentence(1000, 2000)])))
    assert final.words == (PlacedWord("w1000", 7500, 7800, 0.9), PlacedWord("w2000", 7900, 8200, 0.9))
    assert final.text == "w1000 w2000"
    assert final.confidence == pytest.approx(0.9)
    assert 8700 <= final.decoded_to_ms <= 8800


def test_long_digital_silence_is_not_decoded_and_moves_no_time() -> None:
    engine = BeepEngine()
    leg = LegRecogniser(engine, RATE_HZ, first_sample=800)
    heard = feed(leg, np.concatenate([sentence(1000), silence(60), sentence(2000), silence(30), sentence(3000)]))
    begin = [final.words[0].start_ms for final in finals(heard)]
    assert begin == [100, 100 + 1000 + 60_000, 100 + 1000 + 60_000 + 1000 + 30_000]
    assert engine.fed < 8 * RATE_HZ
    assert leg.position == 800 + round((60 + 30 + 3) * RATE_HZ)


def test_silence_inside_an_open_utterance_is_decoded_until_it_ends() -> None:
    leg = LegRecogniser(BeepEngine(), RATE_HZ, first_sample=0)
    heard = feed(leg, np.concatenate([beep(1000), silence(3)]))
    assert [final.text for final in finals(heard)] == ["w1000"]


def test_sound_after_skipped_silence_is_preceded_by_a_little_of_it() -> None:
    engine = BeepEngine()
    leg = LegRecogniser(engine, RATE_HZ, first_sample=0)
    feed(leg, silence(20))
    fed = engine.fed
    feed(leg, beep(1000, 0.1))
    assert engine.fed - fed == BLOCK + 2 * BLOCK


def test_partials_tell_changes_at_once_and_stability_until_it_is_enough() -> None:
    class Stuck(BeepEngine):
        def accept(self, pcm: bytes) -> bool:
            super().accept(pcm)
            return False

    leg = LegRecogniser(Stuck(), RATE_HZ, first_sample=0)
    told = partials(feed(leg, np.concatenate([beep(1000), silence(5)])))
    assert [(item.text, item.stable_ms) for item in told] == [
        ("w1000", 0),
        ("w1000", 400),
        ("w1000", 800),
        ("w1000", 1200),
    ]
    assert [item.audio_to_ms - told[0].audio_to_ms for item in told] == [0, 400, 800, 1200]


def test_a_new_word_starts_stability_again() -> None:
    leg = LegRecogniser(BeepEngine(), RATE_HZ, first_sample=0)
    told = partials(feed(leg, np.concatenate([beep(1000), silence(0.2), beep(2000, 0.9), silence(0.3)])))
    assert [item.text for item in told if item.stable_ms == 0] == ["w1000", "w1000 w2000"]
    assert max(item.stable_ms for item in told if item.text == "w1000") == 800


def test_a_partial_that_came_to_nothing_is_taken_back() -> None:
    class Fickle(BeepEngine):
        def result(self) -> list:  # type: ignore[type-arg]
            super().result()
            return []

    leg = LegRecogniser(Fickle(), RATE_HZ, first_sample=0)
    heard = feed(leg, sentence(1000))
    assert not finals(heard)
    assert partials(heard)[-1].text == ""


def test_empty_utterances_are_not_told() -> None:
    class Nervous(BeepEngine):
        def accept(self, pcm: bytes) -> bool:
            super().accept(pcm)
            return True

    assert feed(LegRecogniser(Nervous(), RATE_HZ, first_sample=0), silence(3)) == []


def test_flush_gives_the_last_word_without_any_silence_behind_it() -> None:
    leg = LegRecogniser(BeepEngine(), RATE_HZ, first_sample=0)
    assert not finals(feed(leg, beep(1000, 0.5)))
    [final] = finals(leg.flush())
    assert final.words == (PlacedWord("w1000", 0, 500, 0.9),)


def test_warm_up_leaves_no_words_and_no_shift() -> None:
    leg = LegRecogniser(BeepEngine(), RATE_HZ, first_sample=RATE_HZ)
    leg.warm_up(beep(5000, 1.0).astype("<i2").tobytes(), 0)
    [final] = finals(feed(leg, sentence(1000)))
    assert final.words == (PlacedWord("w1000", 1000, 1300, 0.9),)

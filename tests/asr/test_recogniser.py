# SPDX-License-Identifier: GPL-3.0-or-later
"""Time, stability and silence in one leg's recogniser, against an engine that hears beeps."""

from __future__ import annotations

import numpy as np
import pytest

from asr.gate import Gate
from asr.recogniser import FORCE_MS, PREROLL_MS, Final, LegRecogniser, Partial, PlacedWord, RawWord
from asr.signals import white
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
    assert engine.fed - fed == BLOCK + PREROLL_MS // 100 * BLOCK


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
    told = partials(feed(leg, np.concatenate([beep(1000), silence(0.2), beep(2000, 0.9), silence(0.45)])))
    assert [item.text for item in told if item.stable_ms == 0] == ["w1000", "w1000 w2000"]
    assert max(item.stable_ms for item in told if item.text == "w1000") == 1200


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


def test_steady_noise_is_not_decoded_and_speech_after_it_keeps_its_place() -> None:
    engine = BeepEngine()
    leg = LegRecogniser(engine, RATE_HZ, first_sample=0)
    noise = white(60, RATE_HZ, rms=10)
    heard = feed(leg, np.concatenate([noise, mixed_in(sentence(9000), noise), noise]))
    assert [final.words for final in finals(heard)] == [(PlacedWord("w9000", 60_000, 60_300, 0.9),)]
    assert engine.fed < 20 * RATE_HZ


def test_an_utterance_that_noise_holds_open_is_ended() -> None:
    class Endless(BeepEngine):
        def accept(self, pcm: bytes) -> bool:
            super().accept(pcm)
            return False

    leg = LegRecogniser(Endless(), RATE_HZ, first_sample=0)
    noise = white(10, RATE_HZ, rms=10)
    heard = feed(leg, np.concatenate([noise, mixed_in(beep(9000), noise), noise]))
    [final] = finals(heard)
    assert final.words == (PlacedWord("w9000", 10_000, 10_300, 0.9),)
    assert FORCE_MS <= final.decoded_to_ms - 10_300 <= FORCE_MS + 300


class Imagines(BeepEngine):
    """Hears a word of the given confidence at 6.0 s whatever the audio."""

    confidence = 0.5

    def accept(self, pcm: bytes) -> bool:
        super().accept(pcm)
        return self.fed == 7 * RATE_HZ

    def result(self) -> list[RawWord]:
        return [RawWord("hantu", 6.0, 6.4, self.confidence)]


@pytest.mark.parametrize(("confidence", "kept"), [(0.5, 0), (0.99, 1)])
def test_a_word_where_nobody_spoke_is_dropped_unless_the_engine_is_sure(confidence: float, kept: int) -> None:
    engine = Imagines()
    engine.confidence = confidence
    leg = LegRecogniser(engine, RATE_HZ, first_sample=0, gate=Everything)
    heard = feed(leg, white(8, RATE_HZ, rms=60))
    assert len(finals(heard)) == kept
    assert leg.dropped_words == 1 - kept


def test_an_unsure_word_where_somebody_spoke_is_never_dropped() -> None:
    noise = white(8, RATE_HZ, rms=60)
    noise[6 * RATE_HZ : 6 * RATE_HZ + 800] += beep(3000, 0.1)
    leg = LegRecogniser(Imagines(), RATE_HZ, first_sample=0, gate=Everything)
    assert [final.text for final in finals(feed(leg, noise))] == ["hantu"]
    assert leg.dropped_words == 0


def test_a_word_is_not_stretched_over_a_skipped_pause() -> None:
    """The engine may place a word's begin before the pause that it never heard."""

    class Early(BeepEngine):
        def result(self) -> list[RawWord]:
            return [word._replace(start_s=word.start_s - 0.6) for word in super().result()]

    leg = LegRecogniser(Early(), RATE_HZ, first_sample=0)
    heard = feed(leg, np.concatenate([sentence(1000), silence(60), sentence(2000)]))
    assert finals(heard)[-1].words[0].end_ms == 61_300
    assert finals(heard)[-1].words[0].start_ms >= 60_300


class Everything(Gate):
    """Decodes all, and yet knows where speech is."""

    def hear(self, block: Audio) -> None:
        super().hear(block)
        self.last_speech = self._heard_to


def mixed_in(audio: Audio, noise: Audio) -> Audio:
    """Return the beeps with noise so faint that the engine of beeps still reads their values."""
    return audio + noise[: audio.size]

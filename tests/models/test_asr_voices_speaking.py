# SPDX-License-Identifier: GPL-3.0-or-later
"""Speech of the real engines: times, energy, and what is refused."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from models.asr_id.phones import SILENCE, VOWELS
from models.asr_id.voices import RATE_HZ, SPEAKERS, RefusedError, Spoken, Style, VoiceError, Word, attempt, speak
from models.asr_id.voices.core import Label
from models.asr_id.voices.festival import run_festival
from models.asr_id.voices.sound import PEAK, finish, labels_from_ends, merge_silence, to_telephone_rate, whisper

_REQUEST = [
    Word("selamat", ("s", "@", "l", "a", "m", "a", "t")),
    Word("pagi", ("p", "a", "g", "i")),
    None,
    Word("hutang", ("h", "u", "t", "a", "ng")),
    Word("nyonya", ("ny", "o", "ny", "a")),
]


def _speak(name: str, tmp_path: Path, style: Style | None = None) -> Spoken:
    try:
        (spoken,) = attempt(name, [_REQUEST], rng=random.Random(5), workdir=tmp_path, style=style or Style.neutral())
    except VoiceError as error:
        pytest.skip(f"{SPEAKERS[name].package} is not installed: {error}")
    assert isinstance(spoken, Spoken), spoken
    return spoken


def _level(spoken: Spoken, start_s: float, end_s: float) -> float:
    part = spoken.samples[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)].astype(np.float64)
    return float(np.sqrt(np.mean(part**2)))


def _long_silences(spoken: Spoken) -> list[tuple[str, float, float]]:
    return [one for one in spoken.phones if one[0] == SILENCE and one[2] - one[1] > 0.08]


@pytest.mark.integration
@pytest.mark.parametrize("name", ["pc", "nsk", "flite-rms", "ona", "espeak:id"])
def test_speech_has_the_times_it_is_labelled_with(name: str, tmp_path: Path) -> None:
    spoken = _speak(name, tmp_path)
    assert spoken.samples.dtype == np.float32
    assert np.abs(spoken.samples).max() == pytest.approx(PEAK, abs=1e-3)
    phones = [phone for phone, _, _ in spoken.phones]
    wanted = [phone for word in _REQUEST if word for phone in word.phones]
    assert [phone for phone in phones if phone != SILENCE] == wanted
    assert phones.count(SILENCE) == 3
    assert spoken.phones[0][:2] == (SILENCE, 0.0)
    assert spoken.phones[-1][0] == SILENCE
    assert spoken.phones[-1][2] == pytest.approx(spoken.duration_s, abs=1e-9)
    for (_, _, end_s), (_, start_s, _) in zip(spoken.phones, spoken.phones[1:], strict=False):
        assert end_s == start_s
    assert [word for word, _, _ in spoken.word_spans] == ["selamat", "pagi", "hutang", "nyonya"]
    assert spoken.word_spans[0][1] == spoken.phones[0][2]
    assert spoken.word_spans[1][2] == next(s for p, s, _ in spoken.phones[1:] if p == SILENCE)


@pytest.mark.integration
@pytest.mark.parametrize("name", ["pc", "flite-rms", "ona", "espeak:id"])
@pytest.mark.parametrize("warp", [0.9, 1.2])
def test_vowels_are_loud_and_pauses_are_quiet_at_any_warp(name: str, warp: float, tmp_path: Path) -> None:
    spoken = _speak(name, tmp_path, Style(rate_wpm=(150, 160), warp=(warp, warp), pause_s=(0.3, 0.3)))
    vowels = [_level(spoken, start, end) for phone, start, end in spoken.phones if phone in VOWELS]
    pauses = [_level(spoken, start + 0.03, end - 0.02) for phone, start, end in _long_silences(spoken)]
    fricative = next(_level(spoken, start, end) for phone, start, end in spoken.phones if phone == "s")
    assert min(vowels) > 3 * max(pauses)
    assert fricative > 2 * max(pauses)


@pytest.mark.integration
def test_batch_goes_on_after_a_request_that_cannot_be_said(tmp_path: Path) -> None:
    requests = [_REQUEST, [Word("khusus", ("kh", "u", "s", "u", "s"))], [None], _REQUEST]
    try:
        spoken = speak("pc", requests, rng=random.Random(2), workdir=tmp_path, style=Style.neutral())
    except VoiceError as error:
        pytest.skip(str(error))
    assert [one is None for one in spoken] == [False, True, True, False]


def _finish(samples: np.ndarray, labels: list[Label]) -> Spoken:
    return finish(samples, 16000, labels, speaker=SPEAKERS["pc"], request=[Word("a", ("a",))])


_LABELS = [Label(SILENCE, None, 0.1), Label("a", 0, 0.3), Label(SILENCE, None, 0.1)]


def _tone(seconds: float, silent: tuple[float, float] = (0, 0)) -> np.ndarray:
    time_s = np.arange(round(seconds * 16000)) / 16000
    return np.where((time_s >= silent[0]) & (time_s < silent[1]), 0.0, 0.3 * np.sin(2 * np.pi * 500 * time_s))


@pytest.mark.unit
def test_sound_that_is_not_what_the_labels_say_is_refused() -> None:
    assert _finish(_tone(0.5), _LABELS).duration_s == 0.5
    with pytest.raises(RefusedError, match="length"):
        _finish(_tone(0.9), _LABELS)
    with pytest.raises(RefusedError, match="silent"):
        _finish(np.zeros(8000), _LABELS)
    with pytest.raises(RefusedError, match="clipped"):
        _finish(np.sign(_tone(0.5)), _LABELS)
    two_vowels = [Label(SILENCE, None, 0.1), Label("a", 0, 0.15), Label("i", 0, 0.15), Label(SILENCE, None, 0.1)]
    with pytest.raises(RefusedError, match="'i' is silent"):
        _finish(_tone(0.5, silent=(0.25, 0.5)), two_vowels)


@pytest.mark.unit
def test_resampling_keeps_a_tone_and_drops_what_telephones_cannot_carry() -> None:
    low = to_telephone_rate(_tone(1.0), 16000)
    assert len(low) == RATE_HZ
    assert np.std(low[800:-800]) == pytest.approx(0.3 / np.sqrt(2), rel=0.01)
    time_s = np.arange(16000) / 16000
    assert np.std(to_telephone_rate(np.sin(2 * np.pi * 6000 * time_s), 16000)) < 0.01


@pytest.mark.unit
def test_labels_from_ends_join_parts_and_silences() -> None:
    ours: list[tuple[str, int | None]] = [(SILENCE, None), ("ny", 0), ("", 0), ("a", 0), (SILENCE, None)]
    labels = labels_from_ends([0.1, 0.2, 0.25, 0.4, 0.5], ours)
    assert [(label.phone, round(label.duration_s, 3)) for label in labels] == [
        (SILENCE, 0.1), ("ny", 0.15), ("a", 0.15), (SILENCE, 0.1),
    ]  # fmt: skip
    joined = merge_silence([*labels, Label(SILENCE, None, 0.2)])
    assert joined[-1].duration_s == pytest.approx(0.3)


@pytest.mark.unit
def test_whisper_removes_the_pitch_and_keeps_the_place() -> None:
    pulses = np.zeros(1600)
    pulses[::160] = 1.0
    voiced = np.convolve(pulses, 0.8 ** np.arange(60))[:1600]
    breath = voiced.copy()
    whisper(breath, np.random.default_rng(1))

    def periodicity(sound: np.ndarray) -> float:
        return float(sound[200:-360] @ sound[360:-200] / (sound[200:-360] @ sound[200:-360]))

    assert periodicity(voiced) > 0.9
    assert abs(periodicity(breath)) < 0.4
    assert 0 < breath.std() < voiced.std()


_CRASHING_FESTIVAL = """#!/bin/sh
grep -o '"[^"]*wav"' "$2" | tr -d '"' | while read wav; do
  case $wav in */2.wav) exit 134;; esac
  : > "$wav"
done
"""


@pytest.mark.unit
def test_an_utterance_that_crashes_the_engine_costs_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "festival"
    program.write_text(_CRASHING_FESTIVAL)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    run_festival("(voice)", {number: "(say)" for number in range(5)}, tmp_path, package="none")
    assert sorted(path.name for path in tmp_path.glob("*.wav")) == ["0.wav", "1.wav", "3.wav", "4.wav"]
    program.write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(VoiceError, match="festival failed"):
        run_festival("(voice)", {0: "(say)"}, tmp_path, package="none")

# SPDX-License-Identifier: GPL-3.0-or-later
"""From an engine's sound to a checked utterance: resampling, whispering, sanity checks, labels."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from ..phones import SILENCE, VOWELS
from .core import RATE_HZ, Label, Raw, RefusedError, Request, Speaker, Spoken

PEAK = 0.6
_LENGTH_TOLERANCE = 0.12
_LENGTH_SLACK_S = 0.05
_QUIETEST = 1e-3
_SILENT_VOWEL = 0.02  # of the median vowel level (RMS): a missing diphone, not a weak vowel
_CLIPPED_SHARE = 0.002
_LPC_ORDER = 18
_WHISPER_LEVEL = (0.15, 0.5)


def to_telephone_rate(samples: Raw, rate_hz: float) -> Raw:
    """Resample to RATE_HZ with a soft edge just below its Nyquist frequency."""
    spectrum = np.fft.rfft(samples)
    frequencies = np.fft.rfftfreq(len(samples), 1 / rate_hz)
    count = round(len(samples) * RATE_HZ / rate_hz)
    gain = 1 / np.sqrt(1 + (frequencies / 3800.0) ** 40)
    resampled: Raw = np.fft.irfft((spectrum * gain)[: count // 2 + 1], count) * (count / len(samples))
    return resampled


def finish(samples: Raw, rate_hz: float, labels: Sequence[Label], *, speaker: Speaker, request: Request) -> Spoken:
    """Resample, check, set the level and attach the times. `rate_hz` already includes the warp.

    Raises RefusedError with the reason when the sound is not what the labels say.
    """
    wanted_s = sum(label.duration_s for label in labels)
    got_s = len(samples) / rate_hz
    if abs(got_s - wanted_s) > _LENGTH_SLACK_S + _LENGTH_TOLERANCE * wanted_s:
        raise RefusedError(f"length {got_s:.2f} s instead of {wanted_s:.2f} s")
    full_scale = np.abs(samples).max(initial=0.0)
    if full_scale < _QUIETEST:
        raise RefusedError("silent")
    if np.mean(np.abs(samples) > 0.999) > _CLIPPED_SHARE:
        raise RefusedError("clipped")
    sound = to_telephone_rate(samples, rate_hz)
    wanted = round(wanted_s * RATE_HZ)
    sound = np.concatenate([sound[:wanted], np.zeros(max(0, wanted - len(sound)))])
    phones = _phones(labels, wanted / RATE_HZ)
    _check_vowels(sound, phones)
    words = tuple(word for word in request if word is not None)
    return Spoken(
        samples=(sound * (PEAK / np.abs(sound).max())).astype(np.float32),
        speaker=speaker.name,
        words=words,
        phones=phones,
        word_spans=tuple(
            (words[number].text, start_s, end_s) for number, (start_s, end_s) in enumerate(_spans(labels, phones))
        ),
    )


def merge_silence(labels: Sequence[Label]) -> list[Label]:
    """Join neighbouring silences."""
    merged: list[Label] = []
    for label in labels:
        if label.word is None and merged and merged[-1].word is None:
            merged[-1] = Label(SILENCE, None, merged[-1].duration_s + label.duration_s)
        else:
            merged.append(label)
    return merged


def labels_from_ends(ends_s: Sequence[float], ours: Sequence[tuple[str, int | None]]) -> list[Label]:
    """Labels of an engine that tells where each phone ends; a phone named "" continues the one before it."""
    labels: list[Label] = []
    start_s = 0.0
    for end_s, (phone, word) in zip(ends_s, ours, strict=True):
        if phone:
            labels.append(Label(phone, word, end_s - start_s))
        else:
            labels[-1] = Label(labels[-1].phone, word, labels[-1].duration_s + end_s - start_s)
        start_s = end_s
    return merge_silence(labels)


def _phones(labels: Sequence[Label], end_s: float) -> tuple[tuple[str, float, float], ...]:
    ends = list(itertools.accumulate(label.duration_s for label in labels))
    ends[-1] = end_s
    starts = [0.0, *ends[:-1]]
    return tuple((label.phone, start, end) for label, start, end in zip(labels, starts, ends, strict=True))


def _spans(labels: Sequence[Label], phones: Sequence[tuple[str, float, float]]) -> list[tuple[float, float]]:
    spans: dict[int, tuple[float, float]] = {}
    for label, (_, start_s, end_s) in zip(labels, phones, strict=True):
        if label.word is not None:
            spans[label.word] = (spans.get(label.word, (start_s, end_s))[0], end_s)
    return [spans[number] for number in sorted(spans)]


def _check_vowels(sound: Raw, phones: Sequence[tuple[str, float, float]]) -> None:
    levels = []
    for phone, start_s, end_s in phones:
        if phone in VOWELS:
            quarter = (end_s - start_s) / 4
            part = sound[round((start_s + quarter) * RATE_HZ) : round((end_s - quarter) * RATE_HZ)]
            levels.append((phone, float(np.sqrt(np.mean(part**2))) if len(part) else 0.0))
    median = float(np.median([level for _, level in levels])) if levels else 0.0
    for phone, level in levels:
        if level < _SILENT_VOWEL * median or level == 0.0:
            raise RefusedError(f"vowel {phone!r} is silent: a diphone is missing")


def whisper(part: Raw, noise: np.random.Generator) -> None:
    """Replace `part` in place by noise with the part's own LPC envelope, cross-faded at both ends."""
    count = len(part)
    if count < 6 * _LPC_ORDER:
        return
    windowed = part * np.hanning(count)
    lags = np.array([windowed[: count - lag] @ windowed[lag:] for lag in range(_LPC_ORDER + 1)])
    lags[0] = lags[0] * 1.001 + 1e-9
    matrix = lags[np.abs(np.subtract.outer(np.arange(_LPC_ORDER), np.arange(_LPC_ORDER)))]
    predictor = np.linalg.solve(matrix, lags[1:])
    envelope = 1 / np.abs(np.fft.rfft(np.concatenate([[1.0], -predictor]), 2 * count))
    breath = np.fft.irfft(np.fft.rfft(noise.standard_normal(2 * count)) * envelope)[:count]
    breath *= noise.uniform(*_WHISPER_LEVEL) * part.std() / (breath.std() + 1e-12)
    fade = min(round(count / 4), 80)
    weight = np.ones(count)
    weight[:fade], weight[-fade:] = np.linspace(0, 1, fade), np.linspace(1, 0, fade)
    part[:] = part * (1 - weight) + breath * weight

# SPDX-License-Identifier: GPL-3.0-or-later
"""Renders planned phones with a Festival diphone voice and brings them into telephone shape.

Festival gets explicit segments (phone, seconds, pitch target), so its own text analysis plays no part.  A phone the
voice lacks (h in the Italian voices) lends its time to the vowel beside it, and that part is then whispered: the
vowel's own LPC envelope excited by noise.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from .g2p import VOWELS
from .prosody import Phone
from .voices import SILENCE, Voice, VoiceError, diphones_of, spell

RATE_HZ = 8000
PEAK = 10 ** (-3 / 20)
EDGE_S = 0.3
BAND_HZ = (300.0, 3400.0)
_LPC_ORDER = 18
_WHISPER_LEVEL = 0.35
_FESTIVAL_TIMEOUT_S = 60

Samples = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Unit:
    """What Festival is asked for: one of our phones, and how much of its beginning or end is to be whispered."""

    phone: str
    duration_s: float
    f0_hz: float | None
    whisper_start_s: float = 0.0
    whisper_end_s: float = 0.0


def speak(plan: Sequence[Phone], voice: Voice, workdir: Path, *, seed: int, edge_s: float = EDGE_S) -> Samples:
    """Samples at 8 kHz, peak -3 dBFS, telephone band, `edge_s` seconds of silence added at both ends.

    Raises VoiceError when the voice cannot say the plan or Festival fails.
    """
    units = _lend_missing(plan, voice)
    chain = spell([unit.phone for unit in units], voice, diphones_of(voice))
    segments = []
    for unit, spelling in zip(units, chain, strict=True):
        for number, (name, share) in enumerate(spelling):
            seconds = unit.duration_s * share * voice.warp
            target = f" ({seconds / 2:.4f} {unit.f0_hz / voice.warp:.1f})" if unit.f0_hz and number == 0 else ""
            segments.append(f"({name} {seconds:.4f}{target})")
    raw, rate_hz = _run_festival(voice, segments, workdir)
    _check_length(raw, rate_hz, units, voice)
    _whisper_units(raw, rate_hz, units, voice, np.random.default_rng(seed))
    return to_telephone(raw, rate_hz * voice.warp, edge_s)


def to_telephone(samples: Samples, rate_hz: float, edge_s: float) -> Samples:
    """Band-limit to BAND_HZ, resample to 8 kHz, set the peak and add the silent edges."""
    spectrum = np.fft.rfft(samples)
    frequencies = np.fft.rfftfreq(len(samples), 1 / rate_hz)
    low, high = BAND_HZ
    with np.errstate(divide="ignore"):
        gain = 1 / np.sqrt((1 + (low / frequencies) ** 6) * (1 + (frequencies / high) ** 24))
    count = round(len(samples) * RATE_HZ / rate_hz)
    shaped = np.fft.irfft((spectrum * gain)[: count // 2 + 1], count)
    edge = np.zeros(round(edge_s * RATE_HZ))
    return np.concatenate([edge, shaped * (PEAK / np.abs(shaped).max()), edge])


def to_pcm16(samples: Samples) -> npt.NDArray[np.int16]:
    """Full scale 1.0 to 16 bit, rounded."""
    return np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16)


def _lend_missing(plan: Sequence[Phone], voice: Voice) -> list[_Unit]:
    units: list[_Unit] = []
    lent_s = 0.0
    for at, phone in enumerate(plan):
        if phone.name in voice.whispered:
            follower = plan[at + 1].name if at + 1 < len(plan) else SILENCE
            if follower in VOWELS:
                lent_s = phone.duration_s
            elif units and units[-1].phone in VOWELS:
                vowel = units[-1]
                length = vowel.duration_s + phone.duration_s
                units[-1] = _Unit(vowel.phone, length, vowel.f0_hz, vowel.whisper_start_s, phone.duration_s)
            else:
                raise VoiceError(f"voice {voice.name}: no vowel beside {phone.name!r} to whisper")
            continue
        units.append(_Unit(phone.name, phone.duration_s + lent_s, phone.f0_hz, lent_s))
        lent_s = 0.0
    return units


def _run_festival(voice: Voice, segments: Sequence[str], workdir: Path) -> tuple[Samples, int]:
    wav, script = workdir / "line.wav", workdir / "line.scm"
    script.write_text(
        f"(voice_{voice.festival_name})\n"
        f"(set! u (Utterance Segments ({' '.join(segments)})))\n"
        f'(utt.synth u)\n(utt.save.wave u "{wav}" \'riff)\n'
    )
    wav.unlink(missing_ok=True)
    try:
        done = subprocess.run(
            ["festival", "-b", str(script)], capture_output=True, timeout=_FESTIVAL_TIMEOUT_S, check=False
        )
    except FileNotFoundError as error:
        raise VoiceError("festival is missing: apt-get install festival") from error
    if done.returncode or not wav.exists():
        raise VoiceError(f"festival failed for voice {voice.name}: {done.stderr[-300:].decode(errors='replace')}")
    samples, rate_hz = soundfile.read(wav, dtype="float64")
    return np.asarray(samples, dtype=np.float64), int(rate_hz)


def _check_length(samples: Samples, rate_hz: int, units: Sequence[_Unit], voice: Voice) -> None:
    """A voice that swallowed segments gives a short or silent file and no error."""
    wanted_s = sum(unit.duration_s for unit in units) * voice.warp
    got_s = len(samples) / rate_hz
    if samples.std() < 1e-3 or abs(got_s - wanted_s) > 0.1 + 0.1 * wanted_s:
        raise VoiceError(f"voice {voice.name}: asked for {wanted_s:.2f} s of speech, got {got_s:.2f} s")


def _whisper_units(
    samples: Samples, rate_hz: int, units: Sequence[_Unit], voice: Voice, noise: np.random.Generator
) -> None:
    scale = rate_hz * voice.warp
    start_s = 0.0
    for unit in units:
        end_s = start_s + unit.duration_s
        for first_s, last_s in (
            (start_s, start_s + unit.whisper_start_s),
            (end_s - unit.whisper_end_s, end_s),
        ):
            _whisper(samples[round(first_s * scale) : round(last_s * scale)], noise)
        start_s = end_s


def _whisper(part: Samples, noise: np.random.Generator) -> None:
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
    spectrum = np.fft.rfft(noise.standard_normal(2 * count)) * envelope
    breath = np.fft.irfft(spectrum)[:count]
    breath *= _WHISPER_LEVEL * part.std() / (breath.std() + 1e-12)
    fade = min(round(count / 4), 80)
    weight = np.ones(count)
    weight[:fade], weight[-fade:] = np.linspace(0, 1, fade), np.linspace(1, 0, fade)
    part[:] = part * (1 - weight) + breath * weight

# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of live decoding: what readers see and when, what it costs, and what is heard where nothing was said.

Used by ``python -m asr.bench`` and by the evaluation of models. Audio is handed over in blocks as a call would grow;
times are audio time, so that the figures do not depend on the machine (the processor time does).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asr.gate import Gate, SoundGate
from asr.partials import churn
from asr.recogniser import Engine, Final, LegRecogniser, Partial, PlacedWord
from asr.signals import noises

Audio = npt.NDArray[np.int16]
BLOCK_MS = 50  # as shipped (setting asr_block_ms)


@dataclass(frozen=True)
class Heard:
    """What one leg's recogniser told about some audio, each item with how much audio had been given by then."""

    items: tuple[tuple[int, Partial | Final], ...]
    audio_s: float
    cpu_s: float
    decoded_s: float  # what the gate let through
    dropped_words: int

    @property
    def finals(self) -> list[tuple[int, Final]]:
        """The final texts."""
        return [(at_ms, item) for at_ms, item in self.items if isinstance(item, Final)]

    @property
    def words(self) -> list[PlacedWord]:
        """The words of all final texts."""
        return [word for _, item in self.finals for word in item.words]

    @property
    def text(self) -> str:
        """The final texts as one."""
        return " ".join(item.text for _, item in self.finals)

    @property
    def cpu_s_per_audio_s(self) -> float:
        """Processor time for one second of audio."""
        return self.cpu_s / max(self.audio_s, 1e-9)

    @property
    def decoded_share(self) -> float:
        """Share of the audio that was decoded, 0 to 1."""
        return self.decoded_s / max(self.audio_s, 1e-9)

    @property
    def words_per_min(self) -> float:
        """Words for a minute of audio: insertions, when nothing was said."""
        return len(self.words) * 60 / max(self.audio_s, 1e-9)


@dataclass(frozen=True)
class LiveFigures:
    """What readers of a live transcript notice. Times in milliseconds."""

    churn: float  # words shown and then changed, per word of the final texts (unstable partial word ratio)
    first_partial_ms_p50: float  # begin of an utterance's first word -> first text shown of it
    first_partial_ms_p95: float
    final_ms_p50: float  # end of the last word -> final text
    final_ms_p95: float


def decode(
    audio: Audio,
    engine: Engine,
    rate_hz: int,
    *,
    block_ms: int = BLOCK_MS,
    gate: Callable[[int, int], Gate] = Gate,
    steady: bool = True,
) -> Heard:
    """Decode audio as one leg of a call.

    Parameters:
        gate, steady: as of :class:`asr.recogniser.LegRecogniser`.
    """
    leg = LegRecogniser(engine, rate_hz, 0, gate=gate, steady=steady)
    block = block_ms * rate_hz // 1000
    items: list[tuple[int, Partial | Final]] = []
    began_s = time.process_time()
    for at in range(0, audio.size, block):
        found = leg.feed(audio[at : at + block].astype("<i2").tobytes())
        items += [(leg.position * 1000 // rate_hz, item) for item in found]
    items += [(leg.position * 1000 // rate_hz, item) for item in leg.flush()]
    cpu_s = time.process_time() - began_s
    return Heard(tuple(items), audio.size / rate_hz, cpu_s, leg.decoded_s, leg.dropped_words)


def live_figures(heard: Heard) -> LiveFigures:
    """Return what readers notice of what was heard."""
    first: list[float] = []
    for utterance in utterances(heard):
        at_ms, last = utterance[-1]
        if isinstance(last, Final):
            shown_ms = next((at for at, item in utterance if item.text), at_ms)
            first.append(shown_ms - last.words[0].start_ms)
    final = [at_ms - item.words[-1].end_ms for at_ms, item in heard.finals]
    return LiveFigures(
        churn=round(churn([item.text for _, item in part] for part in utterances(heard)), 4),
        first_partial_ms_p50=percentile(first, 50),
        first_partial_ms_p95=percentile(first, 95),
        final_ms_p50=percentile(final, 50),
        final_ms_p95=percentile(final, 95),
    )


def utterances(heard: Heard) -> list[list[tuple[int, Partial | Final]]]:
    """Return what was told, utterance by utterance; each ends with its final or with the text taken back."""
    parts: list[list[tuple[int, Partial | Final]]] = [[]]
    for at_ms, item in heard.items:
        parts[-1].append((at_ms, item))
        if isinstance(item, Final) or not item.text:
            parts.append([])
    return [part for part in parts if part]


def no_speech(engine: Callable[[], Engine], rate_hz: int, *, seconds: float = 60.0) -> dict[str, dict[str, float]]:
    """Return, for every sound that holds no word, what it costs and how many words are heard in it per minute.

    Parameters:
        engine: makes a fresh engine; each sound is decoded twice, with and without the gate.
    """
    table: dict[str, dict[str, float]] = {}
    for name, make in noises(rate_hz, seconds).items():
        audio = make()
        gated = decode(audio, engine(), rate_hz)
        plain = decode(audio, engine(), rate_hz, gate=SoundGate)
        table[name] = {
            "insertions_per_min": round(gated.words_per_min, 2),
            "insertions_per_min_no_gate": round(plain.words_per_min, 2),
            "cpu_s_per_audio_s": round(gated.cpu_s_per_audio_s, 4),
            "cpu_s_per_audio_s_no_gate": round(plain.cpu_s_per_audio_s, 4),
        }
    return table


def percentile(values: Sequence[float], percent: float) -> float:
    """Return a percentile, rounded to a tenth; not a number when there are no values."""
    return round(float(np.percentile(values, percent)), 1) if len(values) else float("nan")

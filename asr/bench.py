# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of the transcription room alone: accuracy, speed and lag of a recogniser on recorded lines.

Offline and without a bus: audio is handed over in blocks as a call would grow, so that "when" means how much audio
had been given when a text appeared. ``python -m asr.bench`` prints accuracy and lag, what readers notice (churn, first
and final text), and what the gate saves on a call and on sounds without speech (:mod:`asr.live_figures`); the whole
pipeline under load is measured by ``kring bench pipeline``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import jiwer
import numpy as np
import numpy.typing as npt
import soundfile as sf

from asr.gate import SoundGate
from asr.live_figures import decode, live_figures, no_speech, percentile
from asr.model import VoskModel, load_model
from asr.recogniser import Engine, Final, Partial
from asr.signals import mixed, pink
from pipeline.errors import KringError
from pipeline.settings import PROJECT_DIR, load_settings

Audio = npt.NDArray[np.int16]
LEAD_MS = 600
GAP_MS = 1500
PLACE_SLACK = 2  # words


@dataclass(frozen=True)
class Line:
    """A recorded line and what is said in it (lower case, no marks)."""

    path: Path
    text: str


@dataclass(frozen=True)
class Figures:
    """What a run over some lines gave. Times are audio time in milliseconds."""

    lines: int
    audio_s: float
    wer: float
    cpu_s_per_audio_s: float
    first_shown_ms_p50: float  # end of a word -> first text that holds it
    first_shown_ms_p95: float
    final_ms_p50: float  # end of the last word -> final text
    final_ms_p95: float


def read_lines(index: Path) -> list[Line]:
    """Read the lines of an index such as ``models/demo_speech/index.toml`` (tables ``[[line]]``: file, text)."""
    import tomllib

    tables = tomllib.loads(index.read_text(encoding="utf-8"))["line"]
    return [Line(index.parent / table["file"], table["text"]) for table in tables]


def measure(lines: Sequence[Line], engine: Engine, rate_hz: int, *, block_ms: int = 100) -> Figures:
    """Decode all lines as one long leg with pauses between and compare with their texts."""
    audio = np.concatenate(list(_with_pauses(lines, rate_hz)))
    heard = decode(audio, engine, rate_hz, block_ms=block_ms)
    shown, final = _lags_ms(list(heard.items)), [at_ms - item.words[-1].end_ms for at_ms, item in heard.finals]
    return Figures(
        lines=len(lines),
        audio_s=round(audio.size / rate_hz, 1),
        wer=round(jiwer.wer(" ".join(line.text for line in lines), heard.text), 4),
        cpu_s_per_audio_s=round(heard.cpu_s_per_audio_s, 4),
        first_shown_ms_p50=percentile(shown, 50),
        first_shown_ms_p95=percentile(shown, 95),
        final_ms_p50=percentile(final, 50),
        final_ms_p95=percentile(final, 95),
    )


def cpu_s_per_audio_s(audio: Audio, engine: Engine, rate_hz: int, *, block_ms: int = 100) -> float:
    """Return the processor time that one second of this audio costs on one leg."""
    return round(decode(audio, engine, rate_hz, block_ms=block_ms).cpu_s_per_audio_s, 4)


def call_figures(lines: Sequence[Line], model: VoskModel, *, snr_db: float | None = 20.0) -> dict[str, object]:
    """Return what readers of a call notice and what it costs, with and without gate and steadying.

    Parameters:
        snr_db: each leg has a steady noise under it, so far below the speech; None = digital silence.
    """
    rate_hz = model.rate_hz
    legs = [_call_leg(lines, rate_hz, leg) for leg in (0, 1)]
    if snr_db is not None:
        legs = [mixed(leg, pink(leg.size / rate_hz, rate_hz, rms=100, seed=at), snr_db) for at, leg in enumerate(legs)]
    told = {
        "as_shipped": [decode(leg, model.engine(), rate_hz) for leg in legs],
        "no_gate": [decode(leg, model.engine(), rate_hz, gate=SoundGate) for leg in legs],
        "not_steadied": [decode(leg, model.engine(), rate_hz, steady=False) for leg in legs],
    }
    said = [" ".join(line.text for line in lines[at::2]) for at in (0, 1)]
    return {
        name: {
            "wer": round(jiwer.wer(said, [leg.text or "-" for leg in heard]), 4),
            "cpu_s_per_call_s": round(sum(leg.cpu_s for leg in heard) / heard[0].audio_s, 4),
            "caller": asdict(live_figures(heard[0])),
        }
        for name, heard in told.items()
    }


def _call_leg(lines: Sequence[Line], rate_hz: int, leg: int) -> Audio:
    """Return one side of a call in which the lines are spoken in turn: its own lines, silence for the other's."""
    parts = [np.zeros(3 * rate_hz, np.int16)]
    for number, line in enumerate(lines):
        audio = sf.read(line.path, dtype="int16")[0]
        parts += [audio if number % 2 == leg else np.zeros_like(audio), np.zeros(rate_hz // 2, np.int16)]
    return np.concatenate([*parts, np.zeros(2 * rate_hz, np.int16)])


def _with_pauses(lines: Iterable[Line], rate_hz: int) -> Iterable[Audio]:
    yield np.zeros(LEAD_MS * rate_hz // 1000, np.int16)
    for line in lines:
        yield sf.read(line.path, dtype="int16")[0]
        yield np.zeros(GAP_MS * rate_hz // 1000, np.int16)


def _lags_ms(heard: list[tuple[int, Partial | Final]]) -> list[int]:
    """Return for each final word how long after its end it was first shown, where it belongs in the utterance.

    Places may differ by ``PLACE_SLACK``: a correction that splits an earlier word moves all later ones, which the
    reader has seen nevertheless.
    """
    lags: list[int] = []
    first: dict[tuple[int, str], int] = {}
    for at_ms, item in heard:
        for place, shown in enumerate(item.text.split()):
            first.setdefault((place, shown), at_ms)
        if isinstance(item, Final):
            for place, word in enumerate(item.words):
                near = range(place - PLACE_SLACK, place + PLACE_SLACK + 1)
                lags.append(min(first[at, word.text] for at in near if (at, word.text) in first) - word.end_ms)
            first = {}
    return lags


def _partial_words_engine(model: VoskModel) -> Engine:
    """Return an engine with Vosk's partial words on: only to show what they would cost in time."""
    engine = model.engine()
    engine._recognizer.SetPartialWords(True)
    return engine


def _run(model: VoskModel, index: Path) -> dict[str, object]:
    lines = read_lines(index)
    makers: dict[str, Callable[[], Engine]] = {
        "as_shipped": model.engine,
        "with_partial_words": lambda: _partial_words_engine(model),
    }
    table: dict[str, object] = {name: asdict(measure(lines, make(), model.rate_hz)) for name, make in makers.items()}
    table["call_noise_20db"] = call_figures(lines[:24], model)
    table["call_digital_silence"] = call_figures(lines[:24], model, snr_db=None)
    table["no_speech"] = no_speech(model.engine, model.rate_hz)
    return table


def main(arguments: list[str] | None = None) -> int:
    """Print the figures as JSON; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m asr.bench", description="Accuracy and speed of the recogniser")
    parser.add_argument("--index", type=Path, default=PROJECT_DIR / "models/demo_speech/index.toml")
    options = parser.parse_args(arguments)
    try:
        table = _run(load_model(load_settings().asr_model), options.index)
    except (KringError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 3
    sys.stdout.write(json.dumps(table, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

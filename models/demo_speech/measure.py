# SPDX-License-Identifier: GPL-3.0-or-later
"""How well the shipped recogniser understands each demo file: word error rate by real Vosk, in 100 ms blocks.

`python -m models.demo_speech.measure` prints one line per file and the means; exit status 1 when a caller line or the
mean of the caller lines is worse than the aims below.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import jiwer
import numpy as np
import numpy.typing as npt
import soundfile
import vosk

from .library import DemoLine, load_library

HERE = Path(__file__).parent
DEFAULT_MODEL = HERE.parent / "asr_id" / "model"
BLOCK_SAMPLES = 800
LINE_WER_MAX = 0.20
MEAN_WER_MAX = 0.10


def transcribe(model: vosk.Model, samples: npt.NDArray[np.int16], rate_hz: int) -> str:
    """Text Vosk prints for mono 16-bit samples that arrive in blocks of 100 ms at 8 kHz."""
    recognizer = vosk.KaldiRecognizer(model, rate_hz)
    recognizer.SetWords(True)
    results = []
    for start in range(0, len(samples), BLOCK_SAMPLES):
        if recognizer.AcceptWaveform(samples[start : start + BLOCK_SAMPLES].tobytes()):
            results.append(recognizer.Result())
    results.append(recognizer.FinalResult())
    return " ".join(text for result in results if (text := json.loads(result)["text"]))


def through_alaw(samples: npt.NDArray[np.int16], rate_hz: int) -> npt.NDArray[np.int16]:
    """The samples after G.711 A-law coding and decoding, as a trunk delivers them."""
    coded = io.BytesIO()
    soundfile.write(coded, samples, rate_hz, format="WAV", subtype="ALAW")
    coded.seek(0)
    decoded, _ = soundfile.read(coded, dtype="int16")
    return np.asarray(decoded, dtype=np.int16)


def measure_line(model: vosk.Model, line: DemoLine, *, alaw: bool = False) -> tuple[float, str]:
    """(word error rate, what was heard) of one file."""
    samples, rate_hz = soundfile.read(line.path, dtype="int16")
    heard = transcribe(model, through_alaw(samples, rate_hz) if alaw else samples, rate_hz)
    return float(jiwer.wer(line.text, heard)), heard


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure a library folder; see the module docstring."""
    parser = argparse.ArgumentParser(prog="measure", description=__doc__)
    parser.add_argument("--model", type=Path, default=DEFAULT_MODEL, help="Vosk model folder")
    parser.add_argument("--library", type=Path, default=HERE, help="folder with index.toml")
    parser.add_argument("--alaw", action="store_true", help="measure after G.711 A-law")
    options = parser.parse_args(arguments)
    vosk.SetLogLevel(-1)
    model = vosk.Model(str(options.model))
    rates: dict[str, list[float]] = {"caller": [], "agent": []}
    for line in load_library(options.library):
        rate, _heard = measure_line(model, line, alaw=options.alaw)
        rates[line.role].append(rate)
        if rate:
            pass
    for _role, _values in rates.items():
        pass
    good = max(rates["caller"]) <= LINE_WER_MAX and float(np.mean(rates["caller"])) <= MEAN_WER_MAX
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

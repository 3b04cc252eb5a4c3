# SPDX-License-Identifier: GPL-3.0-or-later
"""What a model costs: size, loading, memory, processor. Runs as a process of its own, so that nothing else counts.

``python -m models.asr_id.evaluation.resources MODEL CALL.npy SPEECH.npy`` prints one JSON object; the two files hold
16-bit audio at the model's rate: one leg of a call with its pauses, and the same speech without them. The process is
as small as a transcription worker: nothing is imported here that a worker does not import too.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psutil

from asr.model import VoskModel, check_model
from asr.recogniser import LegRecogniser

BLOCK_MS = 100
FURTHER = 10
_FURTHER_S = 20  # each further recogniser decodes so much before memory is read
_LOADS = 3

Pcm = npt.NDArray[np.int16]


def size_mb(model: Path) -> float:
    """Return the size of a model's files in MB (10^6 bytes)."""
    return sum(path.stat().st_size for path in model.rglob("*") if path.is_file()) / 1e6


def measure(model_dir: Path, call: Pcm, speech: Pcm) -> dict[str, float]:
    """Return ``load_s``, ``rss_mb.first``, ``rss_mb.further``, ``rtf`` and ``rtf.speech`` of this process."""
    folder = check_model(model_dir)
    import vosk

    vosk.SetLogLevel(-1)
    began_s = time.perf_counter()
    model = VoskModel(folder, vosk.Model(str(model_dir)))
    load_s = [time.perf_counter() - began_s]
    legs = [LegRecogniser(model.engine(), model.rate_hz, 0)]
    rtf = _feed(legs[0], call, model.rate_hz)
    first_mb = _rss_mb()
    for _ in range(FURTHER):
        legs.append(LegRecogniser(model.engine(), model.rate_hz, 0))
        _feed(legs[-1], speech[: _FURTHER_S * model.rate_hz], model.rate_hz)
    further_mb = (_rss_mb() - first_mb) / FURTHER
    rtf_speech = _feed(LegRecogniser(model.engine(), model.rate_hz, 0), speech, model.rate_hz)
    for _ in range(_LOADS - 1):
        began_s = time.perf_counter()
        vosk.Model(str(model_dir))
        load_s.append(time.perf_counter() - began_s)
    return {
        "load_s": sorted(load_s)[len(load_s) // 2],
        "rss_mb.first": first_mb,
        "rss_mb.further": further_mb,
        "rtf": rtf,
        "rtf.speech": rtf_speech,
    }


def _feed(leg: LegRecogniser, pcm: Pcm, rate_hz: int) -> float:
    """Decode without a flush (the recogniser stays open, as in a call); return processor seconds per second."""
    block = BLOCK_MS * rate_hz // 1000
    began_s = time.process_time()
    for first in range(0, pcm.size, block):
        leg.feed(pcm[first : first + block].astype("<i2").tobytes())
    return (time.process_time() - began_s) / (pcm.size / rate_hz)


def _rss_mb() -> float:
    return float(psutil.Process().memory_info().rss / 1e6)


def main(argv: list[str]) -> int:
    """Measure and print."""
    model, call, speech = (Path(name) for name in argv)
    figures: dict[str, Any] = measure(model, np.load(call), np.load(speech))
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

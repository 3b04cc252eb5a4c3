# SPDX-License-Identifier: GPL-3.0-or-later
"""Decodes finished files: ``python -m asr.offline --model DIR FILE...`` prints one JSON object of words per file.

For measurements that need to know where each word is. Runs as its own process because Vosk does.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import soundfile

from asr.errors import AudioFormatError
from asr.model import VoskModel, load_model
from asr.recogniser import Final, LegRecogniser, PlacedWord
from pipeline.errors import KringError

BLOCK_MS = 100


def decode_file(model: VoskModel, path: Path) -> list[PlacedWord]:
    """Return the words of a mono file at the model's rate, with times in ms since its first sample.

    Raises:
        AudioFormatError: the file is not mono or has another rate.
    """
    audio, rate_hz = soundfile.read(path, dtype="int16", always_2d=True)
    if rate_hz != model.rate_hz or audio.shape[1] != 1:
        raise AudioFormatError(f"{path}: {rate_hz} Hz, {audio.shape[1]} channels; need {model.rate_hz} Hz mono.")
    recogniser = LegRecogniser(model.engine(), model.rate_hz, 0)
    results = []
    step = model.rate_hz * BLOCK_MS // 1000
    for first in range(0, len(audio), step):
        results += recogniser.feed(audio[first : first + step, 0].tobytes())
    results += recogniser.flush()
    return [word for result in results if isinstance(result, Final) for word in result.words]


def main(argv: list[str] | None = None) -> int:
    """Decode the files and print their words; exit code 3 for a bad model or file."""
    parser = argparse.ArgumentParser(prog="asr.offline")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("files", type=Path, nargs="+")
    options = parser.parse_args(argv)
    try:
        model = load_model(options.model)
        for path in options.files:
            words = [word._asdict() for word in decode_file(model, path)]
            sys.stdout.write(json.dumps({"file": str(path), "words": words}) + "\n")
    except KringError as error:
        sys.stderr.write(f"{error}\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())

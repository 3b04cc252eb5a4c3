# SPDX-License-Identifier: GPL-3.0-or-later
"""Voices that no model was trained on, standing in for people: ``python -m models.asr_id.adapt.standins DIR``.

Writes a folder in Common Voice layout to prove the adaptation on: several "people" are made of each held-out voice by
another vocal tract, tempo and pitch, each of whom reads lines of the corpus over a telephone line. People of one
voice resemble each other more than real ones, so what adaptation gains here is more than it will on a split by real
speakers; that it gains, how long it takes and that nothing breaks is what this shows.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile

from models.asr_id.corpus import training_lines
from models.asr_id.evaluation.conditions import RATE_HZ, TELEPHONE, heard
from models.asr_id.evaluation.voices import padded
from models.asr_id.lexicon import pronounce
from models.asr_id.voices import Style, VoiceError, Word, speak

VOICES = ("kal", "dita", "flite-awb")
_WARPS = (0.9, 0.94, 0.98, 1.02, 1.06, 1.1)
_LINES = 25  # spoken at a time
_LONGEST_WORDS = 16


@dataclass(frozen=True)
class Person:
    """One voice with its own vocal tract and tempo."""

    name: str
    voice: str
    style: Style


def people(seed: int) -> list[Person]:
    """Return the people that the held-out voices are made into."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    found = []
    for warp in _WARPS:
        for voice in VOICES:
            middle = rng.uniform(150, 210)
            style = replace(
                Style.neutral(),
                warp=(warp, warp),
                rate_wpm=(middle - 15, middle + 15),
                pitch_spread=0.06,
                edge_s=(0.2, 0.4),
            )
            found.append(Person(f"{voice}-{round(100 * warp)}", voice, style))
    return found


def record(folder: Path, hours: float, seed: int = 1) -> int:
    """Fill a new folder in Common Voice layout with so many hours of speech; returns the number of recordings.

    Raises:
        FileExistsError: the folder exists.
        VoiceError: a voice is not installed.
    """
    folder.mkdir(parents=True)
    (folder / "clips").mkdir()
    rows = ["client_id\tpath\tsentence"]
    everybody = people(seed)
    for number, person in enumerate(everybody):
        rows += _read(folder / "clips", person, hours * 3600 / len(everybody), seed + number)
    (folder / "validated.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return len(rows) - 1


def _read(clips: Path, person: Person, seconds: float, seed: int) -> list[str]:
    """Write one person's recordings; returns their rows of the table."""
    rng = random.Random(f"{seed}/{person.name}")  # noqa: S311 - no secret
    lines = training_lines(rng.getrandbits(30))
    rows: list[str] = []
    done_s = 0.0
    while done_s < seconds:
        batch = [next(lines)[:_LONGEST_WORDS] for _ in range(_LINES)]
        requests = [[Word(word, pronounce(word)[0]) for word in words] for words in batch]
        with tempfile.TemporaryDirectory() as workdir:
            spoken = speak(person.voice, requests, rng=rng, workdir=Path(workdir), style=person.style)
        for words, one in zip(batch, spoken, strict=True):
            if one is None or done_s >= seconds:
                continue
            speech = heard(TELEPHONE, padded(one.samples), rng.getrandbits(30), np.zeros(0, np.float32))
            name = f"{person.name}-{len(rows):04d}.wav"
            soundfile.write(clips / name, speech, RATE_HZ)
            rows.append(f"{person.name}\t{name}\t{' '.join(words)}")
            done_s += len(speech) / RATE_HZ
    return rows


def main(arguments: list[str] | None = None) -> int:
    """Make the folder; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m models.asr_id.adapt.standins", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--hours", type=float, default=1.5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    try:
        count = record(options.folder, options.hours, options.seed)
    except (OSError, VoiceError) as error:
        sys.stderr.write(f"{error}\n")
        return 3
    sys.stdout.write(f"{options.folder}: {count} recordings of {len(people(options.seed))} people\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

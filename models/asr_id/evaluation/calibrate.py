# SPDX-License-Identifier: GPL-3.0-or-later
"""Fits the table that turns a model's word confidence into the probability that the word is right.

Isotonic regression by pooling adjacent violators (Barlow et al., 1972), thinned to a few knots. ``python -m
models.asr_id.evaluation.calibrate --model DIR`` decodes the dev sentences, fits on every other word, writes
``DIR/conf/confidence.json`` and prints the reliability table and the expected calibration error (Guo et al., ICML
2017) of the other words before and after. ``--pairs FILE`` takes words judged elsewhere: a JSON list ``[confidence,
right]`` or ``[confidence, right, duration_ms]`` a line.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from asr.confidence import CONFIDENCE_FILE, ConfidenceMap, Knots
from models.asr_id.evaluation.judged import Judged, collect
from pipeline.errors import KringError

MOST_KNOTS = 16
LEAST_WORDS = 100  # a table from fewer words says nothing
LEAST_SHORT = 200
PRIOR_WORDS = 2.0  # each knot is drawn towards the mean by so many words: never quite 0 or 1
SHORT_MS = 120


@dataclass(frozen=True)
class Bin:
    """One row of a reliability table."""

    low: float
    high: float
    words: int
    confidence: float  # mean of what was claimed
    right: float  # what was true


def fit(words: Sequence[Judged]) -> ConfidenceMap:
    """Fit a table; short words get their own when there are enough of them.

    Raises:
        ValueError: too few words.
    """
    if len(words) < LEAST_WORDS:
        raise ValueError(f"{len(words)} words, {LEAST_WORDS} needed")
    short = [word for word in words if word.duration_ms < SHORT_MS]
    if len(short) < LEAST_SHORT:
        return ConfidenceMap(_isotonic(words))
    long = [word for word in words if word.duration_ms >= SHORT_MS]
    if len(long) < LEAST_SHORT:
        return ConfidenceMap(_isotonic(words))
    return ConfidenceMap(_isotonic(long), SHORT_MS, _isotonic(short))


def applied(table: ConfidenceMap, words: Sequence[Judged]) -> list[Judged]:
    """Return the words with the table's probabilities in place of the engine's confidence."""
    return [Judged(table.probability(w.confidence, w.duration_ms), w.right, w.duration_ms) for w in words]


def reliability(words: Sequence[Judged], bins: int = 10) -> list[Bin]:
    """Return the reliability table; empty rows are left out."""
    rows = []
    for number in range(bins):
        low, high = number / bins, (number + 1) / bins
        last = number == bins - 1
        held = [w for w in words if low <= w.confidence and (w.confidence < high or last)]
        if held:
            mean = sum(w.confidence for w in held) / len(held)
            right = sum(w.right for w in held) / len(held)
            rows.append(Bin(round(low, 3), round(high, 3), len(held), round(mean, 4), round(right, 4)))
    return rows


def calibration_error(words: Sequence[Judged], bins: int = 10) -> float:
    """Return the expected calibration error: the mean distance between claimed and true, by words."""
    rows = reliability(words, bins)
    return sum(row.words * abs(row.confidence - row.right) for row in rows) / max(1, len(words))


def _isotonic(words: Sequence[Judged]) -> Knots:
    """Return rising knots by pooling neighbours that fall; equal confidences are one block from the start."""
    base = sum(word.right for word in words) / len(words)
    blocks: list[tuple[float, float, float]] = []  # (words, sum of confidence, right words)
    by_value: dict[float, list[bool]] = {}
    for word in words:
        by_value.setdefault(word.confidence, []).append(word.right)
    for value in sorted(by_value):
        count = float(len(by_value[value]))
        block = (count, value * count, float(sum(by_value[value])))
        while blocks and blocks[-1][2] / blocks[-1][0] >= block[2] / block[0]:
            before = blocks.pop()
            block = (before[0] + block[0], before[1] + block[1], before[2] + block[2])
        blocks.append(block)
    blocks = _thinned(blocks)
    knots = [(total / count, (right + PRIOR_WORDS * base) / (count + PRIOR_WORDS)) for count, total, right in blocks]
    return _rising([(min(1.0, max(0.0, given)), probability) for given, probability in knots])


def _thinned(blocks: list[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """Join the smallest neighbours until few blocks are left."""
    blocks = list(blocks)
    while len(blocks) > MOST_KNOTS:
        at = min(range(len(blocks) - 1), key=lambda place: blocks[place][0] + blocks[place + 1][0])
        first, second = blocks[at], blocks.pop(at + 1)
        blocks[at] = (first[0] + second[0], first[1] + second[1], first[2] + second[2])
    return blocks


def _rising(knots: list[tuple[float, float]]) -> Knots:
    rising: list[tuple[float, float]] = []
    for given, probability in ((round(left, 5), round(right, 5)) for left, right in knots):
        if rising and given <= rising[-1][0]:
            continue
        rising.append((given, max(probability, rising[-1][1] if rising else 0.0)))
    return tuple(rising)


def read_pairs(path: Path) -> list[Judged]:
    """Read judged words, one JSON list a line.

    Raises:
        ValueError: a line is no such list; the message holds its number.
    """
    words = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            confidence, right, *duration_ms = json.loads(line)
            words.append(Judged(float(confidence), bool(right), *(float(value) for value in duration_ms[:1])))
        except (ValueError, TypeError) as error:
            raise ValueError(f"{path}:{number}: {error}") from error
    return words


def calibrate(words: Sequence[Judged], out: Path | None = None) -> dict[str, object]:
    """Fit on every other word, write the table and return how well it fits the rest, before and after.

    Raises:
        ValueError: too few words.
        OSError: the table cannot be written.
    """
    table = fit(words[::2])
    rest = words[1::2]
    after = applied(table, rest)
    if out is not None:
        out.write_text(table.to_json(), encoding="utf-8")
    return {
        "words": len(words),
        "ece_before": round(calibration_error(rest), 4),
        "ece_after": round(calibration_error(after), 4),
        "reliability_before": [asdict(row) for row in reliability(rest)],
        "reliability_after": [asdict(row) for row in reliability(after)],
    }


def main(arguments: list[str] | None = None) -> int:
    """Fit, write and report; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m models.asr_id.evaluation.calibrate")
    parser.add_argument("--model", type=Path, help="model folder; gets conf/confidence.json")
    parser.add_argument("--pairs", type=Path, help="judged words instead of the dev sentences")
    parser.add_argument("--stride", type=int, default=1, help="every how manieth dev sentence")
    options = parser.parse_args(arguments)
    if options.model is None and options.pairs is None:
        parser.error("--model or --pairs is needed")
    out = options.model / CONFIDENCE_FILE if options.model else None
    try:
        words = read_pairs(options.pairs) if options.pairs else list(collect(options.model, stride=options.stride))
        report = calibrate(words, out)
    except (KringError, ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 3
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

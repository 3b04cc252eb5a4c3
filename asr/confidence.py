# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine's word confidence is worth: a monotone table from it to the probability that the word is right.

The table belongs to a model and lies in its folder as ``conf/confidence.json``; without it the engine's figure is
taken as it is. Short words are judged by a table of their own when there is one: they are more often wrong.
``python -m models.asr_id.evaluation.calibrate`` fits and writes it.
"""

from __future__ import annotations

import bisect
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CONFIDENCE_FILE = Path("conf/confidence.json")
Knots = tuple[tuple[float, float], ...]  # (engine's confidence, probability), both rising, within 0 to 1


@dataclass(frozen=True)
class ConfidenceMap:
    """Turns the engine's confidence into a probability.

    Parameters:
        knots: joined by straight lines, level beyond the ends; empty = the engine's figure is taken as it is.
        short_ms: words shorter than this use ``short_knots``; 0 = there is no difference.
    """

    knots: Knots = ()
    short_ms: int = 0
    short_knots: Knots = ()

    def __post_init__(self) -> None:
        for knots in (self.knots, self.short_knots):
            given, right = [knot[0] for knot in knots], [knot[1] for knot in knots]
            if given != sorted(set(given)) or right != sorted(right):
                raise ValueError("knots must rise")
            if not all(0.0 <= value <= 1.0 for value in (*given, *right)):
                raise ValueError("knots must lie between 0 and 1")

    def probability(self, confidence: float, duration_ms: float) -> float:
        """Return the probability that a word is right, 0 to 1."""
        short = duration_ms < self.short_ms and bool(self.short_knots)
        return _interpolate(self.short_knots if short else self.knots, min(1.0, max(0.0, confidence)))

    def to_json(self) -> str:
        """Return the table as its file holds it."""
        fields = {"version": 1, "knots": self.knots, "short_ms": self.short_ms, "short_knots": self.short_knots}
        return json.dumps(fields, indent=1) + "\n"


def read_confidence(model_dir: Path) -> ConfidenceMap:
    """Return the table of a model folder, the identity when it has none.

    Raises:
        ValueError: the file holds no such table.
        OSError: it cannot be read.
    """
    path = model_dir / CONFIDENCE_FILE
    if not path.exists():
        return ConfidenceMap()
    fields: Any = json.loads(path.read_text(encoding="utf-8"))
    try:
        return ConfidenceMap(
            _knots(fields["knots"]), int(fields.get("short_ms", 0)), _knots(fields.get("short_knots", []))
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"no confidence table: {error}") from error


def _knots(pairs: Any) -> Knots:
    return tuple((float(given), float(right)) for given, right in pairs)


def _interpolate(knots: Knots, value: float) -> float:
    if not knots:
        return value
    above = bisect.bisect_left([given for given, _ in knots], value)
    if above == 0 or above == len(knots):
        return knots[min(above, len(knots) - 1)][1]
    (left, low), (right, high) = knots[above - 1], knots[above]
    return low + (high - low) * (value - left) / (right - left)

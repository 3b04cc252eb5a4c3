# SPDX-License-Identifier: GPL-3.0-or-later
"""How a sentence is spoken: the ranges a style allows, and the values one utterance takes from them."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from typing import Self

from .core import Speaker

CONTOURS = ("statement", "question", "flat", "lively")


@dataclass(frozen=True, slots=True)
class Style:
    """Ranges; the defaults are for training (wide), `neutral()` is for listening and for test voices."""

    rate_wpm: tuple[float, float] = (115.0, 290.0)
    pitch_spread: float = 0.13
    """Standard deviation of the natural logarithm of the utterance's mean pitch."""
    contours: tuple[str, ...] = CONTOURS
    pause_s: tuple[float, float] = (0.06, 0.5)
    edge_s: tuple[float, float] = (0.08, 0.15)
    """Silence before and after the words."""
    jitter: float = 0.12
    """Standard deviation of the natural logarithm of each phone's duration."""
    warp: tuple[float, float] | None = None
    """Resampling factor on resonances and pitch; None takes the speaker's own range."""
    hesitation_probability: float = 0.12
    """That the last vowel before a pause is drawn out."""
    hesitation_stretch: tuple[float, float] = (1.5, 3.0)

    @classmethod
    def neutral(cls) -> Self:
        """The voice as it was recorded, at the rate people talk on the telephone."""
        return cls(
            rate_wpm=(140.0, 215.0), pitch_spread=0.04, contours=("statement", "question"), pause_s=(0.15, 0.35),
            jitter=0.05, warp=(1.0, 1.0), hesitation_probability=0.0,
        )  # fmt: skip


@dataclass(slots=True)
class Take:
    """The values of one utterance. `rng` makes the small random parts (jitter, accents)."""

    rng: random.Random
    style: Style
    rate_wpm: float
    warp: float
    f0_hz: float
    """Mean pitch before the warp."""
    contour: str
    noise_seed: int = field(default=0)

    def pause_s(self) -> float:
        """Length of one pause inside the utterance."""
        return self.rng.uniform(*self.style.pause_s)

    def edge_s(self) -> float:
        """Length of the silence at one end."""
        return self.rng.uniform(*self.style.edge_s)

    def jittered(self) -> float:
        """Factor on one phone's duration."""
        return math.exp(self.rng.gauss(0.0, self.style.jitter))

    def hesitation(self) -> float:
        """Factor on the last vowel before a pause; 1.0 when the speaker does not hesitate."""
        if self.rng.random() < self.style.hesitation_probability:
            return self.rng.uniform(*self.style.hesitation_stretch)
        return 1.0


def draw(speaker: Speaker, style: Style, rng: random.Random) -> Take:
    """Take one utterance's values from the ranges of `style`."""
    low, high = style.warp or speaker.warp_range
    return Take(
        rng=random.Random(rng.getrandbits(64)),  # noqa: S311 - intonation, not a secret
        style=style,
        rate_wpm=rng.uniform(*style.rate_wpm),
        warp=math.exp(rng.uniform(math.log(low), math.log(high))),
        f0_hz=speaker.f0_hz * math.exp(rng.gauss(0.0, style.pitch_spread)),
        contour=rng.choice(style.contours),
        noise_seed=rng.getrandbits(32),
    )

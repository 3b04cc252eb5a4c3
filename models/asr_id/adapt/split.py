# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is trained on, who stops the training, and who is the test: never one person in two of them.

The choice hangs on the names alone (and a seed), so that new recordings of the same people leave it as it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

TEST_SHARE, DEV_SHARE = 0.15, 0.10
_FEWEST_SPEAKERS = 3
_MOST_OF_ALL = 0.3  # who speaks more of the data than this is better trained on


class Spoken(Protocol):
    """What a split looks at."""

    @property
    def speaker(self) -> str:
        """Name of the person; "" when unknown."""

    @property
    def name(self) -> str:
        """Name of the recording."""

    @property
    def length_s(self) -> float:
        """Its length."""


@dataclass(frozen=True)
class Split:
    """Places in the list of recordings. ``by_speaker`` False: too few people, the parts share voices."""

    train: tuple[int, ...]
    dev: tuple[int, ...]
    test: tuple[int, ...]
    by_speaker: bool


def split(items: Sequence[Spoken], seed: int) -> Split:
    """Divide recordings by speaker; by recording where fewer than three speakers are known.

    Raises:
        ValueError: fewer than three recordings.
    """
    if len(items) < _FEWEST_SPEAKERS:
        raise ValueError("fewer than three recordings")
    speakers = {item.speaker for item in items}
    by_speaker = len(speakers - {""}) >= _FEWEST_SPEAKERS
    groups: dict[str, list[int]] = {}
    for place, item in enumerate(items):
        # Recordings of unknown people could be anybody's: they are trained on and judge nothing.
        groups.setdefault(item.speaker if by_speaker else f"{item.speaker}/{item.name}/{place}", []).append(place)
    lengths_s = {key: sum(items[place].length_s for place in places) for key, places in groups.items()}
    total_s = sum(lengths_s.values())
    drawn = sorted((key for key in groups if key or not by_speaker), key=lambda key: _draw(seed, key))
    drawn.sort(key=lambda key: lengths_s[key] > _MOST_OF_ALL * total_s)  # stable: the large ones last
    test = _take(drawn, lengths_s, TEST_SHARE * total_s, len(drawn) - 2)
    dev = _take(drawn[len(test) :], lengths_s, DEV_SHARE * total_s, len(drawn) - len(test) - 1)
    train = [key for key in groups if key not in {*test, *dev}]

    def places_of(part: Sequence[str]) -> tuple[int, ...]:
        return tuple(sorted(place for key in part for place in groups[key]))

    return Split(places_of(train), places_of(dev), places_of(test), by_speaker)


def _take(drawn: Sequence[str], lengths_s: dict[str, float], wanted_s: float, most: int) -> list[str]:
    """Return the first of ``drawn`` until there is enough of them: at least one, at most ``most``."""
    taken: list[str] = []
    for key in drawn[: max(1, most)]:
        if taken and sum(lengths_s[one] for one in taken) >= wanted_s:
            break
        taken.append(key)
    return taken


def _draw(seed: int, key: str) -> bytes:
    return hashlib.sha256(f"{seed}/{key}".encode()).digest()

# SPDX-License-Identifier: GPL-3.0-or-later
"""Spelling our phones in a diphone voice's own phones so that every pair of neighbours exists in the voice.

A diphone voice renders a missing pair as silence, without any error.  So each of our phones has several spellings,
and `spell` finds the cheapest chain whose every pair is in the index at the head of the voice's .group file.
"""

from __future__ import annotations

import functools
import itertools
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .core import RefusedError, VoiceError

VOICE_ROOT = Path("/usr/share/festival/voices")
_NO_PATH = 1e9
_TIE_BREAK = 0.2  # random part of a choice's cost: below any declared difference, decides between `|` alternatives

Spelling = tuple[tuple[str, float], ...]
"""One phone of ours in the voice's phones: (voice phone, share of the duration) each."""
Choice = tuple[float, Spelling]
"""(penalty, spelling)."""
Table = Mapping[str, tuple[Choice, ...]]


@dataclass(frozen=True, slots=True)
class DiphoneSet:
    """How Festival loads one diphone voice, and how it spells our phones."""

    index: str
    """Its .group file below VOICE_ROOT."""
    table: Table
    select: str
    """Festival commands that make it the current voice."""
    whispered: frozenset[str] = field(default_factory=frozenset)
    """Phones the voice lacks that are made by whispering part of the vowel beside them."""
    whispered_coda: frozenset[str] = field(default_factory=frozenset)
    """The same, only where no vowel follows."""
    half_silent: frozenset[str] = field(default_factory=frozenset)
    """Diphones the voice lacks whose silence is tolerable."""

    def diphones(self) -> frozenset[str]:
        """The pairs it can say. Raises VoiceError when it is not installed."""
        return diphones_of(self.index) | self.half_silent


def table(text: str) -> dict[str, tuple[Choice, ...]]:
    """Parse lines `ours first second|third ...`: each blank costs 1, `|` separates equals, `a/6+i/4` shares time."""
    parsed: dict[str, tuple[Choice, ...]] = {}
    for line in text.strip().splitlines():
        ours, *ranks = line.split()
        parsed[ours] = tuple(
            (float(cost), _spelling(one)) for cost, rank in enumerate(ranks) for one in rank.split("|")
        )
    return parsed


def _spelling(choice: str) -> Spelling:
    parts = [part.rpartition("/") if "/" in part else (part, "/", "1") for part in choice.split("+")]
    total = sum(float(weight) for _, _, weight in parts)
    return tuple((phone, float(weight) / total) for phone, _, weight in parts)


@functools.cache
def diphones_of(index: str, root: Path = VOICE_ROOT) -> frozenset[str]:
    """Names `a-b` of the phone pairs in a .group file. Raises VoiceError when it cannot be read."""
    path = root / index
    try:
        with path.open("rb") as group:
            head = group.read(800_000)
    except OSError as error:
        raise VoiceError(f"cannot read {path}: install the Debian package of the voice") from error
    found = re.search(rb"NumEntries (\d+)", head)
    body = head.find(b"EST_Header_End")
    if found is None or body < 0:
        raise VoiceError(f"{path} has no diphone index")
    entries = head[body:].split(b"\n")[1 : int(found[1]) + 1]
    return frozenset(entry.split()[0].decode("latin-1") for entry in entries if entry.strip())


def spell(phones: Sequence[str], choices: Table, diphones: frozenset[str], rng: random.Random) -> list[Spelling]:
    """Cheapest spelling of `phones` (SIL first and last) with every diphone present; `rng` decides between equals.

    Raises RefusedError naming the first phone that cannot be reached.
    """
    ranked = [_choices(phone, choices, rng) for phone in phones]
    costs = [0.0] * len(ranked[0])
    back: list[list[int]] = []
    for before, here in itertools.pairwise(ranked):
        row = [_best_link(before, costs, choice, diphones) for choice in here]
        costs = [cost for cost, _ in row]
        back.append([origin for _, origin in row])
        if min(costs) >= _NO_PATH:
            at = len(back)
            raise RefusedError(f"cannot say {phones[at - 1]!r} before {phones[at]!r}")
    at = costs.index(min(costs))
    chain = [ranked[-1][at][1]]
    for position in range(len(back) - 1, -1, -1):
        at = back[position][at]
        chain.append(ranked[position][at][1])
    return chain[::-1]


def _choices(phone: str, choices: Table, rng: random.Random) -> list[Choice]:
    if phone not in choices:
        raise RefusedError(f"has no phone for {phone!r}")
    return [(penalty + rng.random() * _TIE_BREAK, spelling) for penalty, spelling in choices[phone]]


def _best_link(
    before: Sequence[Choice], costs: Sequence[float], here: Choice, diphones: frozenset[str]
) -> tuple[float, int]:
    """(cost, index of the predecessor) of the cheapest way into `here`."""
    penalty, spelling = here
    inside = itertools.pairwise(spelling)
    if any(f"{left}-{right}" not in diphones for (left, _), (right, _) in inside):
        return _NO_PATH, 0
    first = spelling[0][0]
    return min(
        (cost + penalty if f"{previous[-1][0]}-{first}" in diphones else _NO_PATH, origin)
        for origin, ((_, previous), cost) in enumerate(zip(before, costs, strict=True))
    )

# SPDX-License-Identifier: GPL-3.0-or-later
"""The speakers: Festival diphone voices (recorded people) made to speak Indonesian by a phone map.

A diphone voice can say a phone pair only if its index holds that pair; a missing one is rendered as silence
without any error.  So each of our phones has several spellings in the voice's own phones, and `spell` finds the
cheapest chain whose every pair exists in the index at the head of the voice's .group file.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

VOICE_ROOT = Path("/usr/share/festival/voices")
SILENCE = "SIL"
_NO_PATH = 1e9

Spelling = tuple[tuple[str, float], ...]
"""One phone of ours in the voice's phones: (voice phone, share of the duration) each."""


class VoiceError(RuntimeError):
    """A voice is not installed, or cannot say a phone sequence."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One speaker. `warp` > 1 makes the vocal tract shorter and the pitch higher after synthesis."""

    name: str
    festival_name: str
    sex: str
    package: str
    index: str
    f0_hz: float
    warp: float
    phones: Mapping[str, tuple[Spelling, ...]]
    whispered: frozenset[str] = frozenset()


def _table(text: str) -> dict[str, tuple[Spelling, ...]]:
    """Parse `ours  best next ...` lines; `a/6+i/4` is two voice phones sharing the time 6 to 4."""
    table = {}
    for line in text.strip().splitlines():
        ours, *choices = line.split()
        table[ours] = tuple(_spelling(choice) for choice in choices)
    return table


def _spelling(choice: str) -> Spelling:
    parts = [part.rpartition("/") if "/" in part else (part, "/", "1") for part in choice.split("+")]
    total = sum(float(weight) for _, _, weight in parts)
    return tuple((phone, float(weight) / total) for phone, _, weight in parts)


_PLAIN = "\n".join(f"{phone} {phone}" for phone in "ptkbdgfsmnlr")
_ITALIAN = _table(
    _PLAIN
    + """
SIL #
a a1 a
i i1 i
u u1 u
e e1 E1 e E
@ e E e1
o o1 O1 o O
ai a1/6+i/4 a/6+i/4
au a1/6+u/4 a/6+u/4
oi o1/6+i/4 o/6+i/4
c tS
j dZ
ny J n/6+j/4
ng ng ng/8+g/2 n/8+g/2
sy S
z z
w w u
y j i
q #
"""
)
_FINNISH = _table(
    _PLAIN
    + """
SIL #
a a a:
i i i:
u u u:
e e e:
@ 7 e
o o o:
ai a/6+i/4
au a/6+u/4
oi o/6+i/4
j d/6+j/4
ny n/6+j/4
ng N N: N/8+k/2 N/8+g/2
w w v u
y j i
h h
sy S
z s
c t/55+S/45
q #
"""
)
_CZECH = _table(
    _PLAIN.replace("\ns s", "\ns s s/8+#/2")
    .replace("\nb b", "\nb b p")
    .replace("\nd d", "\nd d t")
    .replace("\ng g", "\ng g k")
    + """
SIL #
n n n* m
a a a:
i i i: i/7+j/3 j/25+i/75
u u u:
e e e:
@ e
o o o:
ai a/6+j/4 a/6+i/4
au a/6+u/4
oi o/6+j/4 o/6+i/4
c c~
j dz~ d+z~
ny n~
ng n* n*/8+g/2 n*/8+k/2 n/8+g/2
sy s~
z z
kh ch
h h ch
w u v u:
y j i
q _ #
"""
)

VOICES = {
    voice.name: voice
    for voice in (
        Voice("lp", "lp_diphone", "f", "festvox-italp16k", "italian/lp_diphone/group/lp_diphone.group",
              190.0, 1.0, _ITALIAN, frozenset({"h"})),
        Voice("pc", "pc_diphone", "m", "festvox-itapc16k", "italian/pc_diphone/group/pc_diphone.group",
              115.0, 1.0, _ITALIAN, frozenset({"h"})),
        Voice("mv", "hy_fi_mv_diphone", "m", "festvox-suopuhe-mv", "finnish/hy_fi_mv_diphone/group/mvlpc.group",
              105.0, 1.0, _FINNISH),
        Voice("ph", "czech_ph", "m", "festvox-czech-ph", "czech/czech_ph/group/ph.group",
              110.0, 1.0, _CZECH),
        Voice("dita", "czech_dita", "f", "festvox-czech-dita", "czech/czech_dita/group/dita.group",
              190.0, 1.0, _CZECH),
    )
}  # fmt: skip


def diphones_of(voice: Voice, root: Path = VOICE_ROOT) -> frozenset[str]:
    """Names `a-b` of the phone pairs the voice holds. Raises VoiceError when it is not installed."""
    path = root / voice.index
    try:
        with path.open("rb") as group:
            head = group.read(400_000)
    except OSError as error:
        raise VoiceError(f"voice {voice.name}: cannot read {path}; apt-get install {voice.package}") from error
    found = re.search(rb"NumEntries (\d+)", head)
    body = head.find(b"EST_Header_End")
    if found is None or body < 0:
        raise VoiceError(f"voice {voice.name}: {path} has no diphone index")
    entries = head[body:].split(b"\n")[1 : int(found[1]) + 1]
    return frozenset(entry.split()[0].decode("latin-1") for entry in entries if entry.strip())


def spell(phones: Sequence[str], voice: Voice, diphones: frozenset[str]) -> list[Spelling]:
    """Cheapest spelling of `phones` (SILENCE first and last) with every diphone present; earlier choices are better.

    Raises VoiceError naming the first phone that cannot be reached.
    """
    choices = [_choices(phone, voice) for phone in phones]
    costs = [0.0] * len(choices[0])
    back: list[list[int]] = []
    for before, here in itertools.pairwise(choices):
        row = [_best_link(before, costs, spelling, rank, diphones) for rank, spelling in enumerate(here)]
        costs = [cost for cost, _ in row]
        back.append([origin for _, origin in row])
        if min(costs) >= _NO_PATH:
            at = len(back)
            raise VoiceError(f"voice {voice.name} cannot say {phones[at - 1]!r} before {phones[at]!r}")
    at = costs.index(min(costs))
    chain = [choices[-1][at]]
    for position in range(len(back) - 1, -1, -1):
        at = back[position][at]
        chain.append(choices[position][at])
    return chain[::-1]


def _choices(phone: str, voice: Voice) -> tuple[Spelling, ...]:
    try:
        return voice.phones[phone]
    except KeyError:
        raise VoiceError(f"voice {voice.name} has no phone for {phone!r}") from None


def _best_link(
    before: Sequence[Spelling], costs: Sequence[float], here: Spelling, rank: int, diphones: frozenset[str]
) -> tuple[float, int]:
    """(cost, index of the predecessor) of the cheapest way into `here`."""
    inside = itertools.pairwise(here)
    if any(f"{left}-{right}" not in diphones for (left, _), (right, _) in inside):
        return _NO_PATH, 0
    first = here[0][0]
    links = [
        (cost + rank if f"{previous[-1][0]}-{first}" in diphones else _NO_PATH, origin)
        for origin, (previous, cost) in enumerate(zip(before, costs, strict=True))
    ]
    return min(links)

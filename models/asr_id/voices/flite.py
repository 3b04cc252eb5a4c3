# SPDX-License-Identifier: GPL-3.0-or-later
"""flite's voices: it chooses durations and melody itself and prints where each phone ends.

Its phones are American, so r is an approximant; rate and mean pitch are set, the rest is flite's own.
"""

from __future__ import annotations

import random
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..phones import SILENCE
from .core import RefusedError, Request, Speaker, Spoken, VoiceError, phrases_of
from .festival import read_wav
from .sound import finish, labels_from_ends
from .style import Take

_THREADS = 2
_TIMEOUT_S = 60
# Words per minute that give duration_stretch 1: measured, so that all voices talk about equally fast at one rate
# (slt would be 102; sped up so far it blurs).
_NATURAL_WPM = {"slt": 120.0, "rms": 144.0, "awb": 148.0, "kal16": 183.0, "kal": 183.0}
_PAUSE = "pau"
# Equally good spellings; a spelling of two phones is one phone of ours.
_PHONES = {
    "a": ("aa",), "i": ("iy",), "u": ("uw",), "e": ("ey", "eh"), "@": ("ax", "ah"), "o": ("ow", "ao"), "ai": ("ay",),
    "au": ("aw",), "oi": ("oy",), "c": ("ch",), "j": ("jh",), "ny": ("n y",), "sy": ("sh",), "kh": ("k", "hh"),
    "h": ("hh",), "q": ("t", "k"),
} | {phone: (phone,) for phone in (*"ptkbdgfsmnlrwyz", "ng")}  # fmt: skip


def render(
    speaker: Speaker, requests: Sequence[Request], takes: Sequence[Take], workdir: Path
) -> list[Spoken | RefusedError]:
    """Say every request, one short flite process each. Raises VoiceError when flite is missing."""
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(
            pool.map(
                lambda job: _say(speaker, job[1], job[2], workdir / f"{job[0]}.wav"),
                zip(range(len(requests)), requests, takes, strict=True),
            )
        )


def spelled(request: Request, rng: random.Random) -> tuple[list[str], list[tuple[str, int | None]]]:
    """flite's phones, and for each of them our (phone, word). Raises RefusedError for a phone it lacks."""
    names, ours = [_PAUSE], [(SILENCE, None)]
    labels: list[tuple[str, int | None]] = list(ours)
    word_number = 0
    for number, phrase in enumerate(phrases_of(request)):
        if number:
            names.append(_PAUSE)
            labels.append((SILENCE, None))
        for word in phrase:
            for phone in word.phones:
                if phone not in _PHONES:
                    raise RefusedError(f"has no phone for {phone!r}")
                parts = rng.choice(_PHONES[phone]).split()
                names += parts
                labels += [(phone, word_number)] + [("", word_number)] * (len(parts) - 1)
            word_number += 1
    return [*names, _PAUSE], [*labels, (SILENCE, None)]


def _say(speaker: Speaker, request: Request, take: Take, wav: Path) -> Spoken | RefusedError:
    try:
        names, ours = spelled(request, take.rng)
        stretch = _NATURAL_WPM[speaker.voice] / take.rate_wpm * take.warp
        command = ["flite", "-voice", speaker.voice, "-p", " ".join(names), "-psdur", "-o", str(wav),
                   "--setf", f"duration_stretch={stretch:.3f}",
                   "--setf", f"int_f0_target_mean={take.f0_hz:.0f}"]  # fmt: skip
        wav.unlink(missing_ok=True)
        try:
            done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT_S, check=False, text=True)
        except FileNotFoundError as error:
            raise VoiceError("flite is missing: apt-get install flite") from error
        ends = [part.rpartition(":") for part in done.stdout.split()]
        if [name for name, _, _ in ends] != names:
            raise RefusedError("flite spoke other phones than it was given")
        labels = labels_from_ends([float(end) / take.warp for _, _, end in ends], ours)
        raw, rate_hz = read_wav(wav)
        return finish(raw, rate_hz * take.warp, labels, speaker=speaker, request=request)
    except RefusedError as error:
        return error

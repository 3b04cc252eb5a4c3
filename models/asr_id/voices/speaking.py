# SPDX-License-Identifier: GPL-3.0-or-later
"""One door to all engines."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

from . import festival, flite, formant, statistical
from .core import RefusedError, Request, Speaker, Spoken
from .speakers import speaker_named
from .style import Style, Take, draw

_Render = Callable[[Speaker, Sequence[Request], Sequence[Take], Path], list[Spoken | RefusedError]]
RENDERERS: dict[str, _Render] = {
    "festival": festival.render,
    "flite": flite.render,
    "espeak": formant.render,
    "hts": statistical.render,
    "clunits": statistical.render,
}


def speak(
    speaker_name: str,
    requests: Sequence[Request],
    *,
    rng: random.Random,
    workdir: Path,
    style: Style | None = None,
) -> list[Spoken | None]:
    """Say the requests; None where the voice cannot say one or its sound failed a check.

    A batch of about 50 keeps the cost of starting the engine small. `workdir` must exist and be this process's own.
    Raises VoiceError when the voice is not installed or its engine fails as a whole.
    """
    attempts = attempt(speaker_name, requests, rng=rng, workdir=workdir, style=style)
    return [None if isinstance(one, RefusedError) else one for one in attempts]


def attempt(
    speaker_name: str,
    requests: Sequence[Request],
    *,
    rng: random.Random,
    workdir: Path,
    style: Style | None = None,
) -> list[Spoken | RefusedError]:
    """Like `speak`, with the reason instead of None."""
    speaker = speaker_named(speaker_name)
    takes = [draw(speaker, style or Style(), rng) for _ in requests]
    return RENDERERS[speaker.engine](speaker, requests, takes, workdir)

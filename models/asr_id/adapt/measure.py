# SPDX-License-Identifier: GPL-3.0-or-later
"""Word errors of a model on clips of people, by the live path, in processes of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path

from models.asr_id.adapt.collect import Clip
from models.asr_id.adapt.data import load
from models.asr_id.evaluation.listening import Job, listen
from models.asr_id.evaluation.scoring import Count, align


def word_errors(pool: Executor, model: Path, clips: Sequence[Clip]) -> list[Count]:
    """Return a model's errors against the transcript of each clip."""
    futures = [pool.submit(_errors, model, clip) for clip in clips]
    return [future.result() for future in futures]


def _errors(model: Path, clip: Clip) -> Count:
    heard = listen(Job(model, load(clip.recording))).words
    return align(clip.recording.text.split(), heard).count


def capped(clips: Sequence[Clip], most_s: float) -> list[Clip]:
    """Return so many clips, drawn by their names, that measuring them stays short."""
    drawn = sorted(clips, key=lambda clip: hashlib.sha256(clip.name.encode()).digest())
    kept: set[int] = set()
    length_s = 0.0
    for clip in drawn:
        if kept and length_s + clip.length_s > most_s:
            break
        length_s += clip.length_s
        kept.add(id(clip))
    return [clip for clip in clips if id(clip) in kept]

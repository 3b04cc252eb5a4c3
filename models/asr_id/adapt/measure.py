# SPDX-License-Identifier: GPL-3.0-or-later
"""Word errors of a model on clips of people, by the live path, in processes of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from models.asr_id.adapt.collect import Clip
from models.asr_id.adapt.data import load
from models.asr_id.evaluation.listening import Job, listen
from models.asr_id.evaluation.pool import workers
from models.asr_id.evaluation.scoring import Count, align


def word_errors(model: Path, clips: Sequence[Clip], *, jobs: int) -> list[Count]:
    """Return a model's errors against the transcript of each clip."""
    with workers(jobs) as pool:
        futures = [pool.submit(listen, Job(model, load(clip.recording))) for clip in clips]
        heard = [future.result().words for future in futures]
    return [align(clip.recording.text.split(), words).count for clip, words in zip(clips, heard, strict=True)]


def capped(clips: Sequence[Clip], most_s: float) -> list[Clip]:
    """Return so many clips, drawn by their names, that measuring them stays short."""
    drawn = sorted(clips, key=lambda clip: hashlib.sha256(clip.name.encode()).digest())
    kept, length_s = set(), 0.0
    for clip in drawn:
        if kept and length_s + clip.length_s > most_s:
            break
        length_s += clip.length_s
        kept.add(id(clip))
    return [clip for clip in clips if id(clip) in kept]

# SPDX-License-Identifier: GPL-3.0-or-later
"""Word errors of a model on clips of people, by the live path, in processes of their own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from models.asr_id.adapt.collect import Clip
from models.asr_id.adapt.data import load
from models.asr_id.evaluation.listening import Job, listen
from models.asr_id.evaluation.pool import workers
from models.asr_id.evaluation.scoring import Count, align


def heard_words(model: Path, clips: Sequence[Clip], *, jobs: int) -> list[tuple[str, ...]]:
    """Return what a model hears in each clip."""
    with workers(jobs) as pool:
        futures = [pool.submit(listen, Job(model, load(clip.recording))) for clip in clips]
        return [future.result().words for future in futures]


def word_errors(model: Path, clips: Sequence[Clip], *, jobs: int) -> dict[str, Count]:
    """Return the errors of a model against the transcripts, by speaker."""
    counts: dict[str, Count] = {}
    for clip, words in zip(clips, heard_words(model, clips, jobs=jobs), strict=True):
        count = align(clip.recording.text.split(), words).count
        counts[clip.speaker] = counts.get(clip.speaker, Count()) + count
    return counts

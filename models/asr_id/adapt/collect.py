# SPDX-License-Identifier: GPL-3.0-or-later
"""From recordings with transcripts to utterances that can be trained on: listened to, aligned, doubted.

Every transcript is aligned with its audio by the model that is to be adapted, and so is the transcript of another
recording. A transcript that fits no better than a stranger's is wrong; so is one that fits far worse than the others
of the same data. Both tests compare within the data, so that they hold for a model that does not know these voices.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from models.asr_id.acoustic.align import Alignment, align
from models.asr_id.acoustic.data import Segments
from models.asr_id.acoustic.features import Features, mfcc
from models.asr_id.acoustic.network import Checkpoint
from models.asr_id.adapt.audio import UnusableAudioError
from models.asr_id.adapt.checkpoint import load_checkpoint
from models.asr_id.adapt.data import Recording, Refusal, load, refusal
from models.asr_id.adapt.quality import check_quality
from models.asr_id.lexicon import LexiconError, pronounce

FULL_SCALE = 32768.0
_CHUNK = 24
_LEAST_MARGIN = 0.1  # log-odds per frame by which the transcript must fit better than a stranger's
_FAR_OFF = 3.5  # robust standard deviations below the data's median fit
_LEAST_SPREAD = 0.12
_ENOUGH_TO_COMPARE = 8

Report = Callable[[int, int], None]
"""Called with how many recordings are done, of how many."""


@dataclass(frozen=True)
class Clip:
    """A recording with where its phones are. ``score`` is how well the transcript fits (0 is perfect)."""

    recording: Recording
    segments: Segments
    score: float

    @property
    def speaker(self) -> str:
        """Who speaks; "" when unknown."""
        return self.recording.speaker

    @property
    def name(self) -> str:
        """Name of the recording."""
        return self.recording.name

    @property
    def length_s(self) -> float:
        """Its length."""
        return self.recording.length_s


@dataclass(frozen=True)
class _Job:
    model: Path
    recordings: tuple[Recording, ...]
    decoys: tuple[str, ...]


def collect(
    pool: Executor, model: Path, recordings: Sequence[Recording], refusals: list[Refusal], report: Report
) -> list[Clip]:
    """Return what can be trained on, in the order given; what cannot is appended to ``refusals``.

    Raises:
        AdaptError: the model ships no checkpoint.
    """
    decoys = decoys_of([one.text for one in recordings])
    clips: list[Clip] = []
    parts = [slice(start, start + _CHUNK) for start in range(0, len(recordings), _CHUNK)]
    work = [_Job(model, tuple(recordings[part]), tuple(decoys[part])) for part in parts]
    done = 0
    for job, results in zip(work, pool.map(_examine, work), strict=True):
        done += len(job.recordings)
        report(done, len(recordings))
        clips += [one for one in results if isinstance(one, Clip)]
        refusals += [one for one in results if isinstance(one, Refusal)]
    return without_outliers(clips, refusals)


def decoys_of(texts: Sequence[str]) -> list[str]:
    """Return for each transcript another one, as long as possible and of other words; "" where there is none."""
    order = sorted(range(len(texts)), key=lambda place: (len(texts[place]), texts[place], place))
    decoys = [""] * len(texts)
    for rank, place in enumerate(order):
        words = set(texts[place].split())
        nearby = order[max(0, rank - 12) : rank] + order[rank + 1 : rank + 13]
        other = [one for one in nearby if len(words & set(texts[one].split())) <= 0.3 * len(words)]
        if other:
            decoys[place] = texts[min(other, key=lambda one: (abs(len(texts[one]) - len(texts[place])), one))]
    return decoys


def features_of(recording: Recording) -> Features:
    """Return a recording's features as it is; raises UnusableAudioError when it cannot be used."""
    samples = load(recording)
    check_quality(samples)
    return mfcc(samples * FULL_SCALE)


def _examine(job: _Job) -> list[Clip | Refusal]:
    checkpoint = _checkpoint(job.model)
    return [
        _examined(checkpoint, recording, decoy) for recording, decoy in zip(job.recordings, job.decoys, strict=True)
    ]


@cache
def _checkpoint(model: Path) -> Checkpoint:
    import torch

    torch.set_num_threads(1)
    return load_checkpoint(model)


def _examined(checkpoint: Checkpoint, recording: Recording, decoy: str) -> Clip | Refusal:
    try:
        features = features_of(recording)
        found = _aligned(checkpoint, features, recording.text)
        margin = _margin(checkpoint, features, found, decoy)
        if margin < _LEAST_MARGIN:
            raise UnusableAudioError("other_words", f"{margin:.2f}")
        return Clip(recording, found.segments, found.score)
    except UnusableAudioError as error:
        return refusal(recording.path, recording.name, error)


def _aligned(checkpoint: Checkpoint, features: Features, said: str) -> Alignment:
    try:
        found = align(checkpoint, features, said.split(), pronounce)
    except LexiconError as error:
        raise UnusableAudioError("word", error.message) from error
    if found is None:
        raise UnusableAudioError("too_fast", said[:60])
    return found


def _margin(checkpoint: Checkpoint, features: Features, found: Alignment, decoy: str) -> float:
    """Return by how much the transcript fits better than the decoy."""
    other = align(checkpoint, features, decoy.split(), pronounce) if decoy else None
    return found.score - other.score if other is not None else float("inf")


def without_outliers(clips: list[Clip], refusals: list[Refusal]) -> list[Clip]:
    """Leave out what fits far worse than the rest of the same speaker, or of all where a speaker says little."""
    if len(clips) < _ENOUGH_TO_COMPARE:
        return clips
    centre = float(np.median([clip.score for clip in clips]))
    spread = max(_LEAST_SPREAD, 1.4826 * float(np.median([abs(clip.score - centre) for clip in clips])))
    by_speaker: dict[str, list[float]] = {}
    for clip in clips:
        by_speaker.setdefault(clip.speaker, []).append(clip.score)
    centres = {
        name: float(np.median(scores)) if name and len(scores) >= _ENOUGH_TO_COMPARE else centre
        for name, scores in by_speaker.items()
    }
    kept = []
    for clip in clips:
        usual = min(centre, centres[clip.speaker])
        if clip.score >= usual - _FAR_OFF * spread:
            kept.append(clip)
            continue
        problem = UnusableAudioError("ill_fitting", f"{clip.score:.2f} / {usual:.2f}")
        refusals.append(refusal(clip.recording.path, clip.name, problem))
    return kept

# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the network on, gently: a low rate, few passes, and strangers who say when it stops getting better.

Each recording is learnt as it is and as a telephone would carry it. Nothing of the training material of the shipped
model is at hand, so what it knows is protected by changing little.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from models.asr_id.acoustic.augment import Telephone
from models.asr_id.acoustic.data import Segments, Utterance, read_shards, write_shard
from models.asr_id.acoustic.features import FRAME_SHIFT_SAMPLES, Features, mfcc
from models.asr_id.acoustic.network import Checkpoint
from models.asr_id.acoustic.perturb import Strength
from models.asr_id.acoustic.train import Progress, Schedule, evaluate, train
from models.asr_id.adapt.audio import UnusableAudioError
from models.asr_id.adapt.collect import FULL_SCALE, Clip
from models.asr_id.adapt.data import load

RATE = 5e-4
STRENGTH = Strength(vocal_tract=0.08, tempo=0.14, shape=0.6, masking=0.8)
_EPOCHS = 5.0
_LEAST_STEPS, _MOST_STEPS = 80, 2_000
_CHECKS = 8
_PATIENCE = 3  # checks without getting better
_ENOUGH_S = 3 * 3600.0  # with copies, there should be about so much to learn from
_MOST_COPIES = 3
_CHUNK = 40
_FLOOR_LSB = 0.7  # faint noise under everything, as on the live path
_MOST_LEAD_FRAMES = 40

Tell = Callable[[str, dict[str, float]], None]
"""Called with ("step", {"step", "steps", "accuracy"}) and ("check", {"step", "fit"})."""


@dataclass(frozen=True)
class Recipe:
    """How much is learnt from what there is."""

    copies: int
    schedule: Schedule


@dataclass(frozen=True)
class Tuned:
    """A trained network: the best of the checks. Fits are of the dev speakers (LF-MMI per frame); higher is better."""

    checkpoint: Checkpoint
    fit_before: float
    fit_after: float
    steps: int
    best_step: int


@dataclass(frozen=True)
class _Job:
    clips: tuple[Clip, ...]
    copies: int
    seed: int
    base: Path


def recipe_for(speech_s: float, budget_s: float, *, steps: int | None = None) -> Recipe:
    """Return how to train on so many seconds of speech. ``steps`` overrides the number that follows from them."""
    copies = max(1, min(_MOST_COPIES, round(_ENOUGH_S / max(1.0, speech_s)) - 1))
    heard_s = speech_s * (1 + copies)
    batch_s = min(100.0, max(20.0, heard_s / 20))
    wanted = steps or max(_LEAST_STEPS, min(_MOST_STEPS, round(_EPOCHS * heard_s / batch_s)))
    schedule = Schedule(
        wanted, rate=RATE, warm_up_steps=max(5, min(40, wanted // 8)), flat_share=0.2, batch_s=batch_s,
        average=max(0.5, min(0.99, 1 - 8 / wanted)), budget_s=budget_s, check_every=max(5, math.ceil(wanted / _CHECKS)),
    )  # fmt: skip
    return Recipe(copies, schedule)


def prepare(pool: Executor, clips: Sequence[Clip], folder: Path, *, copies: int, seed: int) -> list[Utterance]:
    """Return features of every clip and of its damaged copies; they are kept in ``folder``, not in memory."""
    order = np.random.default_rng(seed).permutation(len(clips))  # a file lends its voices to itself as babble
    starts = range(0, len(clips), _CHUNK)
    work = [
        _Job(tuple(clips[at] for at in order[start : start + _CHUNK]), copies, seed + start, folder / f"part{start}")
        for start in starts
    ]
    return list(read_shards(pool.map(_prepared, work)))


def finetune(
    checkpoint: Checkpoint, data: Sequence[Utterance], dev: Sequence[Utterance], schedule: Schedule, *, seed: int,
    tell: Tell,
) -> Tuned:  # fmt: skip
    """Train on ``data`` until ``dev`` stops getting better; what was best on it is kept.

    Raises:
        ValueError: no utterance is long enough for its words.
    """
    before = _fit(checkpoint, dev)
    best: list[tuple[float, int, Checkpoint]] = [(before, 0, checkpoint)]
    last = 0

    def check(latest: Checkpoint, step: int) -> bool:
        nonlocal last
        last = step
        fit = _fit(latest, dev)
        tell("check", {"step": step, "fit": fit})
        if fit > best[0][0]:
            best[0] = (fit, step, latest)
        return step - best[0][1] >= _PATIENCE * schedule.check_every

    def report(progress: Progress) -> None:
        tell("step", {"step": progress.step, "steps": progress.steps, "accuracy": progress.accuracy})

    end = train(data, schedule, seed=seed, init=checkpoint, strength=STRENGTH, report=report, check=check)
    done = int(end.notes["steps"])
    if done > last:
        check(end, done)
    fit, step, kept = best[0]
    notes = {**checkpoint.notes, "adapted_steps": int(checkpoint.notes.get("adapted_steps", 0)) + step}
    return Tuned(Checkpoint(kept.network, kept.feature_mean, kept.phone_lm, notes), before, fit, done, step)


def _fit(checkpoint: Checkpoint, data: Sequence[Utterance]) -> float:
    return evaluate(checkpoint, data)["mmi"]


def _prepared(job: _Job) -> Path:
    torch.set_num_threads(1)
    random = np.random.default_rng(job.seed)
    telephone = Telephone(int(random.integers(2**31)))
    utterances: list[Utterance] = []
    for clip in job.clips:
        try:
            samples = load(clip.recording) * FULL_SCALE
        except UnusableAudioError:  # it could be read a minute ago: the file has gone since
            continue
        utterances.append(_utterance(clip, _floored(samples, random), 0))
        for _ in range(job.copies):
            lead = int(random.integers(_MOST_LEAD_FRAMES))
            longer = np.pad(samples.astype(np.float64), (lead * FRAME_SHIFT_SAMPLES, 0))
            utterances.append(_utterance(clip, _floored(telephone(longer), random), lead))
    write_shard(job.base, utterances)
    return job.base


def _floored(samples: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return np.round(samples + random.normal(0, _FLOOR_LSB, len(samples)))


def _utterance(clip: Clip, samples: np.ndarray, lead_frames: int) -> Utterance:
    features = mfcc(samples)
    segments = _shifted(clip.segments, lead_frames, features)
    return Utterance(features.astype(np.float16), segments, clip.recording.text, clip.speaker)


def _shifted(segments: Segments, frames: int, features: Features) -> Segments:
    moved = segments.copy()
    moved[:, 1:] += frames
    moved[0, 1], moved[-1, 2] = 0, len(features)
    return moved

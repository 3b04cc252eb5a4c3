# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage `features`: clean clips through drawn telephone conditions to training shards."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.asr_id.acoustic.augment import Telephone
from models.asr_id.acoustic.data import Utterance, is_complete, segments_of, write_shard
from models.asr_id.acoustic.features import RATE_HZ, mfcc
from models.asr_id.build.plan import BuildPlan
from models.asr_id.build.speech import Clip, read_clips

_FLOOR_LSB = (0.3, 1.5)  # faint noise under everything: the live path dithers digital silence in the same way
_LEAD_S, _TRAIL_S = (0.0, 0.7), (0.0, 0.8)
_SHORTEST_FRAMES = 30


def run_job(plan: BuildPlan, speech: Path, others: Sequence[Path], base: Path) -> int:
    """Make the shard `base` of one file of speech; returns its utterances. `others` lend their voices as babble."""
    if is_complete(base):
        return 0
    seed = [plan.seed, plan.round, *speech.stem.encode()]
    random = np.random.default_rng(seed)
    telephone = Telephone(int(random.integers(2**31)), plan.chances)
    for other in others:
        telephone.overhear(clip.samples for clip in read_clips(other)[:8])
    clips = read_clips(speech)
    utterances = [_damaged(clip, telephone, random) for clip in clips for _ in range(plan.copies)]
    for _ in range(round(plan.noise_share * len(utterances))):
        utterances.append(_noise(telephone, random))
    return write_shard(base, [one for one in utterances if one.frames >= _SHORTEST_FRAMES])


def _damaged(clip: Clip, telephone: Telephone, random: np.random.Generator) -> Utterance:
    lead = int(random.uniform(*_LEAD_S) * RATE_HZ)
    trail = int(random.uniform(*_TRAIL_S) * RATE_HZ)
    samples = telephone(np.pad(clip.samples.astype(np.float64), (lead, trail)))
    features = mfcc(_floored(samples, random))
    segments = segments_of(clip.phones, len(features), lead / RATE_HZ, RATE_HZ)
    return Utterance(features.astype(np.float16), segments, clip.text, clip.speaker)


def _noise(telephone: Telephone, random: np.random.Generator) -> Utterance:
    samples = telephone.noise_only(int(random.uniform(1.5, 8.0) * RATE_HZ))
    features = mfcc(_floored(samples, random))
    return Utterance(features.astype(np.float16), np.array([[0, 0, len(features)]], np.int32), "", "noise")


def _floored(samples: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return np.round(samples + random.normal(0, random.uniform(*_FLOOR_LSB), len(samples)))

# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns utterances into batches of tensors: similar lengths together, perturbed, mean-normalised."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from models.asr_id.acoustic.data import Target, Utterance, target_of
from models.asr_id.acoustic.features import BINS
from models.asr_id.acoustic.network import SUBSAMPLING
from models.asr_id.acoustic.objective import Paths
from models.asr_id.acoustic.perturb import CMVN_GLOBAL_FRAMES, Perturbation, running_mean_normalised

_TEMPO_CHANCE = 0.8
_IGNORED_LABEL = -100


@dataclass(slots=True)
class Batch:
    """Tensors of the objective."""

    features: Tensor  # (B, T, 40)
    lengths: Tensor  # (B,) output frames
    paths: Paths
    labels: Tensor  # (B, T / 3), -100 where there is none

    def to(self, device: torch.device) -> Batch:
        """Return the batch on a device."""
        paths = Paths(**{part.name: getattr(self.paths, part.name).to(device) for part in fields(Paths)})
        return Batch(self.features.to(device), self.lengths.to(device), paths, self.labels.to(device))


def plan(frames: Sequence[int], batch_frames: int, seed: int) -> list[list[int]]:
    """Group utterance numbers so that a padded batch holds about `batch_frames` frames; shuffled."""
    random = np.random.default_rng(seed)
    jittered = np.asarray(frames) * random.uniform(0.9, 1.1, len(frames))
    groups: list[list[int]] = []
    group: list[int] = []
    longest = 0
    for at in np.argsort(jittered):
        longest = max(longest, frames[at])
        if group and longest * (len(group) + 1) > batch_frames:
            groups.append(group)
            group, longest = [], frames[at]
        group.append(int(at))
    if group:
        groups.append(group)
    random.shuffle(groups)
    return groups


def training_batch(utterances: Sequence[Utterance], prior: Tensor, perturbation: Perturbation) -> Batch | None:
    """Return a perturbed batch, None when no utterance fits its own length."""
    items = [_perturbed(item, perturbation) for item in utterances]
    usable = [item for item in items if item is not None]
    if not usable:
        return None
    features, frames = _padded([features for features, _ in usable])
    features = perturbation.spectrum(features, frames)
    memory, mean = perturbation.history(features, prior)
    return _assemble(features, frames, [target for _, target in usable], memory, mean)


def plain_batch(utterances: Sequence[Utterance], prior: Tensor) -> Batch | None:
    """Return an unperturbed batch as heard at the start of a call."""
    pairs = [(item, target_of(item.segments, item.frames)) for item in utterances]
    usable = [(item.features.astype(np.float32), target) for item, target in pairs if target is not None]
    if not usable:
        return None
    features, frames = _padded([features for features, _ in usable])
    memory = torch.full((len(usable), 1, 1), float(CMVN_GLOBAL_FRAMES))
    return _assemble(features, frames, [target for _, target in usable], memory, prior[None, None])


def plain_batches(utterances: Sequence[Utterance], prior: Tensor, size: int = 32) -> Iterator[Batch]:
    """Yield unperturbed batches of everything."""
    ordered = sorted(utterances, key=lambda item: item.frames)
    for at in range(0, len(ordered), size):
        batch = plain_batch(ordered[at : at + size], prior)
        if batch is not None:
            yield batch


def _perturbed(item: Utterance, perturbation: Perturbation) -> tuple[np.ndarray, Target] | None:
    features, segments = np.asarray(item.features, np.float32), item.segments
    if perturbation.strength.tempo and perturbation.chance(_TEMPO_CHANCE):
        moved = perturbation.tempo(features, segments)
        if moved is not None:
            target = target_of(moved[1], len(moved[0]))
            if target is not None:
                return moved[0], target
    target = target_of(segments, len(features))
    return None if target is None else (features, target)


def _padded(items: Sequence[np.ndarray]) -> tuple[Tensor, Tensor]:
    """(B, T, 40) with the last frame repeated, T a multiple of 3, and (B,) frames cut to multiples of 3."""
    frames = torch.tensor([len(item) // SUBSAMPLING * SUBSAMPLING for item in items])
    padded = torch.zeros(len(items), int(frames.max()), BINS)
    for row, (item, count) in enumerate(zip(items, frames.tolist(), strict=True)):
        padded[row, :count] = torch.from_numpy(item[:count])
        padded[row, count:] = padded[row, count - 1]
    return padded, frames


def _assemble(features: Tensor, frames: Tensor, targets: Sequence[Target], memory: Tensor, mean: Tensor) -> Batch:
    batch, width = len(targets), max(len(target.phones) for target in targets)
    tables = {name: torch.zeros(batch, width, dtype=torch.long) for name in ("phones", "low", "high")}
    labels = torch.full((batch, features.shape[1] // SUBSAMPLING), _IGNORED_LABEL)
    for row, target in enumerate(targets):
        for name, table in tables.items():
            table[row, : len(target.phones)] = torch.from_numpy(getattr(target, name))
        labels[row, : len(target.labels)] = torch.from_numpy(target.labels)
    counts = torch.tensor([len(target.phones) for target in targets])
    normalised = running_mean_normalised(features, memory, mean)
    return Batch(normalised, frames // SUBSAMPLING, Paths(counts=counts, **tables), labels)

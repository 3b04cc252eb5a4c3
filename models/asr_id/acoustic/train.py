# SPDX-License-Identifier: GPL-3.0-or-later
"""Training: LF-MMI with a cross-entropy side head, AdamW, cosine schedule, averaged weights; resumable.

The same function trains from scratch and fine-tunes (adaptation). Steps, not seconds, drive the schedule, so that a
seed gives the same model on a slow machine; `budget_s` only shortens a run that would take too long.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from models.asr_id.acoustic.batches import Batch, plain_batches, plan, training_batch
from models.asr_id.acoustic.data import Utterance
from models.asr_id.acoustic.network import Checkpoint, NetworkShape, TdnnF
from models.asr_id.acoustic.objective import IMPOSSIBLE, denominator, numerator, phone_trigram
from models.asr_id.acoustic.perturb import Perturbation, Strength

_LOGIT_LIMIT = 25.0
_GRADIENT_LIMIT = 5.0
_LM_SAMPLE = 20_000  # utterances that the phone trigram is counted from
_MEAN_SAMPLE = 1_500


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast."""

    steps: int
    rate: float = 2e-3
    warm_up_steps: int = 60
    flat_share: float = 0.25  # of the run at full rate before the cosine begins
    batch_s: float = 100.0  # seconds of audio in a batch, padding included
    average: float = 0.998  # decay of the averaged weights, which are what is kept
    dropout: float = 0.05
    budget_s: float = math.inf
    save_every: int = 500
    check_every: int = 1_000


@dataclass(slots=True)
class Progress:
    """Means since the last report."""

    step: int
    steps: int
    elapsed_s: float
    mmi: float
    cross_entropy: float
    accuracy: float
    unfit: float  # share of utterances whose phones fit no path


@dataclass(slots=True)
class _Run:
    network: TdnnF
    averaged: TdnnF
    optimizer: torch.optim.Optimizer
    mean: Tensor
    trigram: Tensor
    device: torch.device
    step: int = 0
    trained_s: float = 0.0
    history: list[tuple[float, float, float, float]] = field(default_factory=list)


Report = Callable[[Progress], None]
Check = Callable[[Checkpoint, int], bool]
"""Called with the averaged network and the step every `check_every` steps; True ends the run."""


def train(
    data: Sequence[Utterance],
    schedule: Schedule,
    *,
    seed: int,
    shape: NetworkShape | None = None,
    init: Checkpoint | None = None,
    strength: Strength | None = None,
    resume: Path | None = None,
    report: Report | None = None,
    check: Check | None = None,
    device: torch.device | None = None,
) -> Checkpoint:
    """Train on `data`, from scratch or from `init`; `resume` is a file to continue from and to save to.

    Batches are made and perturbed on the processor; network and objective live on `device` (default: the GPU when
    PyTorch sees one). What comes back is always on the processor.

    Raises ValueError when there is no data.
    """
    if not data:
        raise ValueError("no training data")
    torch.manual_seed(seed)
    start = init or _untrained(data, shape or NetworkShape(), seed)
    run = _begin(start, schedule.rate, device or best_device())
    if resume is not None and resume.is_file():
        _load(run, resume)
    frames = [item.frames for item in data]
    started_s = time.monotonic() - run.trained_s
    perturbation = Perturbation(strength or Strength(), seed + run.step)
    run.network.dropout = schedule.dropout
    epoch, passed = 0, 0
    while run.step < schedule.steps:
        groups = plan(frames, round(schedule.batch_s * 100), seed + epoch)
        for group in groups[max(0, run.step - passed) :]:
            elapsed_s = time.monotonic() - started_s
            share = max(run.step / schedule.steps, elapsed_s / schedule.budget_s)
            if share >= 1:
                return _kept(run)
            batch = training_batch([data[at] for at in group], run.mean, perturbation)
            if batch is not None:
                _step(run, batch, schedule, share)
            run.step += 1
            if report is not None and run.step % 50 == 0:
                report(_progress(run, schedule, elapsed_s))
            if resume is not None and run.step % schedule.save_every == 0:
                run.trained_s = elapsed_s
                _save(run, resume)
            if check is not None and run.step % schedule.check_every == 0 and check(_kept(run), run.step):
                return _kept(run)
        passed += len(groups)
        epoch += 1
    return _kept(run)


def best_device() -> torch.device:
    """Return the GPU when there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def evaluate(checkpoint: Checkpoint, data: Sequence[Utterance]) -> dict[str, float]:
    """Return mean `mmi`, `cross_entropy` and phone `accuracy` per output frame of unperturbed data."""
    sums: list[tuple[float, float, float, float]] = []
    checkpoint.network.eval()
    with torch.no_grad():
        for batch in plain_batches(data, checkpoint.feature_mean):
            mmi, entropy, accuracy, _, _ = _losses(checkpoint.network, batch, checkpoint.phone_lm)
            sums.append((float(batch.lengths.sum()), float(mmi), float(entropy), float(accuracy)))
    weights = np.array([row[0] for row in sums])
    means = (np.array([row[1:] for row in sums]) * weights[:, None]).sum(0) / weights.sum()
    return dict(zip(("mmi", "cross_entropy", "accuracy"), means.tolist(), strict=True))


def _untrained(data: Sequence[Utterance], shape: NetworkShape, seed: int) -> Checkpoint:
    """Return a fresh network with the mean, the scale and the phone trigram of a sample of `data`."""
    chosen = np.random.default_rng(seed).permutation(len(data))
    network = TdnnF(shape)
    frames = np.concatenate([np.asarray(data[at].features, np.float32) for at in chosen[:_MEAN_SAMPLE]])
    network.feature_scale.copy_(torch.from_numpy(0.9 / frames.std(0)))
    trigram = phone_trigram(data[at].segments[:, 0].tolist() for at in chosen[:_LM_SAMPLE])
    return Checkpoint(network, torch.from_numpy(frames.mean(0)), trigram, {})


def _begin(start: Checkpoint, rate: float, device: torch.device) -> _Run:
    network = TdnnF(start.network.shape)
    network.load_state_dict(start.network.state_dict())
    network.to(device)
    averaged = TdnnF(network.shape).to(device)
    averaged.load_state_dict(network.state_dict())
    matrices = [weight for weight in network.parameters() if weight.dim() > 1]
    vectors = [weight for weight in network.parameters() if weight.dim() <= 1]
    groups = [{"params": matrices, "weight_decay": 0.02}, {"params": vectors, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98))
    return _Run(network, averaged, optimizer, start.feature_mean, start.phone_lm.to(device), device)


def _step(run: _Run, batch: Batch, schedule: Schedule, share: float) -> None:
    run.network.train()
    rate = schedule.rate * min(1.0, (run.step + 1) / schedule.warm_up_steps) * _cosine(share, schedule.flat_share)
    for group in run.optimizer.param_groups:
        group["lr"] = rate
    mmi, entropy, accuracy, size, unfit = _losses(run.network, batch.to(run.device), run.trigram)
    side_weight = 0.5 if share < 0.3 else 0.2
    loss = -mmi + side_weight * entropy + 2e-4 * size
    run.optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    norm = torch.nn.utils.clip_grad_norm_(run.network.parameters(), _GRADIENT_LIMIT)
    if torch.isfinite(norm):
        run.optimizer.step()
    _average(run, min(schedule.average, (run.step + 1) / (run.step + 10)))
    run.history.append((mmi.item(), entropy.item(), accuracy.item(), unfit.item()))


def _losses(network: TdnnF, batch: Batch, trigram: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """(MMI per frame, cross entropy, frame accuracy, mean squared logits, share without a path)."""
    logits, side = network(batch.features)
    logits = logits.clamp(-_LOGIT_LIMIT, _LOGIT_LIMIT)
    above = numerator(logits, batch.lengths, batch.paths)
    below = denominator(logits, batch.lengths, trigram)
    fits = above > IMPOSSIBLE
    mmi = ((above - below) * fits).sum() / batch.lengths.sum()
    entropy = functional.cross_entropy(side.reshape(-1, side.shape[-1]), batch.labels.reshape(-1), ignore_index=-100)
    known = batch.labels >= 0
    right = (side.argmax(-1) // 2 == batch.labels // 2) & known
    return mmi, entropy, right.sum() / known.sum(), (logits**2).sum(-1).mean(), (~fits).float().mean()


def _cosine(share: float, flat: float) -> float:
    if share < flat:
        return 1.0
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (share - flat) / (1 - flat)))


@torch.no_grad()
def _average(run: _Run, decay: float) -> None:
    for kept, new in zip(run.averaged.parameters(), run.network.parameters(), strict=True):
        kept.lerp_(new, 1 - decay)
    for mean, latest in zip(run.averaged.buffers(), run.network.buffers(), strict=True):
        if mean.is_floating_point():
            mean.lerp_(latest, 1 - decay)


def _kept(run: _Run) -> Checkpoint:
    network = TdnnF(run.averaged.shape)
    network.load_state_dict(run.averaged.state_dict())
    network.eval()
    return Checkpoint(network, run.mean, run.trigram.cpu(), {"steps": run.step})


def _progress(run: _Run, schedule: Schedule, elapsed_s: float) -> Progress:
    mean = np.mean(run.history, axis=0)
    run.history.clear()
    return Progress(run.step, schedule.steps, elapsed_s, *(float(value) for value in mean))


def _save(run: _Run, path: Path) -> None:
    state: dict[str, Any] = {
        "network": run.network.state_dict(),
        "averaged": run.averaged.state_dict(),
        "optimizer": run.optimizer.state_dict(),
        "mean": run.mean,
        "trigram": run.trigram,
        "step": run.step,
        "trained_s": run.trained_s,
    }
    part = path.with_name(path.name + ".part")
    torch.save(state, part)
    part.rename(path)


def _load(run: _Run, path: Path) -> None:
    state = torch.load(path, map_location="cpu", weights_only=True)
    run.network.load_state_dict(state["network"])
    run.averaged.load_state_dict(state["averaged"])
    run.optimizer.load_state_dict(state["optimizer"])
    run.mean, run.trigram = state["mean"], state["trigram"].to(run.device)
    run.step, run.trained_s = state["step"], state["trained_s"]

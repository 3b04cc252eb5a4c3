# SPDX-License-Identifier: GPL-3.0-or-later
"""Lattice-free maximum mutual information (Povey et al., Interspeech 2016) with a phone trigram as denominator.

Both sums are computed by an explicit forward-backward pass instead of autograd: the gradient of each log-probability
with respect to the logits is the occupation of each pdf.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from models.asr_id.acoustic.network import PHONE_COUNT

_NEVER = -1e30
IMPOSSIBLE = -1e6  # a numerator below this found no path through its windows


@dataclass(slots=True)
class Paths:
    """The phone sequence of each utterance of a batch and where each phone may be."""

    phones: Tensor  # (B, L) ids, silence included
    counts: Tensor  # (B,) how many of them count
    low: Tensor  # (B, L) first output frame allowed
    high: Tensor  # (B, L) output frame after the last allowed


def phone_trigram(sequences: Iterable[Sequence[int]]) -> Tensor:
    """Return (P, P, P) trigram probabilities [before][last][next] by Witten-Bell interpolation; silence begins."""
    third = np.zeros((PHONE_COUNT,) * 3)
    for sequence in sequences:
        phones = np.asarray([0, *sequence])
        if len(phones) > 1:
            third[0, phones[0], phones[1]] += 1
        np.add.at(third, (phones[:-2], phones[1:-1], phones[2:]), 1)
    second = third.sum(0)
    first = second.sum(0)

    def interpolate(counts: np.ndarray[Any, Any], lower: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        total, kinds = counts.sum(-1, keepdims=True), (counts > 0).sum(-1, keepdims=True) + 1.0
        smoothed: np.ndarray[Any, Any] = (counts + kinds * lower) / (total + kinds)
        return smoothed

    unigram = (first + 1) / (first + 1).sum()
    return torch.tensor(interpolate(third, interpolate(second, unigram[None])[None]), dtype=torch.float32)


class _Occupation(torch.autograd.Function):
    """A log-probability (B,) of logits whose gradient was computed along with it."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, value: Tensor, occupation: Tensor) -> Tensor:
        del logits
        ctx.save_for_backward(occupation)
        return value

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (occupation,) = ctx.saved_tensors
        return grads[0][:, None, None] * occupation, None, None


def denominator(logits: Tensor, lengths: Tensor, trigram: Tensor) -> Tensor:
    """Log-probability (B,) of all phone sequences that begin and end in silence, logits (B, T, 2 P)."""
    with torch.no_grad():
        value, occupation = _denominator(logits, lengths, trigram)
    return _Occupation.apply(logits, value, occupation)  # type: ignore[no-untyped-call,no-any-return]


def _denominator(logits: Tensor, lengths: Tensor, trigram: Tensor) -> tuple[Tensor, Tensor]:
    batch, frames, _ = logits.shape
    peak = logits.max(-1, keepdim=True)[0]
    scaled = torch.exp(logits - peak)
    first = scaled[..., 0::2].permute(1, 2, 0).contiguous()  # (T, P, B)
    loop = scaled[..., 1::2].permute(1, 2, 0).contiguous()
    step = trigram.permute(1, 0, 2).contiguous()  # [last][before][next]
    alphas = logits.new_zeros(frames, PHONE_COUNT, batch, PHONE_COUNT)  # [t][current][utterance][before]
    entries = torch.zeros_like(alphas)
    total = torch.log(first[0, 0] + 1e-30) + peak[:, 0, 0]
    alphas[0, 0, :, 0] = 1.0
    for t in range(1, frames):
        entry = torch.bmm(alphas[t - 1], step).permute(2, 1, 0)
        alpha = entry * first[t][..., None] + alphas[t - 1] * loop[t][..., None]
        mass = alpha.sum((0, 2))
        live = t < lengths
        total = total + torch.where(live, torch.log(mass) + peak[:, t, 0], 0.0)
        entries[t] = entry
        alphas[t] = alpha / mass[None, :, None]
    last = alphas[lengths - 1, :, torch.arange(batch, device=logits.device), :]
    total = total + torch.log(last[:, 0].sum(-1) + 1e-20)
    return total, _occupy((first, loop), alphas, entries, lengths, step)


def _occupy(scores: tuple[Tensor, Tensor], alphas: Tensor, entries: Tensor, lengths: Tensor, step: Tensor) -> Tensor:
    first, loop = scores
    back = step.transpose(1, 2).contiguous()
    frames, phones, batch = first.shape
    occupation = first.new_zeros(batch, frames, 2 * phones)
    end = first.new_zeros(phones, batch, phones)
    end[0] = 1.0
    beta = end
    for t in range(frames - 1, 0, -1):
        enter, stay = beta * first[t][..., None], beta * loop[t][..., None]
        by_entry, by_loop = (enter * entries[t]).sum(2), (stay * alphas[t - 1]).sum(2)  # (P, B)
        mass = (by_entry + by_loop).sum(0) + 1e-30
        live = (t < lengths).float()
        occupation[:, t, 0::2] = (by_entry / mass * live).T
        occupation[:, t, 1::2] = (by_loop / mass * live).T
        before = torch.bmm(enter.permute(2, 1, 0), back) + stay
        before = before / (before.amax((0, 2), keepdim=True) + 1e-30)
        beta = torch.where((t < lengths)[None, :, None], before, end)
    occupation[:, 0, 0] = 1.0
    return occupation


def numerator(logits: Tensor, lengths: Tensor, paths: Paths) -> Tensor:
    """Log-probability (B,) of one phone sequence each, `IMPOSSIBLE` or less where it does not fit."""
    with torch.no_grad():
        value, occupation = _numerator(logits, lengths, paths)
    return _Occupation.apply(logits, value, occupation)  # type: ignore[no-untyped-call,no-any-return]


def _numerator(logits: Tensor, lengths: Tensor, paths: Paths) -> tuple[Tensor, Tensor]:
    phones, counts = paths.phones, paths.counts
    batch, frames, _ = logits.shape
    width = phones.shape[1]
    at, places = (torch.arange(count, device=logits.device) for count in (frames, width))
    at = at[None, :, None]
    allowed = (at >= paths.low[:, None]) & (at < paths.high[:, None]) & (places < counts[:, None])[:, None]
    index = (2 * phones)[:, None].expand(-1, frames, -1)
    enter = logits.gather(2, index).masked_fill(~allowed, _NEVER).permute(1, 0, 2).contiguous()
    stay = logits.gather(2, index + 1).masked_fill(~allowed, _NEVER).permute(1, 0, 2).contiguous()
    wall = logits.new_full((batch, 1), _NEVER)
    alphas = logits.new_full((frames, batch, width), _NEVER)
    alphas[0, :, 0] = enter[0, :, 0]
    for t in range(1, frames):
        previous = alphas[t - 1]
        moved = torch.cat([wall, previous[:, :-1]], 1) + enter[t]
        alphas[t] = torch.logaddexp(moved, previous + stay[t]).clamp_min(_NEVER)
    rows = torch.arange(batch, device=logits.device)
    value = alphas[lengths - 1, rows, counts - 1]
    occupation = torch.zeros_like(logits)
    end = logits.new_full((batch, width), _NEVER)
    end[rows, counts - 1] = 0.0
    beta = end
    for t in range(frames - 1, 0, -1):
        previous, live = alphas[t - 1], t < lengths
        base = torch.where(live, value, 0.0)[:, None]
        by_entry = torch.cat([wall, previous[:, :-1]], 1) + enter[t] + beta - base
        by_loop = previous + stay[t] + beta - base
        weight = live.float()[:, None]
        occupation[:, t].scatter_add_(1, 2 * phones, by_entry.clamp(max=0).exp() * weight)
        occupation[:, t].scatter_add_(1, 2 * phones + 1, by_loop.clamp(max=0).exp() * weight)
        onward = torch.cat([(enter[t] + beta)[:, 1:], wall], 1)
        beta = torch.where(live[:, None], torch.logaddexp(onward, stay[t] + beta).clamp_min(_NEVER), end)
    occupation[rows, 0, 2 * phones[:, 0]] = 1.0
    return value, occupation * (value > IMPOSSIBLE).float()[:, None, None]

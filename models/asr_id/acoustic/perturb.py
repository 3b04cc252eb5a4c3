# SPDX-License-Identifier: GPL-3.0-or-later
"""Variation made anew for every batch, on features: vocal tract, tempo, spectral shape, masking, running mean.

Works in the log-mel domain (the MFCC transform is invertible), where a vocal-tract change is a warp of the frequency
axis (Jaitly & Hinton 2013) and masking is SpecAugment (Park et al. 2019).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from models.asr_id.acoustic.data import Segments
from models.asr_id.acoustic.features import BINS, mel_matrices

CMVN_WINDOW_FRAMES = 600
CMVN_GLOBAL_FRAMES = 200


@dataclass(frozen=True, slots=True)
class Strength:
    """How much training varies its input; zero switches a kind off."""

    vocal_tract: float = 0.12
    tempo: float = 0.22
    shape: float = 1.0
    masking: float = 1.0


class Perturbation:
    """Draws from its own generators, so that a seed fixes the run."""

    def __init__(self, strength: Strength, seed: int) -> None:
        self.strength = strength
        self._random = np.random.default_rng(seed)
        self._torch = torch.Generator().manual_seed(seed)
        to_cepstrum, to_mel = mel_matrices()
        self._to_cepstrum, self._to_mel = torch.from_numpy(to_cepstrum), torch.from_numpy(to_mel)

    def chance(self, probability: float) -> bool:
        """Draw true with this probability."""
        return bool(self._random.random() < probability)

    def tempo(
        self, features: npt.NDArray[np.float32], segments: Segments
    ) -> tuple[npt.NDArray[np.float32], Segments] | None:
        """Stretch and squeeze piece by piece (60 to 220 ms); None when the result has no sensible length."""
        frames, spread = len(features), self.strength.tempo
        knots = [0, *np.cumsum(self._random.integers(6, 22, frames // 6 + 1))]
        source = np.array(sorted({min(int(knot), frames) for knot in knots}), float)
        overall = np.exp(self._random.normal(0, spread))
        pieces = np.diff(source) * overall * np.exp(self._random.normal(0, spread, len(source) - 1))
        goal = np.concatenate([[0.0], np.cumsum(pieces)])
        length = int(goal[-1])
        if not 30 <= length <= 1600:
            return None
        place = np.interp(np.arange(length) + 0.5, goal, source) - 0.5
        low = np.clip(np.floor(place).astype(int), 0, frames - 2)
        share = np.clip(place - low, 0, 1)[:, None].astype(np.float32)
        moved = segments.copy()
        moved[:, 1:] = np.clip(np.round(np.interp(segments[:, 1:], source, goal)), 0, length)
        moved[-1, 2] = length
        return features[low] * (1 - share) + features[low + 1] * share, moved

    def spectrum(self, cepstra: Tensor, lengths: Tensor) -> Tensor:
        """Vary a batch (B, T, 40) of raw cepstra; `lengths` (B,) in frames."""
        mel = torch.bmm(cepstra @ self._to_mel, self._warps(len(cepstra)))
        if self.strength.shape:
            mel = self._reshape(mel)
        if self.strength.masking:
            self._mask(mel, lengths)
        return mel @ self._to_cepstrum

    def _uniform(self, low: float, high: float, *size: int) -> Tensor:
        return torch.rand(*size, generator=self._torch) * (high - low) + low

    def _warps(self, batch: int) -> Tensor:
        most = self.strength.vocal_tract
        bins = torch.arange(float(BINS))
        place = bins * (1 + self._uniform(-most, most, batch, 1)) + self._uniform(-0.6, 0.6, batch, 1)
        place = place.clamp(0, BINS - 1)
        low = place.floor().long().clamp(max=BINS - 2)
        share = place - low
        warps = torch.zeros(batch, BINS, BINS)
        warps.scatter_add_(1, low[:, None], (1 - share)[:, None])
        warps.scatter_add_(1, low[:, None] + 1, share[:, None])
        return warps

    def _reshape(self, mel: Tensor) -> Tensor:
        batch = len(mel)
        over_bins = self._blur_kernels(batch, 3, 0.3, 1.3, 0.5)
        mel = _convolve(mel, over_bins)
        over_time = self._blur_kernels(batch, 4, 0.4, 1.5, 0.4)
        mel = _convolve(mel.transpose(1, 2), over_time).transpose(1, 2)
        for axis, low, high in ((1, 0.65, 1.3), (2, 0.75, 1.2)):
            contrast = self._uniform(low, high, batch, 1, 1)
            contrast = torch.where(self._uniform(0, 1, batch, 1, 1) < 0.5, contrast, 1.0)
            mean = mel.mean(axis, keepdim=True)
            mel = mean + (mel - mean) * contrast
        tilt = torch.cumsum(torch.randn(batch, 8, generator=self._torch), 1) * 0.25 * self.strength.shape
        tilt = functional.interpolate((tilt - tilt.mean(1, keepdim=True))[:, None], BINS, mode="linear")
        return mel + tilt

    def _blur_kernels(self, batch: int, reach: int, low: float, high: float, chance: float) -> Tensor:
        """(B, 2 reach + 1) Gaussian kernels, the identity for the utterances left alone."""
        at = torch.arange(-reach, reach + 1.0)
        width = self._uniform(low, high, batch, 1)
        width = torch.where(self._uniform(0, 1, batch, 1) < chance, width, 1e-2)
        kernels = torch.exp(-(at**2) / 2 / width**2)
        return kernels / kernels.sum(1, keepdim=True)

    def _mask(self, mel: Tensor, lengths: Tensor) -> None:
        mean = mel.mean(1)
        floor = (mel.mean(2) - mel.mean((1, 2))[:, None]) * 0.3
        for row, length in enumerate(lengths.tolist()):
            for _ in range(2):
                width = int(self._random.integers(0, 8))
                begin = int(self._random.integers(0, BINS - width))
                mel[row, :, begin : begin + width] = mean[row, begin : begin + width] + floor[row, :, None]
            for _ in range(max(1, int(length) // 150)):
                width = int(self._random.integers(0, 10))
                begin = int(self._random.integers(0, max(1, int(length) - width)))
                mel[row, begin : begin + width] = mean[row]

    def history(self, cepstra: Tensor, prior: Tensor) -> tuple[Tensor, Tensor]:
        """Draw for each utterance what the running mean remembers: the start of a call, or its middle.

        Returns (B, 1, 1) remembered frames and (B, 1, 40) their mean.
        """
        batch = len(cepstra)
        middle = self._uniform(0, 1, batch, 1, 1) < 0.5
        frames = torch.where(middle, self._uniform(100, 600, batch, 1, 1), float(CMVN_GLOBAL_FRAMES))
        mean = torch.where(middle, cepstra.mean(1, keepdim=True), prior[None, None])
        return frames, mean


def _convolve(values: Tensor, kernels: Tensor) -> Tensor:
    """Convolve the last axis of (B, N, M) with one kernel per batch row, edges repeated."""
    reach = kernels.shape[1] // 2
    padded = functional.pad(values, (reach, reach), mode="replicate")
    width = values.shape[2]
    pieces = (kernels[:, at, None, None] * padded[..., at : at + width] for at in range(kernels.shape[1]))
    total = next(pieces)
    for piece in pieces:
        total = total + piece
    return total


def running_mean_normalised(cepstra: Tensor, memory: Tensor, mean: Tensor) -> Tensor:
    """Subtract Kaldi's online running mean (window 600, at most 200 remembered frames) from (B, T, 40)."""
    length = cepstra.shape[1]
    sums = cepstra.cumsum(1)
    sums[:, CMVN_WINDOW_FRAMES:] = sums[:, CMVN_WINDOW_FRAMES:] - sums[:, :-CMVN_WINDOW_FRAMES].clone()
    count = torch.arange(1, length + 1.0)[None, :, None].clamp(max=CMVN_WINDOW_FRAMES)
    weight = torch.minimum(memory.expand(-1, length, -1), CMVN_WINDOW_FRAMES - count)
    return cepstra - (sums + weight * mean) / (count + weight)

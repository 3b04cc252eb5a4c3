# SPDX-License-Identifier: GPL-3.0-or-later
"""The network: a factorised TDNN (Povey et al. 2018) small enough for two CPU cores, in plain torch.

Input is 100 frames a second, every layer above the second runs at 33. All contexts are fixed splices, so that the
exporter can write them as Kaldi descriptors.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.asr_id.acoustic.features import BINS
from models.asr_id.phones import PHONE_ID

PHONE_COUNT = len(PHONE_ID)  # with silence
PDF_COUNT = 2 * PHONE_COUNT  # pdf 2p = first frame of phone p, 2p + 1 = every further one
SUBSAMPLING = 3
INPUT_SPLICE, HIDDEN_SPLICE, BLOCK_OFFSET = 2, 1, 3


@dataclass(frozen=True, slots=True)
class NetworkShape:
    """Sizes of the network."""

    width: int = 512
    bottleneck: int = 128
    blocks: int = 9
    first_width: int = 192
    prefinal: int = 128
    bypass: float = 0.75

    @property
    def context(self) -> int:
        """Input frames needed on each side of an output frame."""
        return INPUT_SPLICE + HIDDEN_SPLICE + BLOCK_OFFSET * self.blocks


class TdnnF(nn.Module):
    """Features (B, T, 40), mean-normalised, T a multiple of 3 -> logits (B, T / 3, 2 x phones), twice.

    The first head is trained by LF-MMI and exported, the second by cross entropy and dropped (Povey et al. 2016).
    """

    feature_scale: Tensor

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.shape = shape
        width, neck = shape.width, shape.bottleneck
        self.register_buffer("feature_scale", torch.ones(BINS))
        self.first = nn.Linear(BINS * (2 * INPUT_SPLICE + 1), shape.first_width)
        self.first_norm = nn.BatchNorm1d(shape.first_width)
        self.second = nn.Linear(shape.first_width * (2 * HIDDEN_SPLICE + 1), width)
        self.second_norm = nn.BatchNorm1d(width)
        self.factors = nn.ModuleList(nn.Linear(2 * width, neck, bias=False) for _ in range(shape.blocks))
        self.affines = nn.ModuleList(nn.Linear(2 * neck, width) for _ in range(shape.blocks))
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for _ in range(shape.blocks))
        self.prefinal, self.output = nn.Linear(width, shape.prefinal, bias=False), nn.Linear(shape.prefinal, PDF_COUNT)
        self.side_prefinal = nn.Linear(width, shape.prefinal, bias=False)
        self.side_output = nn.Linear(shape.prefinal, PDF_COUNT)
        self.dropout = 0.0
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """See the class; the edges are padded by repeating the outermost frames, as Kaldi's decoder does."""
        hidden = self._front(features)
        for factor, affine, norm in zip(self.factors, self.affines, self.norms, strict=True):
            narrow = factor(torch.cat([hidden[:, :-1], hidden[:, 1:]], -1))
            wide = functional.relu(_norm(norm, affine(torch.cat([narrow[:, :-1], narrow[:, 1:]], -1))))
            if self.training and self.dropout > 0:
                chance = torch.rand(len(wide), 1, wide.shape[2], device=wide.device)
                wide = wide * (1 + (chance * 2 - 1) * 2 * self.dropout)
            hidden = wide + self.shape.bypass * hidden[:, 1:-1]
        return self.output(self.prefinal(hidden)), self.side_output(self.side_prefinal(hidden))

    def _front(self, features: Tensor) -> Tensor:
        length, pad = features.shape[1], self.shape.context
        edges = features[:, :1].expand(-1, pad, -1), features[:, -1:].expand(-1, pad, -1)
        padded = torch.cat([edges[0], features, edges[1]], 1) * self.feature_scale
        count = padded.shape[1] - 2 * INPUT_SPLICE
        spliced = torch.cat([padded[:, at : at + count] for at in range(2 * INPUT_SPLICE + 1)], -1)
        hidden = functional.relu(_norm(self.first_norm, self.first(spliced)))
        outputs = length // SUBSAMPLING + 2 * self.shape.blocks
        last = SUBSAMPLING * (outputs - 1) + 1
        spliced = torch.cat([hidden[:, at : at + last : SUBSAMPLING] for at in range(2 * HIDDEN_SPLICE + 1)], -1)
        return functional.relu(_norm(self.second_norm, self.second(spliced)))


def _norm(norm: nn.Module, values: Tensor) -> Tensor:
    batch, length, width = values.shape
    normed: Tensor = norm(values.reshape(-1, width))
    return normed.view(batch, length, width)


@dataclass(slots=True)
class Checkpoint:
    """Everything that decoding, alignment and further training need of a trained network."""

    network: TdnnF
    feature_mean: Tensor  # (40,) mean of the training features: prior of the running mean
    phone_lm: Tensor  # (P, P, P) denominator phone trigram
    notes: dict[str, Any]

    def state(self) -> dict[str, Any]:
        """Return what `from_state` takes back."""
        return {
            "shape": asdict(self.network.shape),
            "network": self.network.state_dict(),
            "feature_mean": self.feature_mean,
            "phone_lm": self.phone_lm,
            "notes": self.notes,
        }

    def half_state(self) -> dict[str, Any]:
        """Return `state` with its matrices in half precision: half the bytes, the same words heard."""
        state = self.state()
        network = state["network"].items()
        state["network"] = {name: value.half() if value.dim() > 1 else value for name, value in network}
        return state

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Checkpoint:
        """Rebuild from `state`."""
        network = TdnnF(NetworkShape(**state["shape"]))
        network.load_state_dict({key: value.float() for key, value in state["network"].items()})
        network.eval()
        return cls(network, state["feature_mean"].float(), state["phone_lm"].float(), state.get("notes", {}))

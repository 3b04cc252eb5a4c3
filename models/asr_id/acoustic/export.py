# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the acoustic half of a Vosk model folder from a checkpoint: am/, conf/, phone files. No Kaldi involved.

Formats: facts measured on Vosk 0.3.45 (docs/asr-model.md). Batch normalisation is folded into the affine before it; the
skip connection is a NoOp with a Sum descriptor; all splices are descriptors.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from models.asr_id.acoustic import kaldi
from models.asr_id.acoustic.features import BINS, MFCC_CONF
from models.asr_id.acoustic.network import BLOCK_OFFSET, HIDDEN_SPLICE, INPUT_SPLICE, Checkpoint, TdnnF
from models.asr_id.acoustic.perturb import CMVN_GLOBAL_FRAMES
from models.asr_id.language.phonetable import phone_table

MODEL_CONF = """--min-active=20
--max-active=2000
--beam=10.0
--lattice-beam=4.0
--acoustic-scale=1.0
--frame-subsampling-factor=3
--endpoint.silence-phones=1
--endpoint.rule2.min-trailing-silence=0.5
--endpoint.rule3.min-trailing-silence=0.75
--endpoint.rule4.min-trailing-silence=1.0
"""

_Weights = npt.NDArray[np.float64]


def export_acoustic(checkpoint: Checkpoint, folder: Path, model_conf: str = MODEL_CONF) -> None:
    """Write am/final.mdl, am/global_cmvn.stats and conf/ into a (new) model folder."""
    for name in ("am", "conf"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    model = kaldi.BINARY_MARK + transition_model() + network_bytes(checkpoint.network)
    (folder / "am/final.mdl").write_bytes(model)
    (folder / "am/global_cmvn.stats").write_bytes(mean_statistics(checkpoint.feature_mean))
    (folder / "conf/mfcc.conf").write_text(MFCC_CONF, encoding="ascii")
    (folder / "conf/model.conf").write_text(model_conf, encoding="ascii")


def mean_statistics(mean: Tensor) -> bytes:
    """Online CMVN statistics: sums and count of `CMVN_GLOBAL_FRAMES` frames, and sums of squares (unused)."""
    centre = mean.double().numpy()
    statistics = np.zeros((2, BINS + 1))
    statistics[0, :-1], statistics[0, -1] = centre * CMVN_GLOBAL_FRAMES, CMVN_GLOBAL_FRAMES
    statistics[1, :-1] = (centre**2 + 1) * CMVN_GLOBAL_FRAMES
    return kaldi.BINARY_MARK + kaldi.double_matrix(statistics)


def transition_model() -> bytes:
    """Chain topology: one emitting state a phone, own pdfs for first frame and self-loop, probabilities 0.5."""
    table = phone_table()
    count = len(table)
    out = kaldi.token("<TransitionModel>") + kaldi.token("<Topology>")
    out += kaldi.int_vector(range(1, count + 1)) + kaldi.int_vector([-1] + [0] * count)
    out += kaldi.int32(-1) + kaldi.int32(1)  # -1: forward and self-loop pdf-classes differ; one topology entry ...
    out += kaldi.int32(2)  # ... of two states
    out += kaldi.int32(0) + kaldi.int32(1) + kaldi.int32(2)
    out += kaldi.int32(0) + kaldi.float32(0.5) + kaldi.int32(1) + kaldi.float32(0.5)
    out += kaldi.int32(-1) + kaldi.int32(-1) + kaldi.int32(0) + kaldi.token("</Topology>")
    out += kaldi.token("<Tuples>") + kaldi.int32(count)
    for number, (_, base, _) in enumerate(table, 1):
        out += kaldi.int32(number) + kaldi.int32(0) + kaldi.int32(2 * base) + kaldi.int32(2 * base + 1)
    out += kaldi.token("</Tuples>") + kaldi.token("<LogProbs>")
    out += kaldi.vector([0.0] + [math.log(0.5)] * (2 * count))
    return out + kaldi.token("</LogProbs>") + kaldi.token("</TransitionModel>")


def network_bytes(network: TdnnF) -> bytes:
    """The network as `<Nnet3>` with its configuration, components, context and empty priors."""
    return _Writer(network).all()


class _Writer:
    def __init__(self, network: TdnnF) -> None:
        self._network = network
        self._config = [f"input-node name=input dim={BINS}"]
        self._components: list[tuple[str, bytes]] = []

    def all(self) -> bytes:
        network, shape = self._network, self._network.shape
        scale = network.feature_scale.repeat(2 * INPUT_SPLICE + 1)
        self._affine("first", _folded(network.first, network.first_norm, scale), _splice("input", INPUT_SPLICE))
        self._relu("first", shape.first_width)
        self._affine("second", _folded(network.second, network.second_norm), _splice("first.relu", HIDDEN_SPLICE))
        self._relu("second", shape.width)
        source = "second.relu"
        for number, (factor, affine, norm) in enumerate(
            zip(network.factors, network.affines, network.norms, strict=True)
        ):
            source = self._block(f"block{number}", source, (factor, affine, norm))
        self._affine("prefinal", _folded(network.prefinal), source)
        self._affine("last", _folded(network.output), "prefinal.affine")
        self._config.append("output-node name=output input=last.affine objective=linear")
        out = kaldi.token("<Nnet3>") + b"\n" + ("\n".join(self._config) + "\n\n").encode("ascii")
        out += kaldi.token("<NumComponents>") + kaldi.int32(len(self._components))
        for name, data in self._components:
            out += kaldi.token("<ComponentName>") + kaldi.token(name) + data
        out += kaldi.token("</Nnet3>")
        for side in ("<LeftContext>", "<RightContext>"):
            out += kaldi.token(side) + kaldi.int32(shape.context)
        return out + kaldi.token("<Priors>") + kaldi.vector([])

    def _block(self, name: str, source: str, layers: tuple[nn.Module, nn.Module, nn.Module]) -> str:
        shape, (factor, affine, norm) = self._network.shape, layers
        self._affine(f"{name}.factor", _folded(factor), f"Append(Offset({source}, -{BLOCK_OFFSET}), {source})")
        narrow = f"{name}.factor.affine"
        self._affine(name, _folded(affine, norm), f"Append({narrow}, Offset({narrow}, {BLOCK_OFFSET}))")
        self._relu(name, shape.width)
        body = kaldi.token("<NoOpComponent>") + kaldi.token("<Dim>") + kaldi.int32(shape.width)
        body += kaldi.token("<BackpropScale>") + kaldi.float32(1.0) + kaldi.token("</NoOpComponent>")
        self._add(f"{name}.sum", body, f"Sum(Scale({shape.bypass}, {source}), {name}.relu)")
        return f"{name}.sum"

    def _affine(self, name: str, weights: tuple[_Weights, _Weights], source: str) -> None:
        body = kaldi.token("<FixedAffineComponent>") + kaldi.token("<LinearParams>") + kaldi.matrix(weights[0])
        body += kaldi.token("<BiasParams>") + kaldi.vector(weights[1]) + kaldi.token("</FixedAffineComponent>")
        self._add(f"{name}.affine", body, source)

    def _relu(self, name: str, width: int) -> None:
        body = kaldi.token("<RectifiedLinearComponent>") + kaldi.token("<Dim>") + kaldi.int32(width)
        for statistic, count in (("<ValueAvg>", ""), ("<DerivAvg>", "<Count>"), ("<OderivRms>", "<OderivCount>")):
            body += kaldi.token(statistic) + kaldi.vector([])
            if count:
                body += kaldi.token(count) + kaldi.float64(0.0)
        for count in ("<NumDimsSelfRepaired>", "<NumDimsProcessed>"):
            body += kaldi.token(count) + kaldi.float64(0.0)
        self._add(f"{name}.relu", body + kaldi.token("</RectifiedLinearComponent>"), f"{name}.affine")

    def _add(self, name: str, body: bytes, source: str) -> None:
        self._components.append((name, body))
        self._config.append(f"component-node name={name} component={name} input={source}")


def _splice(source: str, reach: int) -> str:
    offsets = range(-reach, reach + 1)
    parts = [source if offset == 0 else f"Offset({source}, {offset})" for offset in offsets]
    return f"Append({', '.join(parts)})"


def _folded(
    linear: nn.Module, norm: nn.Module | None = None, input_scale: Tensor | None = None
) -> tuple[_Weights, _Weights]:
    """Weights (out, in) and bias of an affine layer with what follows (batch norm) and precedes it (scale)."""
    assert isinstance(linear, nn.Linear)
    with torch.no_grad():
        weight = linear.weight.double()
        bias = torch.zeros(len(weight), dtype=torch.double) if linear.bias is None else linear.bias.double()
        if isinstance(norm, nn.BatchNorm1d):
            assert norm.running_var is not None and norm.running_mean is not None
            gain = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
            weight = weight * gain[:, None]
            bias = (bias - norm.running_mean.double()) * gain + norm.bias.double()
        if input_scale is not None:
            weight = weight * input_scale.double()[None]
    return weight.numpy(), bias.numpy()

# SPDX-License-Identifier: GPL-3.0-or-later
"""The trained network that a model folder ships, from which it can be trained on."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch

from models.asr_id.acoustic.network import Checkpoint
from models.asr_id.adapt.errors import AdaptError
from models.asr_id.folders import CHECKPOINT_FILE, checkpoint_of
from pipeline.catalog import text

__all__ = ["CHECKPOINT_FILE", "load_checkpoint", "save_checkpoint"]


def load_checkpoint(model: Path) -> Checkpoint:
    """Return the checkpoint of a model folder.

    Raises:
        AdaptError: the model ships none (it was not made by this recipe), or the file is damaged.
    """
    path = checkpoint_of(model)
    if path is None:
        missing = model / CHECKPOINT_FILE
        raise AdaptError(text("asr_adapt.no_checkpoint", file=missing), remedy=text("asr_adapt.no_checkpoint_remedy"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns of other people's pickles before it refuses them
            return Checkpoint.from_state(torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:  # a damaged file makes torch raise nearly anything
        problem = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise AdaptError(text("asr_adapt.bad_checkpoint", file=path, problem=problem)) from error


def save_checkpoint(checkpoint: Checkpoint, model: Path) -> None:
    """Put a checkpoint into a model folder: matrices in half precision, half the bytes, no audible difference."""
    (model / CHECKPOINT_FILE).parent.mkdir(parents=True, exist_ok=True)
    torch.save(checkpoint.half_state(), model / CHECKPOINT_FILE)

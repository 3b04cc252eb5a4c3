# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a model's training state lies: the network that adaptation goes on from.

In models made in an office it is part of the folder; the shipped model keeps it beside, so that what a worker loads
stays small.
"""

from __future__ import annotations

import shutil
from pathlib import Path

CHECKPOINT_FILE = "am/checkpoint.pt"
_BESIDE = "checkpoint.pt"


def checkpoint_of(model: Path) -> Path | None:
    """Return the checkpoint of a model folder, None when it has none."""
    places = (model / CHECKPOINT_FILE, model.resolve().parent / _BESIDE)
    return next((place for place in places if place.is_file()), None)


def carry_checkpoint(base: Path, target: Path) -> None:
    """Put the checkpoint of `base`, if there is one, into `target`, a copy of it with another language."""
    found = checkpoint_of(base)
    if found is not None and not (target / CHECKPOINT_FILE).exists():
        shutil.copyfile(found, target / CHECKPOINT_FILE)

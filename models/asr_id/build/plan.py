# SPDX-License-Identifier: GPL-3.0-or-later
"""What a build makes and where it puts it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from models.asr_id.acoustic.augment import Chances
from models.asr_id.acoustic.network import NetworkShape
from models.asr_id.acoustic.perturb import Strength


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """Every choice of a build; `quick()` shows the machinery in minutes. made.json says how many steps a model had."""

    seed: int = 3
    round: int = 0  # above 0: the same speech damaged anew, and training goes on from the last checkpoint
    recorded_hours: float = 16.2  # speech of voices that were recorded from people
    formant_hours: float = 2.6  # speech of espeak-ng
    copies: int = 2  # differently damaged copies of every utterance
    noise_share: float = 0.05  # utterances without any speech, of the copies
    chances: Chances = field(default_factory=Chances)
    steps: int = 9_000
    batch_s: float = 100.0
    rate: float = 2e-3
    next_rate: float = 1.2e-3  # of rounds after the first
    shape: NetworkShape = field(default_factory=NetworkShape)
    strength: Strength = field(default_factory=Strength)
    words: int = 0  # most frequent words of the vocabulary; 0: all of it
    sentences: int = 0  # sentences of the language model; 0: all
    speakers: tuple[str, ...] = ()  # only these training voices; empty: all of them

    def fingerprint(self, *names: str) -> str:
        """Return a hash of the named fields: a stage is done again when one of its own has changed."""
        values = {name: value for name, value in asdict(self).items() if name in names}
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]

    @classmethod
    def quick(cls) -> BuildPlan:
        """A plan of minutes whose model is good for nothing but the test of the recipe."""
        small = NetworkShape(width=96, bottleneck=32, blocks=3, first_width=64, prefinal=32)
        return replace(
            cls(),
            recorded_hours=0.02,
            formant_hours=0.02,
            copies=1,
            steps=20,
            batch_s=20.0,
            shape=small,
            words=900,
            sentences=4000,
        )


@dataclass(frozen=True, slots=True)
class Workspace:
    """Folders of one build."""

    root: Path

    @property
    def speech(self) -> Path:
        """Clean synthetic speech with phone times."""
        return self.root / "speech"

    @property
    def features(self) -> Path:
        """Training shards."""
        return self.root / "features"

    @property
    def text(self) -> Path:
        """Vocabulary and language model."""
        return self.root / "text"

    @property
    def checkpoint(self) -> Path:
        """The trained network."""
        return self.root / "checkpoint.pt"

    @property
    def resume(self) -> Path:
        """State of an unfinished training."""
        return self.root / "training.pt"

    @property
    def model(self) -> Path:
        """The finished Vosk folder."""
        return self.root / "model"

    @property
    def shipped_checkpoint(self) -> Path:
        """The network in half precision, for adaptation."""
        return self.root / "checkpoint-half.pt"

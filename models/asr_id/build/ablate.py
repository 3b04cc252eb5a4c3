# SPDX-License-Identifier: GPL-3.0-or-later
"""What each ingredient brings: small networks trained alike on equal hours, one ingredient changed at a time.

Uses the speech of a build. Every variant is judged by WER on the development half of the held-out sentences, read by
the development stranger over the telephone, with the vocabulary and language model of the build.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from models.asr_id.acoustic.augment import CLEAN, Chances
from models.asr_id.acoustic.network import NetworkShape
from models.asr_id.acoustic.perturb import Strength
from models.asr_id.build import assemble, damage, stages
from models.asr_id.build.plan import BuildPlan, Workspace
from models.asr_id.build.speech import read_speaker

SHAPE = NetworkShape(width=256, bottleneck=64, blocks=7, first_width=128, prefinal=96)
STILL = Strength(vocal_tract=0.0, tempo=0.0, shape=0.0, masking=0.0)
REFERENCE = "all"


@dataclass(frozen=True, slots=True)
class Variant:
    """One changed ingredient. `kinds`: which speech is used; `voices`: at most so many recorded voices."""

    name: str
    kinds: tuple[str, ...] = ("recorded", "formant")
    voices: int | None = None
    chances: Chances = field(default_factory=Chances)
    strength: Strength = field(default_factory=Strength)


VARIANTS = (
    Variant(REFERENCE),
    Variant("formant_only", kinds=("formant",)),
    Variant("recorded_only", kinds=("recorded",)),
    Variant("recorded_4_voices", kinds=("recorded",), voices=4),
    Variant("no_telephone_damage", chances=CLEAN),
    Variant("no_perturbation", strength=STILL),
)


def ablate(
    plan: BuildPlan, space: Workspace, say: stages.Say, *, jobs: int = 60, steps: int = 900, names: Sequence[str] = ()
) -> dict[str, float]:
    """Train and judge the variants (all, or those named); returns WER by name.

    Variants finished with the same `jobs` and `steps` are not repeated.

    Parameters:
        jobs: files of speech for each variant, about 110 s each.
    """
    found: dict[str, float] = {}
    for variant in VARIANTS:
        if names and variant.name not in names:
            continue
        folder = space.root / "ablation" / f"{jobs}-files-{steps}-steps" / variant.name
        result = folder / "wer.json"
        if not result.is_file():
            small = replace(
                plan,
                copies=1,
                steps=steps,
                batch_s=60.0,
                shape=SHAPE,
                chances=variant.chances,
                strength=variant.strength,
            )
            _train(small, chosen(variant, stages.speech_files(space), jobs, plan.seed), space.text, folder, say)
            result.write_text(json.dumps({"wer": _wer(folder / "model")}), encoding="utf-8")
            shutil.rmtree(folder / "features", ignore_errors=True)
        found[variant.name] = float(json.loads(result.read_text(encoding="utf-8"))["wer"])
        say(f"ablation: {variant.name} WER {found[variant.name]:.3f}")
    return found


def chosen(variant: Variant, files: Sequence[Path], jobs: int, seed: int) -> list[Path]:
    """Return the files of speech a variant trains on: the same number for each, drawn by the seed."""
    kept: list[Path] = []
    voices: list[str] = []
    shuffled = list(files)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - reproducible choice
    for path in shuffled:
        speaker = read_speaker(path)
        kind = "formant" if speaker.startswith("espeak:") else "recorded"
        if kind not in variant.kinds:
            continue
        if variant.voices is not None and speaker not in voices:
            if len(voices) == variant.voices:
                continue
            voices.append(speaker)
        kept.append(path)
        if len(kept) == jobs:
            break
    return kept


def _train(plan: BuildPlan, files: Sequence[Path], text: Path, folder: Path, say: stages.Say) -> None:
    own = Workspace(folder)
    own.features.mkdir(parents=True, exist_ok=True)
    tasks = [(plan, path, files[:3], own.features / path.stem) for path in files]
    stages.in_parallel(damage.run_job, tasks, f"ablation {folder.name}", say)
    stages.train_network(plan, own, say)
    shutil.copytree(text, own.text, dirs_exist_ok=True)
    assemble.export_model(plan, own, say)


def _wer(model: Path) -> float:
    import jiwer

    from models.asr_id.evaluation.conditions import TELEPHONE
    from models.asr_id.evaluation.listening import Job, listen
    from models.asr_id.evaluation.pool import workers
    from models.asr_id.evaluation.sentences import load_sentences
    from models.asr_id.evaluation.voices import FAMILIES, read_aloud

    read = [one for voice in FAMILIES["dev"] for one in read_aloud(voice, load_sentences("dev"), 1)]
    work = [Job(model, one.speech, TELEPHONE, at) for at, one in enumerate(read)]
    with workers(2) as pool:
        heard = [" ".join(answer.words) for answer in pool.map(listen, work, chunksize=4)]
    return float(jiwer.wer([" ".join(one.sentence.words) for one in read], heard))

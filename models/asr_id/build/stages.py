# SPDX-License-Identifier: GPL-3.0-or-later
"""The stages in order, each of which can be run alone and continues where it was interrupted."""

from __future__ import annotations

import math
import multiprocessing
import os
import random
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.asr_id.build import damage, speech
from models.asr_id.build.errors import BuildError
from models.asr_id.build.plan import BuildPlan, Workspace
from pipeline.catalog import text

if TYPE_CHECKING:
    from models.asr_id.acoustic.network import Checkpoint
    from models.asr_id.acoustic.train import Schedule

Say = Callable[[str], None]

_SPEECH_FIELDS = ("seed", "recorded_hours", "formant_hours", "speakers")
_FEATURE_FIELDS = (*_SPEECH_FIELDS, "round", "copies", "noise_share", "chances")
_TRAINING_FIELDS = (*_FEATURE_FIELDS, "steps", "batch_s", "rate", "next_rate", "shape", "strength")


def make_speech(plan: BuildPlan, space: Workspace, say: Say) -> None:
    """Speak the corpus (stage `speech`)."""
    _fresh(space.speech, plan.fingerprint(*_SPEECH_FIELDS))
    jobs = speech.jobs_of(plan, space.speech)
    in_parallel(_speech_job, [(plan, job) for job in jobs], "speech", say)


def make_features(plan: BuildPlan, space: Workspace, say: Say) -> None:
    """Damage the speech and compute features (stage `features`)."""
    _fresh(space.features, plan.fingerprint(*_FEATURE_FIELDS))
    files = speech_files(space)
    rng = random.Random(plan.seed)  # noqa: S311
    tasks = [(plan, path, rng.sample(files, min(3, len(files))), space.features / path.stem) for path in files]
    in_parallel(damage.run_job, tasks, "features", say)


def train_network(plan: BuildPlan, space: Workspace, say: Say, *, budget_s: float | None = None) -> None:
    """Train the acoustic network (stage `train`)."""
    import torch

    from models.asr_id.acoustic import data
    from models.asr_id.acoustic.train import Progress, train

    mark = space.root / "checkpoint.plan"
    fingerprint = plan.fingerprint(*_TRAINING_FIELDS)
    if space.checkpoint.exists() and mark.exists() and mark.read_text() == fingerprint:
        return
    torch.set_num_threads(os.cpu_count() or 1)
    shards = data.shards_in(space.features)
    _some(shards, space.features, "features")
    utterances = list(data.read_shards(shards))
    hours = sum(one.frames for one in utterances) / 360_000
    say(f"train: {len(utterances)} utterances, {hours:.1f} h, {plan.steps} steps")

    def report(progress: Progress) -> None:
        say(
            f"train: step {progress.step}/{progress.steps} {progress.elapsed_s:.0f} s mmi {progress.mmi:.3f} "
            f"ce {progress.cross_entropy:.3f} accuracy {progress.accuracy:.3f} unfit {progress.unfit:.3f}"
        )

    init = _last(space) if plan.round else None
    checkpoint = train(
        utterances,
        _schedule(plan, budget_s),
        seed=plan.seed + plan.round,
        init=init,
        shape=plan.shape,
        strength=plan.strength,
        resume=space.resume,
        report=report,
    )
    before = init.notes.get("rounds", [_part_of(init)]) if init else []
    checkpoint.notes |= {"hours": round(hours, 2), "utterances": len(utterances)}
    checkpoint.notes["rounds"] = [*before, _part_of(checkpoint)]
    part = space.checkpoint.with_suffix(".part")
    torch.save(checkpoint.state(), part)
    part.rename(space.checkpoint)
    mark.write_text(fingerprint)
    space.resume.unlink(missing_ok=True)


def _schedule(plan: BuildPlan, budget_s: float | None) -> Schedule:
    """A first round begins at a high rate and stays there for a while; later ones only come down."""
    from models.asr_id.acoustic.train import Schedule

    budget_s = math.inf if budget_s is None else budget_s
    if plan.round:
        return Schedule(plan.steps, rate=plan.next_rate, flat_share=0.0, batch_s=plan.batch_s, budget_s=budget_s)
    return Schedule(plan.steps, rate=plan.rate, batch_s=plan.batch_s, budget_s=budget_s)


def _last(space: Workspace) -> Checkpoint:
    """The checkpoint of the round before. Raises BuildError when there is none."""
    import torch

    from models.asr_id.acoustic.network import Checkpoint

    _some([space.checkpoint] if space.checkpoint.exists() else [], space.checkpoint, "train")
    return Checkpoint.from_state(torch.load(space.checkpoint, weights_only=True))


def _part_of(checkpoint: Checkpoint) -> dict[str, object]:
    """What made.json says of one round."""
    return {name: checkpoint.notes[name] for name in ("steps", "hours", "utterances") if name in checkpoint.notes}


def speech_files(space: Workspace) -> list[Path]:
    """Return the finished files of stage `speech`. Raises BuildError when there is none."""
    files = sorted(path for path in space.speech.glob("speech-*.npz") if ".part" not in path.name)
    _some(files, space.speech, "speech")
    return files


def _speech_job(plan: BuildPlan, job: speech.Job) -> float:
    from models.asr_id.corpus import training_lines

    return speech.run_job(plan, job, training_lines)


def _some(found: Sequence[Path], folder: Path, stage: str) -> None:
    if not found:
        raise BuildError(text("build.stage_missing", file=folder, stage=stage), remedy=text("build.stage_remedy"))


def _fresh(folder: Path, fingerprint: str) -> None:
    """Empty a stage's folder when it was made by another plan."""
    mark = folder / "plan"
    if folder.exists() and (not mark.exists() or mark.read_text() != fingerprint):
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    mark.write_text(fingerprint)


def in_parallel(work: Callable[..., Any], tasks: Sequence[tuple[Any, ...]], name: str, say: Say) -> None:
    """Run the tasks in as many processes as there are cores, each process for some tasks only (they hold engines)."""
    started_s, done, total = time.monotonic(), 0, 0.0
    context = multiprocessing.get_context("spawn")
    with context.Pool(os.cpu_count(), maxtasksperchild=40) as pool:
        for result in pool.imap_unordered(_call, [(work, task) for task in tasks]):
            total += float(result)
            done += 1
            if done % 20 == 0 or done == len(tasks):
                say(f"{name}: {done}/{len(tasks)} in {time.monotonic() - started_s:.0f} s, {total:.0f} done")


def _call(order: tuple[Callable[..., Any], tuple[Any, ...]]) -> Any:
    work, task = order
    return work(*task)

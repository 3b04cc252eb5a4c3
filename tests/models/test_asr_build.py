# SPDX-License-Identifier: GPL-3.0-or-later
"""The recipe end to end on a toy plan, and its parts."""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from asr.model import load_model
from models.asr_id.build import ablate, assemble, speech, stages
from models.asr_id.build.errors import BuildError
from models.asr_id.build.plan import BuildPlan, Workspace
from models.asr_id.phones import PHONES


def _silent(line: str) -> None:
    del line


@pytest.mark.unit
def test_jobs_follow_the_hours_and_the_seed(tmp_path: Path) -> None:
    plan = replace(BuildPlan(), recorded_hours=1.0, formant_hours=0.5)
    jobs = speech.jobs_of(plan, tmp_path)
    assert 0.6 < sum(job.recorded for job in jobs) / len(jobs) < 0.72
    assert [job.recorded for job in jobs] == [job.recorded for job in speech.jobs_of(plan, tmp_path)]
    assert len({job.path for job in jobs}) == len(jobs)


@pytest.mark.unit
def test_a_fingerprint_changes_with_its_own_fields_only() -> None:
    plan = BuildPlan()
    assert plan.fingerprint("seed") == replace(plan, steps=1).fingerprint("seed")
    assert plan.fingerprint("seed") != replace(plan, seed=99).fingerprint("seed")
    assert plan.fingerprint("chances") != replace(plan, chances=replace(plan.chances, noise=0.0)).fingerprint("chances")


@pytest.mark.unit
def test_made_up_words_use_known_phones() -> None:
    rng = random.Random(1)
    words = [speech.made_up_word(rng) for _ in range(50)]
    assert all(set(word.phones) <= set(PHONES) and word.phones for word in words)
    assert len({word.phones for word in words}) > 40


@pytest.mark.unit
def test_a_stage_without_its_input_says_which_is_missing(tmp_path: Path) -> None:
    space = Workspace(tmp_path)
    for run in (stages.make_features, stages.train_network, assemble.export_model):
        with pytest.raises(BuildError):
            run(BuildPlan.quick(), space, _silent)


def _file(folder: Path, number: int, speaker: str) -> Path:
    path = folder / f"speech-{number:05d}.npz"
    np.savez(path, speaker=np.array(speaker))
    return path


@pytest.mark.unit
def test_a_variant_takes_only_its_kind_and_number_of_voices(tmp_path: Path) -> None:
    names = ["lp", "pc", "espeak:id+f1", "mv", "espeak:id", "lj", "nsk", "ph", "lp", "pc"]
    files = [_file(tmp_path, number, name) for number, name in enumerate(names)]
    variants = {variant.name: variant for variant in ablate.VARIANTS}
    formant = ablate.chosen(variants["formant_only"], files, 9, seed=1)
    assert {speech.read_speaker(path) for path in formant} == {"espeak:id+f1", "espeak:id"}
    four = ablate.chosen(variants["recorded_4_voices"], files, 9, seed=1)
    assert len({speech.read_speaker(path) for path in four}) == 4
    assert len(ablate.chosen(variants["all"], files, 3, seed=1)) == 3


@pytest.mark.integration
def test_the_quick_recipe_gives_a_folder_that_vosk_loads(tmp_path: Path) -> None:
    for program in ("festival", "fstconvert"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (make setup installs it)")
    torch.set_num_threads(1)
    plan, space = replace(BuildPlan.quick(), speakers=("lp", "pc", "espeak:id")), Workspace(tmp_path)
    told: list[str] = []
    assemble.compile_text(plan, space, told.append)
    stages.make_speech(plan, space, told.append)
    made = {path: path.stat().st_mtime_ns for path in stages.speech_files(space)}
    stages.make_speech(plan, space, told.append)  # done work is left alone
    assert made == {path: path.stat().st_mtime_ns for path in stages.speech_files(space)}
    stages.make_features(plan, space, told.append)
    stages.train_network(plan, space, told.append)
    assemble.export_model(plan, space, told.append)
    assert space.shipped_checkpoint.is_file()
    model = load_model(space.model)
    engine = model.engine()
    clip = speech.read_clips(next(iter(made)))[0]
    engine.accept(clip.samples.tobytes())
    assert all(0 <= word.start_s <= word.end_s <= len(clip.samples) / 8000 + 0.1 for word in engine.final())
    assert {"text", "speech", "features", "train", "export"} <= {line.split(":")[0] for line in told}

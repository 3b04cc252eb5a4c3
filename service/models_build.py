# SPDX-License-Identifier: GPL-3.0-or-later
"""``kring models build asr``: the recipe of the speech model, stage by stage."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.catalog import text
from pipeline.settings import load_settings
from service.console import err, out

if TYPE_CHECKING:
    from models.asr_id.build.plan import BuildPlan, Workspace

build_app = typer.Typer(no_args_is_help=True, help=text("service.help_models_build"))


class Stage(StrEnum):
    """One step of the recipe."""

    TEXT = "text"
    SPEECH = "speech"
    FEATURES = "features"
    TRAIN = "train"
    EXPORT = "export"


@build_app.command("asr", help=text("service.help_models_build_asr"))
def build_asr(
    *,
    stage: Annotated[list[Stage] | None, typer.Option("--stage", help=text("service.help_build_stage"))] = None,
    work: Annotated[Path | None, typer.Option("--work", help=text("service.help_build_work"))] = None,
    hours: Annotated[float | None, typer.Option("--hours", min=0.01, help=text("service.help_build_hours"))] = None,
    steps: Annotated[int | None, typer.Option("--steps", min=1, help=text("service.help_build_steps"))] = None,
    minutes: Annotated[
        float | None, typer.Option("--minutes", min=0.1, help=text("service.help_build_minutes"))
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help=text("service.help_build_seed"))] = None,
    quick: Annotated[bool, typer.Option("--quick", help=text("service.help_build_quick"))] = False,
) -> None:
    """Build the speech model from nothing; stages that are done and unchanged are skipped."""
    from models.asr_id.build.plan import BuildPlan, Workspace

    plan = BuildPlan.quick() if quick else BuildPlan()
    if hours is not None:
        share = plan.recorded_hours / (plan.recorded_hours + plan.formant_hours)
        plan = replace(plan, recorded_hours=hours * share, formant_hours=hours * (1 - share))
    plan = replace(plan, steps=steps or plan.steps, seed=plan.seed if seed is None else seed)
    space = Workspace(work or load_settings().data_dir / "asr-build")
    space.root.mkdir(parents=True, exist_ok=True)
    for one in stage or list(Stage):
        began_s = time.monotonic()
        _run(one, plan, space, None if minutes is None else minutes * 60)
        err.print(text("service.build_stage_done", stage=one, seconds=f"{time.monotonic() - began_s:.0f}"))
    if space.model.is_dir():
        out.print(text("service.build_done", folder=space.model))


def _run(stage: Stage, plan: BuildPlan, space: Workspace, budget_s: float | None) -> None:
    from models.asr_id.build import assemble, stages

    work: dict[Stage, Callable[[], None]] = {
        Stage.TEXT: lambda: assemble.compile_text(plan, space, _say),
        Stage.SPEECH: lambda: stages.make_speech(plan, space, _say),
        Stage.FEATURES: lambda: stages.make_features(plan, space, _say),
        Stage.TRAIN: lambda: stages.train_network(plan, space, _say, budget_s=budget_s),
        Stage.EXPORT: lambda: assemble.export_model(plan, space, _say),
    }
    work[stage]()


def _say(line: str) -> None:
    err.print(line, highlight=False)

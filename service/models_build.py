# SPDX-License-Identifier: GPL-3.0-or-later
"""``kring models build asr``: the recipe of the speech model, stage by stage."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.catalog import text
from pipeline.settings import load_settings
from service.console import add_row, err, out, table

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
    round_: Annotated[int, typer.Option("--round", min=0, help=text("service.help_build_round"))] = 0,
    quick: Annotated[bool, typer.Option("--quick", help=text("service.help_build_quick"))] = False,
) -> None:
    """Build the speech model from nothing; stages that are done and unchanged are skipped."""
    from models.asr_id.build.plan import BuildPlan, Workspace

    plan = BuildPlan.quick() if quick else BuildPlan()
    if hours is not None:
        share = plan.recorded_hours / (plan.recorded_hours + plan.formant_hours)
        plan = replace(plan, recorded_hours=hours * share, formant_hours=hours * (1 - share))
    plan = replace(plan, steps=steps or plan.steps, seed=plan.seed if seed is None else seed, round=round_)
    space = Workspace(work or load_settings().data_dir / "asr-build")
    space.root.mkdir(parents=True, exist_ok=True)
    for one in stage or list(Stage):
        began_s = time.monotonic()
        _run(one, plan, space, None if minutes is None else minutes * 60)
        err.print(text("service.build_stage_done", stage=one, seconds=f"{time.monotonic() - began_s:.0f}"))
    if space.model.is_dir():
        out.print(text("service.build_done", folder=space.model))


@build_app.command("ablation", help=text("service.help_models_ablation"))
def build_ablation(
    *,
    work: Annotated[Path | None, typer.Option("--work", help=text("service.help_build_work"))] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help=text("service.help_ablation_jobs"))] = 60,
    steps: Annotated[int, typer.Option("--steps", min=1, help=text("service.help_build_steps"))] = 900,
    only: Annotated[list[str] | None, typer.Option("--only", help=text("service.help_ablation_only"))] = None,
    as_json: Annotated[bool, typer.Option("--json", help=text("service.help_json"))] = False,
) -> None:
    """Train small networks with one ingredient changed at a time and compare them."""
    from models.asr_id.build.ablate import ablate
    from models.asr_id.build.plan import BuildPlan, Workspace

    space = Workspace(work or load_settings().data_dir / "asr-build")
    found = ablate(BuildPlan(), space, _say, jobs=jobs, steps=steps, names=only or ())
    if as_json:
        figures = {f"wer.ablation.{name}": round(wer, 4) for name, wer in found.items()}
        out.print_json(json.dumps({"figures": figures, "setup": {"jobs": jobs, "steps": steps}}))
        return
    rows = table(text("service.ablation_variant"), "WER")
    for name, wer in found.items():
        add_row(rows, name, f"{100 * wer:.1f} %")
    out.print(rows)


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

# SPDX-License-Identifier: GPL-3.0-or-later
"""``kring eval asr``: measures a model and shows the figures beside what is required of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from asr.modelstore import ModelStore
from models.asr_id.evaluation.recordings import DataReport, evaluate_recordings
from models.asr_id.evaluation.results import Report
from models.asr_id.evaluation.run import Options, Progress, evaluate
from models.asr_id.evaluation.sentences import Split
from pipeline.catalog import text
from pipeline.errors import ConfigurationError
from pipeline.settings import Settings

REQUIRED: dict[str, float] = {
    "wer.known_families": 0.05,
    "wer.heldout_families": 0.12,
    "entity_wer.known_families": 0.08,
    "entity_wer.heldout_families": 0.15,
    "word_time_error_ms.p95": 80.0,
    "rtf": 0.05,
    "load_s": 1.0,
    "model_mb": 25.0,
    "rss_mb.first": 200.0,
    "rss_mb.further": 15.0,
    "insertions_per_min.noise": 1.0,
    "insertions_per_min.silence": 1.0,
}
"""Figure -> the most it may be (issue 3 of the project)."""
_SECTIONS: dict[str, tuple[str, ...]] = {
    "title_wer": ("wer.", "oov."),
    "title_condition": ("wer.condition",),
    "title_entity": ("entity_wer.",),
    "title_time": ("first_partial_ms", "final_ms", "word_time_error_ms", "churn", "rtf", "insertions_per_min"),
    "title_robust": ("robust.",),
}
"""Table -> how the names of its figures begin; the longest beginning that fits decides."""
_MOST_REFUSALS = 20


@dataclass(frozen=True)
class Asked:
    """The options of the command, as they were given."""

    model: str = ""
    data: Path | None = None
    most: int | None = None
    split: str = "test"
    quick: bool = False
    jobs: int = 2


def run_asr_evaluation(settings: Settings, asked: Asked, progress: Progress) -> Report:
    """Measure the model in use (or the named one) on the held-out sentences, or on the recordings of a folder.

    Raises:
        KringError: the model, the folder, a voice or an option cannot be used.
    """
    path = model_path(settings, asked.model)
    if asked.data is not None:
        return evaluate_recordings(path, asked.data, progress, jobs=asked.jobs, most=asked.most)
    if asked.split not in {"dev", "test"}:
        given = repr(asked.split)
        raise ConfigurationError(text("asr_eval.no_split", given=given), remedy=text("asr_eval.no_split_remedy"))
    options = Options(path.resolve(), cast(Split, asked.split), jobs=asked.jobs)
    return evaluate(options.quick() if asked.quick else options, progress)


def model_path(settings: Settings, model: str) -> Path:
    """Return the folder of the model in use (``""``), of one of the office's models by name, or any folder."""
    if not model:
        return settings.asr_model
    if Path(model).is_dir():
        return Path(model).resolve()
    return ModelStore.of(settings).get(model).path


def as_json(report: Report) -> dict[str, Any]:
    """Return what ``--json`` prints."""
    result: dict[str, Any] = {"figures": report.figures, "setup": report.setup}
    if isinstance(report, DataReport):
        result["refused"] = [{"name": one.name, "code": one.code, "reason": one.reason} for one in report.refusals]
    if report.heard:
        result["heard"] = [one._asdict() for one in report.heard]
    return result


def show(report: Report, out: Console) -> None:
    """Print the figures as tables: what is required first, then everything by group."""
    required = [name for name in REQUIRED if name in report.figures]
    if required:
        headings = (text("asr_eval.title_main"), text("service.value"), text("asr_eval.limit"), text("asr_eval.passed"))
        table = _table(*headings)
        for name in required:
            value, limit = report.figures[name], REQUIRED[name]
            passed = text("asr_eval.kept" if value <= limit else "asr_eval.broken")
            table.add_row(escape(name), shown(name, value), shown(name, limit), passed)
        out.print(table)
    for title, names in _sections(report.figures).items():
        table = _table(text(f"asr_eval.{title}"), text("service.value"))
        for name in names:
            table.add_row(escape(name), shown(name, report.figures[name]))
        out.print(table)
    if isinstance(report, DataReport) and report.refusals:
        _print_refusals(report, out)
    out.print(", ".join(f"{name}: {value}" for name, value in report.setup.items()), markup=False)


def shown(name: str, value: float) -> str:
    """Return a figure as people read it: shares of words in percent."""
    if name.startswith(("wer.", "entity_wer.", "oov.")):
        return f"{100 * value:.1f} %"
    return f"{value:.4g}"


def _sections(names: Iterable[str]) -> dict[str, list[str]]:
    """Return the figures that are in no requirement by table, in the order of the tables."""
    found: dict[str, list[str]] = {title: [] for title in _SECTIONS}
    for name in names:
        if name not in REQUIRED:
            titles = [
                (len(prefix), title)
                for title, prefixes in _SECTIONS.items()
                for prefix in prefixes
                if name.startswith(prefix)
            ]
            found[max(titles)[1] if titles else "title_time"].append(name)
    return {title: part for title, part in found.items() if part}


def _print_refusals(report: DataReport, out: Console) -> None:
    out.print(text("asr_eval.refused", count=len(report.refusals)), markup=False)
    for one in report.refusals[:_MOST_REFUSALS]:
        out.print(f"  {one.name}: {one.reason}", markup=False)
    if len(report.refusals) > _MOST_REFUSALS:
        out.print("  " + text("asr_eval.refused_more", count=len(report.refusals) - _MOST_REFUSALS), markup=False)


def _table(*headings: str) -> Table:
    return Table(*(Column(heading, overflow="fold") for heading in headings))

# SPDX-License-Identifier: GPL-3.0-or-later
"""``kring models adapt asr``: the recogniser learns from recordings; stored, and used when it is better."""

from __future__ import annotations

import csv
import json
import os
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.catalog import text
from pipeline.errors import KringError
from pipeline.settings import Settings, load_settings
from service.console import add_row, err, out, table

if TYPE_CHECKING:
    from asr.modelstore import ModelStore
    from models.asr_id.adapt.cardfile import Facts
    from models.asr_id.adapt.data import Refusal
    from models.asr_id.adapt.run import Adapted, Options

adapt_app = typer.Typer(no_args_is_help=True, help=text("service.help_models_adapt"))
_SHOWN_REFUSALS = 10
_LOW_PRIORITY = 10  # calls go on meanwhile


@adapt_app.command("asr", help=text("service.help_models_adapt_asr"))
def adapt_asr(
    *,
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help=text("service.help_adapt_data"))],
    name: Annotated[str, typer.Option("--name", help=text("service.help_models_name"))] = "",
    base: Annotated[str, typer.Option("--base", help=text("service.help_adapt_base"))] = "",
    minutes: Annotated[float, typer.Option("--minutes", min=1.0, help=text("service.help_adapt_minutes"))] = 15.0,
    self_train: Annotated[bool, typer.Option("--self-train", help=text("service.help_adapt_self"))] = False,
    language: Annotated[bool, typer.Option("--language/--no-language", help=text("service.help_adapt_lm"))] = True,
    use: Annotated[bool, typer.Option("--use/--no-use", help=text("service.help_adapt_use"))] = True,
    report: Annotated[Path | None, typer.Option("--report", help=text("service.help_adapt_report"))] = None,
    seed: Annotated[int, typer.Option("--seed", help=text("service.help_adapt_seed"))] = 1,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help=text("service.help_eval_jobs"))] = 2,
    steps: Annotated[int, typer.Option("--steps", min=0, hidden=True)] = 0,
    as_json: Annotated[bool, typer.Option("--json", help=text("service.help_json"))] = False,
) -> None:
    """Learn from recordings, measure, store, and switch if the strangers kept aside are better understood."""
    from asr.modelstore import ModelStore
    from models.asr_id.adapt.run import Options

    os.nice(max(0, _LOW_PRIORITY - os.nice(0)))
    settings = load_settings()
    store = ModelStore.of(settings)
    folder, base_name = _base(store, base)
    wanted = name or f"suara-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    _refuse_taken(store, wanted)
    options = Options(
        data, folder, base_name, minutes=minutes, seed=seed, jobs=jobs, steps=steps or None, language=language,
        self_train=self_train, command=" ".join(["kring", *sys.argv[1:]]),
    )  # fmt: skip
    done = _adapted_into_store(settings, store, wanted, options, report)
    before = store.current().name
    used = use and done.facts.better
    if used:
        store.use(wanted)
    if as_json:
        content = done.facts.as_dict() | {"name": wanted, "used": used, "refusals": _rows(done.refusals)}
        typer.echo(json.dumps(content, indent=2, ensure_ascii=False))
        return
    _show(done, report)
    if used:
        out.print(text("service.models_in_use", name=wanted), markup=False)
        out.print(text("asr_adapt.back", name=before), markup=False)
    else:
        out.print(text("asr_adapt.not_used", name=wanted), markup=False)


def _adapted_into_store(
    settings: Settings, store: ModelStore, name: str, options: Options, report: Path | None
) -> Adapted:
    """Make the model beside the store and take it in; the store is not locked while it learns."""
    from asr.modelstore import ModelNote, copy_model
    from models.asr_id.adapt.cardfile import percent
    from models.asr_id.adapt.run import adapt

    settings.data_dir.mkdir(parents=True, exist_ok=True)
    refusals: list[Refusal] = []
    building = Path(tempfile.mkdtemp(prefix=".adapt-", dir=settings.data_dir))
    try:
        done = adapt(options, building, lambda line: err.print(line, markup=False, soft_wrap=True), refusals)
        parts, wer = done.facts.parts, done.facts.wer
        detail = text(
            "asr_adapt.note", minutes=f"{sum(part.minutes for part in parts.values()):.0f}",
            speakers=sum(part.speakers for part in parts.values()),
            before=percent(wer["test.before"]), after=percent(wer["test.after"]),
        )  # fmt: skip
        note = ModelNote("adapted", base=options.base_name, detail=detail)
        store.add(name, note, lambda target: copy_model(building, target))
        return done
    finally:
        shutil.rmtree(building, ignore_errors=True)
        if report is not None:
            _write_report(report, refusals)


def _base(store: ModelStore, base: str) -> tuple[Path, str]:
    """Return folder and name of what to begin from: a folder, a model's name, or the one in use before adaptations."""
    if base and Path(base).is_dir():
        return Path(base).resolve(), str(Path(base).resolve())
    model = store.get(base) if base else store.current()
    while not base and model.note.kind == "adapted":
        if Path(model.note.base).is_absolute():
            return Path(model.note.base), model.note.base
        model = store.get(model.note.base)
    return model.path, model.name


def _refuse_taken(store: ModelStore, name: str) -> None:
    """Say before a quarter of an hour's work, not after it, that a name cannot be used."""
    store.check_name(name)


def _rows(refusals: list[Refusal]) -> list[dict[str, str]]:
    return [{"file": str(one.path), "name": one.name, "code": one.code, "reason": one.reason} for one in refusals]


def _write_report(path: Path, refusals: list[Refusal]) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, ["file", "name", "code", "reason"], delimiter="\t", lineterminator="\n")
            writer.writeheader()
            writer.writerows(_rows(refusals))
    except OSError as error:
        raise KringError(text("asr_adapt.report_unwritable", path=path, problem=error.strerror)) from error


def _show(done: Adapted, report: Path | None) -> None:
    _show_refusals(done, report)
    rows = table(text("asr_adapt.part"), text("asr_adapt.before"), text("asr_adapt.after"))
    for label, before, after in _comparisons(done.facts):
        add_row(rows, label, before, after)
    out.print(text("asr_adapt.title"), markup=False)
    out.print(rows)
    from models.asr_id.adapt.cardfile import warnings

    for line in warnings(done.facts):
        out.print(line, markup=False)
    out.print(text("asr_adapt.card_words", count=len(done.facts.new_words),
                   words=", ".join(done.facts.new_words[:12]) or "-"), markup=False)  # fmt: skip
    out.print(text("asr_adapt.took", seconds=f"{done.facts.seconds['total']:.0f}"), markup=False)


def _comparisons(facts: Facts) -> list[tuple[str, str, str]]:
    """Return (who, WER before, WER after), the speakers of the test last."""
    from models.asr_id.adapt.cardfile import percent

    wer = facts.wer
    found = [
        (text(f"asr_adapt.part_{part}"), percent(wer[f"{part}.before"]), percent(wer[f"{part}.after"]))
        for part in ("dev", "test")
    ]
    if "test.acoustic" in wer:
        label = text("asr_adapt.acoustic", after=text("asr_adapt.part_test"))
        found.append((label, percent(wer["test.before"]), percent(wer["test.acoustic"])))
    mark = "test.before.speaker."
    for name in sorted(wer):
        if name.startswith(mark):
            speaker = name.removeprefix(mark)
            label = text("asr_adapt.speaker", speaker=speaker)
            found.append((label, percent(wer[name]), percent(wer[f"test.after.speaker.{speaker}"])))
    return found


def _show_refusals(done: Adapted, report: Path | None) -> None:
    if not done.refusals:
        return
    out.print(text("asr_adapt.refused", count=len(done.refusals)), markup=False)
    for code, count in sorted(done.facts.refused.items()):
        out.print(f"  {code}: {count}", markup=False)
    for one in done.refusals[:_SHOWN_REFUSALS]:
        out.print(f"  {one.name}: {one.reason}", markup=False)
    if report is not None:
        out.print(text("asr_adapt.reported", path=report), markup=False)
    elif len(done.refusals) > _SHOWN_REFUSALS:
        out.print(text("asr_adapt.refused_more"), markup=False)

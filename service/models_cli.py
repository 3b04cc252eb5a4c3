# SPDX-License-Identifier: GPL-3.0-or-later
"""``kring models``: which recogniser model is in use, switching it, taking in another, refreshing its language."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline.catalog import text
from pipeline.settings import Settings, load_settings
from service.console import add_row, out, table
from service.models_adapt import adapt_app
from service.models_build import build_app

models_app = typer.Typer(no_args_is_help=True, help=text("service.help_models"))
models_app.add_typer(build_app, name="build")
models_app.add_typer(adapt_app, name="adapt")
_MIB = 1 << 20

NameOption = Annotated[str, typer.Option("--name", help=text("service.help_models_name"))]


@models_app.command("list", help=text("service.help_models_list"))
def list_models() -> None:
    """List the models, the one in use marked."""
    from asr.modelstore import ModelStore

    rows = table("", *(text(f"service.models_{column}") for column in ("name", "kind", "created", "detail")))
    for model in ModelStore.of(load_settings()).models():
        mark = "●" if model.in_use else ""
        add_row(rows, mark, model.name, _kind(model.note.kind), _local(model.note.created), model.note.detail)
    out.print(rows)


@models_app.command("show", help=text("service.help_models_show"))
def show_model(name: Annotated[str, typer.Argument(help=text("service.help_models_which"))] = "") -> None:
    """Show one model's facts and what it hears of a sample; without a name, of the one in use."""
    from asr.modelstore import ModelStore

    settings = load_settings()
    store = ModelStore.of(settings)
    model = store.get(name) if name else store.current()
    facts = {
        "name": model.name, "folder": str(model.path),
        "kind": _kind(model.note.kind), "base": model.note.base, "created": _local(model.note.created),
        "detail": model.note.detail,
    }  # fmt: skip
    _print_facts(facts | _examined(model.path, settings))


@models_app.command("use", help=text("service.help_models_use"))
def use_model(name: str) -> None:
    """Make a model the one in use."""
    from asr.modelstore import ModelStore

    model = ModelStore.of(load_settings()).use(name)
    out.print(text("service.models_in_use", name=model.name))


@models_app.command("import", help=text("service.help_models_import"))
def import_model(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=text("service.help_models_folder"))],
    name: NameOption = "",
) -> None:
    """Check another Vosk model and take a copy of it in; it is not used before ``kring models use``."""
    from asr.errors import ModelError
    from asr.modelstore import ModelNote, ModelStore, copy_model

    settings = load_settings()
    try:
        facts = _examined(folder, settings)
    except ModelError as error:
        raise ModelError(error.message, remedy=text("service.models_import_remedy")) from error
    wanted = name or _as_name(folder.resolve().name)
    note = ModelNote("imported", detail=str(folder.resolve()))
    model = ModelStore.of(settings).add(wanted, note, lambda target: copy_model(folder, target))
    _print_facts({"name": model.name, "folder": str(model.path)} | facts)
    out.print(text("service.models_imported", name=model.name))


@models_app.command("remove", help=text("service.help_models_remove"))
def remove_model(name: str) -> None:
    """Delete a model of the store."""
    from asr.modelstore import ModelStore

    ModelStore.of(load_settings()).remove(name)
    out.print(text("service.models_removed", name=name))


@models_app.command("refresh-language", help=text("service.help_models_refresh"))
def refresh_language(
    model: Annotated[Path | None, typer.Option("--model", help=text("service.help_models_base"))] = None,
    target: Annotated[Path | None, typer.Option("--out", help=text("service.help_models_out"))] = None,
    name: NameOption = "",
) -> None:
    """Teach the model the words of the published articles, and use it."""
    from service.models_work import refresh_from_articles

    done = refresh_from_articles(load_settings(), base=model, target=target, name=name)
    words = ", ".join(done.refreshed.new_words[:12]) + (" …" if len(done.refreshed.new_words) > 12 else "")
    out.print(
        text(
            "service.models_refreshed", count=len(done.refreshed.new_words), words=words or "-",
            total=done.refreshed.words, sentences=done.refreshed.sentences, seconds=f"{done.seconds:.0f}",
        )
    )  # fmt: skip
    said = text("service.models_in_use", name=done.name) if done.name else text("service.models_written", path=target)
    out.print(said)


def _examined(folder: Path, settings: Settings) -> dict[str, str]:
    from asr.examine import examine

    found = examine(folder, settings.announcement_file)
    rules = ", ".join(f"{rule[4:]}: {seconds:g} s" for rule, seconds in found.endpoint_s.items())
    return {
        "rate": f"{found.folder.rate_hz} Hz",
        "size": f"{found.size_bytes / _MIB:.1f} MiB",
        "graph": text(f"service.models_{found.graph}"),
        "endpoint": rules,
        "heard": found.heard or "-",
    }


def _print_facts(facts: dict[str, str]) -> None:
    rows = table("", "")
    rows.show_header = False
    for fact, value in facts.items():
        if value:
            add_row(rows, text(f"service.models_{fact}"), value)
    out.print(rows)


def _kind(kind: str) -> str:
    return text(f"service.models_kind_{kind}") if kind in ("builtin", "imported", "language", "adapted") else kind


def _local(created: str) -> str:
    try:
        return f"{datetime.fromisoformat(created).astimezone():%Y-%m-%d %H.%M}"
    except ValueError:
        return ""


def _as_name(folder: str) -> str:
    """Return a folder's name as a model may be called; the time where nothing is left of it."""
    kept = "".join(character if character.isalnum() else "-" for character in folder.lower() if character.isascii())
    return kept.strip("-")[:64] or f"model-{datetime.now(UTC):%Y%m%d-%H%M%S}"

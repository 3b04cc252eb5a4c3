# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``kring models refresh-language`` does: new model from the published articles, checked, switched to."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from asr.model import check_model, probe_model
from asr.modelstore import ModelNote, ModelStore
from models.asr_id.language.refresh import Refreshed, refresh
from pipeline.catalog import text
from pipeline.errors import KringError
from pipeline.settings import Settings
from service.articles_work import published_articles


@dataclass(frozen=True)
class RefreshDone:
    """A finished refresh; ``name`` is empty when the model was only written to a folder."""

    name: str
    refreshed: Refreshed
    seconds: float


def refresh_from_articles(
    settings: Settings, *, base: Path | None = None, target: Path | None = None, name: str = ""
) -> RefreshDone:
    """Make a model that knows the published articles' words; use it, or only write it to ``target``.

    Parameters:
        base: folder of the model to begin from; None: the one in use, or what that was refreshed from.

    Raises:
        KringError: the articles, the model or the tools are not as they must be; nothing changes then.
    """
    began_s = time.monotonic()
    articles = published_articles(settings)
    store = ModelStore.of(settings)
    source, source_name = (base, str(base.resolve())) if base is not None else _origin(store)
    check_model(source)
    if target is not None:
        refreshed = _write(target, lambda folder: refresh(source, articles, folder))
        return RefreshDone("", refreshed, time.monotonic() - began_s)
    results: list[Refreshed] = []
    wanted = name or f"bahasa-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    detail = text("service.models_refresh_note", articles=len(articles))
    note = ModelNote("language", base=source_name, detail=detail)
    store.add(wanted, note, lambda folder: results.append(refresh(source, articles, folder)))
    store.use(wanted)
    return RefreshDone(wanted, results[0], time.monotonic() - began_s)


def _origin(store: ModelStore) -> tuple[Path, str]:
    """Return folder and name of the model in use, or of what that was refreshed from."""
    current = store.current()
    if current.note.kind != "language":
        return current.path, current.name
    if Path(current.note.base).is_absolute():
        return Path(current.note.base), current.note.base
    origin = store.get(current.note.base)
    return origin.path, origin.name


def _write(target: Path, fill: Callable[[Path], Refreshed]) -> Refreshed:
    """Have a model made beside ``target``, check it, and give it that name."""
    if target.exists():
        raise KringError(text("service.models_out_exists", path=target))
    target.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=".kring-", dir=target.parent))
    try:
        refreshed = fill(building)
        probe_model(check_model(building))
        building.chmod(0o750)
        building.rename(target)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    return refreshed

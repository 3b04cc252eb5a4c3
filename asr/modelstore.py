# SPDX-License-Identifier: GPL-3.0-or-later
"""The recogniser's models of this office: the one that came with the software, and those made or imported here.

Each lies in a folder of its own under `<data folder>/models/asr`, complete and never changed; the link `current`
says which is in use. A new one is put together beside them, checked, and only then given its name, so that whoever
follows the link (workers do, between calls) finds a whole model or the one before.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from asr.errors import ModelError
from asr.model import check_model, probe_model
from pipeline.catalog import text
from pipeline.settings import Settings

BUILTIN = "bawaan"
"""Name of the model that came with the software."""
CURRENT = "current"
NOTE_FILE = "model.json"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_LEFT_OUT = (NOTE_FILE, ".git")


@dataclass(frozen=True)
class ModelNote:
    """What is written down of a model (`model.json` in its folder).

    Parameters:
        kind: "builtin", "imported", "language" (refreshed from articles) or "adapted" (with recordings).
        base: name of the model that it was made from; empty when it was imported.
        created: UTC time in ISO form.
        detail: what was done, for people.
    """

    kind: str
    base: str = ""
    created: str = ""
    detail: str = ""


@dataclass(frozen=True)
class StoredModel:
    """One model of the store."""

    name: str
    path: Path
    note: ModelNote
    in_use: bool


class ModelStore:
    """The models of one data folder. Changes are made under a lock, by one process at a time."""

    def __init__(self, folder: Path, builtin: Path) -> None:
        self.folder = folder
        self._builtin = builtin

    @classmethod
    def of(cls, settings: Settings) -> ModelStore:
        """Return the store of these settings."""
        return cls(settings.asr_store_dir, settings.asr_model_dir)

    def models(self) -> list[StoredModel]:
        """Return all models: the one that came with the software, then the others, oldest first."""
        found = [path for path in self._folders() if _NAME.fullmatch(path.name)]
        others = sorted((self._stored(path) for path in found), key=lambda model: (model.note.created, model.name))
        return [self._builtin_model(), *others]

    def current(self) -> StoredModel:
        """Return the model in use.

        Raises:
            ModelError: the chosen model's folder is gone.
        """
        link = self.folder / CURRENT
        if not link.is_symlink():
            return self._builtin_model()
        return self.get(link.readlink().name)

    def get(self, name: str) -> StoredModel:
        """Return a model by its name; raises ModelError when there is none."""
        for model in self.models():
            if model.name == name:
                return model
        known = ", ".join(model.name for model in self.models())
        raise ModelError(text("asr.store_unknown", name=name, known=known), remedy=text("asr.store_unknown_remedy"))

    def use(self, name: str) -> StoredModel:
        """Check a model and make it the one in use; running workers take it for their next calls.

        Raises:
            ModelError: there is none of this name, or it is damaged; the one before stays in use.
        """
        chosen = self.get(name)
        probe_model(check_model(chosen.path))
        with self._lock():
            link = self.folder / CURRENT
            if name == BUILTIN:
                link.unlink(missing_ok=True)
            else:
                fresh = self.folder / f".{CURRENT}-{os.getpid()}"
                fresh.unlink(missing_ok=True)
                fresh.symlink_to(name)
                fresh.replace(link)
        return self.get(name)

    def add(self, name: str, note: ModelNote, fill: Callable[[Path], None]) -> StoredModel:
        """Have ``fill`` put a model into an empty folder, check it, and take it in under ``name``.

        Nothing is left behind when anything fails, and what is in use does not change.

        Raises:
            ModelError: the name cannot be used, or the model does not work.
        """
        self.check_name(name)
        with self._lock():
            self._sweep()
            building = Path(tempfile.mkdtemp(prefix=".new-", dir=self.folder))
            try:
                fill(building)
                probe_model(check_model(building))
                created = note.created or datetime.now(UTC).isoformat(timespec="seconds")
                content = json.dumps(asdict(note) | {"created": created}, indent=2, ensure_ascii=False)
                (building / NOTE_FILE).write_text(content + "\n", encoding="utf-8")
                building.chmod(0o755 & ~_umask())
                building.rename(self.folder / name)
            except BaseException:
                shutil.rmtree(building, ignore_errors=True)
                raise
        return self.get(name)

    def remove(self, name: str) -> None:
        """Delete a model that is neither in use nor what another was made from; raises ModelError otherwise."""
        model = self.get(name)
        children = [other.name for other in self.models() if other.note.base == name]
        if name == BUILTIN or model.in_use or children:
            raise ModelError(text("asr.store_needed", name=name, by=", ".join(children) or "kring"))
        with self._lock():
            doomed = self.folder / f".old-{name}"
            model.path.rename(doomed)
            shutil.rmtree(doomed)

    def check_name(self, name: str) -> None:
        """Raise ModelError when a new model cannot be called so: it is no name, or it is taken."""
        if not _NAME.fullmatch(name) or name in (BUILTIN, CURRENT):
            raise ModelError(text("asr.store_bad_name", name=name), remedy=text("asr.store_bad_name_remedy"))
        if (self.folder / name).exists():
            raise ModelError(text("asr.store_exists", name=name), remedy=text("asr.store_bad_name_remedy"))

    def _folders(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return [path for path in self.folder.iterdir() if path.is_dir() and not path.is_symlink()]

    def _builtin_model(self) -> StoredModel:
        return StoredModel(BUILTIN, self._builtin, ModelNote("builtin"), not (self.folder / CURRENT).is_symlink())

    def _stored(self, path: Path) -> StoredModel:
        link = self.folder / CURRENT
        in_use = link.is_symlink() and link.readlink().name == path.name
        return StoredModel(path.name, path, _read_note(path), in_use)

    def _sweep(self) -> None:
        """Delete what a process that was killed left unfinished."""
        for path in self._folders():
            if path.name.startswith((".new-", ".old-")):
                shutil.rmtree(path, ignore_errors=True)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise ModelError(text("asr.store_busy", folder=self.folder), retryable=True) from error
            yield


def copy_model(source: Path, target: Path, *, without: tuple[str, ...] = ()) -> None:
    """Copy a model folder's content, but for its note and the top-level names in ``without``.

    Links inside are followed: a model of the store stands on its own.
    """
    for path in sorted(source.iterdir()):
        if path.name in (*_LEFT_OUT, *without):
            continue
        if path.is_dir():
            shutil.copytree(path, target / path.name, copy_function=shutil.copyfile, dirs_exist_ok=True)
        else:
            shutil.copyfile(path, target / path.name)


def _read_note(path: Path) -> ModelNote:
    try:
        fields = json.loads((path / NOTE_FILE).read_text(encoding="utf-8"))
        return ModelNote(**{name: str(fields.get(name, "")) for name in ("kind", "base", "created", "detail")})
    except (OSError, ValueError, AttributeError):
        return ModelNote("?")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

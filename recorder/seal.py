# SPDX-License-Identifier: GPL-3.0-or-later
"""From spool folder to archive, safe against ``kill -9`` at any step.

The order is the safety: build in ``<id>.part``, push to the disk, read back and verify, rename, and only then let
the spool folder go. At every moment either the spool folder is whole or the verified bundle is in place (or both),
so a restart only has to look at what is there. A spool folder goes by one rename (``<id>.sealed``), is compared
with the bundle once more, and is then removed.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog

from pipeline.callfolder import CallFolder, Spool
from pipeline.catalog import text
from pipeline.clock import Clock
from pipeline.ids import CALL_ID_PATTERN, call_date
from recorder.bundle import OnStep, build
from recorder.disk import disk_full, is_full, make_dirs, require_space, sync_dir, sync_tree
from recorder.errors import SealingError, SpoolChangedError
from recorder.facts import call_files, read_facts
from recorder.integrity import check_bundle, holds_less, load_manifest, unaccounted
from recorder.manifest import MANIFEST, Manifest
from recorder.turns import decoding_model

log = structlog.get_logger("archiver")

PART = ".part"  # being built
ASIDE = ".aside"  # a bundle that lacks something the spool still has; goes once its successor is in place
RETIRED = ".sealed"  # a spool folder whose bundle is in place


def no_step(name: str) -> None:
    """Take note of nothing: the default of ``on_step``."""


def model_id(model_dir: Path) -> str:
    """Return ``name@sha256:<16 hex>`` over all files of a model folder; empty when there is none."""
    files = sorted(path for path in model_dir.rglob("*") if path.is_file()) if model_dir.is_dir() else []
    if not files:
        return ""
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.relative_to(model_dir).as_posix().encode() + b"\0")
        digest.update(path.read_bytes())
    name = model_dir.parent.name if model_dir.name == "model" else model_dir.name
    return f"{name}@sha256:{digest.hexdigest()[:16]}"


@dataclass(frozen=True)
class Sealed:
    """A bundle in the archive. ``manifest_sha256`` is of the file on disk."""

    bundle: Path
    manifest: Manifest
    manifest_sha256: str


class Sealer:
    """Seals call folders, one at a time (one instance, one thread).

    Parameters:
        asr_model: returns the id (see :func:`model_id`) of the model in a folder; of the one in use for "".
        on_step: called with the name of each finished step; may raise to stop (nothing is lost).
    """

    def __init__(
        self,
        spool: Spool,
        archive_dir: Path,
        *,
        clock: Clock,
        tone_file: Path,
        asr_model: Callable[[str], str] = str,
        on_step: OnStep = no_step,
    ) -> None:
        self._spool, self._archive_dir, self._clock = spool, archive_dir, clock
        self._tone_file, self._asr_model, self._on_step = tone_file, asr_model, on_step

    def bundle_path(self, call_id: str) -> Path:
        """Return where a call's bundle is or will be.

        Raises:
            MessageError: the text is no call id.
        """
        return self._archive_dir / f"{call_date(call_id):%Y/%m/%d}" / call_id

    def seal(self, folder: CallFolder) -> Sealed:
        """Make the folder's bundle and remove the folder. Calling it again after a crash finishes the work.

        Raises:
            DiskFullError: no room; the spool folder is untouched.
            SpoolChangedError: a file grew meanwhile; call again.
            SealingError: anything else; the spool folder is untouched.
        """
        final = self.bundle_path(folder.call_id)
        try:
            return self._seal(folder, final)
        except BaseException as error:
            with contextlib.suppress(OSError):
                _remove(_beside(final, PART))
                folder.sealing_mark.unlink(missing_ok=True)
            if isinstance(error, OSError) and is_full(error):
                raise disk_full(self._archive_dir, error) from error
            if isinstance(error, OSError):
                raise SealingError(text("recorder.io_failed", problem=error), retryable=True) from error
            raise

    def _seal(self, folder: CallFolder, final: Path) -> Sealed:
        part, aside = _beside(final, PART), _beside(final, ASIDE)
        make_dirs(final.parent)
        _remove(part)
        if not self._in_place(final, folder.path):
            if final.exists():
                self._refuse_latecomer(folder, final)
                _remove(aside)
                final.rename(aside)
                self._on_step("aside")
            with _sole_writer(folder):
                self._publish(folder, part, final)
        _remove(aside)
        return self._retire(folder, final)

    def recover(self) -> None:
        """Finish the removals that a killed process began: call once before sealing."""
        for path in self._spool.root.glob(f"[0-9]*/[0-9]*/[0-9]*/*{RETIRED}"):
            call_id = path.name.removesuffix(RETIRED)
            if not CALL_ID_PATTERN.match(call_id) or not path.is_dir():
                continue
            if self._in_place(self.bundle_path(call_id), path):
                _remove(path)
            elif not path.with_name(call_id).exists():
                log.warning("folder goes back into the spool", call_id=call_id)
                path.rename(path.with_name(call_id))

    def _publish(self, folder: CallFolder, part: Path, final: Path) -> None:
        require_space(final.parent, sum(path.stat().st_size for path in call_files(folder.path)))
        part.mkdir(mode=0o750)
        self._on_step("begun")
        facts = read_facts(folder)
        manifest = build(
            facts,
            part,
            sealed_at=self._clock.now(),
            tone_file=self._tone_file,
            asr_model=self._asr_model(decoding_model(facts.transcript)),
            on_step=self._on_step,
        )
        sync_tree(part)
        self._on_step("synced")
        problems = check_bundle(part)
        if problems:
            raise SealingError(text("recorder.not_verified", problem=problems[0]), retryable=True)
        changed = unaccounted(folder.path, manifest)
        if changed:
            raise SpoolChangedError(text("recorder.spool_changed", files=", ".join(changed)), retryable=True)
        self._on_step("verified")
        part.rename(final)
        sync_dir(final.parent)
        self._on_step("published")

    @staticmethod
    def _refuse_latecomer(folder: CallFolder, final: Path) -> None:
        missing = holds_less(folder.path, final)
        if missing:
            raise SealingError(text("recorder.latecomer", files=", ".join(missing)), retryable=False)

    def _in_place(self, final: Path, spool_folder: Path) -> bool:
        """Return whether a whole bundle is there and holds all that the spool folder still has."""
        return final.is_dir() and not check_bundle(final) and not unaccounted(spool_folder, load_manifest(final))

    def _retire(self, folder: CallFolder, final: Path) -> Sealed:
        retired = folder.path.with_name(folder.call_id + RETIRED)
        manifest = load_manifest(final)
        folder.path.rename(retired)
        self._on_step("retired")
        changed = unaccounted(retired, manifest)
        if changed:  # someone wrote between verification and rename
            retired.rename(folder.path)
            raise SpoolChangedError(text("recorder.spool_changed", files=", ".join(changed)), retryable=True)
        _remove(retired)
        sync_dir(retired.parent)
        self._on_step("done")
        digest = hashlib.sha256((final / MANIFEST).read_bytes()).hexdigest()
        return Sealed(final, manifest, digest)


@contextlib.contextmanager
def _sole_writer(folder: CallFolder) -> Iterator[None]:
    """Tell the hub to stop writing, and keep ASR workers from claiming the call while it is sealed.

    A worker that holds the call already may go on: what it adds is noticed and sealing starts again.
    """
    folder.sealing_mark.touch()
    with folder.asr_lock.open("ab") as lock:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def _beside(final: Path, suffix: str) -> Path:
    return final.with_name(final.name + suffix)


def _remove(path: Path) -> None:
    if path.exists():
        shutil.rmtree(path)

# SPDX-License-Identifier: GPL-3.0-or-later
"""Durable files: written, pushed to the disk, and read back from it."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from pathlib import Path

from pipeline.catalog import text
from recorder.errors import DiskFullError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_BLOCK_BYTES = 1 << 20
_RESERVE_BYTES = 1 << 20  # directories, checksums, the file system's own needs


def is_full(error: OSError) -> bool:
    """Return whether an error means that there is no room (disk, quota, file size limit)."""
    return error.errno in _FULL


def sha256_file(path: Path) -> str:
    """Return the hash of a file's bytes, hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def sync_dir(path: Path) -> None:
    """Push a folder's list of names to the disk."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_tree(root: Path) -> None:
    """Push every file and folder under ``root`` to the disk and forget the cached pages.

    What is read afterwards comes from the disk where the system allows it, so that verification means something.
    """
    for path in sorted(root.rglob("*"), reverse=True):
        if path.is_dir():
            sync_dir(path)
            continue
        fd = os.open(path, os.O_RDONLY)
        try:
            os.fsync(fd)
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(fd)
    sync_dir(root)


def make_dirs(path: Path) -> None:
    """Make a folder and its parents, each name durable in its parent."""
    missing = [path, *path.parents]
    missing = missing[: next((n for n, folder in enumerate(missing) if folder.is_dir()), len(missing))]
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True, mode=0o750)
        sync_dir(folder.parent)


def require_space(folder: Path, needed_bytes: int) -> None:
    """Refuse work that cannot fit.

    Raises:
        DiskFullError: fewer than ``needed_bytes`` (and a reserve) are free where ``folder`` is.
    """
    free = shutil.disk_usage(folder).free
    if free < needed_bytes + _RESERVE_BYTES:
        raise DiskFullError(
            text("recorder.disk_full", needed_mb=_megabytes(needed_bytes), free_mb=_megabytes(free)),
            remedy=text("recorder.disk_full_remedy"),
            retryable=True,
        )


def disk_full(folder: Path, error: OSError) -> DiskFullError:
    """Return the error to raise when a write met a full disk."""
    free = shutil.disk_usage(folder).free
    failure = DiskFullError(
        text("recorder.disk_full_while", free_mb=_megabytes(free), problem=error.strerror or str(error)),
        remedy=text("recorder.disk_full_remedy"),
        retryable=True,
    )
    failure.__cause__ = error
    return failure


def _megabytes(count: int) -> str:
    return f"{count / 1e6:.1f}"

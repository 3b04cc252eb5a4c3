# SPDX-License-Identifier: GPL-3.0-or-later
"""The data folder: made private, checked before anything is started in it, held by one service at a time.

Recordings and cases are tax secrets: nobody but the service's user and group gets at them (see also
:data:`PRIVATE_UMASK`).
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from pipeline.catalog import text
from pipeline.errors import ConfigurationError
from pipeline.settings import Settings
from service.errors import AlreadyRunningError

PRIVATE_UMASK = 0o027
LONGEST_SOCKET_PATH_BYTES = 107  # unix(7): sun_path has 108 bytes with the closing zero
_FOLDER_MODE = 0o750


def check_bus_path(settings: Settings) -> None:
    """Make sure that the bus's socket can have its name; raises ConfigurationError."""
    size = len(os.fsencode(settings.bus_path))
    if size > LONGEST_SOCKET_PATH_BYTES:
        raise ConfigurationError(
            text("service.socket_path_long", path=settings.bus_path, size=size, most=LONGEST_SOCKET_PATH_BYTES),
            remedy=text("service.socket_path_long_remedy"),
        )


def make_data_dir(settings: Settings) -> None:
    """Make the data folder if needed, closed to others.

    Raises:
        ConfigurationError: it cannot be made, is no folder, or may not be written.
    """
    folder = settings.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=_FOLDER_MODE)
    except OSError as error:
        raise _unusable(folder, error.strerror or str(error)) from error
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise _unusable(folder, os.strerror(13))


def lock_data_dir(data_dir: Path) -> IO[bytes]:
    """Hold the data folder for the life of this process; the file's content is the holder's process id.

    Raises:
        AlreadyRunningError: another service holds it.
        ConfigurationError: the lock file cannot be made.
    """
    path = _lock_path(data_dir)
    try:
        path.parent.mkdir(exist_ok=True, mode=_FOLDER_MODE)
        file = path.open("ab")
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise AlreadyRunningError(
            text("service.already_running", path=data_dir), remedy=text("service.already_running_remedy")
        ) from error
    file.truncate(0)
    file.write(str(os.getpid()).encode())
    file.flush()
    return file


def running_pid(data_dir: Path) -> int | None:
    """Return the process id of the service that holds this data folder, None when none does (or none readable)."""
    try:
        with _lock_path(data_dir).open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return int(file.read() or b"0") or None
    except (OSError, ValueError):
        pass
    return None


def _lock_path(data_dir: Path) -> Path:
    return data_dir / "run" / "kring.lock"


def _unusable(path: Path, problem: str) -> ConfigurationError:
    return ConfigurationError(
        text("service.data_dir_unusable", path=path, problem=problem), remedy=text("service.data_dir_unusable_remedy")
    )

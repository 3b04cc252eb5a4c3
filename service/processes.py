# SPDX-License-Identifier: GPL-3.0-or-later
"""Which processes make up the service on one machine (design: Processes)."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from pipeline.settings import Settings


@dataclass(frozen=True)
class ProcessSpec:
    """One process to keep running: its bus name and command line.

    Parameters:
        needs_database: whether it is told the database's URL, which may hold a password.
    """

    name: str
    argv: tuple[str, ...]
    needs_database: bool = False


def _module(name: str, module: str, *args: str) -> ProcessSpec:
    return ProcessSpec(name, (sys.executable, "-m", module, *args))


def service_processes(settings: Settings) -> list[ProcessSpec]:
    """Return the processes of the whole service, in starting order."""
    softphones = [
        _module(f"softphone.{extension.number}", "telephony.softphone", "--extension", extension.number)
        for extension in settings.extensions
    ]
    workers = [
        _module(f"asr.{number}", "asr.worker", "--name", f"asr.{number}")
        for number in range(1, settings.asr_workers + 1)
    ]
    hub = ProcessSpec("hub", (sys.executable, "-m", "service.hub"), needs_database=True)
    return [hub, *softphones, *workers, _module("archiver", "recorder.archiver")]

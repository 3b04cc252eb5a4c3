# SPDX-License-Identifier: GPL-3.0-or-later
"""Which processes make up the service on one machine (design: Processes)."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from pipeline.settings import Settings

CONFIGURATION_EXIT = 3  # a process's exit code for "a person has to change something first"


@dataclass(frozen=True)
class ProcessSpec:
    """One process to keep running: its bus name and command line.

    Parameters:
        renew_on_exit_0: a clean exit is a planned replacement (a recycled ASR worker), not the end.
    """

    name: str
    argv: tuple[str, ...]
    renew_on_exit_0: bool = True


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
    return [_module("hub", "service.hub"), *softphones, *workers, _module("archiver", "recorder.archiver")]

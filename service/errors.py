# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong when the service is started or asked something on the command line."""

from __future__ import annotations

from pipeline.errors import KringError


class AlreadyRunningError(KringError):
    """Another service uses this data folder."""

    code = "already_running"


class StartError(KringError):
    """A process of the service refused to start; its own message is repeated."""

    code = "start_failed"


class DemoError(KringError):
    """The demonstration cannot run here."""

    code = "demo"


class BenchError(KringError):
    """A measurement could not be completed."""

    code = "bench"

# SPDX-License-Identifier: GPL-3.0-or-later
"""What can stop a build, told so that a person can act on it."""

from __future__ import annotations

from pipeline.errors import KringError


class BuildError(KringError):
    """A stage cannot run; the message names what is missing."""

    code = "asr_build"

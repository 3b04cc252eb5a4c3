# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a model cannot be adapted, told so that a person can act on it."""

from __future__ import annotations

from pipeline.errors import KringError


class AdaptError(KringError):
    """The model or the recordings cannot be used for an adaptation; the message says which and why."""

    code = "asr_adapt"

# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong when a model is measured."""

from __future__ import annotations

from pipeline.errors import KringError


class EvaluationError(KringError):
    """The model cannot be measured; the message says what is missing and the remedy what to do."""

    code = "asr_evaluation"

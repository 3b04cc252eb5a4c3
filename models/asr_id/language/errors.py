# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong with language models and graphs."""

from __future__ import annotations

from pipeline.errors import KringError


class LanguageError(KringError):
    """A language model or a decoding graph cannot be built; the message says from what and why."""

    code = "language_model"

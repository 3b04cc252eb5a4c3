# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be wrong with a model or with audio, told so that a person can act on it."""

from __future__ import annotations

from pipeline.errors import KringError


class AsrError(KringError):
    """Base of the transcription room's errors."""

    code = "asr"


class ModelError(AsrError):
    """The model folder is missing, incomplete or damaged; the message names the file."""

    code = "asr_model"


class AudioFormatError(AsrError):
    """A recording is not what the model needs (PCM 16 bit, mono, the model's rate); the message names the file."""

    code = "asr_audio_format"

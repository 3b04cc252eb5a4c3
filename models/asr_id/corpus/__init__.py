# SPDX-License-Identifier: GPL-3.0-or-later
"""All text of the Indonesian telephone model: language-model sentences, vocabulary, lines for speech synthesis."""

from models.asr_id.corpus.lines import training_lines
from models.asr_id.corpus.mixture import sentences
from models.asr_id.corpus.sources import vocabulary

__all__ = ["sentences", "training_lines", "vocabulary"]

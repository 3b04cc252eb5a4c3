# SPDX-License-Identifier: GPL-3.0-or-later
"""Indonesian spelling to pronunciations, and the reading of numbers, dates, amounts and letters."""

from models.asr_id.lexicon.errors import LexiconError
from models.asr_id.lexicon.letters import spell
from models.asr_id.lexicon.pronunciation import pronounce, pronounce_ranked

__all__ = ["LexiconError", "pronounce", "pronounce_ranked", "spell"]

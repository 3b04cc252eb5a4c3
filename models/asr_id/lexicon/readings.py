# SPDX-License-Identifier: GPL-3.0-or-later
"""How numbers, dates, amounts and codes are read aloud, as lower-case words of the corpus.

Every function gives one plain reading; those with an ``rng`` parameter choose among the readings heard on the phone.
"""

from __future__ import annotations

from models.asr_id.lexicon.calendar import DAYS, MONTHS, clock, date, period, year
from models.asr_id.lexicon.codes import article, code, form, nik, npwp, phone, tax_article
from models.asr_id.lexicon.letters import spell
from models.asr_id.lexicon.money import casual_amounts, rupiah
from models.asr_id.lexicon.numbers import cardinal, decimal, digits, fraction, grouped, ordinal, percent

__all__ = [
    "DAYS",
    "MONTHS",
    "article",
    "cardinal",
    "casual_amounts",
    "clock",
    "code",
    "date",
    "decimal",
    "digits",
    "form",
    "fraction",
    "grouped",
    "nik",
    "npwp",
    "ordinal",
    "percent",
    "period",
    "phone",
    "rupiah",
    "spell",
    "tax_article",
    "year",
]

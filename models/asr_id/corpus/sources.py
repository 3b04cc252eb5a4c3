# SPDX-License-Identifier: GPL-3.0-or-later
"""The text sources side by side, and the vocabulary that they make together.

Everyday sentences (`general`) and the word forms of the language (`wordforms`) are packages of their own and are
imported when they are first needed, because reading them takes a second or two.
"""

from __future__ import annotations

from collections import Counter
from functools import cache

from models.asr_id.corpus.domain.articles import shipped_articles
from models.asr_id.corpus.domain.casual import casual_words
from models.asr_id.corpus.domain.material import SLOT, dialogues, lists, templates
from models.asr_id.corpus.domain.values import slot_words

WORDFORM_SHARE = 0.5
"""How much of a word's frequency comes from the word-form list, the rest from our texts."""


@cache
def general_lines() -> tuple[str, ...]:
    """Return the everyday sentences, each once."""
    from models.asr_id.corpus import general

    return tuple(dict.fromkeys(general.lines()))


@cache
def wordform_weights() -> dict[str, float]:
    """Return word form -> relative frequency."""
    from models.asr_id.corpus import wordforms

    return dict(wordforms.words())


@cache
def text_counts() -> Counter[str]:
    """Return how often each word stands in the texts as written, list entries counted once."""
    counts: Counter[str] = Counter()
    for _, template in templates():
        counts.update(SLOT.sub(" ", template).split())
    for dialogue in dialogues():
        for turn in dialogue.turns:
            counts.update(SLOT.sub(" ", turn.text).split())
    for sentence, _ in shipped_articles():
        counts.update(sentence.split())
    for sentence in general_lines():
        counts.update(sentence.split())
    for entries in lists().values():
        counts.update({word for entry in entries for word in entry.split()})
    for word in slot_words() | casual_words():
        counts[word] += 1
    return counts


@cache
def word_frequencies() -> dict[str, float]:
    """Return every word of the vocabulary with a relative frequency; they sum to 1."""
    counts, forms = text_counts(), wordform_weights()
    in_text, in_forms = sum(counts.values()), sum(forms.values()) or 1.0
    share = WORDFORM_SHARE if forms else 0.0
    return {
        word: (1 - share) * counts.get(word, 0) / in_text + share * forms.get(word, 0.0) / in_forms
        for word in sorted({*counts, *forms})
    }


def vocabulary() -> tuple[str, ...]:
    """Return every word that can be recognised, sorted."""
    return tuple(word_frequencies())

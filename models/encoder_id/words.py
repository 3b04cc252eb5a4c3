# SPDX-License-Identifier: GPL-3.0-or-later
"""What words mean before any article is looked at: words that stand beside the same words are alike.

From the articles and from the sentences that the speech model was made from (everyday Indonesian, help-desk
dialogues, templates: all our own writing), counted and factorised: positive pointwise mutual information, truncated
singular value decomposition (Levy and Goldberg, "Neural word embedding as implicit matrix factorization", 2014). So
"surel" is near "email" although no article says it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from models.asr_id.corpus.domain.casual import casual
from models.asr_id.corpus.domain.material import SLOT, dialogues, templates
from models.asr_id.corpus.domain.values import fill
from models.asr_id.corpus.sources import general_lines
from retrieval.dense import prepare

WINDOW = 6  # words to either side
LEAST_COUNT = 2  # a word that stands in fewer texts has no company worth counting
FILLINGS = 8  # times that a template with slots is filled
_CONTEXT_POWER = 0.75  # flattens the weight of frequent neighbours, as in word2vec
_SINGULAR_POWER = 0.5


def everyday_texts(seed: int) -> list[str]:
    """Return sentences of the speech model's corpus in encoder form, each once; the same seed gives the same."""
    rng = random.Random(seed)  # noqa: S311 - variants of sentences, nothing secret
    texts = (prepare(said, "stems") for said in _said(rng))
    return [text for text in dict.fromkeys(texts) if " " in text]


def _said(rng: random.Random) -> Iterator[str]:
    for dialogue in dialogues():
        for turn in dialogue.turns:
            said = fill(turn.text, rng)
            yield said
            yield casual(said, rng)
    for _, template in templates():
        for _ in range(FILLINGS if SLOT.search(template) else 1):
            yield fill(template, rng)
    yield from general_lines()


def word_vectors(texts: Sequence[str], dimensions: int) -> dict[str, NDArray[np.float64]]:
    """Return a unit vector for every word that stands in at least ``LEAST_COUNT`` texts."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.linalg import svds

    counts = Counter(word for text in texts for word in set(text.split()))
    words = sorted(word for word, count in counts.items() if count >= LEAST_COUNT)
    places = {word: place for place, word in enumerate(words)}
    first, second, together = _neighbours(texts, places)
    total = float(together.sum())
    of_first = np.bincount(first, together, len(words))
    of_second = np.bincount(second, together, len(words)) ** _CONTEXT_POWER
    of_second *= total / of_second.sum()
    information = np.log(together * total / (of_first[first] * of_second[second]))
    kept = information > 0
    matrix = csr_matrix((information[kept], (first[kept], second[kept])), shape=(len(words), len(words)))
    start = np.random.default_rng(0).standard_normal(len(words))  # ARPACK's own start would differ from run to run
    left, singular, _ = svds(matrix, k=min(dimensions, len(words) - 1), v0=start)
    vectors = left * singular**_SINGULAR_POWER
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return {word: vectors[place] for word, place in places.items()}


def _neighbours(
    texts: Sequence[str], places: dict[str, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return (word, neighbour, how often) of all pairs, in a fixed order."""
    pairs: list[NDArray[np.int64]] = []
    size = len(places)
    for text in texts:
        row = np.array([places[word] for word in dict.fromkeys(text.split()) if word in places], dtype=np.int64)
        for distance in range(1, min(WINDOW, len(row) - 1) + 1):
            pairs += [row[:-distance] * size + row[distance:], row[distance:] * size + row[:-distance]]
    keys, counts = np.unique(np.concatenate(pairs), return_counts=True)
    return keys // size, keys % size, counts.astype(np.float64)

# SPDX-License-Identifier: GPL-3.0-or-later
"""How near a question is to what SIKP never answers: other offices' business, everyday life, taxes of other countries.

``off_topic.txt`` holds such sentences, one a line. They are no articles and are never shown; a question that lies
nearer to them than to any article probably has no answer here. An office may add what its callers ask in vain.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np

from retrieval.dense import Encoder, Vectors

NEAREST = 3  # their mean decides: one sentence alone may be near by chance
_SENTENCES = Path(__file__).parent / "off_topic.txt"


@cache
def off_topic() -> tuple[str, ...]:
    """Return the sentences."""
    lines = _SENTENCES.read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def off_topic_vectors(encoder: Encoder) -> Vectors:
    """Return one unit vector a sentence, made once for an encoder."""
    return _vectors_of(cast(Hashable, encoder))


@lru_cache(maxsize=2)
def _vectors_of(encoder: Any) -> Vectors:
    vectors: Vectors = encoder.encode(off_topic())
    return vectors


def nearness(query: Vectors, sentences: Vectors) -> float:
    """Return the mean cosine of ``query`` (shape (1, dimensions)) with the nearest ``sentences``."""
    cosines = sentences @ query[0]
    return float(np.sort(cosines)[-NEAREST:].mean())

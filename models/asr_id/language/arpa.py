# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the trigram model of the corpus and writes models in ARPA form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from models.asr_id.language.estimate import LmOptions, estimate
from models.asr_id.language.ngrams import BEGIN, BITS, END, MASK, LanguageModel, Ngrams
from models.asr_id.language.prune import prune

MOST_BYTES = 9_000_000
"""Size of the shipped model's grammar file (Gr.fst)."""


def train(
    sentences: Iterable[tuple[str, float]],
    vocabulary: Sequence[str],
    *,
    options: LmOptions | None = None,
    most_bytes: int = MOST_BYTES,
) -> LanguageModel:
    """Return the pruned model of weighted sentences.

    Raises:
        LanguageError: there is no text, or the vocabulary is too large.
    """
    return prune(estimate(sentences, vocabulary, options), most_bytes)


def write_arpa(model: LanguageModel, path: Path) -> None:
    """Write a model in ARPA form (base-10 logarithms)."""
    names = (*model.words, END, BEGIN)
    tables = (model.unigrams, model.bigrams, model.trigrams)
    with path.open("w", encoding="utf-8") as file:
        file.write("\\data\\\n")
        file.writelines(f"ngram {order}={table.keys.size}\n" for order, table in enumerate(tables, 1))
        for order, table in enumerate(tables, 1):
            file.write(f"\n\\{order}-grams:\n")
            file.writelines(_lines(table, order, names))
        file.write("\n\\end\\\n")


def _lines(table: Ngrams, order: int, names: tuple[str, ...]) -> list[str]:
    columns = [(table.keys >> BITS * shift & MASK).tolist() for shift in range(order - 1, -1, -1)]
    texts = [" ".join([names[number] for number in ids]) for ids in zip(*columns, strict=True)]
    log_p = np.log10(np.maximum(table.p, 1e-99)).tolist()
    log_backoff = np.log10(table.backoff).tolist()
    return [
        f"{p:.5f}\t{gram}\t{backoff:.5f}\n" if backoff else f"{p:.5f}\t{gram}\n"
        for p, gram, backoff in zip(log_p, texts, log_backoff, strict=True)
    ]

# SPDX-License-Identifier: GPL-3.0-or-later
"""The pronunciations that a graph is built from, and their file in the model folder.

The model carries its own lexicon, so that a refresh years later changes new words only, whatever has become of the
rules meanwhile. A line is `word cost phone phone ...`; the cost is a natural-logarithm penalty of that variant.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from models.asr_id.language.errors import LanguageError
from models.asr_id.phones import PHONE_ID
from pipeline.catalog import text

LEXICON_FILE = "language/lexicon.txt.gz"
"""Where a model folder keeps its lexicon."""

Pronounce = Callable[[str], Mapping[tuple[str, ...], float]]


@dataclass(frozen=True)
class Pronunciation:
    """One way to say a word."""

    word: str
    phones: tuple[str, ...]
    cost: float = 0.0


def pronounce_all(words: Iterable[str], pronounce: Pronounce | None = None) -> list[Pronunciation]:
    """Return the pronunciations of every word with their costs; by default those of the lexicon's rules.

    Raises:
        LanguageError: a word has none.
    """
    if pronounce is None:
        from models.asr_id.lexicon import pronounce_ranked

        pronounce = pronounce_ranked
    entries: list[Pronunciation] = []
    for word in words:
        variants = pronounce(word)
        if not variants:
            raise LanguageError(text("language.word_unpronounceable", word=word))
        entries += [Pronunciation(word, phones, cost) for phones, cost in variants.items()]
    return entries


def write_lexicon(entries: Iterable[Pronunciation], path: Path) -> None:
    """Write a lexicon; the same entries always give the same bytes."""
    lines = [f"{entry.word} {entry.cost:g} {' '.join(entry.phones)}\n" for entry in entries]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress("".join(lines).encode(), mtime=0))


def read_lexicon(path: Path) -> list[Pronunciation]:
    """Return the entries of a lexicon file.

    Raises:
        LanguageError: the file cannot be read or a line is wrong.
    """
    entries = []
    try:
        lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    except (OSError, EOFError, ValueError) as error:
        raise LanguageError(text("language.lexicon_unreadable", file=path, detail=error)) from error
    for number, line in enumerate(lines, 1):
        fields = line.split()
        if len(fields) < 3 or not set(fields[2:]) <= PHONE_ID.keys():
            raise LanguageError(text("language.lexicon_unreadable", file=path, detail=f"{number}: {line[:60]}"))
        entries.append(Pronunciation(fields[0], tuple(fields[2:]), float(fields[1])))
    return entries

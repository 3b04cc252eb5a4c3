# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m models.asr_id.lexicon WORD...`` prints the pronunciations of words, best first, with their costs."""

from __future__ import annotations

import sys

from models.asr_id.lexicon import LexiconError, pronounce_ranked


def main(words: list[str]) -> int:
    """Print one line for each pronunciation; words that cannot be read are told on standard error."""
    failed = False
    for word in words:
        try:
            ranked = pronounce_ranked(word)
        except LexiconError as error:
            sys.stderr.write(f"{error}\n")
            failed = True
            continue
        for number, (phones, cost) in enumerate(ranked.items()):
            sys.stdout.write(f"{word if number == 0 else '':24s} {cost:4.1f}  {' '.join(phones)}\n")
    return 2 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

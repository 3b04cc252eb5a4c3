# SPDX-License-Identifier: GPL-3.0-or-later
"""The written form of what was heard: "seratus dua puluh lima ribu rupiah" is read as "Rp125.000".

Rules only, over the words of one final; no model, no state. Every heard word belongs to exactly one token, in order:
the raw words and their times stay with the written text whatever is made of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from asr.written import calendar, codes, digits, numbers, sentence, terms
from asr.written.tokens import HeardWord, Line, Piece, Rule, WrittenToken

__all__ = ["HeardWord", "WrittenToken", "text_of", "write"]

# The first rule that finds something at a word decides; the last always does.
_RULES: tuple[Rule, ...] = (
    terms.web_address,
    terms.phrase,
    terms.street,
    codes.form,
    codes.law,
    codes.tax_status,
    codes.letter_after,
    calendar.clock,
    calendar.numeric_date,
    calendar.day_in_digits,
    calendar.year,
    numbers.ordinal,
    digits.plus_number,
    digits.digit_string,
    numbers.quantity,
    terms.spelled,
    terms.doubled,
    terms.single,
)


def write(words: Sequence[HeardWord]) -> tuple[WrittenToken, ...]:
    """Return the written tokens of one utterance."""
    lowered = [word.text.lower() for word in words]
    line = Line(lowered, spelling=terms.spelling_context(lowered))
    while (at := line.pieces[-1].after if line.pieces else 0) < len(lowered):
        line.pieces += next(found for rule in _RULES if (found := rule(line, at)))
    tokens, first = [], 0
    for piece in sentence.punctuated(line.pieces, lowered):
        tokens.append(_token(piece, first, words))
        first = piece.after
    return tuple(tokens)


def text_of(tokens: Sequence[WrittenToken]) -> str:
    """Return the tokens as one text."""
    return " ".join(token.text for token in tokens)


def _token(piece: Piece, first: int, words: Sequence[HeardWord]) -> WrittenToken:
    heard = words[first : piece.after]
    return WrittenToken(
        text=piece.text,
        first=first,
        count=len(heard),
        start_ms=heard[0].start_ms,
        end_ms=heard[-1].end_ms,
        confidence=min(word.confidence for word in heard),
    )

# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading amounts of rupiah aloud, exactly and as callers round them."""

from __future__ import annotations

import random

from models.asr_id.lexicon.numbers import cardinal, digits

_SCALES = ((10**12, "triliun"), (10**9, "miliar"), (10**6, "juta"), (10**3, "ribu"))
_WITHOUT_RUPIAH = 0.35


def rupiah(amount_rp: int, rng: random.Random | None = None) -> str:
    """Return an amount, `rupiah(2500000)` = "dua juta lima ratus ribu rupiah"; with an rng also the casual readings.

    Casual ones: "dua setengah juta", "dua koma lima juta", "sejuta", "lima ratus ribuan", and without "rupiah".
    """
    exact = f"{cardinal(amount_rp)} rupiah"
    if rng is None:
        return exact
    casual = casual_amounts(amount_rp)
    if casual and rng.random() < 0.4:
        return rng.choice(casual)
    return cardinal(amount_rp) if amount_rp >= 1000 and rng.random() < _WITHOUT_RUPIAH else exact


def casual_amounts(amount_rp: int) -> tuple[str, ...]:
    """Return the casual readings of an amount, none where only the exact one is said."""
    for size, scale in _SCALES:
        if amount_rp < size:
            continue
        whole, rest = divmod(amount_rp, size)
        if rest == 0:
            return _round(whole, scale)
        if rest * 2 == size and whole < 100 and size > 1000:
            half = "satu setengah" if whole == 1 else f"{cardinal(whole)} setengah"
            return (f"{half} {scale}", f"{half} {scale} rupiah", f"{cardinal(whole)} koma lima {scale}")
        return _decimal(whole, rest, size, scale)
    return ("setengah juta",) if amount_rp == 500_000 else ()


def _round(whole: int, scale: str) -> tuple[str, ...]:
    spoken = f"{cardinal(whole)} {scale}"
    casual = [f"{spoken}an", f"sekitar {spoken}", f"{spoken} perak" if scale == "ribu" else f"{spoken} rupiah"]
    if whole == 1 and scale == "juta":
        casual = ["sejuta", "sejuta", "satu jutaan", "sejutaan"]
    elif whole == 1:
        casual = ["seribu"] if scale == "ribu" else [f"se{scale}", spoken]
    elif whole == 500 and scale == "ribu":
        casual.append("setengah juta")
    elif whole == 500 and scale == "juta":
        casual.append("setengah miliar")
    return tuple(casual)


def _decimal(whole: int, rest: int, size: int, scale: str) -> tuple[str, ...]:
    """`1.2 juta`, `4.8 miliar`: one or two decimals, otherwise nothing."""
    if size == 10**3 or rest % (size // 100):
        return ()
    decimals = f"{rest // (size // 100):02d}".rstrip("0")
    return (f"{cardinal(whole)} koma {digits(decimals)} {scale}",)

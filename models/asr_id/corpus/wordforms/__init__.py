# SPDX-License-Identifier: GPL-3.0-or-later
"""The general vocabulary: hand-written roots and plain words, and the forms derived from them.

Every `*.txt` here holds lines `BAND[CODES] word word:CODES ...`: a frequency band 1 (commonest) to 6, codes for the
whole line, and codes of a single word. `#` starts a comment. `word:!CODES` ignores the codes of its line (`word:` has
none). `BAND~` starts the family of one root: the words after the first are its irregular or written-out forms.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from models.asr_id.corpus.wordforms.codes import CODES, derive
from pipeline.errors import KringError

BAND_WEIGHT = {1: 2000.0, 2: 400.0, 3: 100.0, 4: 25.0, 5: 8.0, 6: 3.0}
_HERE = Path(__file__).parent


class BadRootLine(KringError):
    """A line of a root file cannot be read."""


_FAMILY_SHARE = 0.08


def entries(path: Path) -> Iterator[tuple[str, str, int, float]]:
    """Yield (root, codes, band, share of the band's weight) of one root file."""
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        head, *items = raw.partition("#")[0].split() or [""]
        if not head:
            continue
        family = head.endswith("~")
        head = head.rstrip("~")
        if head[:1] not in tuple("123456") or not set(head[1:]) <= CODES:
            raise BadRootLine(f"{path.name}:{number}: starts with {head!r}; write a band 1-6 and known codes")
        for place, item in enumerate(items):
            root, colon, own = item.partition(":")
            codes = own.lstrip("!") if own.startswith("!") or (colon and not own) else head[1:] + own
            if not root.isascii() or not root.replace("-", "").isalpha() or not set(codes) <= CODES:
                raise BadRootLine(f"{path.name}:{number}: {item!r} is no word with known codes")
            yield root, codes, int(head[0]), _FAMILY_SHARE if family and place else 1.0


def roots() -> dict[str, int]:
    """Return every hand-written root or plain word with its best band."""
    found: dict[str, int] = {}
    for path in sorted(_HERE.glob("*.txt")):
        for root, _, band, _ in entries(path):
            found[root] = min(band, found.get(root, 9))
    return found


def skipped() -> frozenset[str]:
    """Return the derived forms that nobody says (`skip/*.txt`).

    With ROOT-kan or ROOT-i its meN- and di- forms are left out as well, and with every form the one with -nya.
    """
    lines = (line for path in sorted(_HERE.glob("skip/*.txt")) for line in path.read_text("utf-8").splitlines())
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def _stem(word: str) -> str:
    return word.removesuffix("nya")


def _suffixed(root: str, word: str) -> str:
    """Return ROOT-kan for mengROOTkan, ROOT-i for mengROOTi, else ROOT."""
    stem = _stem(word)
    return root + next((suffix for suffix in ("kan", "i") if stem.endswith(suffix) and not root.endswith(suffix)), "")


@cache
def _weights() -> dict[str, float]:
    weights: dict[str, float] = {}
    skip = skipped() - roots().keys()
    for path in sorted(_HERE.glob("*.txt")):
        for root, codes, band, part in entries(path):
            for word, share in derive(root, codes, band):
                if _stem(word) in skip or (word[:2] in ("me", "di") and _suffixed(root, word) in skip):
                    continue
                weights[word] = max(weights.get(word, 0.0), part * share * BAND_WEIGHT[band])
    return weights


def words() -> list[tuple[str, float]]:
    """Return every word form with a relative frequency weight, heaviest first."""
    return sorted(_weights().items(), key=lambda item: (-item[1], item[0]))
